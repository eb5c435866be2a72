"""Files of studies as strangers send them: read in bounded time, or refused in one line."""

import itertools
import re
import subprocess
import time
from pathlib import Path

import check_crate
import pytest
import yaml
from warm_python import warm_python

from polyconcept.cli.main import app
from polyconcept.cli.project import read_study
from polyconcept.cli.yaml_file import read_yaml
from polyconcept.study.parse import SettingsError

ROOT = Path(__file__).parents[1]


def aliases(first, line):
    """A file in which each line names the one before it nine times: 9 ** 9 values."""
    names = "abcdefghij"
    pairs = itertools.pairwise(names)
    later = [line.format(new=new, old=", ".join([f"*{old}"] * 9)) for old, new in pairs]
    return "\n".join([f"a: &a {first}", *later]) + "\n"


BOMB = aliases("[x, x, x, x, x, x, x, x, x]", "{new}: &{new} [{old}]")
BOMB_OF_KEYS = aliases("{k: 1}", "{new}: &{new} {{<<: [{old}]}}")
BOMB_OF_TEXT = (
    f"a: &a {'x' * 10_000}\nb: &b [{', '.join(['*a'] * 99)}]\nc: [{', '.join(['*b'] * 99)}]\n"
)

BAD = {
    "bomb": (BOMB, "line 6: with its aliases"),
    "bomb of keys": (BOMB_OF_KEYS, r"line \d+: with its aliases"),
    "bomb of text": (BOMB_OF_TEXT, "line 3: with its aliases"),
    "recursive": ("name: &x\n  y: *x\n", r"line 2: \*x stands inside what it names"),
    "recursive list": ("a: &x [1, *x]\n", r"line 1: \*x stands inside what it names"),
    "deep": ("b: 1\na: " + "[" * 5000 + "]" * 5000, "line 2: nested more than 30 levels deep"),
    "deep blocks": ("- " * 5000 + "x\n", "line 1: nested more than 30 levels deep"),
    "two documents": ("name: a\n---\nname: b\n", "line 2: a second document begins"),
    "not closed": (
        "name: a\nx: [1, 2\nb: 3\n",
        r"line 3: not YAML: expected ',' or '\]', but got ':' \(.* that began in line 2\)",
    ),
    "two colons": ("name: a: b\n", "line 1: not YAML: mapping values are not allowed here"),
    "tab": ("corpora:\n\tx: 1\n", "line 2: not YAML: .*: indent with blanks, not with tabs"),
    "no anchor": ("a: 1\nb: *x\n", "line 2: not YAML: found undefined alias 'x'"),
    "merge of no keys": ("a: 1\nb: {<<: 3}\n", "line 2: not YAML: expected a mapping"),
    "control": ("name: a\nb: \0\n", r"line 2: the character U\+0000 is not allowed"),
    "latin": (b"name: a\nb: caf\xe9\n", "line 2: not UTF-8: found the byte 0xe9"),
    "utf-16": ("name: a\n".encode("utf-16"), "line 1: not UTF-8"),
    "empty": ("", "found nothing, needed keys with values"),
    "comments": ("# nothing\n", "found nothing, needed keys with values"),
    "list": ("- a\n", "line 1: found a list, needed keys with values"),
    "text": ("words\n", "line 1: found 'words', needed keys with values"),
    "python": (
        "a: !!python/object/apply:os.getcwd []\n",
        "line 1: the tag .*getcwd is not allowed",
    ),
    "tag": ("a: !mine x\n", "line 1: 'x': the tag !mine is not allowed"),
    "code": ("name: a\n__use_yte__: true\n", "line 2: `__use_yte__` would run code"),
    "repeated": ("a: 1\nb: 2\na: 3\n", "line 3: 'a' stands here again, first in line 1"),
    "number": ("1: b\n", "line 1: needed text as a key, found '1', .* a number; put it in quotes"),
    "norwegian": (
        "files: {en: x,\n  no: y}\n",
        "line 2: needed text as a key, found 'no', which YAML reads as true or false; put it in",
    ),
    "list as key": ("? [1, 2]\n: c\n", "line 1: needed text as a key, found something else"),
    "date": ("name: 2024-01-01\n", "line 1: YAML reads 2024-01-01 as a date; put it in quotes"),
    "no date": ("name: 2024-13-45\n", "line 1: YAML reads 2024-13-45 as a date"),
    "octal": ("a: 1\nn: 0600\n", "line 2: YAML reads 0600 as an octal number; write it without"),
    "sixties": ("name: 12:30\n", "line 1: YAML reads 12:30 as a number to the base 60"),
    "long number": (f"a: 1\nn: {'9' * 5000}\n", "line 2: '999.* cannot be read"),
    "no number": ("a: 1\nn: !!int x\n", "line 2: 'x' cannot be read"),
    "long key": (f"{'k' * 999}: 1\n" * 2, r"line 2: 'k*\.\.\.' stands here again"),
    "large": (f"a: {'x' * 2**20}\n", "found more than 1,048,576 bytes"),
}


def written(folder, content):
    file = folder / "study.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_what_is_no_study_is_refused_in_one_line_and_soon(tmp_path, content, message):
    started = time.monotonic()
    with pytest.raises(SettingsError, match=rf"^\S*study\.yaml(,|:) {message}") as caught:
        read_yaml(written(tmp_path, content))

    assert time.monotonic() - started < 5
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < len(str(tmp_path)) + 250


def test_a_file_in_order_is_read_as_yaml_reads_it(tmp_path):
    text = """
    name: ünïcode   # a comment
    shared: &shared {a: 1, b: [1.5, 0x10, 1_000, ~, yes, 1.0e-3]}
    again: {<<: *shared, a: 2}
    list: [*shared, *shared]
    quoted: ['no', "2024-01-01", '0600', "12:30"]
    """
    for file in (written(tmp_path, text), ROOT / "config.yaml", *(ROOT / "studies").glob("*.yaml")):
        assert read_yaml(file) == yaml.safe_load(file.read_text())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "study.yaml: there is no such file"),
        (Path.mkdir, "study.yaml: found a folder, needed the file of a study"),
        (lambda file: file.symlink_to("nowhere"), "study.yaml: there is no such file"),
        (lambda file: file.symlink_to("/dev/zero"), "study.yaml: found something else"),
        (lambda file: file.symlink_to(file), r"study.yaml: cannot be read: Too many levels of sy"),
        (lambda file: file.write_text(BOMB), "study.yaml, line 6: with its aliases"),
        (lambda file: file.write_text("name: a\nb: [\n"), "study.yaml, line 3: not YAML: "),
    ],
    ids=["missing", "folder", "broken link", "device", "link to itself", "bomb", "bad syntax"],
)
@pytest.mark.parametrize(
    "command",
    [
        *(
            "check",
            "plan",
            "run",
            "explain",
            "open",
            "verify",
            "adopt",
            "reproduce",
            "crate",
            "export",
        )
    ],
)
def test_every_command_says_it_in_one_line(tmp_path, capsys, monkeypatch, make, message, command):
    monkeypatch.chdir(tmp_path)
    make(Path("study.yaml"))

    with pytest.raises(SystemExit, match=r"^[12]$"):
        app([command, "study.yaml"])
    said = capsys.readouterr().err

    assert re.match(message, said)
    assert len(said.strip().splitlines()) == 1


def study_that_never_ran(folder):
    study = yaml.safe_load((ROOT / "studies/demo.yaml").read_text())
    return written(folder, yaml.safe_dump(study))


@pytest.mark.parametrize("command", ["verify", "reproduce"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_study_that_never_ran_is_said_to_be_so(tmp_path, capsys, monkeypatch, command, begun):
    monkeypatch.chdir(tmp_path)
    if begun:
        (tmp_path / "results/demo").mkdir(parents=True)
    study_that_never_ran(tmp_path)

    with pytest.raises(SystemExit, match="2"):
        app([command, "study.yaml"])
    [said] = capsys.readouterr().err.splitlines()
    found = "no run records" if begun else "no such folder"
    assert said.endswith(f"results/demo: {found}: the study demo never ran here; run it first")


def test_a_profile_that_says_nothing_of_reruns_is_named(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("cores: 2\n")
    study = str(study_that_never_ran(tmp_path))

    with pytest.raises(SystemExit, match="1"):
        app(["explain", study, "--profile", str(tmp_path)])
    assert "config.yaml: needed a profile with `rerun-triggers`" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="1"):
        app(["explain", study, "--profile", str(tmp_path / "none")])
    assert re.search(r"No such file or directory: .*none/config\.yaml", capsys.readouterr().err)


def test_what_is_no_crate_is_said_before_a_validator_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(check_crate, "make_validator", lambda: pytest.fail("made a validator"))
    (tmp_path / "crate.zip").write_text("text")

    with pytest.raises(SystemExit, match=r"none\.zip: no crate; `polyconcept crate` makes one"):
        check_crate.main([str(tmp_path / "none.zip")])
    with pytest.raises(SystemExit, match=r"crate\.zip: found neither a folder nor a zip"):
        check_crate.main([str(tmp_path / "crate.zip")])


# --- Snakemake itself, which reads a study before any code of ours


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB_OF_KEYS, "line 6: with its aliases"),
        ("name: &x\n  y: *x\n", "line 2: *x stands inside what it names"),
        ("name: a\n---\nname: b\n", "line 2: a second document begins"),
        ("__use_yte__: true\nname: ?print('ran')\n", "line 1: `__use_yte__` would run code"),
        (None, "study.yaml: there is no such file"),
    ],
    ids=["bomb", "recursive", "two documents", "code", "missing"],
)
def test_the_command_refuses_a_study_before_it_starts_snakemake(tmp_path, capsys, content, message):
    study = written(tmp_path, content) if content else tmp_path / "study.yaml"

    with pytest.raises(SystemExit, match="1"):
        app(["run", str(study), "-n"])
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


@pytest.mark.workflow
def test_the_workflow_refuses_what_snakemake_lets_pass(tmp_path):
    study = written(tmp_path, BOMB)
    command = [warm_python(), "-m", "snakemake", "-n", "--cores", "1"]
    files = ["--snakefile", ROOT / "Snakefile", "--configfile", study, "--directory", tmp_path]
    run = subprocess.run(
        [*command, *files], capture_output=True, text=True, check=False, timeout=60
    )

    assert run.returncode == 1
    assert "Traceback" not in run.stdout + run.stderr
    assert "study.yaml, line 6: with its aliases" in run.stdout + run.stderr


def test_settings_are_told_with_the_file(tmp_path):
    with pytest.raises(SettingsError, match=r"study\.yaml cannot be used:\n  corpus: missing"):
        read_study(written(tmp_path, "name: a\n"))
