"""Resolve what pyproject.toml asks for into envs/requirements.lock and envs/environment.yaml.

Installs the dependencies and every extra into a fresh environment and writes down what came.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVS = ROOT / "envs"
# The CUDA libraries that a GPU build of torch brings; torch itself pins them, and a lock made on
# another platform would lack or break them.
FROM_TORCH = re.compile(r"^(nvidia-|triton\b|cuda-)")


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as folder:
        pins = resolve(Path(folder))
    lock = "# Made by `make lock` from pyproject.toml; not edited by hand.\n"
    (ENVS / "requirements.lock").write_text(lock + "".join(f"{pin}\n" for pin in pins))
    (ENVS / "environment.yaml").write_text(conda_environment(pins))


def asked_for() -> list[str]:
    """The dependencies and those of every extra, as pyproject.toml lists them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *chain(*project["optional-dependencies"].values())]


def resolve(folder: Path) -> list[str]:
    """Pins ``name==version`` of all that is asked for and what that brings, in order of name."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *asked_for()], check=True, stdout=sys.stderr)
    freeze = [*pip, "freeze", "--all"]
    frozen = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout
    # "+cpu" names one build of a version; every machine takes its own.
    pins = [re.sub(r"\+\w+$", "", line) for line in frozen.split()]
    return [pin for pin in pins if not FROM_TORCH.match(pin) and not pin.startswith("pip==")]


def conda_environment(pins: list[str]) -> str:
    """The same versions as a conda environment; snakemake copies the file, so it stands alone."""
    lines = "".join(f"      - {pin}\n" for pin in pins)
    return (
        "# Made by `make lock`: the versions of requirements.lock.\n"
        "channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python=3.11\n  - pip\n  - pip:\n{lines}"
    )


if __name__ == "__main__":
    main()
