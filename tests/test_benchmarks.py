"""Benchmarks run at a small size; what they measure is looked at for its shape, not for times."""

import importlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
KEYS = {"ours", "unit", "limit", "alternative", "ratio", "goal", "note"}


@pytest.fixture(autouse=True)
def beside_the_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def module(name):
    return importlib.import_module(name)


# In processes of their own, as `make bench` runs them: they set threads, and measure memory.
@pytest.mark.parametrize(
    "name", ["chance", "extraction", "scores", "storage", "wordalign", "workflow"]
)
def test_every_line_has_a_number_beside_its_limit_or_alternative(name):
    command = [sys.executable, BENCHMARKS / "run.py", "--one", name, "--quick"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]

    figures = json.loads(run.stdout)

    assert figures
    for what, row in figures.items():
        assert ", " in what
        assert row.keys() >= KEYS
        assert math.isfinite(row["ours"])
        assert math.isfinite(row["ratio"])
        assert (row["limit"] is None) != (row["alternative"] is None)
        assert module("measuring").reached(row) in (True, False, None)


@pytest.mark.parametrize(
    ("ratio", "goal", "expected"),
    [(1.1, "<= 1.1", True), (1.2, "<= 1.1", False), (4, ">= 4", True), (3.9, ">= 4", False)],
)
def test_a_goal_is_reached_by_the_ratio_alone(ratio, goal, expected):
    row = module("measuring").figure(5.0, "s", goal, ratio, limit=1.0)

    assert module("measuring").reached(row) is expected


def test_a_line_without_a_goal_is_neither_reached_nor_missed():
    row = module("measuring").figure(5.0, "s", "-", 1.0, limit=1.0)

    assert module("measuring").reached(row) is None


def test_a_goal_that_says_nothing_is_refused():
    row = module("measuring").figure(5.0, "s", "fast", 1.0, limit=1.0)

    with pytest.raises(ValueError, match="goal 'fast': needed `<= NUMBER` or `>= NUMBER`"):
        module("measuring").reached(row)


def test_the_table_says_what_each_figure_stands_beside():
    figure = module("measuring").figure
    figures = {
        "scores, 600 x 600": figure(0.5, "s", ">= 200", 4000.0, alternative=2000.0),
        "storage, size, small": figure(0.875, "MiB", "<= 0.8", 0.875, limit=1.0),
    }

    lines = module("run").table(figures).splitlines()

    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == list(module("run").HEADINGS)
    assert cells[2:] == [
        ["scores", "600 x 600", "0.5 s", "2,000 s (alternative)", "4e+03", ">= 200", "yes"],
        ["storage", "size, small", "0.875 MiB", "1 MiB (limit)", "0.875", "<= 0.8", "no"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_calls_take_turns_and_their_medians_come_in_order():
    taken = []
    times = iter([3, 10, 1, 30, 2, 20])

    def clock(call):
        call()
        return next(times)

    found = module("measuring").medians(
        clock, 3, lambda: taken.append("a"), lambda: taken.append("b")
    )

    assert found == [2, 20]
    assert taken == ["a", "b"] * 3


def test_the_plain_file_holds_the_same_numbers(tmp_path):
    numpy, storage = module("numpy"), module("storage")
    states = {0: numpy.arange(6, dtype="f4").reshape(3, 2), 1: numpy.ones((3, 2), "f4")}

    storage.write_plain(tmp_path / "v.raw", states, 5, 2)

    assert (tmp_path / "v.raw").stat().st_size == 5 * 2 * 2 * 4
    assert storage.size_ratio(tmp_path / "v.raw", states, 5) == 1


@pytest.mark.parametrize("script", ["score_calign", "merge_scores", "split_words"])
def test_a_script_without_torch_imports_nothing_that_takes_long(script):
    """Each of these takes longer than all the rest of such a script's start."""
    workflow = module("workflow")
    slow = {"torch", "transformers", "sklearn", "scipy.stats", "scipy.optimize", "matplotlib"}
    lines = workflow.import_lines(workflow.SCRIPTS / f"{script}.py")
    code = f"{lines}; import sys; print(sorted({slow} & set(sys.modules)))"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == ("[]\n", "")
