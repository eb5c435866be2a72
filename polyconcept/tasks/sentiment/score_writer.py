"""Sentiment that a model writes, and how well."""

from __future__ import annotations

import logging

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_generation
from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, Translations
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.label_scores import score_labels
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_labels
from polyconcept.tasks.sentiment import prompts
from polyconcept.text.labelled import read_labelled_files

read, load = read_labelled_files, load_for_generation
SIDE = "encoder-decoder"


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    test: LabelledSentences,
    options: ScoreOptions,
    run: TaskRun,
) -> tuple[list[Score], list[Translations]]:
    """Ask for the sentiment of a test set's sentences, and score accuracy and macro F1.

    An answer that is not a label of the task counts as wrong; the log says how many there are.

    Raises:
        ValueError: A true label that the task lacks, or as `score_labels`.
    """
    where = f"{run.corpus}, {test.language}"
    check_labels(test.label, options.labels, where, "task")
    asked = [prompts.sentiment_prompt(words) for words in test.words]
    language = test.language
    answers = write_answers(model, tokenizer, asked, options, where=where, language=language)
    predicted = [prompts.read_label(answer, options.labels) for answer in answers]
    if None in predicted:
        text = "%s: %d of %d answers are no label: wrong"
        n_wrong = predicted.count(None)
        logging.getLogger(__name__).warning(text, where, n_wrong, len(predicted))
    return score_labels(test, predicted, run=run), []
