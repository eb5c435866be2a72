"""Where CALIGN has no room to say anything."""

import logging
from dataclasses import replace

import pytest

from polyconcept.records.metrics import near_floor
from polyconcept.records.scores import ScoreKey
from polyconcept.scoring.floor import warn_near_floor
from polyconcept.scoring.statistics import Measured

KEY = ScoreKey("mbert", "base", "encoder", "pud", "en", "de", layer=6, seed=None)


def rows_of(*hits, n=150, ceiling=0.5, definition="published", **place):
    """Rows of single seeds and their mean."""
    key = replace(KEY, **place)
    found = Measured([hit / n for hit in hits], hits, [n] * len(hits), ceiling=ceiling)
    seeds = [
        found.of_seed(i).row("calign", definition, "all", replace(key, seed=i))
        for i in range(len(hits))
    ]
    return [*seeds, found.row("calign", definition, "all", key)]


@pytest.mark.parametrize(
    ("n_aligned", "ceiling", "expected"),
    [
        (4.9, 0.9, True),
        (5.0, 0.9, False),
        (50.0, 0.19, True),
        (50.0, 0.2, False),
        (50.0, None, False),
    ],
)
def test_few_clusters_or_a_low_ceiling_are_the_floor(n_aligned, ceiling, expected):
    assert near_floor(n_aligned, ceiling) is expected


def test_one_warning_of_a_pair_and_definition_lists_its_layers(caplog):
    scores = [
        *rows_of(3, 4, layer=0),
        *rows_of(60, 70, layer=6),
        *rows_of(60, 70, layer=12, ceiling=0.1),
        *rows_of(60, 70, layer=12, definition="corrected"),
        *rows_of(0, 0, layer=12, variant="random"),
        replace(rows_of(0)[-1], control="centred"),
    ]

    with caplog.at_level(logging.WARNING):
        warn_near_floor(scores)

    (message,) = caplog.messages
    assert message.startswith(
        "mbert base, encoder, en-de, CALIGN (published) is near its floor: layer 0, 3.5 clusters "
        "align, ceiling 0.50; layer 12, 65.0 clusters align, ceiling 0.10. "
    )
    assert "calign_auc" in message
    assert "docs/METRICS.md" in message


def test_one_seed_has_no_ceiling_to_be_under(caplog):
    with caplog.at_level(logging.WARNING):
        warn_near_floor(rows_of(4, ceiling=None))

    assert "4.0 clusters align, no ceiling" in caplog.text
