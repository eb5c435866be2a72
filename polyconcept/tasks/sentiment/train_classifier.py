"""Teach a classifier of sentences to tell their sentiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_sequence_classification
from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.classifier import label_numbers, read_part
from polyconcept.tasks.trainer import Example, FinetuneOptions
from polyconcept.text.labelled import read_labelled_files

read, load = read_labelled_files, load_for_sequence_classification


def examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[LabelledSentences],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None = None,
) -> list[Example]:
    """Return sentences with their labels.

    Raises:
        ValueError: A label that is none of the model's, or a language without a code.
    """
    numbers = label_numbers(model, {label for part in parts for label in part.label})
    found: list[Example] = []
    for part in parts:
        reads = read_part(part, tokenizer, options, language_codes)
        for subwords, label in zip(reads, part.label, strict=True):
            found.append({"input_ids": subwords.ids, "labels": numbers[label]})
    return found
