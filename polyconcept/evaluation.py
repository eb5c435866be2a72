"""How well a fine-tuned model does its task: strict entity F1, accuracy, macro F1."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from seqeval.metrics import f1_score as entity_f1_score
from seqeval.scheme import IOB2
from sklearn.metrics import f1_score as label_f1_score
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.logs import progress
from polyconcept.reading import Read, read_words
from polyconcept.records import LabelledSentences, Score, TaggedSentences

__all__ = [
    "TaskRun",
    "check_labels",
    "evaluate_entities",
    "evaluate_sentiment",
    "label_sentences",
    "score_entities",
    "score_sentiment",
    "tag_words",
]

_OUTSIDE = "O"
_BATCH = 64


@dataclass(frozen=True)
class TaskRun:
    """Whose task scores they are."""

    model: str
    """Name of the model in the study."""
    variant: str
    """Task that it was fine-tuned on."""
    corpus: str
    """Name of the test set."""
    trained_on: tuple[str, ...]
    """Languages that it was fine-tuned on."""
    seed: int
    """Seed of the fine-tuning."""
    side: str = "encoder"
    """Side of the model that does the task."""


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


def score_entities(
    gold: TaggedSentences, predicted: Sequence[Sequence[str]], *, run: TaskRun
) -> list[Score]:
    """Give the strict F1 of entities: one counts where its first word, last word and type agree.

    Tags are read as strict IOB2 (an ``I-`` that continues no entity of its type belongs to none),
    by seqeval; micro-averaged over all entities.

    Args:
        gold: Sentences of one language with their true tags.
        predicted: Tags of the same words.
        run: Whose score it is.

    Raises:
        ValueError: Other numbers of sentences or words, or no entity in `gold`: F1 is undefined.
    """
    _check_shape([len(tags) for tags in gold.tags], [len(tags) for tags in predicted], gold)
    if not any(tag.startswith("B-") for tags in gold.tags for tag in tags):
        raise ValueError(f"{run.corpus}, {gold.language}: no entity to find, F1 is undefined")
    true, guess = [list(tags) for tags in gold.tags], [list(tags) for tags in predicted]
    # zero_division: nothing found gives 0 and no warning.
    value = entity_f1_score(true, guess, mode="strict", scheme=IOB2, zero_division=0)
    return [_score("entity_f1", float(value), run, gold.language)]


def score_sentiment(
    gold: LabelledSentences, predicted: Sequence[str], *, run: TaskRun
) -> list[Score]:
    """Give accuracy, and the mean F1 of the labels that are true or predicted somewhere.

    Args:
        gold: Sentences of one language with their true labels.
        predicted: A label for each sentence.
        run: Whose scores they are.

    Raises:
        ValueError: Another number of labels than sentences, or none.
    """
    _check_shape([1] * len(gold), [1] * len(predicted), gold)
    n_correct = sum(a == b for a, b in zip(gold.label, predicted, strict=True))
    macro = label_f1_score(list(gold.label), list(predicted), average="macro", zero_division=0)
    return [
        _score(
            "accuracy",
            n_correct / len(gold),
            run,
            gold.language,
            n_correct=n_correct,
            n_total=len(gold),
        ),
        _score("macro_f1", float(macro), run, gold.language),
    ]


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


def _check_shape(
    needed: list[int], found: list[int], gold: TaggedSentences | LabelledSentences
) -> None:
    if not needed:
        raise ValueError(f"{gold.language}: no sentence to score")
    if len(needed) != len(found):
        raise ValueError(
            f"{gold.language}: {len(found)} sentences are predicted, {len(needed)} are needed"
        )
    for sentence, (want, have) in enumerate(zip(needed, found, strict=True)):
        if want != have:
            raise ValueError(
                f"{gold.language}, sentence {sentence}: {have} words are tagged, it has {want}"
            )


def _score(
    metric: str,
    value: float,
    run: TaskRun,
    language: str,
    *,
    n_correct: int | None = None,
    n_total: int | None = None,
) -> Score:
    return Score(
        metric=metric,
        definition="",
        over="",
        model=run.model,
        variant=run.variant,
        side=run.side,
        corpus=run.corpus,
        source="+".join(run.trained_on),
        target=language,
        layer=None,
        seed=run.seed,
        n_hit=n_correct,
        n_total=n_total,
        value=value,
        zero_shot=language not in run.trained_on,
        signature="",
    )
