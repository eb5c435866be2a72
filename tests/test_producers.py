"""A job reads no result that is not as the job that made it left it."""

import dataclasses
import functools
import hashlib
from pathlib import Path

import pytest
from test_records import record

from polyconcept.audit import producers
from polyconcept.audit.producers import DamagedInputError, found_damaged
from polyconcept.audit.runs import FileState, write_record
from polyconcept.store.faults import DamagedError

A, B, C = (f"results/known/scores/xa-{name}.parquet" for name in ("xb", "xb.more", "xc"))


def state(path):
    return FileState("", path, hashlib.sha256(path.encode()).hexdigest(), 1)


check_results = functools.partial(producers.check_results, all_recorded=True)
HASH = {path: state(path).sha256 for path in (A, B, C)}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Records of two jobs in one folder, the first of two files."""
    monkeypatch.chdir(tmp_path)
    for outputs in ((state(A), state(B)), (state(C),)):
        write_record(dataclasses.replace(record(), outputs=outputs), tmp_path)
    return Path(A).parent


@pytest.mark.usefixtures("results")
def test_inputs_as_their_records_say_are_accepted():
    own = ("text/xa.txt", "anything")

    check_results("known", [*HASH.items(), own])


@pytest.mark.usefixtures("results")
def test_a_damaged_input_is_named_with_the_job_that_makes_it():
    expected = rf"{B}: damaged since split \(xa\) made it: needed sha256 {HASH[B]}, found 123"
    with pytest.raises(DamagedInputError, match=expected) as error:
        check_results("known", [(A, HASH[A]), (B, "123"), (C, HASH[C])])

    assert "Remove these files, and give the same command again" in str(error.value)
    assert A not in str(error.value).replace(B, "")


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(
    ("path", "maker"), [(B, "split (xa)"), ("results/known/no.h5", "a job without a record")]
)
def test_damage_that_a_job_finds_while_it_reads_is_named_likewise(path, maker):
    said = str(found_damaged(DamagedError(path, "/layer/4, rows 0 to 9: other bytes")))

    assert said.startswith(f"{path}: damaged since {maker} made it: /layer/4, rows 0 to 9: other")
    assert said.endswith(
        "Remove these files, and give the same command again, which makes them anew"
    )


@pytest.mark.usefixtures("results")
def test_all_damaged_inputs_are_named_also_one_that_cannot_be_read():
    with pytest.raises(DamagedInputError) as error:
        check_results("known", [(A, OSError("no such block")), (C, "123")])

    assert f"{A}: damaged" in str(error.value)
    assert "it cannot be read: no such block" in str(error.value)
    assert f"{C}: damaged" in str(error.value)


def test_an_input_without_a_record_is_refused(results):
    (results / "xa-xb.parquet.run.json").unlink()

    for path in (A, B):
        with pytest.raises(DamagedInputError, match=f"{path}: there is no run record"):
            check_results("known", [(path, HASH[path])])
        check_results("known", [(path, HASH[path])], all_recorded=False)
    check_results("known", [(C, HASH[C])])


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_damaged_record_is_named_and_is_no_hindrance_to_others(results, text):
    (results / "xa-xb.parquet.run.json").write_text(text)

    with pytest.raises(DamagedInputError, match=rf"{B}: its run record is damaged: .*{A}\.run\."):
        check_results("known", [(B, HASH[B])])
    check_results("known", [(C, HASH[C])])


def test_a_record_that_is_seen_late_is_waited_for(results, monkeypatch):
    place = results / "xa-xb.parquet.run.json"
    text = place.read_text()
    place.unlink()
    monkeypatch.setattr(producers.time, "sleep", lambda _: place.write_text(text))

    check_results("known", [(B, HASH[B])], latency=10.0)
