"""Classifiers of words and of sentences: what they predict, and how well."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.machine.logs import progress
from polyconcept.models.reading import Read, read_words
from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.tasks.score_rows import TaskRun
from polyconcept.tasks.scores import score_entities, score_sentiment

__all__ = [
    "check_labels",
    "evaluate_entities",
    "evaluate_sentiment",
    "label_sentences",
    "tag_words",
]

_OUTSIDE = "O"
_BATCH = 64


def tag_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    *,
    max_length: int,
) -> tuple[tuple[str, ...], ...]:
    """Give the tag that `model` predicts for each word: that of its first subword.

    A word without a subword (cut off, or of nothing but characters that vanish) gets ``O``; how
    many there are is logged.

    Args:
        model: A token classifier, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        sentences: Words of each sentence.
        max_length: Most subwords of a sentence; at most what the model can read.
    """
    reads = read_words(sentences, tokenizer, max_length=max_length)
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        text = "%d words are cut off or have no subword: tagged %s"
        logging.getLogger(__name__).warning(text, n_lost, _OUTSIDE)
    names = model.config.id2label or {}
    tags: list[tuple[str, ...]] = [()] * len(reads)
    for rows, logits in _outputs(model, tokenizer, reads):
        for row, best in zip(rows, logits.argmax(dim=-1).tolist(), strict=True):
            places = reads[row].first
            tags[row] = tuple(_OUTSIDE if p is None else names[best[p]] for p in places)
    return tuple(tags)


def label_sentences(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    *,
    max_length: int,
) -> tuple[str, ...]:
    """Give the label that `model` predicts for each sentence.

    Args:
        model: A sequence classifier, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        sentences: Words of each sentence.
        max_length: Most subwords of a sentence; at most what the model can read.
    """
    reads = read_words(sentences, tokenizer, max_length=max_length)
    names = model.config.id2label or {}
    labels = [""] * len(reads)
    for rows, logits in _outputs(model, tokenizer, reads):
        for row, best in zip(rows, logits.argmax(dim=-1).tolist(), strict=True):
            labels[row] = names[best]
    return tuple(labels)


def _outputs(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, reads: list[Read]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Rows of a batch with the model's logits; sentences of like length go together."""
    order = sorted(range(len(reads)), key=lambda row: len(reads[row].ids))
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    model.eval()  # type: ignore[no-untyped-call]
    for rows in progress(batches, total=len(batches), description="predicting"):
        longest = len(reads[rows[-1]].ids)
        ids = torch.full((len(rows), longest), int(tokenizer.pad_token_id))
        attention = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            n = len(reads[row].ids)
            ids[place, :n] = torch.tensor(reads[row].ids)
            attention[place, :n] = 1
        with torch.inference_mode():
            output = model(
                input_ids=ids.to(model.device), attention_mask=attention.to(model.device)
            )
        yield rows, output.logits.cpu()


def evaluate_entities(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[TaggedSentences],
    *,
    run: TaskRun,
    max_length: int,
) -> list[Score]:
    """Tag the words of each language's test set and score the entities found.

    Args:
        model: A token classifier, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        tests: Test set of each language.
        run: Whose scores they are.
        max_length: Most subwords of a sentence; at most what the model can read.

    Raises:
        ValueError: A tag that the model lacks, or as `score_entities`.
    """
    scores = []
    for gold in tests:
        check_labels(
            model, {tag for tags in gold.tags for tag in tags}, f"{run.corpus}, {gold.language}"
        )
        tags = tag_words(model, tokenizer, gold.words, max_length=max_length)
        scores += score_entities(gold, tags, run=run)
    return scores


def evaluate_sentiment(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[LabelledSentences],
    *,
    run: TaskRun,
    max_length: int,
) -> list[Score]:
    """Label the sentences of each language's test set and score the labels.

    Arguments and errors are those of `evaluate_entities`, with sentences' labels for tags.
    """
    scores = []
    for gold in tests:
        check_labels(model, gold.label, f"{run.corpus}, {gold.language}")
        labels = label_sentences(model, tokenizer, gold.words, max_length=max_length)
        scores += score_sentiment(gold, labels, run=run)
    return scores


def check_labels(model: PreTrainedModel, gold: Iterable[str], where: str) -> None:
    """Refuse labels that `model` can never predict: a score over them would be a wrong number.

    Args:
        model: A classifier.
        gold: True labels, or tags.
        where: What holds them, for the message.

    Raises:
        ValueError: Labels the model lacks.
    """
    known = set(model.config.label2id or {})
    unknown = sorted(set(gold) - known)
    if unknown:
        raise ValueError(
            f"{where} has labels {unknown} that the model lacks: it has {sorted(known)}"
        )
