"""What all encoder-decoder models that learn to write an answer have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.language_codes import text_end
from polyconcept.models.reader import Read, Reader, written_text
from polyconcept.tasks.trainer import Example, FinetuneOptions

_log = logging.getLogger(__name__)


def readers_of(
    tokenizer: PreTrainedTokenizerFast,
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None,
) -> Callable[[str], Reader]:
    """One reader of each language, made when it is first asked for."""
    return cache(
        partial(Reader, tokenizer, max_length=options.max_length, language_codes=language_codes)
    )


def text_examples(
    reader: Reader,
    writer: Reader,
    asked: Sequence[Sequence[str]],
    answers: Sequence[Sequence[str]],
    where: str,
) -> list[Example]:
    """Subwords of prompts and answers; the model itself derives what its decoder reads."""
    sources, targets = reader.words(asked), writer.words(answers)
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


def check_writer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Refuse a model that cannot write, or a tokenizer that does not fit it."""
    if not (model.config.is_encoder_decoder and model.can_generate()):
        raise ValueError(
            "to write its answer a model needs encoder, decoder and vocabulary head; "
            f"{type(model).__name__} is none of this kind"
        )
    end, last = model.config.eos_token_id, text_end(tokenizer)
    if last != [end] or tokenizer.pad_token_id != model.config.pad_token_id:
        # A model that never reads an end would never learn to write one.
        raise ValueError(
            f"tokenizer and model do not fit: texts end with {last} and are padded with "
            f"{tokenizer.pad_token_id}; the model needs [{end}] and {model.config.pad_token_id}"
        )


def check_writes(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> None:
    """Refuse a tokenizer that cannot spell what every answer is made of."""
    unwritten = [
        text
        for text in texts
        if written_text(tokenizer, Reader(tokenizer, special=False).words([text.split()])[0].ids)
        != " ".join(text.split())
    ]
    if unwritten:
        raise ValueError(f"the tokenizer cannot write {unwritten}: no answer could hold them")
