"""The rates behind a plan: what is measured for them alone, and how they follow from a report."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
NEVER = {"figures": {}, "runs": {}, "quick": False}


@pytest.fixture(scope="module")
def rates():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import rates

        yield rates


@pytest.fixture(scope="module")
def own_figures():
    """Of a small size, in a process of its own: it sets threads."""
    command = [sys.executable, BENCHMARKS / "run.py", "--one", "rates", "--quick"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def report():
    return json.loads((BENCHMARKS / "reference.json").read_text())


@pytest.fixture(scope="module")
def kept():
    return json.loads((BENCHMARKS / "rates.json").read_text())


def test_its_own_figures_have_a_number_beside_a_limit_or_an_alternative(own_figures):
    for row in own_figures.values():
        assert row["ours"] > 0
        assert math.isfinite(row["ratio"])
        assert (row["limit"] is None) != (row["alternative"] is None)
        assert row["goal"] == "-"


def test_the_rates_at_hand_are_those_of_the_reference(rates, report, own_figures, kept):
    figures = own_figures | report["figures"]

    found = rates.rates_of(report | {"figures": figures}, kept)

    assert found.keys() == kept.keys()
    assert found["assumed"] == kept["assumed"]
    assert {name: rate["about"] for name, rate in found["measured"].items()} == {
        name: rate["about"] for name, rate in kept["measured"].items()
    }
    # What only this benchmark measures was measured small here, where the report has no such row.
    own = set() if own_figures.keys() <= report["figures"].keys() else {
        "calign_draw_seconds_per_word", "colap_draw_seconds", "hash_bytes_per_second",
        "plain_hash_bytes_per_second",
    }  # fmt: skip
    for name in kept["measured"].keys() - own:
        assert found["measured"][name]["value"] == kept["measured"][name]["value"], name


def test_starts_are_parted_into_what_they_cost_once_and_each(rates):
    units = 40_000 * 768 * 600
    figures = {
        "k-means, start": {"ours": 3.0},  # each of ten together: 30 s
        "k-means, start, one alone": {"ours": 12.0},
        "k-means, whole fit": {"ours": 80.0},
    }

    found = {name: value * units for name, (value, _) in rates.kmeans_rates(figures).items()}

    # 12 = once + each, 30 = once + 10 x each; ten restarts iterate in what is left of 80.
    assert found == pytest.approx(
        {
            "kmeans_start_seconds_together": 10.0,
            "kmeans_start_seconds_each": 2.0,
            "kmeans_iterations_seconds": 5.0,
        }
    )


def test_a_report_without_a_figure_gives_no_rates(rates, kept):
    with pytest.raises(
        ValueError, match="rates need a run of all benchmarks; 'provenance, hashing of vectors'"
    ):
        rates.rates_of(NEVER, kept)


def test_a_report_of_small_sizes_gives_no_rates(rates, kept):
    with pytest.raises(ValueError, match="rates need a full run"):
        rates.rates_of(NEVER | {"quick": True}, kept)
