"""The score beside the same score under every control, as dots on one scale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from polyconcept.figures.grid import label_of, model_sides, side_name
from polyconcept.figures.lettering import Heading, wrapped
from polyconcept.figures.panels import add_legend, legend_lines
from polyconcept.figures.rows import (
    ModelSide,
    Pair,
    Point,
    Run,
    choose,
    interval_name,
    points,
    rests_on,
)
from polyconcept.figures.style import GREY, NULL, PAGE_HEIGHT, TEXT_WIDTH, WIDE, style
from polyconcept.records.metrics import METRICS
from polyconcept.records.scores import Score
from polyconcept.records.table import ScoreTable
from polyconcept.records.text import Definition

_PLAIN, _FIRST, _RANDOM = "plain score", "layer 0", "random weights"
_WORDS = {
    "words:same_spelling": "words spelt alike",
    "words:names": "names",
    "words:digits": "digits",
    "words:punctuation": "punctuation",
    "words:other": "all other words",
    "words:single_subword": "words of one subword",
}
_VECTORS = {
    "centred": "vectors centred per language",
    "standardised": "vectors standardised",
    "unit_length": "vectors of unit length",
    "before_norm": "before the final norm",
}
_PARTS = {
    "disjoint": "words of other sentences",
    "halved": "words of the same sentences",
}
_SCRIPT = "words:script:"
_SIZES = {"n_clusters": "K = ", "words_per_cluster": "words a cluster: "}
"""What changes the number of clusters, and how its rows begin."""
_ORDER = (_PLAIN, _FIRST, _RANDOM, *_WORDS.values(), _SCRIPT, *_VECTORS.values(), *_PARTS.values())
_LEAST_WORDS = 100
"""Words that each language must have of a class: fewer leave most of hundreds of clusters empty,
and a mean over the pairs would be as much of these as of pairs with thousands."""
_NONE = "\N{EN DASH}"
"""Stands where a row has no dot."""
_LINE = 0.17
"""Inches from one row of dots to the next."""
_SHAPES = (TEXT_WIDTH, 3), (WIDE, 6)
"""Width in inches, and the most panels beside each other; the first that is low enough is taken."""
_NAMES_WIDTH = 2.1
"""Inches that the names of the rows take."""
_DOT: dict[str, Any] = {"color": "#0072B2", "marker": "o", "linestyle": "none"}
_MARK: dict[str, Any] = {
    "color": "#000000",
    "marker": "|",
    "linestyle": "none",
    "markersize": 5.0,
    "markeredgewidth": 0.6,
}
_INTERVAL: dict[str, Any] = {"color": "#0072B2", "linewidth": 1.2}

_Rows: TypeAlias = Mapping[str, Mapping[Pair, Point]]
"""Name of a row of dots -> its score for each pair."""
_Panels: TypeAlias = Mapping[ModelSide, _Rows]


@style()
def draw(
    scores: Iterable[Score],
    metric: str,
    *,
    definition: Definition = "published",
    over: str = "all",
) -> Figure:
    """Draw the base model's score in its deepest layer beside those of its controls.

    A panel per model and side, a row of dots per control: layer 0, random weights, classes of
    words, changed vectors, other numbers of clusters. The dot is the mean of the pairs, each
    upright mark one pair. Where a row has nulls or intervals, bar and line span those of all
    pairs. All but layer 0 is of the deepest layer; controls without it are not shown. What is shown
    is chosen as by `rows.choose`.

    A pair of which a language has fewer than 100 words of a class has no part in the class. Each
    name says how many words the language with fewer has at least.

    Raises:
        ValueError: No row of the base model fits, a row has no layer, or two rows differ in
            nothing but value.
    """
    rows = choose(
        scores, metric, definition=definition, over=over, keep=_is_shown,
        kind="of the base model or its controls",
    )  # fmt: skip
    panels, deepest = _panels(rows)
    if not panels:
        raise ValueError(f"no row of {metric} is of the base model at the study's settings; "
                         f"there are: {', '.join(sorted(rows.unique('variant')))}")  # fmt: skip
    shown = rows.where(lambda row: row.variant == "base")
    plain = shown.where(is_plain=True)
    title = METRICS[metric].title if metric in METRICS else metric
    gaps = any(not rows.get(name) for rows in panels.values() for name in _names(panels))
    heading = Heading(
        f"How much of {title} is there without what the model has learnt?",
        [
            f"{definition} definition, base model, deepest layer",
            rests_on(plain),
            f"{_NONE}: not computed, or fewer than {_LEAST_WORDS} words" if gaps else "",
        ],
    )
    return _draw(panels, deepest, label_of(metric, definition, over), interval_name(shown), heading)


def _is_shown(row: Score) -> bool:
    if row.against or row.variant not in ("base", "random"):
        return False
    if row.variant == "random":
        return row.is_plain
    if row.control.startswith("words:") and row.n_words is not None:
        return row.n_words >= _LEAST_WORDS
    swept = row.parameter in _SIZES and not row.control
    return row.is_plain or swept or (bool(row.control) and not row.parameter)


def _panels(rows: ScoreTable) -> tuple[_Panels, Mapping[ModelSide, int]]:
    """Return what each model and side shows, and its deepest layer."""
    found = {name: points(of_name) for name, of_name in rows.by(_name).items()}
    deepest: dict[ModelSide, int] = {}
    for run, _, layer in found.get(_PLAIN, {}):
        key = run.model, run.side
        deepest[key] = max(layer, deepest.get(key, 0))
    panels: dict[ModelSide, dict[str, dict[Pair, Point]]] = {
        key: defaultdict(dict) for key in deepest
    }
    for name, of_name in found.items():
        for (run, pair, layer), point in of_name.items():
            key = run.model, run.side
            if layer == deepest.get(key):
                panels[key][name][pair] = point
            elif layer == 0 and name == _PLAIN and key in panels:
                panels[key][_FIRST][pair] = point
    return panels, deepest


def _name(row: Score) -> str:
    """Return the row of dots that a row of the table belongs to."""
    if row.variant == "random":
        return _RANDOM
    if row.parameter:
        if row.at is None:
            raise ValueError(f"a row of {row.metric} does not say how many clusters it has: {row}")
        return f"{_SIZES[row.parameter]}{row.at:g}"
    if row.control.startswith(_SCRIPT):
        return f"words in {row.control.removeprefix(_SCRIPT).capitalize()} script"
    return (_WORDS | _VECTORS | _PARTS).get(row.control, row.control) or _PLAIN


def _order(name: str) -> tuple[int, float, str]:
    """Return the place of a row from the top; unknown controls come before other K."""
    for place, start in enumerate(_SIZES.values(), start=1):
        if name.startswith(start):
            return len(_ORDER) + place, float(name.removeprefix(start)), name
    known = _SCRIPT if name.endswith(" script") else name
    return (_ORDER.index(known) if known in _ORDER else len(_ORDER)), 0.0, name


def _with_words(name: str, panels: _Panels) -> str:
    """Return the name of a row of dots, and how many words it rests on at least."""
    points = [point for rows in panels.values() for point in rows.get(name, {}).values()]
    n_words = [point.n_words for point in points if point.n_words is not None]
    return f"{name}, n \N{GREATER-THAN OR EQUAL TO} {min(n_words):,}" if n_words else name


def _names(panels: _Panels) -> list[str]:
    """Return the rows of dots from the top."""
    return sorted({name for rows in panels.values() for name in rows}, key=_order)


def _draw(
    panels: _Panels,
    deepest: Mapping[ModelSide, int],
    label: str,
    interval: str,
    heading: Heading,
) -> Figure:
    names = _names(panels)
    keys = model_sides([Run(model, side, "base") for model, side in panels])
    handles, labels = _legend(panels, interval)
    for page_width, most in _SHAPES:
        # Rows of panels as even as they can be: four stand as two and two.
        lines = -(-len(keys) // most)
        columns = -(-len(keys) // lines)
        legend = 0.17 * legend_lines(labels, page_width)[1]
        height = heading.height(page_width) + lines * (0.65 + _LINE * len(names)) + 0.35 + legend
        if height <= PAGE_HEIGHT:
            break
    figure = Figure(figsize=(page_width, height))
    heading.leave_room(figure)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    width = (page_width - _NAMES_WIDTH) / columns
    for index, axes in enumerate(grid.flat):
        if index >= len(keys):
            axes.remove()
            continue
        model, side = keys[index]
        title = f"{side_name((model, side))}, layer\N{NO-BREAK SPACE}{deepest[model, side]}"
        axes.set_title(wrapped(title, width), fontsize=8)
        _draw_panel(axes, panels[model, side], names)
        # The lowest of each column tells the scale; the panel below may be missing.
        axes.tick_params(labelbottom=index + columns >= len(keys))
        if index + columns >= len(keys):
            axes.set_xlabel(wrapped(label, width))
    top = max(_highest(point) for rows in panels.values() for of in rows.values()
              for point in of.values()) or 1.0  # fmt: skip
    grid[0, 0].set_xlim(-0.04 * top, 1.04 * top)
    grid[0, 0].set_yticks(range(len(names)), [_with_words(name, panels) for name in names])
    grid[0, 0].set_ylim(len(names) - 0.5, -0.5)
    add_legend(figure, handles, labels)
    return figure


def _draw_panel(axes: Axes, rows: _Rows, names: Sequence[str]) -> None:
    axes.tick_params(axis="y", length=0)
    # Below the plain score, which all others are to be compared with.
    axes.axhline(0.5, color=GREY, linewidth=0.6)
    for place, name in enumerate(names):
        of_pairs = list(rows.get(name, {}).values())
        if not of_pairs:
            axes.text(0.0, place, _NONE, size=7, color=GREY, ha="center", va="center")
            continue
        nulls = [point.null for point in of_pairs if point.null is not None]
        if nulls:
            low, high = min(nulls)[0], max(high for _, high in nulls)
            axes.barh(place, high - low, left=low, height=0.8, zorder=1, **NULL)
        ends = [(p.low, p.high) for p in of_pairs if p.low is not None and p.high is not None]
        if ends:
            span = [min(low for low, _ in ends), max(high for _, high in ends)]
            axes.plot(span, [place] * 2, **_INTERVAL)
        values = [point.value for point in of_pairs]
        if len(values) > 1:
            axes.plot(values, [place] * len(values), zorder=2.5, **_MARK)
        axes.plot([sum(values) / len(values)], [place], zorder=3, **_DOT)


def _highest(point: Point) -> float:
    return max(point.value, point.high or 0.0, point.null[1] if point.null else 0.0)


def _legend(panels: _Panels, interval: str) -> tuple[list[Artist | tuple[Artist, ...]], list[str]]:
    every = [of_pairs for rows in panels.values() for of_pairs in rows.values()]
    several = any(len(of_pairs) > 1 for of_pairs in every)
    shown = [point for of_pairs in every for point in of_pairs.values()]
    handles: list[Artist | tuple[Artist, ...]] = [Line2D([], [], **_DOT)]
    labels = ["mean of the pairs" if several else "score"]
    if several:
        handles.append(Line2D([], [], **_MARK))
        labels.append("a pair")
    names = {"interval": interval, "seeds": "range of the seeds"}
    for band, name in names.items():
        if any(point.band == band for point in shown):
            handles.append(Line2D([], [], **_INTERVAL))
            labels.append(f"{name}, all pairs" if several else name)
    if any(point.null for point in shown):
        handles.append(Patch(**NULL))
        labels.append("permuted input")
    return handles, labels
