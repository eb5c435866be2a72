"""Sentiment that a model writes, and how well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, Translations
from polyconcept.tasks.answers import check_known, write_answers
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.tasks.sentiment import prompts
from polyconcept.tasks.sentiment.scores import score_sentiment
from polyconcept.text.labelled import read_labelled

_BATCH = 32
_log = logging.getLogger(__name__)


def score(
    directory: Path, files: Sequence[Path], settings: Mapping[str, Any], run: TaskRun, device: str
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` as `polyconcept.tasks` says."""
    model, tokenizer = load_for_generation(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    found = evaluate_sentiment_as_text(
        model,
        tokenizer,
        [read_labelled(file, file.stem, settings["labels"]) for file in files],
        labels=settings["labels"],
        run=replace(run, side="encoder-decoder"),
        n_beams=settings["n_beams"],
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    return found, []


def evaluate_sentiment_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[LabelledSentences],
    *,
    labels: Sequence[str],
    run: TaskRun,
    n_beams: int,
    max_length: int,
    batch: int = _BATCH,
    language_codes: Mapping[str, str] | None = None,
) -> list[Score]:
    """Ask for the sentiment of each language's sentences; score accuracy and macro F1.

    An answer that is none of `labels` counts as wrong; how many there are is logged. Arguments and
    errors are those of `evaluate_entities_as_text`, with sentences' labels for entities' types.
    """
    scores = []
    for gold in tests:
        where = f"{run.corpus}, {gold.language}"
        check_known(gold.label, labels, where)
        answers = write_answers(
            model,
            tokenizer,
            [prompts.sentiment_prompt(words) for words in gold.words],
            n_beams=n_beams,
            max_length=max_length,
            batch=batch,
            where=where,
            language=gold.language,
            answer_language=gold.language,
            language_codes=language_codes,
        )
        predicted = [prompts.read_label(answer, labels) for answer in answers]
        if None in predicted:
            text = "%s: %d of %d answers are no label: wrong"
            _log.warning(text, where, predicted.count(None), len(predicted))
        scores += score_sentiment(gold, predicted, run=run)
    return scores
