"""Train a fast WordPiece or Unigram tokenizer on the text that a model is pre-trained on."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypeAlias

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertTokenizer,
    PreTrainedTokenizerFast,
    T5Tokenizer,
    XLMRobertaTokenizer,
)

from polyconcept.records.text import Sentences
from polyconcept.tasks.translation.prompts import translation_prompt

TokenizerKind: TypeAlias = Literal["wordpiece", "unigram", "unigram-t5"]

_BERT_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROBERTA_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # <mask> comes last, as in XLM-R
_T5_SPECIAL = ("<pad>", "</s>", "<unk>")  # the sentinels come last, as in T5
_N_SENTINELS = 100
_ASCII = string.digits + string.ascii_letters + string.punctuation


def train_tokenizer(
    sentences: Iterable[Sentences], *, kind: TokenizerKind, vocab_size: int, max_length: int = 128
) -> PreTrainedTokenizerFast:
    """Return a cased tokenizer of `vocab_size` pieces, shared by all languages of `sentences`.

    The same text gives the same tokenizer, bytes of its files included. No normalisation is
    done beyond BERT's removal of control characters: text is taken as it is spelt.

    For T5 each sentence is preceded by the words that ask for its language
    (`prompts.translation_prompt`), so that they are few pieces, and every printable character of
    ASCII is a piece of its own: text-to-text models are told their task in words.

    Args:
        sentences: Text of each language; every language counts by its number of words.
        kind: ``wordpiece`` as in BERT (``[CLS]``, ``##``), ``unigram`` as in XLM-R (``<s>``,
            ``▁``), or ``unigram-t5`` as in T5 and mT5 (no start, ``</s>``, 100 sentinels
            ``<extra_id_0>``, ...).
        vocab_size: Most pieces that the vocabulary may hold, special ones included; less come
            out where the text is too small to support them.
        max_length: Longest input in subwords that the tokenizer states for its model.

    Raises:
        ValueError: No text, or more characters than the vocabulary has room for.
    """
    lines = [
        " ".join(translation_prompt(words, part.language) if kind == "unigram-t5" else words)
        for part in sentences
        for words in part.words
    ]
    if not lines:
        raise ValueError("a tokenizer needs at least one sentence to be trained on, got none")
    _check_room(lines, kind, vocab_size)
    tokenizer = _TRAINERS[kind](lines, vocab_size)
    tokenizer.model_max_length = max_length
    return tokenizer


def _check_room(lines: list[str], kind: TokenizerKind, vocab_size: int) -> None:
    needed = len(_BERT_SPECIAL) + len(_characters(lines))  # XLM-R has as many: four and <mask>
    if kind == "wordpiece":
        needed += len(_inner_characters(lines))
    elif kind == "unigram-t5":
        # And the sign of a word's start, to which single characters can be joined.
        needed = len(_T5_SPECIAL) + _N_SENTINELS + len({*_characters(lines), *_ASCII, "▁"})
    if needed > vocab_size:
        raise ValueError(
            f"vocab_size={vocab_size} cannot hold the single characters of the text: "
            f"a {kind} tokenizer needs at least {needed} pieces here"
        )


def _characters(lines: list[str]) -> list[str]:
    return sorted(set().union(*lines) - {" "})


def _inner_characters(lines: list[str]) -> list[str]:
    """Return the characters that continue a word: WordPiece writes them with ``##``."""
    words = {word for line in lines for word in line.split()}
    return sorted(set().union(*(word[1:] for word in words)))


def _train_wordpiece(lines: list[str], vocab_size: int) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token=_BERT_SPECIAL[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    # The trainer numbers the ## characters in the order of a hash table and settles ties by
    # number. Naming them beforehand makes the result the same in every process.
    inner = [f"##{character}" for character in _inner_characters(lines)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, special_tokens=[*_BERT_SPECIAL, *inner], show_progress=False
    )
    tokenizer.train_from_iterator(_batches(lines), trainer)
    pieces = sorted(set(tokenizer.get_vocab()) - set(_BERT_SPECIAL))
    vocab = {piece: number for number, piece in enumerate([*_BERT_SPECIAL, *pieces])}
    return BertTokenizer(vocab=vocab, do_lower_case=False, strip_accents=False)


def _train_roberta(lines: list[str], vocab_size: int) -> PreTrainedTokenizerFast:
    # One place is kept for <mask>: the one of the mark that _train_unigram takes away.
    pieces = _train_unigram(lines, vocab_size, special=_ROBERTA_SPECIAL, unknown="<unk>")
    special = [(piece, 0.0) for piece in _ROBERTA_SPECIAL]
    return XLMRobertaTokenizer(vocab=[*special, *pieces, ("<mask>", 0.0)])


def _train_t5(lines: list[str], vocab_size: int) -> PreTrainedTokenizerFast:
    # One piece more for the mark, which _train_unigram takes away.
    pieces = _train_unigram(
        lines,
        vocab_size - _N_SENTINELS + 1,
        special=_T5_SPECIAL,
        unknown="<unk>",
        characters=_ASCII,
    )
    special = [(piece, 0.0) for piece in _T5_SPECIAL]
    # The last number is that of <extra_id_0>, as in T5.
    sentinels = [(f"<extra_id_{number}>", 0.0) for number in reversed(range(_N_SENTINELS))]
    return T5Tokenizer(vocab=[*special, *pieces, *sentinels], extra_ids=_N_SENTINELS)


def _train_unigram(
    lines: list[str],
    vocab_size: int,
    *,
    special: tuple[str, ...],
    unknown: str,
    characters: str = "",
) -> list[tuple[str, float]]:
    """Return the pieces and their scores, the most probable first, special ones left out.

    `vocab_size` includes the special pieces, of which `unknown` stands for what cannot be spelt,
    and a mark; `characters` are pieces even if the text lacks them.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        ]
    )
    # The trainer proposes pieces that occur in two distinct words, however frequent a word is:
    # `when` would never become one. So each word is added once more, marked, on a line of its own.
    mark = next(chr(code) for code in range(0xE000, 0xF900) if chr(code) not in set("".join(lines)))
    marked = [word + mark for word in sorted({word for line in lines for word in line.split()})]
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size,
        special_tokens=list(special),
        unk_token=unknown,
        show_progress=False,
        initial_alphabet=sorted({*_characters(lines), *characters}),
    )
    tokenizer.train_from_iterator(_batches([*lines, *marked]), trainer)
    trained = json.loads(tokenizer.to_str())["model"]["vocab"]
    unwanted = {*special, mark}
    scores = _settled({piece: score for piece, score in trained if piece not in unwanted})
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _settled(scores: dict[str, float]) -> dict[str, float]:
    """Return the scores without the traces of the order of the trainer's hash tables."""
    # Sums differ in their last digits. Characters that are kept only so that every word can be
    # spelt get the lowest score, less 0.0001 for each that came before: here all get the same.
    lowest = min((score for piece, score in scores.items() if len(piece) > 1), default=0.0)
    steps = 0.0001 * len(scores)
    return {
        piece: round(lowest if len(piece) == 1 and score <= lowest + steps else score, 6)
        for piece, score in scores.items()
    }


def _batches(lines: list[str], size: int = 1000) -> Iterator[list[str]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]


_TRAINERS: dict[TokenizerKind, Callable[[list[str], int], PreTrainedTokenizerFast]] = {
    "wordpiece": _train_wordpiece,
    "unigram": _train_roberta,
    "unigram-t5": _train_t5,
}
