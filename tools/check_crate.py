"""Let rocrate-validator judge a crate, offline: ``make check-crate CRATE=results/demo.crate.zip``.

The validator lives in an environment of its own, build/crate-validator/, made from
envs/crate-validator.lock on first use; only that needs a package index.
"""

from __future__ import annotations

import argparse
import json
import stat
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "envs" / "crate-validator.lock"
HOME = ROOT / "build" / "crate-validator"
# What a crate of ours claims to be, and what that builds on.
PROFILES = (
    "ro-crate-1.1",
    "workflow-ro-crate-1.0",
    "process-run-crate-0.5",
    "workflow-run-crate-0.5",
    "provenance-run-crate-0.5",
)


class NoValidatorError(Exception):
    """The validator's environment could not be made; the message says why."""


def program(name: str) -> Path:
    """Return the path of a program of the validator's environment."""
    return HOME / "env" / "bin" / name


def check_names(crate: Path) -> None:
    """Refuse what is no crate, and a zip whose names lead out of the folder it is unpacked into.

    Raises:
        FileNotFoundError: there is no crate.
        ValueError: neither a folder nor a zip; or such a name.
    """
    if not crate.exists():
        raise FileNotFoundError(f"{crate}: no crate; `polyconcept crate` makes one")
    if crate.is_dir():
        return
    if not zipfile.is_zipfile(crate):
        raise ValueError(
            f"{crate}: found neither a folder nor a zip; `polyconcept crate` makes both"
        )
    with zipfile.ZipFile(crate) as archive:
        for entry in archive.infolist():
            link = stat.S_ISLNK(entry.external_attr >> 16)
            path = PurePosixPath(entry.filename.replace("\\", "/"))
            if link or path.is_absolute() or ".." in path.parts:
                what = "a link" if link else "a name that leads out of the crate"
                raise ValueError(f"{crate}: {entry.filename!r}: found {what}; unpack it nowhere")


def make_validator() -> None:
    """Make the validator's environment and its cache, unless they are there.

    Raises:
        NoValidatorError: its packages cannot be installed.
    """
    ready = HOME / "ready.lock"
    if ready.is_file() and ready.read_bytes() == LOCK.read_bytes():
        return
    venv.create(HOME / "env", with_pip=True, clear=True)
    pip = [str(program("python")), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    step = [*pip, "install", "-r", str(LOCK)]
    done = subprocess.run(step, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise NoValidatorError(f"rocrate-validator cannot be installed: {last}")
    ready.write_bytes(LOCK.read_bytes())


def faults(
    crate: Path, profiles: Sequence[str] = PROFILES, severity: str = "REQUIRED"
) -> dict[str, list[str]]:
    """Return what the validator finds wrong with a crate, by profile; nothing where it accepts it.

    The weakest demand that counts is `severity`: REQUIRED, RECOMMENDED or OPTIONAL.

    Raises:
        ValueError, OSError: As `check_names`.
        NoValidatorError: the validator did not come to a judgement.
    """
    check_names(crate)
    judge = [str(program("python")), str(ROOT / "tools" / "judge_crate.py")]
    command = [*judge, str(crate), str(HOME / "http"), severity, *profiles]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoValidatorError(f"rocrate-validator failed: {done.stdout}{done.stderr}")
    judgement: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return judgement


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge a crate by every profile that it claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("crate", type=Path, help="a folder or a zip")
    crate = parser.parse_args(arguments).crate
    try:
        check_names(crate)
        make_validator()
        found = faults(crate)
    except (NoValidatorError, OSError, ValueError) as error:
        sys.exit(str(error))
    for profile, issues in found.items():
        print(f"{profile}: {'; '.join(issues) or 'accepted'}")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main()
