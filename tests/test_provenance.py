from pathlib import Path

from polyconcept.provenance import code_files, code_fingerprint


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
