"""What the pages say of the repository is so."""

from pathlib import Path

import room_imports

from polyconcept.study.jobs.table import JOBS

ROOT = Path(__file__).parents[1]


def test_the_picture_of_the_imports_is_that_of_the_code():
    drawn = room_imports.picture(room_imports.imported_rooms(ROOT / "polyconcept"))

    assert drawn in (ROOT / "docs/ARCHITECTURE.md").read_text(), (
        f"the imports have changed; run: python tools/room_imports.py\n{drawn}"
    )


def test_the_picture_has_an_arrow_for_each_import_between_rooms(tmp_path):
    package = tmp_path / "polyconcept"
    for name, text in {
        "above/first.py": "from polyconcept.below import one\nimport polyconcept.records.text\n",
        "above/deep/second.py": "def f():\n    import polyconcept.beside.two\n",
        "below/one.py": "import json\nfrom polyconcept.below.other import x\n",
        "lonely/all.py": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)

    rooms = room_imports.imported_rooms(package)

    assert rooms == {"above": {"below", "records", "beside"}, "below": set(), "lonely": set()}
    arrows = room_imports.picture(rooms).splitlines()[2:-1]
    assert arrows == ["  above --> below & beside", "  lonely"]


def test_the_architecture_names_every_room_and_every_rule():
    text = (ROOT / "docs/ARCHITECTURE.md").read_text()
    rooms = [path.parent.name for path in (ROOT / "polyconcept").glob("*/__init__.py")]

    assert [name for name in [*rooms, *JOBS] if f"`{name}`" not in text] == []
