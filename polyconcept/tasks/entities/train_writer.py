"""Fine-tune an encoder-decoder model to write the entities of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.text import TaggedSentences
from polyconcept.tasks.entities import prompts
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.tasks.writer import check_writer, check_writes, readers_of, text_examples
from polyconcept.text.tagged import read_tagged


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
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    limit_length(tokenizer, model)
    finetune_entities_as_text(
        model,
        tokenizer,
        parts,
        options=options,
        checkpoint_directory=folder,
        language_codes=language_codes,
    )
    return model, tokenizer


def finetune_entities_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[TaggedSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
    language_codes: Mapping[str, str] | None = None,
) -> None:
    """Fine-tune `model` in place to write the entities of a sentence (`prompts.entities_answer`).

    Arguments and errors are those of `finetune_translation`, with sentences of each language to
    learn from; a type of entities that the tokenizer cannot write is refused as well.
    """
    check_writer(model, tokenizer)
    readers = readers_of(tokenizer, options, language_codes)
    tags = {tag for part in train for row in part.tags for tag in row if tag != "O"}
    check_writes(tokenizer, prompts.entity_symbols(sorted({tag[2:] for tag in tags})))
    examples: list[Example] = []
    for part in train:
        asked = [prompts.entities_prompt(words) for words in part.words]
        answers = [
            prompts.entities_answer(words, tags).split()
            for words, tags in zip(part.words, part.tags, strict=True)
        ]
        reader = readers(part.language)
        examples += text_examples(reader, reader, asked, answers, part.language)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
