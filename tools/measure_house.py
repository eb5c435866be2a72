"""Measure the shape of the project: rooms, rules, fingerprints, lines, jobs.

    python tools/measure_house.py

Prints a table in Markdown. What it counts are habits that keep a change small; docs/ARCHITECTURE.md
says why.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from statistics import median

from polyconcept.audit.code import code_files
from polyconcept.audit.places import script_of
from polyconcept.clustering.ways import WAYS
from polyconcept.study.jobs.figures import FIGURES, figure_kinds
from polyconcept.study.jobs.paths import SOURCES
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.kinds import TASK_KINDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "polyconcept"
WRITER = PACKAGE / "report/claims.py"
RULE = "mix_languages"
# What Snakemake does not offer to be used: underscore attributes of its objects, attributes of them
# that are replaced, and files in its folder.
SURGERY = re.compile(
    r"\b(?!self\b)\w+\._[a-z]|^\s*(?!self\.)\w+(?:\.\w+)+ = |"
    r'\.snakemake["/]',
    re.M,
)
# What no job that may use a GPU should run again for.
LATE = ("figures", "claims", "explorer", "report", "scoring")


def kinds_of(rule: str) -> list[tuple[str, ...]]:
    """Return the modules that a rule's script may load by name, for each kind of its jobs."""
    sources = [f"polyconcept.sources.{name}" for name in dict.fromkeys(SOURCES.values())]
    readers = [kind.reader for kind in TASK_KINDS.values() if kind.reader]
    ways: list[tuple[str, ...]] = [(f"polyconcept.clustering.{name}",) for name in WAYS]
    known: dict[str, list[tuple[str, ...]]] = {
        **dict.fromkeys(("cluster_words", "cluster_controls", "mix_languages"), ways),
        "fetch_text": [(source,) for source in sources],
        "fetch_labels": list(product(sources, readers)),
        "fetch_model": [(f"polyconcept.sources.{name}_model",) for name in ("own", "hub")],
        "finetune": [(name,) for name in task_modules("train")],
        "score_task": [(name,) for name in task_modules("score")],
        "plot_figure": list(dict.fromkeys(map(figure_kinds, FIGURES))),
    }
    return known.get(rule, [()])


def task_modules(step: str) -> list[str]:
    """Return the names of the modules in which a kind of task is learnt, or scored."""
    places = sorted(PACKAGE.glob(f"tasks/*/{step}_*.py"))
    return [".".join(place.relative_to(ROOT).with_suffix("").parts) for place in places]


def closures() -> dict[tuple[str, tuple[str, ...]], set[Path]]:
    """Return the modules behind each kind of job."""
    return {
        (rule, kinds): {
            path
            for path in code_files(script_of(rule, ROOT / "workflow/scripts"), ROOT, kinds)
            if path.is_relative_to(PACKAGE) and path.suffix == ".py" and path.stem != "__init__"
        }
        for rule in JOBS
        for kinds in kinds_of(rule)
    }


def strangers(found: dict[tuple[str, tuple[str, ...]], set[Path]]) -> Iterator[str]:
    """Yield the files of figures, claims or another kind of task behind jobs that ask for a GPU."""
    for (rule, kinds), files in found.items():
        own = {Path(*kind.split(".")[1:3]) for kind in kinds}
        for path in sorted(files if JOBS[rule].gpu else ()):
            inside = path.relative_to(PACKAGE)
            of_task = inside.parts[0] == "tasks" and inside.parts[1] in TASK_KINDS
            other = of_task and Path(*inside.parts[:2]) not in own and rule != "pretrain"
            if inside.parts[0] in LATE[:3] or other:
                yield f"{rule} {' '.join(kinds)}: {inside}"


def lines_of(paths: Iterable[Path]) -> int:
    """Return the number of lines of files together."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def files(*patterns: str) -> list[Path]:
    """Return files of ours, without the built-in grammar."""
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    return [path for path in found if "builtin" not in path.relative_to(ROOT).parts]


def unchecked() -> list[Path]:
    """Return the Python files of ours, without the tests, that mypy is not told to read."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    told = [*settings["tool"]["mypy"]["files"], "tests", "build", "results"]
    folders = [path for path in ROOT.glob("[!.]*/") if path.name not in told]
    return [path for folder in folders for path in folder.rglob("*.py")]


def places_of(rule: str) -> list[str]:
    """Return the files that name a rule, besides its script, tests and documents."""
    looked = files("Snakefile", "Makefile", "polyconcept/**/*.py", "workflow/**/*.smk")
    looked += files("tools/*.py", "profiles/*/*", "config.yaml", "workflow/report/*")
    looked = [path for path in looked if path != Path(__file__).resolve()]
    # A function of that name in a stage is what the script calls, not the rule.
    pattern = re.compile(rf'rule {rule}\b|"{rule}": |^  {rule}: ', re.M)
    return [str(path.relative_to(ROOT)) for path in looked if pattern.search(path.read_text())]


def n_jobs(study: str) -> int:
    """Count the jobs of a study that never ran."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "snakemake", "-n", "--quiet", "rules", "--cores", "1"]
        command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", folder]
        command += ["--configfile", str(ROOT / study)]
        run = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    found = re.search(r"^total +(\d+)", run.stdout + run.stderr, re.M)
    assert found is not None
    return int(found[1])


def of_snakemake(code: Iterable[Path]) -> list[Path]:
    """Return the files that handle objects of Snakemake's: rules, scripts, and what imports it."""
    return [
        path
        for path in code
        if path.suffix == ".smk"
        or path.parent.name == "scripts"
        or path.name == "watch.py"
        or re.search(r"^\s*(?:from|import) snakemake", path.read_text(), re.M)
    ]


def rows() -> Iterator[tuple[str, object, str]]:
    """Yield what is measured, what is found, and what was aimed at."""
    found = closures()
    sizes = [len(modules) for modules in found.values()]
    # A rule that serves many kinds counts once, as any other.
    of_rules = [
        median(len(modules) for (named, _), modules in found.items() if named == rule)
        for rule in JOBS
    ]
    writers = {rule for (rule, _), modules in found.items() if WRITER in modules}
    rules = files("workflow/rules/*.smk")
    named = re.findall(r"^rule (\w+):", "\n".join(path.read_text() for path in rules), re.M)
    scripts = files("workflow/scripts/*.py")
    code = files("polyconcept/**/*.py", "workflow/**/*.smk", "workflow/scripts/*.py", "tools/*.py")
    loose = [path for path in PACKAGE.glob("*.py") if path.stem != "__init__"]
    surgery = {str(path): len(SURGERY.findall(path.read_text())) for path in of_snakemake(code)}
    commented = sum(
        line.lstrip().startswith("#") for path in code for line in path.read_text().splitlines()
    )
    yield "kinds of job that rerun for the claims' writer", f"{len(writers)} of {len(JOBS)}", "1"
    behind = f"{median(of_rules):g} of rules, {median(sizes):g} of their kinds (most {max(sizes)})"
    yield "median modules behind a job", behind, "<= 18"
    yield "strange modules behind GPU jobs", len(list(strangers(found))), "0"
    yield f"places that name {RULE}", len(places_of(RULE)), "3"
    yield "rules, scripts", f"{len(named)}, {len(scripts)}", "about 22 each"
    yield "loose modules in polyconcept/", len(loose), "0"
    yield "lines of package, workflow, tools", f"{lines_of(code):,}", "<= 27,000"
    yield "uses of Snakemake's private parts", sum(surgery.values()), "0"
    yield "lines of Python that mypy does not see", f"{lines_of(unchecked()):,}", "0"
    yield (
        "jobs of the demo, of config.yaml",
        (f"{n_jobs('studies/demo.yaml')}, {n_jobs('config.yaml')}"),
        "<= 130, <= 450",
    )
    yield "comments in 100 lines", f"{100 * commented / lines_of(code):.1f}", "3-5"


def main() -> None:
    """Print the table."""
    print("| | found | aim |\n|---|---|---|")
    for what, found, aim in rows():
        print(f"| {what} | {found} | {aim} |")


if __name__ == "__main__":
    main()
