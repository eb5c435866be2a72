"""Score a fine-tuned model: the loop over test sets, and the rows of the score table."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_tokenizer
from polyconcept.models.reader import Read
from polyconcept.models.shape import limit_length
from polyconcept.records.arrays import Int64
from polyconcept.records.scores import Score
from polyconcept.records.text import Translations
from polyconcept.tasks.chance import exceeds_chance

_log = logging.getLogger(__name__)


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
    """Languages that it was fine-tuned on; for translation those it learnt to translate into."""
    seed: int
    """Seed of the fine-tuning, and of what its answers score by chance."""
    pretrained_on: tuple[str, ...] = ()
    """Languages that it learnt to translate into before it was fine-tuned; for other tasks none."""
    side: str = "encoder"
    """Side of the model that does the task; ``encoder-decoder`` where it writes its answer."""


@dataclass(frozen=True)
class ScoreOptions:
    """How a model is asked."""

    max_length: int
    """Most subwords of a sentence, with its prompt, and of an answer."""
    labels: Sequence[str] = ()
    """Labels of the task, or types of entities such as ``PER``."""
    n_beams: int = 1
    """Answers kept at each step of the search; 1 takes the likeliest subword each time."""
    batch: int = 32
    """Sentences asked together by a model that writes."""
    language_codes: Mapping[str, str] | None = None
    """See `language_codes.language_code`."""
    prefix: str = ""
    """Text that a classifier reads before each sentence."""

    def __post_init__(self) -> None:
        for name in ("n_beams", "max_length", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} should be 1 or more")


@runtime_checkable
class Examiner(Protocol):
    """A kind of task, scored in one way: a module of `polyconcept.tasks`."""

    SIDE: str
    """Side of the model that does the task."""

    def read(self, files: Sequence[Path], labels: Sequence[str], /) -> Sequence[Any]:
        """Read the test sets."""
        ...

    def load(self, directory: Path, *, device: str) -> PreTrainedModel:
        """Load a model that has been fine-tuned on the task."""
        ...

    def evaluate(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        test: Any,  # noqa: ANN401 - one of those that `read` gives
        options: ScoreOptions,
        run: TaskRun,
    ) -> tuple[list[Score], list[Translations]]:
        """Return the scores of one test set, and the translations if the task is one."""
        ...


def score(
    kind: Examiner,
    directory: Path,
    files: Sequence[Path],
    options: ScoreOptions,
    run: TaskRun,
    device: str,
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` on every test set; also return translations, if it makes any.

    The last row says whether the model has learnt the task (`learnt`).

    Raises:
        ValueError: Files fit neither the task nor the model; says which file and line.
    """
    tests = kind.read(files, options.labels)
    model, tokenizer = kind.load(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    scores: list[Score] = []
    translations: list[Translations] = []
    for test in tests:
        found, written = kind.evaluate(
            model, tokenizer, test, options, replace(run, side=kind.SIDE)
        )
        scores += found
        translations += written
    return [*scores, learnt(scores, replace(run, side=kind.SIDE))], translations


def learnt(scores: Sequence[Score], run: TaskRun) -> Score:
    """Return the row that says whether a model has learnt its task: 1, or 0 with a warning.

    It has where a score of a language that it was fine-tuned on lies clearly above chance
    (`exceeds_chance`). Where no such language is tested, all are judged by.
    """
    known = [score for score in scores if score.target in run.trained_on] or scores
    yes = exceeds_chance(known)
    if not yes:
        found = "; ".join(
            f"{score.metric} of {score.target} {score.value:.3f}, by chance "
            f"{score.null_low:.3f} to {score.null_high:.3f}"
            for score in known
        )
        _log.warning(
            "%s has not learnt %s: %s. The end of the log of its fine-tuning compares the loss "
            'with chance; what to do: docs/TASKS.md, "Has it learnt?"',
            run.model,
            run.variant,
            found,
        )
    judged = "+".join(dict.fromkeys(score.target for score in known))
    return replace(task_score("learnt", float(yes), run, judged), zero_shot=None, seen="")


def batches_by_length(reads: Sequence[Read], size: int) -> list[list[int]]:
    """Return batches of row numbers, sentences of similar length together to save padding."""
    order = sorted(range(len(reads)), key=lambda row: len(reads[row].ids))
    return [order[start : start + size] for start in range(0, len(order), size)]


def padded(
    reads: Sequence[Read], tokenizer: PreTrainedTokenizerFast, device: torch.device
) -> dict[str, Int64[torch.Tensor, "row subword"]]:
    """Return sentences as a model's ``input_ids`` and ``attention_mask``, filled on the right."""
    longest = max(len(read.ids) for read in reads)
    # Attention never reads the padding.
    ids = torch.full((len(reads), longest), int(tokenizer.pad_token_id))
    attention = torch.zeros_like(ids)
    for row, read in enumerate(reads):
        ids[row, : len(read.ids)] = torch.tensor(read.ids)
        attention[row, : len(read.ids)] = 1
    return {"input_ids": ids.to(device), "attention_mask": attention.to(device)}


def check_labels(found: Iterable[str], known: Iterable[str], where: str, owner: str) -> None:
    """Refuse true labels that can never be predicted: a score over them would be a wrong number.

    The `owner` of the known ones is the model or the task; `where` names the test set.
    """
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise ValueError(
            f"{where} has labels {unknown} that the {owner} lacks: it has {sorted(known)}"
        )


def check_shape(needed: Sequence[int], found: Sequence[int], language: str) -> None:
    """Refuse predictions for other sentences or words than those of the test set.

    `needed` and `found` are the numbers of words in each sentence.

    Raises:
        ValueError: They differ, or there is no sentence.
    """
    if not needed:
        raise ValueError(f"{language}: no sentence to score")
    if len(needed) != len(found):
        raise ValueError(
            f"{language}: {len(found)} sentences are predicted, {len(needed)} are needed"
        )
    for sentence, (want, have) in enumerate(zip(needed, found, strict=True)):
        if want != have:
            raise ValueError(
                f"{language}, sentence {sentence}: {have} words are tagged, it has {want}"
            )


def task_score(
    metric: str,
    value: float,
    run: TaskRun,
    language: str,
    *,
    source: str | None = None,
    n_correct: int | None = None,
    n_total: int | None = None,
    signature: str = "",
) -> Score:
    """Return one row of the score table, without what is so by chance.

    The source of a translation is the language translated from; other tasks give the languages that
    the model was fine-tuned on. `n_correct` of `n_total` items are correct where the score is a
    share, and sacrebleu's `signature` says how it computed a score.
    """
    seen = ""
    if language in run.trained_on:
        seen = "fine-tuning"
    elif language in run.pretrained_on:
        seen = "pre-training"
    return Score(
        metric=metric,
        definition="",
        over="",
        model=run.model,
        variant=run.variant,
        side=run.side,
        corpus=run.corpus,
        source="+".join(run.trained_on) if source is None else source,
        target=language,
        layer=None,
        seed=run.seed,
        n_hit=n_correct,
        n_total=n_total,
        value=value,
        zero_shot=not seen,
        seen=seen,
        signature=signature,
    )
