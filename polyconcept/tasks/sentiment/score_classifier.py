"""Sentiment that a classifier of sentences tells, and how well."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_sequence_classifier
from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, Translations
from polyconcept.tasks.label_scores import score_labels
from polyconcept.tasks.predicting import predict
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_labels
from polyconcept.text.labelled import read_labelled_files

read, load = read_labelled_files, load_sequence_classifier
SIDE = "encoder"


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    test: LabelledSentences,
    options: ScoreOptions,
    run: TaskRun,
) -> tuple[list[Score], list[Translations]]:
    """Label the sentences of a test set, and score the labels.

    Raises:
        ValueError: A label that the model lacks, or as `score_labels`.
    """
    known = model.config.label2id or {}
    check_labels(test.label, known, f"{run.corpus}, {test.language}", "model")
    labels = label_sentences(model, tokenizer, test.words, options, test.language)
    return score_labels(test, labels, run=run), []


def label_sentences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    options: ScoreOptions,
    language: str = "",
) -> tuple[str, ...]:
    """Return the label that a sequence classifier predicts for each sentence.

    `language` is needed where the tokenizer writes a code for it.
    """
    predicted = predict(model, tokenizer, sentences, options, language)
    names = model.config.id2label or {}
    return tuple(names[best] for _, best in predicted)
