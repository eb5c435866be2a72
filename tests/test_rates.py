"""The rates behind a plan: measured small here, and as the project has them."""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from polyconcept.audit.places import script_of
from polyconcept.study.jobs.table import JOBS

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


def import_lines(script):
    """The import statements of a script's top level."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import workflow

        return workflow.import_lines(script)


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


def test_all_rates_are_measured_anew_with_what_the_project_assumes(rates, kept, tmp_path):
    try:
        rates.main(["--out", str(tmp_path / "new" / "rates.json")])
    finally:
        logging.disable(logging.NOTSET)  # the script's process ends here

    found = json.loads((tmp_path / "new" / "rates.json").read_text())
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


# That of models takes seconds to import; what it has is more than all others.
@pytest.mark.parametrize(
    "rule", [rule for rule, job in JOBS.items() if job.start != "transformers"]
)
def test_a_script_imports_what_its_start_is_priced_by(rule):
    script = script_of(rule, ROOT / "workflow/scripts")
    heavy = ("matplotlib", "torch", "transformers.modeling_utils")
    code = f"{import_lines(script)}\nimport sys\nprint(*sorted({set(heavy)} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    expected = {"plain": [], "drawing": ["matplotlib"], "torch": ["torch"]}
    assert done.stdout.split() == expected[JOBS[rule].start]
