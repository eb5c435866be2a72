"""Fine-tune an encoder-decoder model to write the answer: translations, entities, sentiment."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.reading import Read, read_words
from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences
from polyconcept.tasks import prompts
from polyconcept.tasks.trainer import Example, FinetuneOptions, train_on

__all__ = ["finetune_entities_as_text", "finetune_sentiment_as_text", "finetune_translation"]

_log = logging.getLogger(__name__)


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
    _check_model(model, tokenizer)
    examples: list[Example] = []
    for source, target in train:
        pair = f"{source.language}-{target.language}"
        if len(source) != len(target):
            raise ValueError(
                f"{pair}: parallel sentences are needed, found {len(source)} and {len(target)}"
            )
        asked = [prompts.translation_prompt(words, target.language) for words in source.words]
        examples += _examples(tokenizer, asked, target.words, pair, options)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


def finetune_entities_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[TaggedSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to write the entities of a sentence (`prompts.entities_answer`).

    Arguments and errors are those of `finetune_translation`, with sentences of each language to
    learn from; a type of entities that the tokenizer cannot write is refused as well.
    """
    _check_model(model, tokenizer)
    tags = {tag for part in train for row in part.tags for tag in row if tag != "O"}
    _check_writes(tokenizer, prompts.entity_symbols(sorted({tag[2:] for tag in tags})))
    examples: list[Example] = []
    for part in train:
        asked = [prompts.entities_prompt(words) for words in part.words]
        answers = [
            prompts.entities_answer(words, tags).split()
            for words, tags in zip(part.words, part.tags, strict=True)
        ]
        examples += _examples(tokenizer, asked, answers, part.language, options)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


def finetune_sentiment_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[LabelledSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to write the sentiment of a sentence, which is its label.

    Arguments and errors are those of `finetune_translation`, with sentences of each language to
    learn from; a label that the tokenizer cannot write is refused as well.
    """
    _check_model(model, tokenizer)
    _check_writes(tokenizer, sorted({label for part in train for label in part.label}))
    examples: list[Example] = []
    for part in train:
        asked = [prompts.sentiment_prompt(words) for words in part.words]
        answers = [prompts.sentiment_answer(label).split() for label in part.label]
        examples += _examples(tokenizer, asked, answers, part.language, options)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


def _examples(
    tokenizer: PreTrainedTokenizerFast,
    asked: Sequence[Sequence[str]],
    answers: Sequence[Sequence[str]],
    where: str,
    options: FinetuneOptions,
) -> list[Example]:
    """Subwords of prompts and answers; the model itself derives what its decoder reads."""
    sources = read_words(asked, tokenizer, max_length=options.max_length)
    targets = read_words(answers, tokenizer, max_length=options.max_length)
    _tell_lost(where, "read", sources)
    _tell_lost(where, "written", targets)
    return [
        {"input_ids": source.ids, "labels": target.ids}
        for source, target in zip(sources, targets, strict=True)
    ]


def _tell_lost(where: str, side: str, reads: Sequence[Read]) -> None:
    n_lost, n_texts = sum(read.n_lost for read in reads), sum(read.n_lost > 0 for read in reads)
    if n_lost:
        text = "%s: %d words in %d of the texts that are %s are cut off or have no subword"
        _log.warning(text, where, n_lost, n_texts, side)


def _check_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    if not (model.config.is_encoder_decoder and model.can_generate()):
        raise ValueError(
            "to write its answer a model needs encoder, decoder and vocabulary head; "
            f"{type(model).__name__} is none of this kind"
        )
    end, last = model.config.eos_token_id, tokenizer("a")["input_ids"][-1:]
    if last != [end] or tokenizer.pad_token_id != model.config.pad_token_id:
        # A model that never reads an end would never learn to write one.
        raise ValueError(
            f"tokenizer and model do not fit: texts end with {last} and are padded with "
            f"{tokenizer.pad_token_id}; the model needs [{end}] and {model.config.pad_token_id}"
        )


def _check_writes(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> None:
    """Refuse a tokenizer that cannot spell what every answer is made of."""
    unwritten = [
        text
        for text in texts
        if str(
            tokenizer.decode(
                tokenizer(text)["input_ids"],
                skip_special_tokens=True,
                clean_up_tokenization_spaces=False,
            )
        ).split()
        != text.split()
    ]
    if unwritten:
        raise ValueError(f"the tokenizer cannot write {unwritten}: no answer could hold them")
