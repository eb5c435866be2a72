"""What the pages say of the repository is so."""

import re
from pathlib import Path

import pytest
import room_imports

import polyconcept
from polyconcept.study.jobs.figures import FIGURES
from polyconcept.study.jobs.table import JOBS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
FOLDERS = {path.name for path in ROOT.glob("[!.]*/")} - {"results", "build"}
NOT_THERE = {
    "benchmarks/results",  # made by `make bench`
    "profiles/default",  # said to be absent on purpose
}
SCRIPTS = {path.name for path in ROOT.glob("[!.]*/**/*.py")}


def quoted(text):
    """What stands in backticks, blocks of code apart; of a command its first word."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [name.split()[0] for name in re.findall(r"`([^`\n]+)`", text) if name.strip()]


def is_missing(name):
    """Whether it looks like a file or module of the repository, and is none."""
    name = name.split()[0].removesuffix("/")
    if re.search(r"[{}*<>]|NAME|\.\.\.", name):
        return False
    if name.startswith("polyconcept."):
        return not is_importable(name)
    if name.split("/")[0] in {*FOLDERS, ".."} and "/" in name:
        return name not in NOT_THERE and not (ROOT / name).exists()
    return name.endswith((".py", ".smk")) and "/" not in name and name not in SCRIPTS


def is_importable(name):
    """Whether it is a module or package, or stands at the top of one."""
    path = ROOT.joinpath(*name.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    if path.parent == ROOT / "polyconcept":
        return hasattr(polyconcept, path.name)
    module = path.parent.with_suffix(".py")
    stands = re.compile(rf"^(def |class )?{re.escape(path.name)}\b", re.MULTILINE)
    return module.is_file() and bool(stands.search(module.read_text()))


def test_the_picture_of_the_imports_is_that_of_the_code():
    drawn = room_imports.picture(room_imports.imported_rooms(ROOT / "polyconcept"))

    assert drawn in (DOCS / "ARCHITECTURE.md").read_text(), (
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
    text = (DOCS / "ARCHITECTURE.md").read_text()
    rooms = [path.parent.name for path in (ROOT / "polyconcept").glob("*/__init__.py")]

    assert [name for name in [*rooms, *JOBS] if f"`{name}`" not in text] == []


def test_the_index_names_every_page():
    index = (DOCS / "README.md").read_text()

    assert [page.name for page in DOCS.glob("*.md") if f"({page.name})" not in index] == [
        "README.md"
    ]


def test_the_page_of_the_figures_has_every_figure():
    text = (DOCS / "FIGURES.md").read_text()
    named = {name for line in text.splitlines() if line.startswith("## `") for name in quoted(line)}

    assert named == set(FIGURES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    text = page.read_text()

    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
    assert [name for name in quoted(text) if is_missing(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "docs/OLD.md",
        "tools/old.py",
        "old.py",
        "polyconcept.old",
        "polyconcept.store.old",
        "../x.md",
    ],
)
def test_a_name_of_nothing_is_found(name):
    assert is_missing(name)


@pytest.mark.parametrize(
    "name",
    [
        *("results/demo/scores.csv", "studies/NAME.yaml", "polyconcept/figures/{module}.py"),
        *("polyconcept.store", "polyconcept.scoring.calign.aligned_at", "growth.py", "vocab.txt"),
        *("polyconcept.records.scores.Score", "benchmarks/run.py --quick", "*.run.json", "x.csv"),
    ],
)
def test_a_name_of_something_is_not(name):
    assert not is_missing(name)


def test_the_readme_has_the_cost_of_the_full_study_that_the_plan_gives():
    (total,) = re.findall(r"^in all .*", (DOCS / "PERFORMANCE.md").read_text(), re.MULTILINE)
    gpu, cpu, *_, at_once = (float(n.strip("~").replace(",", "")) for n in total.split()[4:])

    said = f"{gpu:.0f} GPU hours, {cpu:.0f} CPU hours and {at_once:.0f} GB of disk at once"
    assert said in (ROOT / "README.md").read_text()
