"""The skeleton of rows, with the least metric that there can be."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
from hand_concepts import Concepts, table

from polyconcept.records.scores import Run
from polyconcept.scoring.describe import Measure, Statistics, score_metric
from polyconcept.scoring.statistics import Measured, Options, draw_sentences

RUN = Run("mbert", "base", "encoder", "pud")


@dataclass(frozen=True)
class Purity(Measure[float]):
    """The share of words in cluster 0, less the threshold."""

    metric: ClassVar[str] = "purity"
    threshold: ClassVar[str] = "least"

    @property
    def found(self):
        return [float(np.mean(source.cluster == 0)) for source, _ in self.sides]

    def seed_rows(self, found, key):
        return [Measured([found]).row("purity", self.definition, "all", key)]

    def plain(self):
        return {"all": Measured(self.found, permuted=np.zeros(4), drawn=np.array([0.5, 1.0] * 3))}

    def at(self, threshold):
        return {"all": Measured([max(0.0, one - threshold) for one in self.found])}

    def of_class(self):
        return {"all": Measured([1.0, 1.0])}


# Of two sentences of each language, under two seeds.
CONCEPTS = Concepts(
    table("en", "a b", "a b"),
    table("de", "a b", "a b"),
    {(3, 11, "pooled"): [0, 0, 0, 1, 0, 0, 1, 1], (3, 12, "pooled"): [0, 0, 1, 1] * 2},
    n_clusters=2,
    definitions=("published",),
)
CLASSES = {
    "names": {"en": np.array([True, False]), "de": np.array([True, True])},
    "digits": {"en": np.array([False, False]), "de": np.array([True, True])},
}
OPTIONS = Options(n_permutations=4, n_resamples=6, seed=1)
PURITY = partial(Purity, RUN, Statistics(OPTIONS, draw_sentences(2, OPTIONS), CLASSES))


def test_three_functions_give_a_metric_all_its_rows():
    report = score_metric(PURITY, "colap", CONCEPTS)

    scores = report.scores
    assert [(key.seed, found) for key, found in report.concepts] == [(11, 0.75), (12, 0.5)]
    assert [(row.metric, row.seed, row.control, row.value) for row in scores[:3]] == [
        ("purity", 11, "", 0.75),
        ("purity", 12, "", 0.5),
        ("purity", None, "", 0.625),
    ]
    curve, areas, names = scores[3:24], scores[24:27], scores[27]
    assert [row.at for row in curve] == [step / 20 for step in range(21)]
    assert {row.parameter for row in curve} == {"least"}
    assert [(area.metric, area.seed) for area in areas] == [
        ("purity_auc", 11),
        ("purity_auc", 12),
        ("purity_auc", None),
    ]
    assert names.control == "words:names"
    assert [one.seed.tolist() for one in report.resamples] == [[0, 1] * 3]


def test_rows_under_controls_are_summaries_alone_and_come_last():
    changed = replace(CONCEPTS, control="n_clusters=7")

    plain, every = (
        score_metric(PURITY, "colap", CONCEPTS, controls).scores for controls in ((), (changed,))
    )

    assert every[:-1] == plain
    row = every[-1]
    assert (row.parameter, row.at, row.value, row.null_mean) == ("n_clusters", 7, 0.625, 0)
