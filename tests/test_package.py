"""What pip installs with the package is what the package imports, and the lock has all of it."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
EXTRAS = PROJECT["optional-dependencies"]
BUILD = SETTINGS["build-system"]["requires"]
IMPORTED_BY_TRANSFORMERS = {"accelerate", "protobuf", "sentencepiece"}
IN_AN_ENVIRONMENT_OF_ITS_OWN = {"judge_crate.py"}
DISTRIBUTIONS = packages_distributions()
COMMAND = ROOT / "polyconcept/cli"
LIBRARY = [path for path in (ROOT / "polyconcept").rglob("*.py") if path.parent != COMMAND]


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements):
    return {normal(Requirement(line).name) for line in requirements}


def imported(files):
    """Distribution -> a file that imports it, wherever in the file it does."""
    beside = [*(ROOT / "tools").glob("*.py"), *(ROOT / "workflow").glob("*.py")]
    ours = {"polyconcept", *(path.stem for path in beside)}
    found = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            modules = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else [node.module] if isinstance(node, ast.ImportFrom)
                else []
            )  # fmt: skip
            for module in {module.split(".")[0] for module in modules}:
                if module not in sys.stdlib_module_names | ours:
                    found[normal(DISTRIBUTIONS[module][0])] = file.name
    return found


def with_all_they_need(requirements):
    """Distributions that pip installs for `requirements`, by normal name."""
    found, waiting = set(), [(Requirement(line), "") for line in requirements]
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        for chosen in ("", *wanted.extras):
            if (normal(wanted.name), chosen) not in found:
                found.add((normal(wanted.name), chosen))
                needs = distribution(wanted.name).requires or []
                waiting += [(Requirement(line), chosen) for line in needs]
    return {name for name, _ in found}


def locked(name):
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_the_locks_have_a_fitting_version_of_all_that_is_asked_for():
    users, more = locked("requirements.lock"), locked("requirements-dev.lock")
    of_users = [*PROJECT["dependencies"], *EXTRAS["workflow"], *EXTRAS["pandas"], *BUILD]

    assert EXTRAS.keys() == {"workflow", "pandas", "dev"}
    for asked, versions in ((of_users, users), (EXTRAS["dev"], users | more)):
        for requirement in map(Requirement, asked):
            assert versions[normal(requirement.name)] in requirement.specifier, requirement
    assert "snakemake[reports]>=9.19,<10" in EXTRAS["workflow"]


def test_users_install_all_that_they_need_and_no_tool_of_development():
    users, more = locked("requirements.lock"), locked("requirements-dev.lock")
    of_users = [*PROJECT["dependencies"], *EXTRAS["workflow"], *EXTRAS["pandas"]]
    torch_brings = re.compile(r"nvidia-|triton$|cuda-")
    needed = {name for name in with_all_they_need(of_users) if not torch_brings.match(name)}

    assert needed - users.keys() == set()
    assert names(EXTRAS["dev"]) & users.keys() == set()
    assert users.keys() & more.keys() == set()


def test_the_package_depends_on_what_it_imports_and_on_nothing_else():
    found = imported(LIBRARY)
    needed = names(PROJECT["dependencies"])

    assert {name: file for name, file in found.items() if name not in needed} == {}
    assert needed - found.keys() == IMPORTED_BY_TRANSFORMERS


def test_scripts_tools_and_command_need_no_more_than_the_extra_of_the_workflow():
    folders = (ROOT / "workflow/scripts", ROOT / "tools", COMMAND)
    files = [file for folder in folders for file in folder.glob("*.py")]
    found = imported(file for file in files if file.name not in IN_AN_ENVIRONMENT_OF_ITS_OWN)
    needed = names([*PROJECT["dependencies"], *EXTRAS["workflow"]])

    assert {name: file for name, file in found.items() if name not in needed} == {}


IMPORT_ALL = """
import sys
from importlib.machinery import PathFinder

hidden = set(sys.argv[2].split(","))

class WithoutHidden(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in hidden else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutHidden
for name in sys.argv[1].split(","):
    __import__(name)
"""


def import_all(folder, modules, hidden):
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(modules), ",".join(sorted(hidden))]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_every_module_is_imported_where_only_the_dependencies_are_installed(tmp_path):
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in sorted(LIBRARY)]
    there = with_all_they_need(PROJECT["dependencies"]) | {"polyconcept"}
    hidden = {
        module for module, brought_by in DISTRIBUTIONS.items()
        if there.isdisjoint(map(normal, brought_by))
    }  # fmt: skip

    done = import_all(tmp_path, modules, hidden)

    assert {"snakemake", "pytest", "beartype"} <= hidden
    assert done.returncode == 0, done.stderr
    # Control: what is hidden is not found.
    control = import_all(tmp_path, ["polyconcept.store.vectors"], {"h5py"})
    assert "No module named 'h5py'" in control.stderr


def test_all_data_beside_the_code_is_installed():
    patterns = SETTINGS["tool"]["setuptools"]
    package = ROOT / "polyconcept"
    installed = {file for pattern in patterns["package-data"]["polyconcept"]
                 for file in package.glob(pattern)}  # fmt: skip
    data = {file for file in package.rglob("*") if file.is_file() and file.suffix != ".py"
            and "__pycache__" not in file.parts}  # fmt: skip

    assert data <= installed
    assert {"nouns.tsv", "model.safetensors", "py.typed"} <= {file.name for file in data}
