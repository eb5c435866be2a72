"""Resolve what pyproject.toml asks for into the files of envs/.

- requirements.lock: what runs the workflow; environment.yaml says the same to conda;
- requirements-dev.lock: what the checks and tests need on top.

Asks uv where it is at hand, else pip; installs nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVS = ROOT / "envs"
HEADER = "# Made by `make lock` from pyproject.toml; not edited by hand."
# The CUDA libraries that a GPU build of torch brings; torch itself pins them, and a lock made on
# another platform would lack or break them.
FROM_TORCH = re.compile(r"^(nvidia-|triton\b|cuda-)")


def main() -> None:
    """Write the three files."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, extras = settings["project"], settings["project"]["optional-dependencies"]
    # The checkout is installed without an environment of its own to build in.
    wanted = [*project["dependencies"], *settings["build-system"]["requires"]]
    pins = resolve([*wanted, *extras["workflow"], *extras["pandas"]])
    # What the checks need goes into the same environment, which has one version of each.
    more = [pin for pin in resolve([*pins, *extras["dev"]]) if pin not in pins]
    (ENVS / "requirements.lock").write_text("\n".join([HEADER, *pins, ""]))
    (ENVS / "requirements-dev.lock").write_text("\n".join([HEADER, *more, ""]))
    (ENVS / "environment.yaml").write_text(conda_environment(pins))


def resolve(wanted: list[str]) -> list[str]:
    """Return pins ``name==version`` of all that is wanted and what that brings, sorted."""
    found = (resolve_with_uv if shutil.which("uv") else resolve_with_pip)(wanted)
    # "+cpu" names one build of a version; every machine takes its own.
    pins = [f"{normal(name)}=={version.split('+')[0]}" for name, version in found]
    return sorted(pin for pin in pins if not FROM_TORCH.match(pin))


def resolve_with_uv(wanted: list[str]) -> list[tuple[str, str]]:
    """Return names and versions that uv chooses."""
    options = ["--python", sys.executable, "--no-header", "--no-annotate"]
    chosen = ask(["uv", "pip", "compile", *options, "-"], "\n".join(wanted))
    return [(name, version) for name, version in (line.split("==") for line in chosen.split())]


def resolve_with_pip(wanted: list[str]) -> list[tuple[str, str]]:
    """Return names and versions that pip chooses."""
    options = ["--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    report = ask([sys.executable, "-m", "pip", "install", *options, *wanted])
    told = [one["metadata"] for one in json.loads(report)["install"]]
    return [(metadata["name"], metadata["version"]) for metadata in told]


def ask(command: list[str], given: str = "") -> str:
    """Return what a program prints."""
    return subprocess.run(
        command, input=given, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def normal(name: str) -> str:
    """Return the one spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def conda_environment(pins: list[str]) -> str:
    """Return the same as a conda environment; Snakemake copies the file, so it stands alone."""
    lines = "".join(f"      - {pin}\n" for pin in pins)
    return (
        "# Made by `make lock`: the versions of requirements.lock.\n"
        "channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python=3.11\n  - pip\n  - pip:\n{lines}"
    )


if __name__ == "__main__":
    main()
