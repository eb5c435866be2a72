"""Fine-tune a classifier of sentences to tell their sentiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_sequence_classification, load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.classifier import label_numbers, read_part
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.text.labelled import read_labelled


def train(
    base: Path,
    files: Sequence[Path],
    labels: Sequence[str],
    options: FinetuneOptions,
    folder: Path,
    language_codes: Mapping[str, str] | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Fine-tune the model of `base` as `polyconcept.tasks` says."""
    parts = [read_labelled(file, file.stem, labels) for file in files]
    tokenizer = load_tokenizer(base)
    model = load_for_sequence_classification(base, labels, seed=options.seed)
    limit_length(tokenizer, model)
    finetune_sentiment(
        model,
        tokenizer,
        parts,
        options=options,
        checkpoint_directory=folder,
        language_codes=language_codes,
    )
    return model, tokenizer


def finetune_sentiment(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[LabelledSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
    language_codes: Mapping[str, str] | None = None,
) -> None:
    """Fine-tune `model` in place to give each sentence its label; else as `finetune_ner`.

    Args:
        model: A sequence classifier whose labels include all labels; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: No sentences, a label that is none of the model's, or as `finetune_ner`.
    """
    numbers = label_numbers(model, {label for part in train for label in part.label})
    examples: list[Example] = []
    for part in train:
        reads = read_part(part, tokenizer, options, language_codes)
        for read, label in zip(reads, part.label, strict=True):
            examples.append({"input_ids": read.ids, "labels": numbers[label]})
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
