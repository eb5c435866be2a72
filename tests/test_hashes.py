"""Hashes are believed of files that look as they did when they were hashed, and of no others."""

import json
import os
import time
from pathlib import Path

import pytest

from polyconcept.audit import hashes
from polyconcept.audit.hashes import KnownHashes, stamp
from polyconcept.audit.notes import write_note
from polyconcept.store.content import content_sha256


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(hashes, "_SECONDS_TO_SETTLE", -60.0)  # files of a test are always new
    (tmp_path / "logs").mkdir()
    path = tmp_path / "a.txt"
    path.write_text("before")
    return path


def place(file):
    return file.parent / "logs/hashes.json"


def known_of(file):
    known = KnownHashes(place(file))
    sha256 = known.content("a", file)
    known.keep()
    return known, sha256


def test_what_was_not_written_since_is_believed(file):
    first, sha256 = known_of(file)
    second, again = known_of(file)

    assert first.hashed == {"a"}
    assert second.hashed == set()
    assert again == sha256 == content_sha256(file)


def test_damage_that_keeps_size_and_time_of_writing_is_seen(file):
    """The time of change cannot be set back."""
    _, sha256 = known_of(file)
    before = file.stat()
    time.sleep(0.02)  # the clock of some disks is as coarse
    with file.open("r+") as opened:  # the same number on disk
        opened.write("after!")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    same = ("st_size", "st_mtime_ns", "st_ino")
    assert all(getattr(before, name) == getattr(after, name) for name in same)

    known, again = known_of(file)
    assert known.hashed == {"a"}
    assert again == content_sha256(file) != sha256


def test_a_file_in_place_of_another_is_hashed(file):
    known_of(file)
    other = file.with_name("b")
    other.write_text("after!")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.rename(file)

    assert known_of(file)[0].hashed == {"a"}


def test_a_folder_in_which_a_file_was_written_added_or_removed_is_hashed(file):
    folder = file.parent / "model"
    folder.mkdir()
    (folder / "weights").write_text("1")
    known = KnownHashes()
    for change in (
        lambda: None,
        lambda: (folder / "weights").write_text("22"),
        lambda: (folder / "more").write_text("2"),
        (folder / "more").unlink,
    ):
        change()
        known.hashed.clear()
        assert known.content("m", folder) == content_sha256(folder)
        assert known.hashed == {"m"}
    known.hashed.clear()
    known.content("m", folder)
    assert known.hashed == set()


def test_what_was_written_a_moment_ago_is_not_believed(file, monkeypatch):
    monkeypatch.setattr(hashes, "_SECONDS_TO_SETTLE", 2.0)
    known_of(file)

    assert known_of(file)[0].hashed == {"a"}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\xff", "cut off", "edited", "foreign"])
def test_a_damaged_or_foreign_file_of_hashes_teaches_nothing(file, text):
    _, sha256 = known_of(file)
    kept = place(file).read_text()
    if text == "cut off":
        text = kept[: len(kept) // 2]
    if text == "edited":
        text = kept.replace(sha256, "0" * 64)
    place(file).write_text(text, encoding="latin-1")
    if text == "foreign":  # of another disk
        found = json.loads(kept)["files"]
        found["a"]["stamp"][0][-1] += 1
        found["a"]["content"] = "0" * 64
        write_note({"format": hashes._FORMAT, "files": found}, place(file))

    known, again = known_of(file)
    assert known.hashed == {"a"}
    assert again == sha256


@pytest.mark.parametrize("entry", [None, [], {}, {"stamp": None}, {"stamp": [], "content": 1}])
def test_an_entry_that_is_none_is_passed_over(file, entry):
    write_note({"format": hashes._FORMAT, "files": {"a": entry}}, place(file))

    assert known_of(file)[1] == content_sha256(file)


def test_without_belief_everything_is_hashed_and_kept(file):
    _, sha256 = known_of(file)
    found = json.loads(place(file).read_text().replace(sha256, "0" * 64))
    write_note({"format": found["format"], "files": found["files"]}, place(file))
    assert known_of(file)[1] == "0" * 64

    known = KnownHashes(place(file), believe=False)
    assert known.content("a", file) == content_sha256(file)
    known.keep()
    assert known_of(file)[0].hashed == set()


def test_results_that_may_only_be_read_are_no_hindrance(file, monkeypatch):
    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(hashes, "write_note", refuse)
    assert known_of(file)[0].hashed == {"a"}
    assert not place(file).exists()
    assert KnownHashes(Path("none/logs/hashes.json")).keep() is None


def test_bytes_and_content_are_kept_side_by_side(file):
    known = KnownHashes()
    known.bytes("a", file)
    known.content("a", file)
    known.hashed.clear()
    known.bytes("a", file)
    known.content("a", file)

    assert known.hashed == set()
    assert stamp(file) == stamp(file)
