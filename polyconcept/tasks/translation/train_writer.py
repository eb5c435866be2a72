"""Teach an encoder-decoder model to translate, into any number of languages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.records.text import Sentences
from polyconcept.tasks.trainer import Example, FinetuneOptions
from polyconcept.tasks.translation.prompts import translation_prompt
from polyconcept.tasks.writer import Lesson, load_writer, written_examples
from polyconcept.text.parallel import read_pairs

load = load_writer


def read(files: Sequence[Path], _labels: Sequence[str]) -> list[tuple[Sentences, Sentences]]:
    """Read the texts of each pair of languages: all sources, then all targets."""
    return read_pairs(files)


def examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[tuple[Sentences, Sentences]],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None = None,
) -> list[Example]:
    """Return sentences to translate and their translations; the prompt names the target language.

    Raises:
        ValueError: Languages of a pair with other numbers of sentences, or as `written_examples`.
    """
    lessons = []
    for source, target in parts:
        if len(source) != len(target):
            raise ValueError(
                f"{source.language}-{target.language}: parallel sentences are needed, found "
                f"{len(source)} and {len(target)}"
            )
        asked = [translation_prompt(words, target.language) for words in source.words]
        lessons.append(Lesson(source.language, asked, target.words, target.language))
    return written_examples(model, tokenizer, lessons, options, language_codes)
