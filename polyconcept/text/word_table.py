"""Word tables: the rows that every later file of a language counts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int64

from polyconcept.records.arrays import Rows
from polyconcept.records.text import (
    Definition,
    Dropped,
    Links,
    Selection,
    Selections,
    Sentences,
    Words,
)
from polyconcept.text.pair import rank_among_equals, sentence_starts
from polyconcept.text.selection import KEPT, ChosenWords, choose_words, count_reasons


def build_word_table(sentences: Sentences, chosen: Sequence[ChosenWords]) -> tuple[Words, Dropped]:
    """Return the union of chosen words of one language, in text order.

    A word in no choice is counted under the latest check that it reached in any: too long a
    sentence everywhere, else not linked, else over the cap.

    Returns:
        The word table, and reason -> number of words left out: with the rows, all words.

    Raises:
        ValueError: nothing was chosen, or a choice was made of another text.
    """
    starts = sentence_starts(sentences)
    if not chosen:
        raise ValueError(f"no choice of words of {sentences.language}; it needs at least one pair")
    if any(len(choice.fate) != starts[-1] for choice in chosen):
        raise ValueError(
            f"choices of {sorted({len(choice.fate) for choice in chosen})} words for the text of "
            f"{sentences.language}, which has {starts[-1]} words"
        )
    # Later checks have greater numbers, and kept words the greatest.
    fate = np.maximum.reduce([choice.fate for choice in chosen])
    places = np.flatnonzero(fate == KEPT)
    return _table(sentences, starts, places), count_reasons(fate)


def split_words(
    language: str,
    texts: Mapping[str, Sentences],
    links: Sequence[Links],
    *,
    cap: int = 15,
    max_sentence_words: int = 300,
) -> tuple[Words, Dropped]:
    """Return the word table of a language: what its pairs and both metrics need (`choose_words`).

    `texts` has the language and all its partners, which it may be the source or the target of.

    Returns:
        The word table, and reason -> number of words left out.

    Raises:
        ValueError: a pair without the language or without its texts, or as `choose_words` raises.
    """
    chosen = []
    for pair in links:
        if language not in (pair.source, pair.target):
            raise ValueError(f"links of {pair.source}-{pair.target} are no pair of {language}")
        missing = {pair.source, pair.target} - set(texts)
        if missing:
            raise ValueError(
                f"pair {pair.source}-{pair.target}: no text of {', '.join(sorted(missing))}; "
                f"there are texts of {', '.join(sorted(texts))}"
            )
        choices = choose_words(
            texts[pair.source],
            texts[pair.target],
            pair,
            cap=cap,
            max_sentence_words=max_sentence_words,
        )
        chosen += [
            choice.source if language == pair.source else choice.target
            for choice in choices.values()
        ]
    return build_word_table(texts[language], chosen)


def select_rows(
    tables: tuple[Words, Words],
    texts: tuple[Sentences, Sentences],
    links: Links,
    *,
    cap: int = 15,
    max_sentence_words: int = 300,
) -> dict[tuple[str, Definition], Selection]:
    """Return the rows of the two word tables that each metric clusters of a pair (`choose_words`).

    Returns:
        (metric, definition) -> rows, never empty.

    Raises:
        ValueError: a table belongs to another text or was made with other options, or as
            `choose_words` raises.
    """
    chosen = choose_words(*texts, links, cap=cap, max_sentence_words=max_sentence_words)
    places = [table_places(words, text) for words, text in zip(tables, texts, strict=True)]
    return {
        key: Selection(
            _rows(tables[0], places[0], choice.source.places),
            _rows(tables[1], places[1], choice.target.places),
        )
        for key, choice in chosen.items()
    }


def check_enough_words(
    selections: Selections,
    languages: tuple[str, str],
    *,
    n_clusters: int,
) -> None:
    """Refuse more clusters than selected words, before any vector is made.

    Raises:
        ValueError: naming every selection that is too small.
    """
    faults = []
    for (metric, definition), chosen in selections.items():
        counts = {languages[0]: len(chosen.source_rows), languages[1]: len(chosen.target_rows)}
        if metric == "colap":
            counts = {" and ".join(languages): sum(counts.values())}
        faults += [
            f"{count} words of {language} for {metric} ({definition})"
            for language, count in counts.items()
            if count < n_clusters
        ]
    if faults:
        raise ValueError(
            f"more clusters than words in every layer: {n_clusters} clusters, but "
            f"{'; '.join(faults)}; lower clustering.n_clusters (of `auto`: raise "
            "words_per_cluster) or take more text"
        )


def capped_rows(words: Words, *, cap: int) -> Rows:
    """Return the first `cap` rows of each spelling in a word table, ascending.

    Raises:
        ValueError: a cap below 1.
    """
    if cap < 1:
        raise ValueError(f"cap is {cap}, must be at least 1")
    rows: Rows = np.flatnonzero(rank_among_equals(words.word_type.astype(np.int64)) < cap)
    return rows


def table_places(words: Words, sentences: Sentences) -> Int64[np.ndarray, " word"]:
    """Return the place in the text of each row of a word table, strictly increasing.

    Raises:
        ValueError: the table belongs to another language or text, or its rows are out of order.
    """
    if words.language != sentences.language:
        raise ValueError(f"a word table of {words.language} for a text of {sentences.language}")
    starts = sentence_starts(sentences)
    where = zip(
        words.sentence.tolist(), words.position.tolist(), words.word_type.tolist(), strict=True
    )
    for row, (sentence, position, word_type) in enumerate(where):
        found = sentences.words[sentence] if 0 <= sentence < len(sentences) else ()
        if not 0 <= position < len(found) or found[position] != words.types[word_type]:
            raise ValueError(
                f"the word table of {words.language} was made of another text: row {row} says "
                f"{words.types[word_type]!r} is word {position} of sentence {sentence} (both "
                f"0-based); that sentence is {' '.join(found)!r}"
            )
    places: Int64[np.ndarray, " word"] = starts[words.sentence] + words.position
    if np.any(np.diff(places) <= 0):
        raise ValueError(f"the word table of {words.language} is not in text order")
    return places


def _rows(
    words: Words, places: Int64[np.ndarray, " word"], chosen: Int64[np.ndarray, " chosen"]
) -> Int64[np.ndarray, " chosen"]:
    rows = np.searchsorted(places, chosen)
    # A search also finds where a place that is not there would be.
    missing = rows == len(places)
    missing[~missing] = places[rows[~missing]] != chosen[~missing]
    if missing.any():
        raise ValueError(
            f"{int(missing.sum())} of {len(chosen)} chosen words are not in the word table of "
            f"{words.language}; it was made of other pairs or with other options"
        )
    return rows


def _table(
    sentences: Sentences,
    starts: Int64[np.ndarray, " boundary"],
    places: Int64[np.ndarray, " word"],
) -> Words:
    sentence = np.searchsorted(starts, places, side="right") - 1
    position = places - starts[sentence]
    number: dict[str, int] = {}
    word_type = [
        number.setdefault(sentences.words[i][j], len(number))
        for i, j in zip(sentence.tolist(), position.tolist(), strict=True)
    ]
    return Words(
        language=sentences.language,
        sentence=sentence.astype(np.int32),
        position=position.astype(np.int32),
        word_type=np.array(word_type, dtype=np.int32),
        types=tuple(number),
    )
