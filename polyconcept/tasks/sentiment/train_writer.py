"""Fine-tune an encoder-decoder model to write the sentiment of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.sentiment import prompts
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.tasks.writer import check_writer, check_writes, readers_of, text_examples
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
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    limit_length(tokenizer, model)
    finetune_sentiment_as_text(
        model,
        tokenizer,
        parts,
        options=options,
        checkpoint_directory=folder,
        language_codes=language_codes,
    )
    return model, tokenizer


def finetune_sentiment_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[LabelledSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
    language_codes: Mapping[str, str] | None = None,
) -> None:
    """Fine-tune `model` in place to write the sentiment of a sentence, which is its label.

    Arguments and errors are those of `finetune_translation`, with sentences of each language to
    learn from; a label that the tokenizer cannot write is refused as well.
    """
    check_writer(model, tokenizer)
    readers = readers_of(tokenizer, options, language_codes)
    check_writes(tokenizer, sorted({label for part in train for label in part.label}))
    examples: list[Example] = []
    for part in train:
        asked = [prompts.sentiment_prompt(words) for words in part.words]
        answers = [prompts.sentiment_answer(label).split() for label in part.label]
        reader = readers(part.language)
        examples += text_examples(reader, reader, asked, answers, part.language)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
