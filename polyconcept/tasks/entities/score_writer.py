"""Named entities that a model writes, and how well."""

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
from polyconcept.records.text import TaggedSentences, Translations
from polyconcept.tasks.answers import check_known, write_answers
from polyconcept.tasks.entities import prompts
from polyconcept.tasks.entities.scores import score_entities
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.text.tagged import read_tagged

_BATCH = 32
_log = logging.getLogger(__name__)


def score(
    directory: Path, files: Sequence[Path], settings: Mapping[str, Any], run: TaskRun, device: str
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` as `polyconcept.tasks` says."""
    model, tokenizer = load_for_generation(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    found = evaluate_entities_as_text(
        model,
        tokenizer,
        [read_tagged(file, file.stem, settings["labels"]) for file in files],
        labels=settings["labels"],
        run=replace(run, side="encoder-decoder"),
        n_beams=settings["n_beams"],
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    return found, []


def evaluate_entities_as_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[TaggedSentences],
    *,
    labels: Sequence[str],
    run: TaskRun,
    n_beams: int,
    max_length: int,
    batch: int = _BATCH,
    language_codes: Mapping[str, str] | None = None,
) -> list[Score]:
    """Ask for the entities of each language's sentences and score them by strict F1.

    An entity of an answer that has no place in the sentence, or cannot be read, counts as
    predicted and wrong (`prompts.read_entities`); how many there are is logged.

    Args:
        model: A model with encoder, decoder and vocabulary head, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        tests: Test set of each language.
        labels: Types of entities that the task has, such as ``PER``.
        run: Whose scores they are.
        n_beams: Answers kept at each step; 1 takes the likeliest subword each time.
        max_length: Most subwords of a sentence with its prompt, and of an answer.
        batch: Sentences asked for together.
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: An entity in `tests` of a type that is none of `labels`, or as `score_entities`.
    """
    scores = []
    for gold in tests:
        where = f"{run.corpus}, {gold.language}"
        check_known({tag[2:] for tags in gold.tags for tag in tags if tag != "O"}, labels, where)
        answers = write_answers(
            model,
            tokenizer,
            [prompts.entities_prompt(words) for words in gold.words],
            n_beams=n_beams,
            max_length=max_length,
            batch=batch,
            where=where,
            language=gold.language,
            answer_language=gold.language,
            language_codes=language_codes,
        )
        read = [
            prompts.read_entities(answer, words, labels)
            for answer, words in zip(answers, gold.words, strict=True)
        ]
        n_wrong = sum(each.n_wrong for each in read)
        if n_wrong:
            text = "%s: %d entities in %d of %d answers have no place in the sentence: wrong"
            n_answers = sum(each.n_wrong > 0 for each in read)
            _log.warning(text, where, n_wrong, n_answers, len(read))
        scores += score_entities(gold, [each.tags for each in read], run=run, n_wrong=n_wrong)
    return scores
