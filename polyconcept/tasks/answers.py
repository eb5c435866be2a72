"""What an encoder-decoder model writes when it is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.language_codes import LanguageCode, language_code
from polyconcept.models.reader import Read, Reader, written_text

_log = logging.getLogger(__name__)


def write_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    asked: Sequence[Sequence[str]],
    *,
    n_beams: int,
    max_length: int,
    batch: int,
    where: str,
    language: str = "",
    answer_language: str = "",
    language_codes: Mapping[str, str] | None = None,
) -> list[str]:
    """Give the answer to each prompt, found by beam search: words joined by single blanks.

    Prompts of like length are answered together; no chance is involved. What is cut off, of
    prompts or of answers, is logged. An answer may be empty.

    Args:
        model: A model with encoder, decoder and vocabulary head, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        asked: Words of each prompt.
        n_beams: Answers kept at each step; 1 takes the likeliest subword each time.
        max_length: Most subwords of a prompt, and of an answer.
        batch: Prompts answered together.
        where: What is asked, for messages.
        language: Language of the prompts, needed where the tokenizer writes a code for it.
        answer_language: The same of the answers.
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: `n_beams`, `max_length` or `batch` is below 1, or the tokenizer has no code for
            a language.
    """
    for name, value in (("n_beams", n_beams), ("max_length", max_length), ("batch", batch)):
        if value < 1:
            raise ValueError(f"{name}={value} should be 1 or more")
    codes = language_codes or {}
    reader = Reader(tokenizer, language, max_length=max_length, language_codes=codes)
    reads = reader.words(asked)
    _tell_lost(where, reads)
    code = language_code(tokenizer, answer_language, codes)
    longest = min(max_length, tokenizer.model_max_length)
    settings = _settings(model, n_beams, longest, code)
    order = sorted(range(len(reads)), key=lambda row: len(reads[row].ids))
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    answers, n_cut = [""] * len(reads), 0
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description=f"{where}: writing"):
        written = _write(model, tokenizer, [reads[row] for row in rows], settings)
        n_cut += sum(settings.eos_token_id not in ids for ids in written)
        for row, ids in zip(rows, written, strict=True):
            answers[row] = written_text(tokenizer, ids)
    if n_cut:
        _log.warning("%s: %d answers are cut off after %d subwords", where, n_cut, longest)
    return answers


def _settings(
    model: PreTrainedModel, n_beams: int, max_length: int, code: LanguageCode | None
) -> GenerationConfig:
    """All that decides how an answer is searched for; a language code begins it, as in training.

    The rest are the library's defaults: `models.load_for_generation` leaves no others in a model.
    """
    begin = code.number if code is not None and code.last else model.config.decoder_start_token_id
    return GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=n_beams,
        do_sample=False,
        max_new_tokens=max_length,
        decoder_start_token_id=begin,
        forced_bos_token_id=code.number if code is not None and not code.last else None,
        eos_token_id=model.config.eos_token_id,
        pad_token_id=model.config.pad_token_id,
    )


def _write(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    reads: Sequence[Read],
    settings: GenerationConfig,
) -> list[list[int]]:
    """Subwords of the answers, without the one that each answer begins with."""
    longest = max(len(read.ids) for read in reads)
    ids = torch.full((len(reads), longest), int(tokenizer.pad_token_id))
    attention = torch.zeros_like(ids)
    for row, read in enumerate(reads):
        ids[row, : len(read.ids)] = torch.tensor(read.ids)
        attention[row, : len(read.ids)] = 1
    generate: Any = model.generate  # torch hides its type
    with torch.inference_mode():
        written = generate(
            input_ids=ids.to(model.device),
            attention_mask=attention.to(model.device),
            generation_config=settings,
        )
    answers: list[list[int]] = written[:, 1:].tolist()
    return answers


def _tell_lost(where: str, reads: Sequence[Read]) -> None:
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        _log.warning("%s: %d words are cut off or have no subword: not read", where, n_lost)


def check_known(found: Iterable[str], labels: Sequence[str], where: str) -> None:
    """Refuse what could never be answered: a score over it would be a wrong number."""
    unknown = sorted(set(found) - set(labels))
    if unknown:
        raise ValueError(
            f"{where} has labels {unknown} that the task lacks: it has {sorted(labels)}"
        )
