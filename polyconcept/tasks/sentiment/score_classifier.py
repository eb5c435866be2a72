"""Sentiment that a classifier of sentences tells, and how well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_sequence_classifier, load_tokenizer
from polyconcept.models.reader import read_words
from polyconcept.models.shape import limit_length
from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, Translations
from polyconcept.tasks.predicting import check_labels, predictions
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.tasks.sentiment.scores import score_sentiment
from polyconcept.text.labelled import read_labelled


def score(
    directory: Path, files: Sequence[Path], settings: Mapping[str, Any], run: TaskRun, device: str
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` as `polyconcept.tasks` says."""
    model, tokenizer = load_sequence_classifier(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    tests = [read_labelled(file, file.stem, settings["labels"]) for file in files]
    found = evaluate_sentiment(
        model,
        tokenizer,
        tests,
        run=run,
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    return found, []


def label_sentences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    *,
    max_length: int,
    language: str = "",
    language_codes: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Give the label that `model` predicts for each sentence.

    Args:
        model: A sequence classifier, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        sentences: Words of each sentence.
        max_length: Most subwords of a sentence; at most what the model can read.
        language: Their language, needed where the tokenizer writes a code for it.
        language_codes: See `language_codes.language_code`.
    """
    reads = read_words(
        sentences,
        tokenizer,
        max_length=max_length,
        language=language,
        language_codes=language_codes,
    )
    names = model.config.id2label or {}
    labels = [""] * len(reads)
    for rows, logits in predictions(model, tokenizer, reads):
        for row, best in zip(rows, logits.argmax(dim=-1).tolist(), strict=True):
            labels[row] = names[best]
    return tuple(labels)


def evaluate_sentiment(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[LabelledSentences],
    *,
    run: TaskRun,
    max_length: int,
    language_codes: Mapping[str, str] | None = None,
) -> list[Score]:
    """Label the sentences of each language's test set and score the labels.

    Arguments and errors are those of `evaluate_entities`, with sentences' labels for tags.
    """
    scores = []
    for gold in tests:
        check_labels(model, gold.label, f"{run.corpus}, {gold.language}")
        labels = label_sentences(
            model,
            tokenizer,
            gold.words,
            max_length=max_length,
            language=gold.language,
            language_codes=language_codes,
        )
        scores += score_sentiment(gold, labels, run=run)
    return scores
