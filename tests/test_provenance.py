from pathlib import Path

import pytest

from polyconcept.audit import code
from polyconcept.audit.code import DATA_FILES, CodeError, code_files, code_fingerprint


def make_package(root: Path) -> Path:
    package = root / "polyconcept"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "used.py").write_text("import polyconcept.behind\n")
    (package / "behind.py").write_text("X = 1\n")
    (package / "other.py").write_text("Y = 1\n")
    script = root / "script.py"
    script.write_text("from polyconcept import used\n")
    return script


def test_closure_holds_what_is_imported_and_nothing_else(tmp_path):
    script = make_package(tmp_path)
    expected = {"__init__.py", "used.py", "behind.py", "script.py"}

    assert {path.name for path in code_files(script, tmp_path)} == expected


def test_a_change_behind_an_import_changes_the_fingerprint(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    scripts = [make_package(first), make_package(second)]
    same = [code_fingerprint(s, s.parent) for s in scripts]
    third = tmp_path / "c"
    third.mkdir()
    changed = make_package(third)
    (third / "polyconcept" / "behind.py").write_text("X = 2\n")

    assert same[0] == same[1]
    assert code_fingerprint(changed, third) != same[0]


def test_comments_and_other_modules_do_not_count(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    plain, changed = make_package(first), make_package(second)
    (second / "polyconcept" / "behind.py").write_text("# why\n\nX = 1  # one\n")
    (second / "polyconcept" / "other.py").write_text("Y = 2\n")

    assert code_fingerprint(changed, second) == code_fingerprint(plain, first)


def test_what_only_watches_a_job_does_not_count(tmp_path):
    script = make_package(tmp_path)
    script.write_text(
        "from polyconcept import used\n"
        "from polyconcept.audit.jobs import running\n"
        "from polyconcept.machine.logs import log_to\n"
        "import polyconcept.audit.watch\n"
    )
    for name in ("audit", "machine"):
        (tmp_path / "polyconcept" / name).mkdir()
    for name in ("audit/__init__", "audit/jobs", "audit/watch", "machine/logs"):
        (tmp_path / f"polyconcept/{name}.py").write_text("import polyconcept.other\n")
    expected = {"__init__.py", "used.py", "behind.py", "script.py"}

    assert {path.name for path in code_files(script, tmp_path)} == expected


def test_data_that_a_module_reads_as_code_counts(tmp_path):
    fingerprints = []
    for name, text in {"a": "one", "b": "two"}.items():
        (tmp_path / name).mkdir()
        script = make_package(tmp_path / name)
        lexicon = tmp_path / name / "polyconcept/builtin/lexicon"
        lexicon.mkdir(parents=True)
        (lexicon / "nouns.tsv").write_text(text)
        (lexicon / "README.md").write_text(text)
        for module in ("__init__", "read_lexicon"):
            (lexicon.parent / f"{module}.py").write_text("")
        script.write_text("import polyconcept.builtin.read_lexicon\n")
        names = [path.name for path in code_files(script, tmp_path / name)]
        fingerprints.append(code_fingerprint(script, tmp_path / name))

        assert "nouns.tsv" in names
        assert "README.md" not in names
    assert fingerprints[0] != fingerprints[1]


def test_no_data_file_of_the_package_is_forgotten():
    root = Path(__file__).parents[1]
    counted = {
        path
        for module, pattern in DATA_FILES.items()
        for path in (root / module).parent.glob(pattern)
    }
    # Models are inputs of the jobs that copy them.
    models = root / "polyconcept/builtin/models"
    others = {
        path
        for path in (root / "polyconcept").rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc", ".md")
        and path.name != "py.typed"
        and not path.is_relative_to(models)
    }

    assert counted == others


@pytest.mark.parametrize("line", ["from . import used", "from .used import X"])
def test_a_relative_import_is_refused(tmp_path, line):
    script = make_package(tmp_path)
    (tmp_path / "polyconcept/used.py").write_text(f"\n{line}\n")

    with pytest.raises(CodeError, match=r"used\.py, line 2: a relative import"):
        code_files(script, tmp_path)


def test_a_syntax_error_is_named_with_its_line(tmp_path):
    script = make_package(tmp_path)
    (tmp_path / "polyconcept/used.py").write_text("\nX = (\n")

    with pytest.raises(CodeError, match=r"used\.py, line 2: no valid Python"):
        code_fingerprint(script, tmp_path)


@pytest.fixture
def forgetful(monkeypatch):
    """Nothing is known of code; a call makes it so again, as in another process."""

    def forget():
        monkeypatch.setattr(code, "_known", {})
        code._facts.cache_clear()
        code._files_behind.cache_clear()

    forget()
    return forget


def test_what_one_process_knows_of_code_spares_the_others_to_parse_it(
    forgetful, tmp_path, monkeypatch
):
    script, place = make_package(tmp_path), tmp_path / "known.json"
    expected = code_files(script, tmp_path), code_fingerprint(script, tmp_path)
    code.keep(place)
    forgetful()
    monkeypatch.setattr(code, "_parsed", None)  # a call would fail

    code.recall(place)

    assert (code_files(script, tmp_path), code_fingerprint(script, tmp_path)) == expected


def test_what_is_known_of_code_is_known_of_its_content(forgetful, tmp_path):
    script, place = make_package(tmp_path), tmp_path / "known.json"
    before = code_fingerprint(script, tmp_path)
    code.keep(place)
    forgetful()
    code.recall(place)
    (tmp_path / "polyconcept/behind.py").write_text("import polyconcept.other\n")

    assert code_fingerprint(script, tmp_path) != before
    assert tmp_path / "polyconcept/other.py" in code_files(script, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"python": "3.0.0", "files": {}}', '{"files": {"a": 1}}']
)
def test_a_file_that_says_nothing_of_code_is_written_anew(forgetful, tmp_path, text):
    script, place = make_package(tmp_path), tmp_path / "known.json"
    place.write_text(text)
    code.recall(place)
    expected = code_fingerprint(script, tmp_path)

    code.keep(place)
    forgetful()
    code.recall(place)

    assert len(code._known) == 4
    assert code_fingerprint(script, tmp_path) == expected


def test_what_others_have_written_meanwhile_is_kept(forgetful, tmp_path):
    script, place = make_package(tmp_path), tmp_path / "known.json"
    code_fingerprint(script, tmp_path)
    code.keep(place)
    forgetful()
    (tmp_path / "more.py").write_text("Z = 1\n")
    code_fingerprint(tmp_path / "more.py", tmp_path)

    code.keep(place)
    forgetful()
    code.recall(place)

    assert len(code._known) == 5
