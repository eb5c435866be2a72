"""What all encoder-decoder models that learn to write an answer have in common."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.language_codes import text_end
from polyconcept.models.loading import load_for_generation
from polyconcept.models.reader import Read, Reader, written_text
from polyconcept.tasks.trainer import Example, FinetuneOptions

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lesson:
    """Prompts, and the answers to learn."""

    language: str
    """Language of the prompts, and of the answers unless these have their own."""
    asked: Sequence[Sequence[str]]
    """Words of each prompt."""
    answers: Sequence[Sequence[str]]
    """Words of each answer."""
    answer_language: str = ""


def load_writer(
    base: Path,
    _labels: Sequence[str],
    *,
    seed: int,  # noqa: ARG001 - no weight is new: what it writes with, it has been pre-trained with
) -> PreTrainedModel:
    """Load a pre-trained model that writes."""
    return load_for_generation(base)


def written_examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    lessons: Iterable[Lesson],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None,
    *,
    symbols: Collection[str] = (),
) -> list[Example]:
    """Return subwords of prompts and answers; the model itself derives what its decoder reads.

    Both are cut off after `options.max_length` subwords; how many words that costs is logged.

    `symbols` are what every answer is made of besides words of the text.

    Raises:
        ValueError: The model cannot write, its tokenizer does not fit it, cannot write `symbols`
            or has no code for a language.
    """
    _check_writer(model, tokenizer)
    _check_writes(tokenizer, symbols)
    reader_of = cache(
        partial(Reader, tokenizer, max_length=options.max_length, language_codes=language_codes)
    )
    examples: list[Example] = []
    for lesson in lessons:
        answer_language = lesson.answer_language or lesson.language
        where = "-".join(dict.fromkeys((lesson.language, answer_language)))
        sources = reader_of(lesson.language).words(lesson.asked)
        targets = reader_of(answer_language).words(lesson.answers)
        _tell_lost(where, "read", sources)
        _tell_lost(where, "written", targets)
        examples += [
            {"input_ids": source.ids, "labels": target.ids}
            for source, target in zip(sources, targets, strict=True)
        ]
    return examples


def _tell_lost(where: str, side: str, reads: Sequence[Read]) -> None:
    n_lost, n_texts = sum(read.n_lost for read in reads), sum(read.n_lost > 0 for read in reads)
    if n_lost:
        text = "%s: %d words in %d of the texts that are %s are cut off or have no subword"
        _log.warning(text, where, n_lost, n_texts, side)


def _check_writer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Refuse a model that cannot write, or a tokenizer that does not fit it."""
    if not (model.config.is_encoder_decoder and model.can_generate()):
        raise ValueError(
            "to write its answer a model needs encoder, decoder and vocabulary head; "
            f"{type(model).__name__} is none of this kind"
        )
    end, last = model.config.eos_token_id, text_end(tokenizer)
    if last != [end] or tokenizer.pad_token_id != model.config.pad_token_id:
        # A model that never reads an end would never learn to write one.
        raise ValueError(
            f"tokenizer and model do not fit: texts end with {last} and are padded with "
            f"{tokenizer.pad_token_id}; the model needs [{end}] and {model.config.pad_token_id}"
        )


def _check_writes(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> None:
    unwritten = [
        text
        for text in texts
        if written_text(tokenizer, Reader(tokenizer, special=False).words([text.split()])[0].ids)
        != " ".join(text.split())
    ]
    if unwritten:
        raise ValueError(f"the tokenizer cannot write {unwritten}: no answer could hold them")
