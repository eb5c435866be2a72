"""What stands under each figure: first what it answers, then how to read it.

Plain sentences without markup: Snakemake's report reads them as reStructuredText, the report page
as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from polyconcept.records.metrics import METRICS

_Settings: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Caption:
    """The words that go with a figure."""

    shows: str
    """What it is a picture of, in a few words: a heading, and what is read out in its place."""
    text: str
    """What stands under it."""


def caption(module: str, settings: _Settings) -> Caption:
    """Return the caption of a figure.

    Args:
        module: Of `polyconcept.figures`, which draws it.
        settings: What its `draw` is given.

    Raises:
        ValueError: There is no caption for what the module draws.
    """
    if module not in _CAPTIONS:
        raise ValueError(
            f"polyconcept/figures/captions.py has no caption of {module!r}, which a figure needs; "
            f"it has those of {', '.join(_CAPTIONS)}"
        )
    shows, text = _CAPTIONS[module](settings)
    if "definition" in settings:
        text = f"{text} By the {settings['definition']} definition."
    return Caption(shows, text)


_BANDS = (
    "Coloured bands are 95 % intervals over what the line below the title says, else over "
    "clustering seeds and sentences."
)
_PANELS = "Rows are models, columns language pairs; base and fine-tuned share a panel."
_RANDOM = "Grey dashes and dots are the same model with random weights, where the study has it."
_LAYERS = {
    "calign": (
        "The share of {large}concepts of the source language that have a counterpart in the target "
        "language, layer by layer. It counts as far as it lies above the hatched band, which is "
        "what a shuffled dictionary scores; the dotted line, the source language against itself "
        "under another seed, is about the most that can be reached."
    ),
    "colap": (
        "The share of concepts that both languages make up when their words are clustered "
        "together, layer by layer. High means that clusters mix the languages, not that the words "
        "in them mean the same: the hatched band is the score of permuted languages, which "
        "vectors of noise reach too, and far below it the languages lie apart."
    ),
    "calign_auc": (
        "CALIGN without the choice of a threshold: its mean over every threshold from 0 to 1, "
        "layer by layer. Where CALIGN is near 0, read the order of the layers here; what counts is "
        "what lies above the hatched band, the score of permuted dictionaries."
    ),
    "matched_fraction": (
        "How much of a concept has a translation in its one partner in the other language, on "
        "average and layer by layer. Each source concept is matched with at most one target "
        "concept and no threshold decides what counts; the hatched band is the share under "
        "permuted dictionaries."
    ),
}
_CHANGES = {
    "calign": "more concepts have a counterpart after fine-tuning than before, below it fewer",
    "colap": "clusters mix the languages more than before, whatever their words mean, below less",
}
_THRESHOLDS = {
    "calign": "the share of a concept's words that must have a translation in the other",
    "colap": "the share of a concept's words that each language must hold",
}


def _title(settings: _Settings) -> str:
    metric: str = settings["metric"]
    return METRICS[metric].title if metric in METRICS else metric


def _layers(settings: _Settings) -> tuple[str, str]:
    title = _title(settings)
    large = "large " if settings.get("over") == "large" else ""
    plain = f"{title}, layer by layer. The hatched band is the score of permuted input."
    text = _LAYERS.get(settings["metric"], plain).format(large=large)
    return f"{title} by layer", f"{text} {_PANELS} {_RANDOM} {_BANDS}"


def _change(settings: _Settings) -> tuple[str, str]:
    title = _title(settings)
    above = _CHANGES.get(settings["metric"], "the score is higher than before, below it lower")
    return f"Change of {title} by fine-tuning", (
        f"What fine-tuning changes in {title}, layer by layer: fine-tuned minus base, a row for "
        "each model and a column for each language pair. Above the line at zero "
        f"{above}; where a band, the 95 % interval over seeds and sentences, holds zero, it may be "
        "neither."
    )


def _thresholds(settings: _Settings) -> tuple[str, str]:
    title = _title(settings)
    threshold = _THRESHOLDS.get(settings["metric"], "its threshold")
    return f"{title} at every threshold", (
        f"Whether the order of the layers hangs on the threshold of {title}: {threshold}. One "
        "curve per layer, from dark to light, the mean of the language pairs: where two cross, "
        "their order is a matter of the threshold. The upright line is that of this study, and the "
        "axis ends where all curves are at 0."
    )


def _controls(settings: _Settings) -> tuple[str, str]:
    title = _title(settings)
    return f"{title} under controls", (
        f"What else could explain {title} of the base models in their deepest layer. Each row "
        "changes one thing, and one that scores like the plain score at the top explains it: where "
        "random weights do, nothing learnt is needed. Dots are means of the language pairs, small "
        "marks the pairs, lines 95 % intervals, hatched bars the range of permuted input if known, "
        "and a dash stands for what was not computed or has too few words. n is the fewest words "
        "of a pair that a row rests on, 100 at least; changed vectors and other numbers of "
        "clusters are of few clustering seeds."
    )


def _rivals(_settings: _Settings) -> tuple[str, str]:
    return "CALIGN and COLAP over simpler measures", (
        "Whether CALIGN and COLAP tell more than simpler measures of the same words: CKA of linked "
        "words and retrieval of sentences. A point is a layer, language pair and variant; the "
        "nearer Spearman's rank correlation ρ is to 1, the less clustering adds. The points are "
        "not independent, so ρ describes them and has no interval."
    )


def _tasks(_settings: _Settings) -> tuple[str, str]:
    return "Task scores by language", (
        "How well fine-tuned models do in languages that they were not fine-tuned on. Full bars "
        "are languages of the fine-tuning, light ones those that a model had learnt to translate "
        "into before, hatched ones zero-shot: the nearer these come to the full ones, the more has "
        "carried over, if they are above the line across each bar, what the same answers score for "
        "other sentences."
    )


def _examples(_settings: _Settings) -> tuple[str, str]:
    return "Examples of concepts", (
        "What concepts that two languages share look like: the best of one run and layer, not "
        "typical ones, as lists of word types with the most frequent first. Under CALIGN a concept "
        "of each language: bold words have a translation in the other, those underlined with dots "
        'have none, "matched" counts the source words that have one, and "sentence" is the share '
        "of the source words that stand in their commonest sentence. Under COLAP one concept of "
        "both languages with the share of each. The line above says how many there are in all."
    )


_CAPTIONS: Mapping[str, Callable[[_Settings], tuple[str, str]]] = {
    "layers": _layers,
    "change": _change,
    "thresholds": _thresholds,
    "controls": _controls,
    "rivals": _rivals,
    "tasks": _tasks,
    "examples": _examples,
}
"""Module of `polyconcept.figures` -> what it shows and what stands under it."""
