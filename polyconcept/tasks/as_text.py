"""Entities and sentiment of a model that writes its answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.tasks import prompts
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.tasks.scores import score_entities, score_sentiment

__all__ = ["evaluate_entities_as_text", "evaluate_sentiment_as_text"]

_BATCH = 32
_log = logging.getLogger(__name__)


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

    Raises:
        ValueError: An entity in `tests` of a type that is none of `labels`, or as `score_entities`.
    """
    scores = []
    for gold in tests:
        where = f"{run.corpus}, {gold.language}"
        _check_known({tag[2:] for tags in gold.tags for tag in tags if tag != "O"}, labels, where)
        answers = write_answers(
            model,
            tokenizer,
            [prompts.entities_prompt(words) for words in gold.words],
            n_beams=n_beams,
            max_length=max_length,
            batch=batch,
            where=where,
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
) -> list[Score]:
    """Ask for the sentiment of each language's sentences; score accuracy and macro F1.

    An answer that is none of `labels` counts as wrong; how many there are is logged. Arguments and
    errors are those of `evaluate_entities_as_text`, with sentences' labels for entities' types.
    """
    scores = []
    for gold in tests:
        where = f"{run.corpus}, {gold.language}"
        _check_known(gold.label, labels, where)
        answers = write_answers(
            model,
            tokenizer,
            [prompts.sentiment_prompt(words) for words in gold.words],
            n_beams=n_beams,
            max_length=max_length,
            batch=batch,
            where=where,
        )
        predicted = [prompts.read_label(answer, labels) for answer in answers]
        if None in predicted:
            text = "%s: %d of %d answers are no label: wrong"
            _log.warning(text, where, predicted.count(None), len(predicted))
        scores += score_sentiment(gold, predicted, run=run)
    return scores


def _check_known(found: Iterable[str], labels: Sequence[str], where: str) -> None:
    """Refuse what could never be answered: a score over it would be a wrong number."""
    unknown = sorted(set(found) - set(labels))
    if unknown:
        raise ValueError(
            f"{where} has labels {unknown} that the task lacks: it has {sorted(labels)}"
        )
