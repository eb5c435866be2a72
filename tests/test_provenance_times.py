"""Times of results that were copied or touched."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from polyconcept.audit.runs import CodeState, FileState, Machine, RunRecord, write_record
from polyconcept.audit.times import restore_times
from polyconcept.store.content import content_bytes, content_sha256

START = 1_700_000_000
HERE = Path()


def state(path):
    return FileState("", path, content_sha256(Path(path)), content_bytes(Path(path)))


def record(inputs, outputs, ended):
    """Record of a run that ended so many seconds after START."""
    made = RunRecord(
        rule="make",
        study="x",
        wildcards={},
        settings={},
        params={},
        seeds={},
        code=CodeState(None, {}),
        inputs=tuple(map(state, inputs)),
        outputs=tuple(map(state, outputs)),
        keywords={"inputs": {}, "outputs": {}},
        log="results/x/log",
        git=None,
        python="3.11",
        packages={},
        machine=Machine("here", "Linux", 2, None, "cpu", "", None),
        threads=1,
        started=datetime.fromtimestamp(START, UTC).isoformat(),
        ended=datetime.fromtimestamp(START + ended, UTC).isoformat(),
        seconds=1.0,
        peak_memory_mib=1.0,
    )
    write_record(made, HERE)


def set_time(path, seconds):
    place = Path(path) / ".snakemake_timestamp" if Path(path).is_dir() else path
    os.utime(place, (START + seconds, START + seconds))


def time_of(path):
    place = Path(path) / ".snakemake_timestamp" if Path(path).is_dir() else Path(path)
    return place.stat().st_mtime - START


@pytest.fixture
def chain(tmp_path, monkeypatch):
    """A model folder made of nothing, a text made of it, a table made of both."""
    monkeypatch.chdir(tmp_path)
    results = Path("results/x")
    (results / "model").mkdir(parents=True)
    (results / "model/weights").write_text("1 2 3")
    (results / "model/.snakemake_timestamp").touch()
    (results / "text").write_text("one")
    (results / "table").write_text("two")
    paths = [str(results / name) for name in ("model", "text", "table")]
    model, text, table = paths
    record([], [model], 10)
    record([model], [text], 20)
    record([model, text], [table], 30)
    for path, ended in zip(paths, (10, 20, 30), strict=True):
        set_time(path, ended)
    return paths


def test_times_in_order_are_left_alone(chain):
    assert restore_times(Path("results/x"), HERE) == []
    assert [time_of(path) for path in chain] == [10, 20, 30]


def test_a_touched_file_and_folder_get_their_time_back(chain):
    model, text, _ = chain
    set_time(model, 100)
    set_time(text, 200)

    assert sorted(restore_times(Path("results/x"), HERE)) == [model, text]
    assert [time_of(path) for path in chain] == [10, 20, 30]


def test_a_copy_in_any_order_is_put_in_order(chain):
    for path, time in zip(chain, (502, 501, 500), strict=True):
        set_time(path, time)

    restore_times(Path("results/x"), HERE)

    times = [time_of(path) for path in chain]
    assert times == sorted(times)


def test_another_content_keeps_its_time(chain):
    model, text, _ = chain
    Path(text).write_text("changed")
    set_time(text, 200)
    set_time(model, 100)

    assert restore_times(Path("results/x"), HERE) == [model]
    assert time_of(text) == 200


def test_what_is_gone_or_no_record_is_passed_over(chain):
    model, text, _ = chain
    Path("results/x/text.run.json").write_text("{}")
    Path("results/x/table").unlink()
    set_time(model, 100)

    assert restore_times(Path("results/x"), HERE) == []
    assert time_of(model) == 100
    assert Path(text).exists()
