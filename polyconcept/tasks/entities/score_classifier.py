"""Named entities that a classifier of words finds, and how well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_token_classifier, load_tokenizer
from polyconcept.models.reader import read_words
from polyconcept.models.shape import limit_length
from polyconcept.records.scores import Score
from polyconcept.records.text import TaggedSentences, Translations
from polyconcept.tasks.entities.scores import score_entities
from polyconcept.tasks.predicting import check_labels, predictions
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.text.tagged import read_tagged

_OUTSIDE = "O"


def score(
    directory: Path, files: Sequence[Path], settings: Mapping[str, Any], run: TaskRun, device: str
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` as `polyconcept.tasks` says."""
    model, tokenizer = load_token_classifier(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    tests = [read_tagged(file, file.stem, settings["labels"]) for file in files]
    found = evaluate_entities(
        model,
        tokenizer,
        tests,
        run=run,
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )
    return found, []


def tag_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    *,
    max_length: int,
    language: str = "",
    language_codes: Mapping[str, str] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Give the tag that `model` predicts for each word: that of its first subword.

    A word without a subword (cut off, or of nothing but characters that vanish) gets ``O``; how
    many there are is logged.

    Args:
        model: A token classifier, on the device it shall run on.
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
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        text = "%d words are cut off or have no subword: tagged %s"
        logging.getLogger(__name__).warning(text, n_lost, _OUTSIDE)
    names = model.config.id2label or {}
    tags: list[tuple[str, ...]] = [()] * len(reads)
    for rows, logits in predictions(model, tokenizer, reads):
        for row, best in zip(rows, logits.argmax(dim=-1).tolist(), strict=True):
            places = reads[row].first
            tags[row] = tuple(_OUTSIDE if p is None else names[best[p]] for p in places)
    return tuple(tags)


def evaluate_entities(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[TaggedSentences],
    *,
    run: TaskRun,
    max_length: int,
    language_codes: Mapping[str, str] | None = None,
) -> list[Score]:
    """Tag the words of each language's test set and score the entities found.

    Args:
        model: A token classifier, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        tests: Test set of each language.
        run: Whose scores they are.
        max_length: Most subwords of a sentence; at most what the model can read.
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: A tag that the model lacks, or as `score_entities`.
    """
    scores = []
    for gold in tests:
        check_labels(
            model, {tag for tags in gold.tags for tag in tags}, f"{run.corpus}, {gold.language}"
        )
        tags = tag_words(
            model,
            tokenizer,
            gold.words,
            max_length=max_length,
            language=gold.language,
            language_codes=language_codes,
        )
        scores += score_entities(gold, tags, run=run)
    return scores
