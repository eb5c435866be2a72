"""Task scores as bars per language: fine-tuned on it, or zero-shot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from polyconcept.figures.lettering import Heading
from polyconcept.figures.panels import add_legend, legend_lines, packed
from polyconcept.figures.style import PAGE_HEIGHT, TEXT_WIDTH, WIDE, style
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable, known

_LABELS = {
    "entity_f1": "entity F1",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "bleu": "BLEU",
    "chrf": "chrF++",
}
_TRANSLATION = ("bleu", "chrf")
"""Metrics from 0 to 100, whose `source` is the language translated from."""
_ROW_HEIGHT, _REST, _NARROWEST = 1.6, 0.3, 1.5
"""Inches; height of a row of panels and of the edges, width of a panel with its label at least."""
_CHANCE: dict[str, Any] = {
    "color": "#000000",
    "linewidth": 1.4,
    # Seen on a dark bar as well.
    "path_effects": [withStroke(linewidth=2.6, foreground="#FFFFFF")],
    "solid_capstyle": "butt",
}
# Dark and full, light and full, white and hatched: different in grey-scale and on any screen.
_LOOKS: Mapping[str, dict[str, Any]] = {
    "fine-tuning": {
        "facecolor": "#0072B2",
        "edgecolor": "#0072B2",
        "label": "language fine-tuned on",
    },
    "pre-training": {
        "facecolor": "#BBDDF0",
        "edgecolor": "#0072B2",
        "label": "translated into before",
    },
    "": {
        "facecolor": "#FFFFFF",
        "edgecolor": "#D55E00",
        "hatch": "/////",
        "label": "zero-shot: language never fine-tuned on",
    },
}
"""How bars look, by where the model met the language, in their order."""


@dataclass(frozen=True)
class _Row:
    """What the panels of one row have in common."""

    metric: str
    variant: str
    source: str
    corpus: str


@dataclass(frozen=True)
class _Bar:
    """Score of one language."""

    language: str
    seen: str
    by_seed: tuple[float, ...]
    chance: float | None
    """What the same answers score when they are given to other sentences, mean over the seeds."""

    @property
    def mean(self) -> float:
        return sum(self.by_seed) / len(self.by_seed)


_Panels: TypeAlias = Mapping[tuple[_Row, str], Sequence[_Bar]]
_Places: TypeAlias = Sequence[Sequence[tuple[_Row, str] | None]]
"""Rows of one length; none where no panel stands."""


@style()
def draw(scores: Iterable[Score]) -> Figure:
    """Draw task scores by language: a column for each model, a row for each task and metric.

    Where this is higher than a page on its side, or a model lacks a task, several tasks share a
    row. Languages that the model was fine-tuned on come first, in full bars; zero-shot languages
    are hatched. A line across a bar is chance. The title of a model that has not learnt the task
    says so. Several seeds are averaged; an upright line then spans their lowest and highest score.
    The axes of a task and metric are alike; they run from 0 to 1, for BLEU and chrF++ from 0 to the
    best score.

    Raises:
        ValueError: No row is a task score, a row does not say whether it is zero-shot, or two
            rows differ in nothing but value.
    """
    table = ScoreTable(scores)
    rows = table.where(metric=_LABELS, is_plain=True)
    if not rows:
        there = ", ".join(sorted(table.unique("metric"))) or "the table is empty"
        raise ValueError(f"no row has one of the metrics {', '.join(_LABELS)}; there are: {there}")
    unlearnt = set(table.where(metric="learnt", value=0.0).unique("model", "variant"))
    n_seeds = len(rows.unique("seed"))
    heading = Heading(
        "How well does a task carry over to languages that it was not learnt in?",
        [
            f"{n_seeds} seeds of the fine-tuning" if n_seeds > 1 else "one fine-tuning, no range",
            "compare hatched bars with full ones",
        ],
    )
    return _draw(_panels(rows), unlearnt, heading)


def _panels(rows: ScoreTable) -> _Panels:
    found: dict[tuple[_Row, str], list[_Bar]] = {}
    for panel, of_panel in rows.by(_row, "model").items():
        of_panel.one_by("target", "seed", twice=_twice)
        languages = of_panel.by("seen", "target")
        if len(languages) > len(of_panel.unique("target")):
            # One language is either: the other flag would be a second bar of the same name.
            raise ValueError(_twice(of_panel.first))
        found[panel] = [
            _Bar(
                language,
                seen,
                tuple(row.value for row in sorted(of_bar, key=lambda row: row.seed or 0)),
                _mean_chance(of_bar),
            )
            for (seen, language), of_bar in sorted(languages.items(), key=_place)
        ]
    return found


def _mean_chance(rows: ScoreTable) -> float | None:
    nulls = rows.where(null_mean=known).values("null_mean")
    return sum(nulls) / len(nulls) if nulls else None


def _place(item: tuple[tuple[str, str], object]) -> tuple[int, str]:
    (seen, language), _ = item
    return list(_LOOKS).index(seen), language


def _row(score: Score) -> _Row:
    if score.zero_shot is None or score.seed is None:
        raise ValueError(f"a row of {score.metric} does not say if it is zero-shot: {score}")
    return _Row(score.metric, score.variant, score.source, score.corpus)


def _twice(score: Score) -> str:
    return (
        f"two rows of {score.metric} are of the same model, language and seed, or disagree whether "
        f"it is zero-shot: {score}"
    )


def _draw(panels: _Panels, unlearnt: Collection[tuple[str, str]], heading: Heading) -> Figure:
    metrics = list(_LABELS)
    rows = sorted(
        {row for row, _ in panels},
        key=lambda row: (row.variant, metrics.index(row.metric), row.source, row.corpus),
    )
    handles, labels = _legend(panels)
    places, page_width, height = _layout(panels, rows, labels, heading)
    figure = Figure(figsize=(page_width, height))
    heading.leave_room(figure)
    grid = figure.subplots(len(places), len(places[0]), squeeze=False)
    width = (page_width - 0.7) / len(places[0])
    firsts: dict[_Row, Axes] = {}
    for line_of_places, line in zip(places, grid, strict=True):
        last = None
        for place, axes in zip(line_of_places, line, strict=True):
            if place is None:
                axes.remove()
                continue
            row, model = place
            first = firsts.setdefault(row, axes)
            if first is not axes:
                axes.sharey(first)
            _draw_bars(axes, panels[place], row.metric in _TRANSLATION, width)
            more = ": not learnt" if (model, row.variant) in unlearnt else ""
            axes.set_title(model + more, fontsize=8)
            axes.tick_params(labelleft=row != last)
            if row != last:
                axes.set_ylabel(_label(row, rows))
            last = row
    for row, axes in firsts.items():
        bars = [panels[place] for place in panels if place[0] == row]
        _scale(axes, bars, row.metric in _TRANSLATION, width)
    add_legend(figure, handles, labels)
    return figure


def _legend(panels: _Panels) -> tuple[list[Artist | tuple[Artist, ...]], list[str]]:
    bars = [bar for of_panel in panels.values() for bar in of_panel]
    used = [look for seen, look in _LOOKS.items() if seen in {bar.seen for bar in bars}]
    handles: list[Artist | tuple[Artist, ...]] = [Patch(**look) for look in used]
    labels = [str(look["label"]) for look in used]
    if any(bar.chance is not None for bar in bars):
        handles.append(Line2D([], [], **_CHANCE))
        labels.append("chance: answers to other sentences")
    return handles, labels


def _layout(
    panels: _Panels, rows: Sequence[_Row], labels: Sequence[str], heading: Heading
) -> tuple[_Places, float, float]:
    """Return where the panels stand, width and height in inches; the first low enough."""
    models = sorted({model for _, model in panels})
    table = [[(row, model) if (row, model) in panels else None for model in models] for row in rows]
    groups = [[place for place in line if place is not None] for line in table]
    every = [[place] for group in groups for place in group]
    # A table with gaps would leave them empty: then one panel follows the other.
    full = len(every) == len(models) * len(rows)
    shapes: list[tuple[_Places, float]] = [(table, TEXT_WIDTH)] if full else []
    shapes += [(packed(groups if full else every, int(width / _NARROWEST)), width)
               for width in (TEXT_WIDTH, WIDE)]  # fmt: skip
    sized = [(*shape, heading.height(shape[1]) + 0.17 * legend_lines(labels, shape[1])[1]
              + _ROW_HEIGHT * len(shape[0]) + _REST) for shape in shapes]  # fmt: skip
    return next((shape for shape in sized if shape[-1] <= PAGE_HEIGHT), sized[-1])


def _label(row: _Row, rows: Sequence[_Row]) -> str:
    """Return metric and task; the test set only where rows differ in nothing else."""
    same = [r for r in rows if (r.metric, r.variant, r.source) == (row.metric, row.variant, row.source)]  # noqa: E501  # fmt: skip
    corpus = f"\n{row.corpus}" if len(same) > 1 else ""
    of = "from" if row.metric in _TRANSLATION else "tuned on"
    return f"{_LABELS[row.metric]}\n{row.variant}, {of} {row.source}{corpus}"


def _draw_bars(axes: Axes, bars: Sequence[_Bar], percent: bool, width: float) -> None:
    """Draw a bar for each language with its score above; upright where bars are narrow."""
    for place, bar in enumerate(bars):
        axes.bar(place, bar.mean, width=0.75, linewidth=0.8, **_LOOKS[bar.seen])
        if bar.chance is not None:
            axes.plot([place - 0.375, place + 0.375], [bar.chance] * 2, **_CHANCE)
        if len(bar.by_seed) > 1:
            axes.plot([place] * 2, [min(bar.by_seed), max(bar.by_seed)], color="black", lw=1)
        axes.annotate(
            f"{bar.mean:.{1 if percent else 2}f}", (place, max(bar.by_seed)), xytext=(0, 1.5),
            textcoords="offset points", ha="center", va="bottom", fontsize=7,
            rotation=90 if _narrow(bars, width) else 0,
        )  # fmt: skip
    names = [bar.language for bar in bars]
    turned = max(len(name) for name in names) * 0.065 > width / len(bars)
    axes.set_xticks(range(len(bars)), names, rotation=90 if turned else 0)
    axes.set_xlim(-0.6, len(bars) - 0.4)
    axes.tick_params(axis="x", length=0)


def _narrow(bars: Sequence[_Bar], width: float) -> bool:
    """Return whether a number is wider than a bar."""
    return width / len(bars) < 0.27


def _scale(axes: Axes, panels: Sequence[Sequence[_Bar]], percent: bool, width: float) -> None:
    """Set the height that all panels of a row share."""
    top, ticks = 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    if percent:
        # BLEU is far below 100: the best score sets the height, or 1 where all are 0.
        top = max(value for bars in panels for bar in bars for value in bar.by_seed) or 1.0
        ticks = [tick for tick in MaxNLocator(5).tick_values(0.0, top) if tick <= top]
    axes.set_yticks(ticks)
    # Room for the number above the highest bar.
    axes.set_ylim(0.0, top * (1.3 if any(_narrow(bars, width) for bars in panels) else 1.13))
