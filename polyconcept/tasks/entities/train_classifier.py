"""Fine-tune a classifier of words to find named entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_token_classification, load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.text import TaggedSentences
from polyconcept.tasks.classifier import label_numbers, read_part
from polyconcept.tasks.masking import NOT_SCORED
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.text.tagged import iob2_tags, read_tagged


def train(
    base: Path,
    files: Sequence[Path],
    labels: Sequence[str],
    options: FinetuneOptions,
    folder: Path,
    language_codes: Mapping[str, str] | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Fine-tune the model of `base` as `polyconcept.tasks` says."""
    parts = [read_tagged(file, file.stem, labels) for file in files]
    tokenizer = load_tokenizer(base)
    model = load_for_token_classification(base, iob2_tags(labels), seed=options.seed)
    limit_length(tokenizer, model)
    finetune_ner(
        model,
        tokenizer,
        parts,
        options=options,
        checkpoint_directory=folder,
        language_codes=language_codes,
    )
    return model, tokenizer


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
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: No sentences, a tag that is none of the model's labels, or a language that the
            tokenizer has no code for.
    """
    numbers = label_numbers(model, {tag for part in train for tags in part.tags for tag in tags})
    examples: list[Example] = []
    for part in train:
        reads = read_part(part, tokenizer, options, language_codes)
        for read, tags in zip(reads, part.tags, strict=True):
            labels = [NOT_SCORED] * len(read.ids)
            for place, tag in zip(read.first, tags, strict=True):
                if place is not None:
                    labels[place] = numbers[tag]
            examples.append({"input_ids": read.ids, "labels": labels})
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
