import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from polyconcept.machine import atomic
from polyconcept.machine.atomic import atomic_directory, atomic_path, write_text_atomic


class BoomError(Exception):
    pass


def write_and_raise(path, text, error):
    path.write_text(text)
    raise error


def tree(folder):
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*"))


@pytest.fixture
def synced(monkeypatch):
    """Names of what was synced, in order."""
    names = []
    fsync = os.fsync

    def record(descriptor):
        names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to see which file a descriptor belongs to")
    monkeypatch.setattr(os, "fsync", record)
    return names


def test_a_file_appears_with_what_was_written_and_nothing_beside(tmp_path):
    with atomic_path(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_bytes(b"one")

        assert temporary.parent == tmp_path / "new"
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".txt"
        assert not (tmp_path / "new" / "a.txt").exists()

    assert (tmp_path / "new" / "a.txt").read_bytes() == b"one"
    assert tree(tmp_path) == ["new", "new/a.txt"]


def test_two_writers_of_one_path_use_two_temporary_names(tmp_path):
    with atomic_path(tmp_path / "a") as first, atomic_path(tmp_path / "a") as second:
        first.write_text("1")
        second.write_text("2")

        assert first != second

    assert (tmp_path / "a").read_text() == "1"
    assert tree(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [BoomError(), KeyboardInterrupt()])
def test_an_error_leaves_the_old_file_and_no_temporary(tmp_path, error):
    (tmp_path / "a").write_text("old")

    with pytest.raises(type(error)), atomic_path(tmp_path / "a") as temporary:
        write_and_raise(temporary, "half", error)

    assert (tmp_path / "a").read_text() == "old"
    assert tree(tmp_path) == ["a"]


def test_a_failed_rename_leaves_no_temporary(tmp_path):
    (tmp_path / "a").mkdir()

    with pytest.raises(IsADirectoryError), atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("x")

    assert tree(tmp_path) == ["a"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    message = r"nothing was written for.*a\.txt"
    with pytest.raises(FileNotFoundError, match=message), atomic_path(tmp_path / "a.txt"):
        pass

    assert tree(tmp_path) == []


def test_the_file_is_synced_before_and_the_folder_after_the_rename(tmp_path, synced):
    write_text_atomic(tmp_path / "a.txt", "x")

    assert re.fullmatch(r"\.a\.[0-9a-f]{32}\.part\.txt", synced[0])
    assert synced[1:] == [tmp_path.name]


def test_text_keeps_its_characters_and_line_ends(tmp_path):
    text = "é\r\nع\u2028\n"

    write_text_atomic(tmp_path / "a", text)

    assert (tmp_path / "a").read_bytes() == text.encode()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(("writer", "inside"), [(atomic_path, ""), (atomic_directory, "part")])
def test_no_space_says_where_and_how_much_and_leaves_nothing(tmp_path, writer, inside, code):
    path = tmp_path / "result"

    with pytest.raises(OSError, match=os.strerror(code)) as caught, writer(path) as temporary:
        write_and_raise(temporary / inside, "x" * 1234, OSError(code, os.strerror(code)))

    (note,) = caught.value.__notes__
    assert f"writing {path}: no space left after 1,234 bytes" in note
    assert re.search(r"[\d,]+ bytes are free in " + re.escape(str(tmp_path)), note)
    assert tree(tmp_path) == []


def test_a_really_full_device_gets_the_note(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")

    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "a"):
        Path("/dev/full").write_text("x")

    assert "no space left after 0 bytes" in caught.value.__notes__[0]


def test_another_system_error_gets_no_note_about_space(tmp_path):
    with pytest.raises(PermissionError) as caught, atomic_path(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "no")

    assert not hasattr(caught.value, "__notes__")


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path, synced):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")

    with atomic_directory(path) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a").write_text("new")

        assert (path / "old").exists()

    assert tree(tmp_path) == ["model", "model/sub", "model/sub/a"]
    assert synced[:2] == ["sub", "a"]
    assert synced[-1] == tmp_path.name


def test_an_error_leaves_the_old_folder_and_no_temporary(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")

    with pytest.raises(BoomError), atomic_directory(path) as folder:
        write_and_raise(folder / "half", "x", BoomError())

    assert tree(tmp_path) == ["model", "model/old"]


def test_a_failed_rename_moves_the_old_folder_back(tmp_path, monkeypatch):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")
    rename = Path.rename

    def fail_for_the_new_one(self, target):
        if self.name.endswith(".part"):
            raise PermissionError(errno.EACCES, "no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)

    with pytest.raises(PermissionError), atomic_directory(path) as folder:
        (folder / "new").write_text("x")

    assert tree(tmp_path) == ["model", "model/old"]


def test_a_folder_does_not_replace_a_file(tmp_path):
    (tmp_path / "a").write_text("x")

    message = "a file stands where a folder goes"
    with pytest.raises(NotADirectoryError, match=message), atomic_directory(tmp_path / "a"):
        pass

    assert (tmp_path / "a").read_text() == "x"


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    """A file, a folder, and a place where nothing is."""
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/paper.tex").write_text("mine")
    results = tmp_path / "results"
    results.mkdir()
    for name, target in (("a", "mine.txt"), ("b", "mine"), ("c", "none")):
        (results / name).symlink_to(tmp_path / target)

    write_text_atomic(results / "a", "ours")
    for name in ("b", "c"):
        with atomic_directory(results / name) as folder:
            (folder / "config.json").write_text("ours")

    assert tree(results) == ["a", "b", "b/config.json", "c", "c/config.json"]
    assert not any(path.is_symlink() for path in results.iterdir())
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["paper.tex"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["xa.h5", "base", "a.run.json"])
def test_what_a_killed_process_was_writing_is_removed_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    killed = (
        "import os, sys\nfrom pathlib import Path\nfrom polyconcept.machine import atomic\n"
        "path = Path(sys.argv[1])\n"
        "with atomic.atomic_path(path) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    with atomic.atomic_directory(path.with_name('folder')) as folder:\n"
        "        (folder / 'file').write_text('half')\n"
        "        os.kill(os.getpid(), 9)\n"
    )
    others = ["xb.h5", ".hidden.h5", f".xb.{'a' * 32}.part.h5", f".xa.more.{'a' * 32}.part.h5"]
    for other in others:
        (tmp_path / other).touch()
    path.write_text("whole")
    subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    left = [found.name for found in tmp_path.iterdir() if atomic.is_half_written(found.name)]
    assert len(left) == 4  # two of others

    atomic.remove_half_written(path)
    atomic.remove_half_written(tmp_path / "folder")
    assert sorted(found.name for found in tmp_path.iterdir()) == sorted([*others, name])
    assert path.read_text() == "whole"


def test_a_name_that_was_cut_is_left_alone(tmp_path):
    long = tmp_path / ("x" * 70)
    (tmp_path / f".{'x' * 60}.{'a' * 32}.part").touch()

    atomic.remove_half_written(long)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_check_that_fails_keeps_the_old_file(tmp_path):
    path, folder = tmp_path / "a", tmp_path / "b"
    path.write_text("old")

    def check():
        raise ValueError("not asked for")

    with atomic.checked_by(check):
        with pytest.raises(ValueError, match="not asked for"):
            atomic.write_text_atomic(path, "new")
        with pytest.raises(ValueError, match="not asked for"), atomic.atomic_directory(folder):
            pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "old"
    atomic.write_text_atomic(path, "new")
    assert path.read_text() == "new"
