"""How all languages of a study mix in common clusters: three or more at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from polyconcept.records.arrays import Int64
from polyconcept.records.scores import Run, Score
from polyconcept.scoring.colap_draws import Sides, count_words, twins
from polyconcept.scoring.statistics import Options


def mix_languages(
    layers: Iterable[tuple[int, Sequence[Sides]]],
    run: Run,
    options: Options,
    draws: Int64[np.ndarray, "resample sentence"],
) -> list[Score]:
    """Rows of mutual information and mix entropy of all languages in common clusters.

    Each language has a cap of its own on the words of a spelling, as in corrected COLAP. In a row
    the first language is `source`, and the others stand in `target`, joined by ``+``.

    Args:
        layers: each layer with the languages' clustered words under each seed.
        run: whose clusterings they are.
        options: how much is permuted.
        draws: how often each sentence is drawn in each resample.
    """
    rows: list[Score] = []
    for layer, sides in layers:
        first, *others = [words.language for words in sides[0]]
        key = run.key(first, "+".join(others), layer)
        found = twins(count_words(sides, options, draws))
        rows += [one.row(metric, "corrected", "all", key) for metric, one in found.items()]
    return rows
