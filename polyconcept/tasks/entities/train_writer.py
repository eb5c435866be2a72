"""Teach an encoder-decoder model to write the entities of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.records.text import TaggedSentences
from polyconcept.tasks.entities import prompts
from polyconcept.tasks.trainer import Example, FinetuneOptions
from polyconcept.tasks.writer import Lesson, load_writer, written_examples
from polyconcept.text.tagged import read_tagged_files

read, load = read_tagged_files, load_writer


def examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[TaggedSentences],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None = None,
) -> list[Example]:
    """Return prompts for entities with their answers (`prompts.entities_answer`).

    Raises:
        ValueError: As `written_examples`, also where no type of entity can be written.
    """
    # A type that cannot be spelt could never be answered.
    types = {tag[2:] for part in parts for tags in part.tags for tag in tags if tag != "O"}
    lessons = [
        Lesson(
            part.language,
            [prompts.entities_prompt(words) for words in part.words],
            [
                prompts.entities_answer(words, tags).split()
                for words, tags in zip(part.words, part.tags, strict=True)
            ],
        )
        for part in parts
    ]
    symbols = prompts.entity_symbols(sorted(types))
    return written_examples(model, tokenizer, lessons, options, language_codes, symbols=symbols)
