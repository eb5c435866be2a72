"""The figures: of each the module that draws it, and the settings that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from polyconcept.study.jobs.job import Values, plain
from polyconcept.study.jobs.paths import Files
from polyconcept.study.jobs.work import METRICS
from polyconcept.study.schema import Study

_CAPTIONED = ("metric", "definition", "over")


def _no_settings(_study: Study) -> Values:
    return {}


def _always(_study: Study) -> bool:
    return True


@dataclass(frozen=True)
class Figure:
    """A figure of a study; its caption stands in polyconcept/figures/captions.py."""

    module: str
    """Of `polyconcept.figures`, whose function `draw` gives it."""
    category: str
    """Under which the report shows it."""
    labels: Mapping[str, str]
    """What tells it from the others of its category."""
    settings: Callable[[Study], Values] = _no_settings
    rows: str = "scores"
    """What is drawn: rows of the score table, or `examples`; a module of `polyconcept.store`."""
    is_wanted: Callable[[Study], bool] = _always
    """Whether a study has it."""

    def captioned(self, study: Study) -> Values:
        """Return what its caption may name: which scores are shown, and not by what they count."""
        settings = self.settings(study)
        return {name: settings[name] for name in _CAPTIONED if name in settings}


def figure_inputs(files: Files, name: str) -> dict[str, str | list[str]]:
    """Return what a figure is drawn from."""
    if FIGURES[name].rows == "examples":
        return {"examples": [f"{files.results}/examples/{pair}.json" for pair in files.study.pairs]}
    return {"scores": [f"{files.results}/scores.parquet"]}


def figure_kinds(name: str) -> tuple[str, ...]:
    """Return the modules that draw a figure and read its rows."""
    figure = FIGURES[name]
    return f"polyconcept.figures.{figure.module}", f"polyconcept.store.{figure.rows}"


def figure_names(study: Study) -> list[str]:
    """Return the names of a study's figures."""
    return [name for name, figure in FIGURES.items() if figure.is_wanted(study)]


def _finetunes(study: Study) -> bool:
    return any(model.tasks for model in study.models.values())


def _of_metric(metric: str, study: Study) -> Values:
    """Only CALIGN tells large clusters apart."""
    shown = plain(study.figures, "definition", "over")
    return {"metric": metric, **shown} | ({} if metric == "calign" else {"over": "all"})


def _curves(metric: str, study: Study) -> Values:
    threshold = study.calign.match if metric == "calign" else study.colap.share
    return _of_metric(metric, study) | {"threshold": threshold}


def _metric_figures(metric: str) -> dict[str, Figure]:
    settings = partial(_of_metric, metric)

    def figure(module: str, category: str, shows: str, **other: Callable[..., object]) -> Figure:
        labels = {"metric": metric, "shows": shows}
        options = {"settings": settings, **other}
        return Figure(module, category, labels, **options)  # type: ignore[arg-type]

    return {
        metric: figure("layers", "Alignment by layer", "score"),
        f"{metric}_change": figure(
            "change", "Alignment by layer", "change by fine-tuning", is_wanted=_finetunes
        ),
        f"{metric}_curves": figure(
            "thresholds", "Controls", "score at every threshold", settings=partial(_curves, metric)
        ),
        f"{metric}_controls": figure("controls", "Controls", "controls"),
    }


def _examples(study: Study) -> Values:
    chosen = study.figures.examples
    if chosen is None:
        return {}
    title = f"{chosen.model} ({chosen.variant}), layer {chosen.layer}"
    return {"n_types": chosen.n_types, "title": title, **plain(study.figures, "definition")}


def _of_curve(metric: str, over: str, shows: str) -> Figure:
    """Return a figure of what CALIGN is without a threshold; `over` empty is the study's own."""

    def settings(study: Study) -> Values:
        shown = plain(study.figures, "definition", "over")
        return {"metric": metric, **shown} | ({"over": over} if over else {})

    labels = {"metric": "calign", "shows": shows}
    return Figure("layers", "Alignment by layer", labels, settings)


FIGURES: Mapping[str, Figure] = {
    **_metric_figures(METRICS[0]),
    "calign_auc": _of_curve("calign_auc", "", "area under its curve"),
    "matched_fraction": _of_curve("matched_fraction", "all", "matched fraction"),
    **_metric_figures(METRICS[1]),
    "rivals": Figure(
        "rivals",
        "Controls",
        {"metric": "both", "shows": "simpler measures"},
        lambda study: plain(study.figures, "definition", "over"),
    ),
    "tasks": Figure("tasks", "Tasks", {"shows": "task scores"}, is_wanted=_finetunes),
    "examples": Figure(
        "examples",
        "Examples",
        {"shows": "concepts as words"},
        _examples,
        "examples",
        lambda study: study.figures.examples is not None,
    ),
}
"""Name of its files -> the figure."""
