"""The skeleton of rows, with the least metric that there can be."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from hand_concepts import table

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Run
from polyconcept.scoring.describe import Measure, control_rows, score_measures
from polyconcept.scoring.statistics import Measured

RUN = Run("mbert", "base", "encoder", "pud")
SEEDS = (11, 12)


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

    def of_types(self, masks):
        return {"all": Measured([1.0, 1.0])} if masks["en"].any() else {}


def words(language, *clusters):
    text = table(language, *["a b"] * (len(clusters) // 2))
    rows = np.arange(text.n_words)
    return ClusteredWords.of(text, rows, np.array(clusters, dtype=np.int32), n_clusters=2)


GERMAN = words("de", 0, 0, 1, 1)
PURITY = Purity(
    RUN, 3, "published", [(words("en", 0, 0, 0, 1), GERMAN), (words("en", 0, 0, 1, 1), GERMAN)]
)
CLASSES = {
    "names": {"en": np.array([True, False])},
    "digits": {"en": np.array([False, False])},
}


def test_three_functions_give_a_metric_all_its_rows():
    scores, concepts, resamples = score_measures([PURITY], SEEDS, CLASSES)

    assert [(key.seed, found) for key, found in concepts] == [(11, 0.75), (12, 0.5)]
    assert [(row.metric, row.seed, row.control, row.value) for row in scores[:3]] == [
        ("purity", 11, "", 0.75),
        ("purity", 12, "", 0.5),
        ("purity", None, "", 0.625),
    ]
    curve, area, names = scores[3:24], *scores[24:]
    assert [row.at for row in curve] == [step / 20 for step in range(21)]
    assert {row.parameter for row in curve} == {"least"}
    assert (area.metric, area.parameter, names.control) == ("purity_auc", "", "words:names")
    assert [one.seed.tolist() for one in resamples] == [[0, 1] * 3]


def test_rows_under_controls_are_summaries_alone():
    (row,) = control_rows([("n_clusters=7", [PURITY])])

    assert (row.parameter, row.at, row.value, row.null_mean) == ("n_clusters", 7, 0.625, 0)
