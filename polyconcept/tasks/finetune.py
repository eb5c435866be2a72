"""Fine-tune a model to find named entities or to tell the sentiment of sentences."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.reader import Read, read_words
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
    language_codes: Mapping[str, str] | None = None,
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
        language_codes: See `reading.language_code`.

    Raises:
        ValueError: No sentences, a tag that is none of the model's labels, or a language that the
            tokenizer has no code for.
    """
    numbers = _label_numbers(model, {tag for part in train for tags in part.tags for tag in tags})
    examples: list[Example] = []
    for part in train:
        reads = _read(part, tokenizer, options, language_codes)
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
    language_codes: Mapping[str, str] | None = None,
) -> None:
    """Fine-tune `model` in place to give each sentence its label; else as `finetune_ner`.

    Args:
        model: A sequence classifier whose labels include all labels; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.
        language_codes: See `reading.language_code`.

    Raises:
        ValueError: No sentences, a label that is none of the model's, or as `finetune_ner`.
    """
    numbers = _label_numbers(model, {label for part in train for label in part.label})
    examples: list[Example] = []
    for part in train:
        reads = _read(part, tokenizer, options, language_codes)
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


def _read(
    part: TaggedSentences | LabelledSentences,
    tokenizer: PreTrainedTokenizerFast,
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None,
) -> list[Read]:
    reads = read_words(
        part.words,
        tokenizer,
        max_length=options.max_length,
        language=part.language,
        language_codes=language_codes,
    )
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        text = "%s: %d words are cut off or have no subword: not trained on"
        _log.warning(text, part.language, n_lost)
    return reads
