"""The rates behind a plan: measured small here, and as the project has them."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def rates():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import rates

        patch.setattr(rates, "WIDE", replace(rates.WIDE, n_sentences=8, n_dims=96))
        patch.setattr(rates, "NARROW", replace(rates.NARROW, n_sentences=16))
        patch.setattr(rates, "CLUSTERED", rates.kmeans.Size(2000, 48, 20))
        patch.setattr(rates, "FEW", rates.kmeans.Size(200, 8, 5))
        patch.setattr(rates, "MANY", replace(rates.chance.QUICK, layers=(0,), n_clusters=40))
        patch.setattr(rates, "N_LINKED", 60)
        patch.setattr(rates, "N_TRAINED", (4, 8))
        patch.setattr(rates, "N_HASHED", 2**16)
        yield rates


@pytest.fixture(scope="module")
def kept():
    return json.loads((BENCHMARKS / "rates.json").read_text())


@pytest.mark.filterwarnings("ignore:.*mtime may not be reliable")
def test_all_rates_are_measured_anew_with_what_the_project_assumes(rates, kept):
    found = rates.measure()

    assert found.keys() == kept.keys()
    assert found["machine"].keys() == kept["machine"].keys()
    assert found["assumed"] == kept["assumed"]
    assert {name: rate["about"] for name, rate in found["measured"].items()} == {
        name: rate["about"] for name, rate in kept["measured"].items()
    }
    assert all(rate["value"] >= 0 for rate in found["measured"].values())
    # The more is imported, the longer it takes, and the more is held.
    starts = [found["measured"][f"start_{kind}_bytes"]["value"] for kind in rates.STARTS]
    assert starts == sorted(starts)


def test_rates_that_the_project_has_are_above_zero(kept):
    assert all(rate["value"] > 0 for rate in kept["measured"].values())


def test_what_two_things_cost_follows_from_two_sizes(rates):
    # 3 s an operation and 5 s a subword.
    assert rates.two_sizes((3 * 7 + 5 * 2, 3 * 1 + 5 * 4), (7, 2), (1, 4)) == pytest.approx((3, 5))
    # Noise is not taken for work that is given back.
    assert rates.two_sizes((10, 1), (1, 1), (1, 2)) == (19, 0)


def test_the_script_says_what_it_takes(tmp_path):
    command = [sys.executable, BENCHMARKS / "rates.py", "--help"]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)

    assert "--out" in done.stdout
