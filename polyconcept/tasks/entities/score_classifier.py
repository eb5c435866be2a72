"""Named entities that a classifier of words finds, and how well."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_token_classifier
from polyconcept.records.scores import Score
from polyconcept.records.text import TaggedSentences, Translations
from polyconcept.tasks.entities.scores import score_entities
from polyconcept.tasks.predicting import predict
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_labels
from polyconcept.text.tagged import read_tagged_files

read, load = read_tagged_files, load_token_classifier
SIDE = "encoder"
_OUTSIDE = "O"


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    test: TaggedSentences,
    options: ScoreOptions,
    run: TaskRun,
) -> tuple[list[Score], list[Translations]]:
    """Tag the words of a test set, and score the entities found.

    Raises:
        ValueError: A tag that the model lacks, or as `score_entities`.
    """
    gold = {tag for tags in test.tags for tag in tags}
    check_labels(gold, model.config.label2id or {}, f"{run.corpus}, {test.language}", "model")
    tags = tag_words(model, tokenizer, test.words, options, test.language)
    return score_entities(test, tags, run=run), []


def tag_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    options: ScoreOptions,
    language: str = "",
) -> tuple[tuple[str, ...], ...]:
    """Return the tag that a token classifier predicts for each word: that of its first subword.

    A word without a subword (cut off, or of nothing but characters that vanish) gets ``O``; how
    many there are is logged. `language` is needed where the tokenizer writes a code for it.
    """
    predicted = predict(model, tokenizer, sentences, options, language)
    n_lost = sum(subwords.n_lost for subwords, _ in predicted)
    if n_lost:
        text = "%d words are cut off or have no subword: tagged %s"
        logging.getLogger(__name__).warning(text, n_lost, _OUTSIDE)
    names = model.config.id2label or {}
    return tuple(
        # The first subword carries the tag, as in training.
        tuple(_OUTSIDE if place is None else names[best[place]] for place in subwords.first)
        for subwords, best in predicted
    )
