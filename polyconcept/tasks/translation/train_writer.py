"""Fine-tune an encoder-decoder model to translate, into any number of languages at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.records.text import Sentences
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.tasks.translation import prompts
from polyconcept.tasks.writer import check_writer, text_examples
from polyconcept.text.parallel import read_pairs

__all__ = ["finetune_translation", "train"]


def train(
    base: Path,
    files: Sequence[Path],
    _labels: Sequence[str],
    options: FinetuneOptions,
    folder: Path,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return the model of `base` fine-tuned on `files`, with its tokenizer.

    Args:
        base: Directory of the model.
        files: Texts of each pair: the sources, then the targets in the same order.
        _labels: None: what is written is text.
        options: How to train.
        folder: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: As `finetune_translation`.
    """
    parts = read_pairs(files[: len(files) // 2], files[len(files) // 2 :])
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    finetune_translation(model, tokenizer, parts, options=options, checkpoint_directory=folder)
    return model, tokenizer


def finetune_translation(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[tuple[Sentences, Sentences]],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to translate, into any number of languages at once.

    The prompt names the target language (`prompts.translation_prompt`). Source and target are cut
    after `options.max_length` subwords each; how many words that leaves out is logged. Resumes as
    `finetune_ner` does.

    Args:
        model: A model with encoder, decoder and vocabulary head; ends in evaluation mode.
        tokenizer: Its fast tokenizer, which ends each text with the model's end of sequence.
        train: Parallel sentences: sentence i of the second is the translation of that of the first.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: No sentences, languages of a pair with other numbers of sentences, a model
            without a decoder, or a tokenizer that does not fit it.
    """
    check_writer(model, tokenizer)
    examples: list[Example] = []
    for source, target in train:
        pair = f"{source.language}-{target.language}"
        if len(source) != len(target):
            raise ValueError(
                f"{pair}: parallel sentences are needed, found {len(source)} and {len(target)}"
            )
        asked = [prompts.translation_prompt(words, target.language) for words in source.words]
        examples += text_examples(tokenizer, asked, target.words, pair, options)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
