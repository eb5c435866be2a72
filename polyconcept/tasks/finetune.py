"""Fine-tune a model to find named entities or to tell the sentiment of sentences."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.reading import read_words
from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.tasks.masking import NOT_SCORED
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on

__all__ = ["finetune_ner", "finetune_sentiment"]

_log = logging.getLogger(__name__)


def finetune_ner(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[TaggedSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to give each word its tag; the first subword carries it.

    Where `checkpoint_directory` holds a whole checkpoint of the same model, data and options, the
    run goes on from there and ends, on CPU with as many threads, with the weights of a run that
    was never cut off. Other checkpoints there are removed.

    Args:
        model: A token classifier whose labels include all tags; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: No sentences, or a tag that is none of the model's labels.
    """
    numbers = _label_numbers(model, {tag for part in train for tags in part.tags for tag in tags})
    examples: list[Example] = []
    for part in train:
        reads = read_words(part.words, tokenizer, max_length=options.max_length)
        _tell_lost(part.language, sum(read.n_lost for read in reads))
        for read, tags in zip(reads, part.tags, strict=True):
            labels = [NOT_SCORED] * len(read.ids)
            for place, tag in zip(read.first, tags, strict=True):
                if place is not None:
                    labels[place] = numbers[tag]
            examples.append({"input_ids": read.ids, "labels": labels})
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


def finetune_sentiment(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[LabelledSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to give each sentence its label; else as `finetune_ner`.

    Args:
        model: A sequence classifier whose labels include all labels; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: No sentences, or a label that is none of the model's.
    """
    numbers = _label_numbers(model, {label for part in train for label in part.label})
    examples: list[Example] = []
    for part in train:
        reads = read_words(part.words, tokenizer, max_length=options.max_length)
        _tell_lost(part.language, sum(read.n_lost for read in reads))
        for read, label in zip(reads, part.label, strict=True):
            examples.append({"input_ids": read.ids, "labels": numbers[label]})
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


def _label_numbers(model: PreTrainedModel, needed: set[str]) -> dict[str, int]:
    numbers = {str(label): int(number) for label, number in (model.config.label2id or {}).items()}
    unknown = sorted(needed - set(numbers))
    if unknown:
        raise ValueError(
            f"the training data has labels {unknown} that the model lacks; it has {sorted(numbers)}"
        )
    return numbers


def _tell_lost(language: str, n_lost: int) -> None:
    if n_lost:
        _log.warning(
            "%s: %d words are cut off or have no subword: not trained on", language, n_lost
        )
