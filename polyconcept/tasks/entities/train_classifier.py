"""Teach a classifier of words to find named entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_token_classification
from polyconcept.records.text import TaggedSentences
from polyconcept.tasks.classifier import label_numbers, read_part
from polyconcept.tasks.trainer import NOT_SCORED, Example, FinetuneOptions
from polyconcept.text.tagged import iob2_tags, read_tagged_files

read = read_tagged_files


def load(base: Path, labels: Sequence[str], *, seed: int) -> PreTrainedModel:
    """Load a pre-trained model under a new classifier of words."""
    return load_for_token_classification(base, iob2_tags(labels), seed=seed)


def examples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    parts: Sequence[TaggedSentences],
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None = None,
) -> list[Example]:
    """Return sentences with the tag of each word at its first subword, as Devlin et al. 2019 do.

    Raises:
        ValueError: A tag that is none of the model's labels, or a language without a code.
    """
    numbers = label_numbers(model, {tag for part in parts for tags in part.tags for tag in tags})
    found: list[Example] = []
    for part in parts:
        reads = read_part(part, tokenizer, options, language_codes)
        for subwords, tags in zip(reads, part.tags, strict=True):
            labels = [NOT_SCORED] * len(subwords.ids)
            for place, tag in zip(subwords.first, tags, strict=True):
                if place is not None:
                    labels[place] = numbers[tag]
            found.append({"input_ids": subwords.ids, "labels": labels})
    return found
