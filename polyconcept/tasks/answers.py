"""What an encoder-decoder model writes when it is asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.language_codes import LanguageCode, language_code
from polyconcept.models.reader import Reader, written_text
from polyconcept.tasks.scorer import ScoreOptions, batches_by_length, padded

_log = logging.getLogger(__name__)


def write_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    asked: Sequence[Sequence[str]],
    options: ScoreOptions,
    *,
    where: str,
    language: str = "",
    answer_language: str | None = None,
) -> list[str]:
    """Return the answer to each prompt, found by beam search: words joined by single blanks.

    Prompts of similar length are answered together; nothing is drawn at random. The log says how
    much of prompts and answers is cut off. An answer may be empty.

    `where` names what is asked, for messages. The languages of prompts and, if it is another, of
    answers are needed where the tokenizer writes codes of them.

    Raises:
        ValueError: The tokenizer has no code for a language.
    """
    codes = options.language_codes or {}
    reader = Reader(tokenizer, language, max_length=options.max_length, language_codes=codes)
    reads = reader.words(asked)
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        _log.warning("%s: %d words are cut off or have no subword: not read", where, n_lost)
    longest = min(options.max_length, tokenizer.model_max_length)
    answered_in = language if answer_language is None else answer_language
    code = language_code(tokenizer, answered_in, codes)
    search = _search(model, options.n_beams, longest, code)
    answers, n_cut = [""] * len(reads), 0
    batches = batches_by_length(reads, options.batch)
    generate: Any = model.generate  # torch hides its type
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description=f"{where}: writing"):
        inputs = padded([reads[row] for row in rows], tokenizer, model.device)
        with torch.inference_mode():
            written = generate(**inputs, generation_config=search)
        # The first subword is the one that every answer begins with.
        for row, ids in zip(rows, written[:, 1:].tolist(), strict=True):
            n_cut += search.eos_token_id not in ids
            answers[row] = written_text(tokenizer, ids)
    if n_cut:
        _log.warning("%s: %d answers are cut off after %d subwords", where, n_cut, longest)
    return answers


def _search(
    model: PreTrainedModel, n_beams: int, max_length: int, code: LanguageCode | None
) -> GenerationConfig:
    """Return all that decides how an answer is searched for.

    The rest are the library's defaults: `load_for_generation` leaves no others in a model.
    """
    # A language code begins the answer, as in training.
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
