"""Resolve envs/*.in into envs/requirements.lock and envs/environment.yaml.

Installs what the .in files ask for into a fresh environment and writes down what came.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ENVS = Path(__file__).resolve().parents[1] / "envs"
SOURCES = ("requirements.in", "requirements-dev.in")
# The CUDA libraries that a GPU build of torch brings; torch itself pins them, and a lock made on
# another platform would lack or break them.
FROM_TORCH = re.compile(r"^(nvidia-|triton\b|cuda-)")


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as folder:
        pins = resolve(Path(folder))
    lock = (
        "# Made by `make lock` from requirements.in and requirements-dev.in; not edited by hand.\n"
    )
    (ENVS / "requirements.lock").write_text(lock + "".join(f"{pin}\n" for pin in pins))
    (ENVS / "environment.yaml").write_text(conda_environment(pins))


def resolve(folder: Path) -> list[str]:
    """Pins ``name==version`` of everything that the .in files bring, in order of name."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    sources = [part for name in SOURCES for part in ("-r", str(ENVS / name))]
    subprocess.run([*pip, "install", *sources], check=True, stdout=sys.stderr)
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
