"""Rows of the score table chosen, and what is read off them: run, pair, layer, point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal, TypeAlias

from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known

Pair: TypeAlias = tuple[str, str]
"""Source and target language."""
ModelSide: TypeAlias = tuple[str, str]
"""A model, and the side that it is read on."""


@dataclass(frozen=True, order=True)
class Run:
    """Model x variant x side."""

    model: str
    """Name of the model."""
    side: str
    """Side of the model."""
    variant: str
    """``base``, ``random``, or the task the model was fine-tuned on; several joined by ``+``."""

    @classmethod
    def of(cls, row: Score) -> Run:
        """Return whose score a row is."""
        return cls(row.model, row.side, row.variant)


Place: TypeAlias = tuple[Run, Pair, int]
"""Run, pair and layer."""


@dataclass(frozen=True)
class Point:
    """A score in one place, with what the table knows of it."""

    value: float
    """The score; of several seeds their mean."""
    low: float | None = None
    """Lower end of its band, where it has one."""
    high: float | None = None
    """Upper end."""
    band: Literal["interval", "seeds"] | None = None
    """What the band is: the table's interval, or lowest to highest seed."""
    null: tuple[float, float] | None = None
    """Range of the scores of permuted input."""
    ceiling: float | None = None
    """Highest score that can be expected."""
    n_words: int | None = None
    """Clustered words that it rests on."""


def choose(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: str,
    over: str,
    keep: Callable[[Score], bool] | None = None,
    kind: str = "",
) -> ScoreTable:
    """Return the rows of one metric and definition, over all or large clusters.

    `keep` says which kind of rows, by default plain scores at the study's own settings; `kind` says
    it in words, for the message of an error.

    Raises:
        ValueError: There is none, or they are of several corpora.
    """
    table = ScoreTable(scores)
    kept = table.where(keep) if keep else table.where(is_plain=True)
    rows = kept.where(metric=metric, definition=definition, over=over)
    found = sorted(rows.unique("corpus"))
    if len(found) > 1:
        raise ValueError(f"the rows of {metric} are of {len(found)} corpora, {', '.join(found)}; "
                         "one figure shows one")  # fmt: skip
    if not rows:
        there = _what_there_is(kept) if kept or not table else "there is none of any metric"
        raise ValueError(f"no row {kind and kind + ' '}has metric '{metric}', definition "
                         f"'{definition}', over '{over}'; {there}")  # fmt: skip
    return rows


def _what_there_is(table: ScoreTable) -> str:
    kinds = sorted(table.unique("metric", "definition", "over", "corpus"))
    if not kinds:
        return "the score table is empty"
    listed = "; ".join(f"'{m}', '{d}', '{o}', corpus '{c}'" for m, d, o, c in kinds)
    return f"there are: {listed}"


def points(rows: ScoreTable) -> dict[Place, Point]:
    """Return the point of each place, sorted: its summary row, else its seeds averaged.

    Raises:
        ValueError: A row has no layer, or two rows differ in nothing but value.
    """
    seeds, summaries = rows.where(seed=known), rows.where(seed=None)
    found = {place: _averaged(of_place) for place, of_place in seeds.by(place_of).items()}
    found |= {place: _summary(row) for place, row in summaries.one_by(place_of).items()}
    return dict(sorted(found.items(), key=lambda item: item[0]))


def _averaged(seeds: ScoreTable) -> Point:
    """Return the mean over the seeds; its band spans them where there are several."""
    values = [row.value for row in seeds.one_by("seed").values()]
    mean = sum(values) / len(values)
    return Point(mean, min(values), max(values), "seeds") if len(values) > 1 else Point(mean)


def place_of(row: Score) -> Place:
    """Return run, pair and layer of a row.

    Raises:
        ValueError: It has no layer.
    """
    if row.layer is None:
        raise ValueError(f"a row of {row.metric} has no layer, which a curve needs: {row}")
    return Run.of(row), row.pair, row.layer


def _summary(row: Score) -> Point:
    has_null = row.null_low is not None and row.null_high is not None
    return Point(
        value=row.value,
        low=row.low,
        high=row.high,
        band="interval" if row.low is not None and row.high is not None else None,
        null=(row.null_low, row.null_high) if has_null else None,  # type: ignore[arg-type]
        ceiling=row.ceiling,
        n_words=row.n_words,
    )


def interval_name(rows: ScoreTable) -> str:
    """Return what a legend calls the intervals of these rows, and what they leave out."""
    n_seeds = len(rows.where(seed=known).unique("seed"))
    holds = {1: ["sentences alone"], 2: ["two seeds"]}.get(n_seeds, [])
    variants = set(rows.unique("variant")) - {"base", "random"}
    repeated = {part for variant in variants if "+" in variant for part in variant.split("+")}
    if {variant for variant in variants if "+" not in variant} - repeated:
        holds.append("one fine-tuning")
    return f"95 % interval ({', '.join(holds)})" if holds else "95 % interval"


def rests_on(rows: ScoreTable) -> str:
    """Return what these rows rest on: seeds of the clustering, and words of the smaller language.

    Nothing where the rows do not say.
    """
    n_seeds = len(rows.where(seed=known).unique("seed"))
    n_words = rows.where(n_words=known).values("n_words")
    told = [f"{n_seeds} seed{'s' if n_seeds > 1 else ''} of the clustering"] if n_seeds else []
    told += [f"at least {min(n_words):,} words of each language"] if n_words else []
    return ", ".join(told)


def means_of_parts(rows: ScoreTable) -> dict[Run, Run]:
    """Return single fine-tunings whose mean with others is a run too, and that run."""
    means = rows.parts_of_means("model", "side")
    return {Run(*part): Run(part[0], part[1], mean) for part, mean in means.items()}


def variant_name(variant: str) -> str:
    """Return the variant in words."""
    if variant == "base":
        return "base"
    if variant == "random":
        return "random weights"
    parts = variant.split("+")
    if len(parts) == 1:
        return f"fine-tuned: {variant}"
    # Repeats of one task have names such as ner, ner_2.
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*parts, strict=False))
    common = "".join(letters[0] for letters in same)
    common = common if common in parts else common.rstrip("0123456789_-. ")
    # A title too long for one line is broken before, not inside, what stands in brackets.
    mean = f"(mean of {len(parts)})".replace(" ", "\N{NO-BREAK SPACE}")
    return f"fine-tuned: {common or variant} {mean}"


def variant_order(variant: str) -> tuple[int, str]:
    """Return what sorts base first, then random weights, then the fine-tuned by name."""
    return {"base": 0, "random": 1}.get(variant, 2), variant
