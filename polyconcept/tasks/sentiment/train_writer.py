"""Teach an encoder-decoder model to write the sentiment of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.sentiment import prompts
from polyconcept.tasks.trainer import Example, FinetuneOptions
from polyconcept.tasks.writer import Lesson, load_writer, written_examples
from polyconcept.text.labelled import read_labelled_files

read, load = read_labelled_files, load_writer


def examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[LabelledSentences],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None = None,
) -> list[Example]:
    """Return prompts for the sentiment of sentences, and their labels as answers.

    Raises:
        ValueError: As `written_examples`, also where a label cannot be written.
    """
    lessons = [
        Lesson(
            part.language,
            [prompts.sentiment_prompt(words) for words in part.words],
            [prompts.sentiment_answer(label).split() for label in part.label],
        )
        for part in parts
    ]
    symbols = sorted({label for part in parts for label in part.label})
    return written_examples(model, tokenizer, lessons, options, language_codes, symbols=symbols)
