"""The aligner: both directions trained, then symmetrised."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from sys import intern
from typing import Any

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.text import Links, Sentences, takes_part
from polyconcept.text.bitext import Bitext, Side, WordLists, make_bitext
from polyconcept.text.ibm_model import Model, Options, best_links, train, transfer
from polyconcept.text.pair import check_parallel
from polyconcept.text.symmetrize import grow_diag_final_and

_LOG = logging.getLogger(__name__)
_SIDES: tuple[Side, Side] = ("source", "target")


def align_words(
    source: Sentences,
    target: Sentences,
    *,
    extra: Sequence[tuple[Sentences, Sentences]] = (),
    max_sentence_words: int = 300,
    lowercase: bool = True,
    **training: Any,  # noqa: ANN401 - fields of `Options`
) -> Links:
    """Link the words of sentence pairs by what co-occurs with what and where.

    IBM Model 1 (Brown et al. 1993, section 4.2), then the diagonal IBM-2 of fast_align (Dyer,
    Chahuneau & Smith, NAACL 2013), each way; `grow_diag_final_and` joins both. Nothing is
    drawn at random: equal input gives equal links, for any number of threads and any block_cells.
    Sentence pairs that take no part (`takes_part`) neither train nor get links; the log counts
    them.

    Memory beside the sentences: 4 bytes per cell (source words x target words, summed over
    sentence pairs), 40 bytes per pair of types that co-occur, 40 bytes per word, and 60 bytes per
    cell of what is worked on at once: a block, and 4 million cells while pairs are numbered (one
    sentence pair where that is larger). 100,000 pairs of 20 words: about 1.1 GB.

    Args:
        source: source sentences.
        target: target sentences; sentence i translates source sentence i.
        extra: further parallel text of the same two languages, which only trains the model.
        max_sentence_words: a pair takes no part if one side has so many words, or more.
        lowercase: whether spellings that differ in case count as one type.
        training: fields of `ibm_model.Options`.

    Raises:
        ValueError: unequal numbers of sentences, no sentence (that takes part), a sentence without
            words, other languages in `extra`, or an option out of range.
    """
    options = Options(**training)
    texts = [(source, target), *extra]
    bitext, own = _prepared(texts, max_sentence_words, lowercase)
    languages = source.language, target.language
    forward, backward = (
        _links(bitext, train(bitext, given, options)[0], options, languages, len(own))
        for given in _SIDES
    )
    return _joined(forward, backward, own)


def align_by(
    learnt: tuple[Sentences, Sentences],
    text: tuple[Sentences, Sentences],
    *,
    max_sentence_words: int = 300,
    lowercase: bool = True,
    **training: Any,  # noqa: ANN401 - fields of `Options`
) -> tuple[Links, Links]:
    """Link the words of two parallel texts by what co-occurs in the first of them alone.

    A word of the second text has links only to words that it co-occurs with in the first. All else
    is as in `align_words`.

    Returns:
        Links of the first text, and of the second.
    """
    options = Options(**training)
    _check_text(*text, languages=(learnt[0].language, learnt[1].language))
    (first, of_first), (second, of_second) = (
        _prepared([one], max_sentence_words, lowercase) for one in (learnt, text)
    )
    languages = learnt[0].language, learnt[1].language
    models = [train(first, given, options)[0] for given in _SIDES]
    forward, backward = (
        _links(first, model, options, languages, len(of_first)) for model in models
    )
    there, back = (
        _links(second, transfer(model, first, second), options, languages, len(of_second))
        for model in models
    )
    return _joined(forward, backward, of_first), _joined(there, back, of_second)


def _prepared(
    texts: Sequence[tuple[Sentences, Sentences]], max_sentence_words: int, lowercase: bool
) -> tuple[Bitext, Int64[np.ndarray, " own"]]:
    """Return the sentence pairs that take part, and which of the first text these are."""
    source, target = texts[0]
    for text in texts:
        _check_text(*text, languages=(source.language, target.language))
    own = np.flatnonzero(takes_part(source, target, max_sentence_words=max_sentence_words))
    # Long pairs would take most of the memory, and their links are never used.
    short = [_without_long(*text, max_sentence_words) for text in texts]
    if not len(own):
        raise ValueError(
            f"{source.language}-{target.language}: each of the {len(source):,} sentence pairs has "
            f"{max_sentence_words} words or more on one side; shorter ones are needed to align"
        )
    bitext = make_bitext(
        _spellings([text[0] for text in short], lowercase),
        _spellings([text[1] for text in short], lowercase),
    )
    return bitext, own


def _links(
    bitext: Bitext, model: Model, options: Options, languages: tuple[str, str], n_sentences: int
) -> Links:
    """Link the first `n_sentences` sentence pairs in one direction."""
    sentence, source, target = best_links(bitext, model, options)
    # The order of a Pharaoh file.
    order = np.lexsort((target, source, sentence))
    order = order[sentence[order] < n_sentences]
    return Links(*languages, sentence[order], source[order], target[order])


def _joined(forward: Links, backward: Links, own: Int64[np.ndarray, " own"]) -> Links:
    """Return the links of both directions, by the sentences' numbers in their text."""
    links = grow_diag_final_and(forward, backward)
    return replace(links, sentence=own.astype(np.int32)[links.sentence])


def _without_long(
    source: Sentences, target: Sentences, max_sentence_words: int
) -> tuple[Sentences, Sentences]:
    """Return both sides without the sentence pairs that take no part; the log counts these."""
    part = takes_part(source, target, max_sentence_words=max_sentence_words)
    if not part.all():
        _LOG.info(
            "%s-%s: %s of %s sentence pairs have %d words or more on one side and are not aligned",
            source.language,
            target.language,
            f"{len(part) - part.sum():,}",
            f"{len(part):,}",
            max_sentence_words,
        )
    short = (replace(side, words=tuple(compress(side.words, part))) for side in (source, target))
    return next(short), next(short)


def _spellings(texts: Sequence[Sentences], lowercase: bool) -> WordLists:
    if not lowercase:
        return [words for text in texts for words in text.words]
    # One lower-cased copy per type, not per word.
    return [[intern(word.lower()) for word in words] for text in texts for words in text.words]


def _check_text(source: Sentences, target: Sentences, languages: tuple[str, str]) -> None:
    if (source.language, target.language) != languages:
        raise ValueError(
            f"text in {source.language}-{target.language} among text in "
            f"{languages[0]}-{languages[1]}: all must be of one language pair"
        )
    check_parallel(source, target)
    if len(source) == 0:
        raise ValueError(f"{source.language}-{target.language}: no sentences to align")
    for side in (source, target):
        if not all(side.words):
            empty = next(i for i, words in enumerate(side.words) if not words)
            raise ValueError(f"sentence {empty} (0-based) of {side.language} has no words")
