"""Fine-tune an encoder-decoder model to translate, into any number of languages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.text import Sentences
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on
from polyconcept.tasks.translation import prompts
from polyconcept.tasks.writer import check_writer, readers_of, text_examples
from polyconcept.text.parallel import read_pairs


def train(
    base: Path,
    files: Sequence[Path],
    _labels: Sequence[str],
    options: FinetuneOptions,
    folder: Path,
    language_codes: Mapping[str, str] | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Fine-tune the model of `base` as `polyconcept.tasks` says."""
    parts = read_pairs(files[: len(files) // 2], files[len(files) // 2 :])
    model, tokenizer = load_for_generation(base), load_tokenizer(base)
    limit_length(tokenizer, model)
    finetune_translation(
        model,
        tokenizer,
        parts,
        options=options,
        checkpoint_directory=folder,
        language_codes=language_codes,
    )
    return model, tokenizer


def finetune_translation(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[tuple[Sentences, Sentences]],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
    language_codes: Mapping[str, str] | None = None,
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
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: No sentences, languages of a pair with other numbers of sentences, a model
            without a decoder, or a tokenizer that does not fit it or has no code for a language.
    """
    check_writer(model, tokenizer)
    readers = readers_of(tokenizer, options, language_codes)
    examples: list[Example] = []
    for source, target in train:
        pair = f"{source.language}-{target.language}"
        if len(source) != len(target):
            raise ValueError(
                f"{pair}: parallel sentences are needed, found {len(source)} and {len(target)}"
            )
        asked = [prompts.translation_prompt(words, target.language) for words in source.words]
        reader, writer = readers(source.language), readers(target.language)
        examples += text_examples(reader, writer, asked, target.words, pair)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)
