"""Let Snakemake read studies as the project does.

Snakemake reads a study before any code of the project. The profiles run this file, which puts the
project's reader (`polyconcept.cli.yaml_file`) in the place of Snakemake's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polyconcept.cli.yaml_file import read_yaml
from polyconcept.study.parse import SettingsError

__all__ = ["read_yaml", "take_over"]


def take_over() -> None:
    """Let Snakemake read studies by `read_yaml`."""
    from snakemake.common import configfile
    from snakemake.exceptions import WorkflowError
    from snakemake.settings import types

    def read(path: str | Path) -> dict[str, Any]:
        try:
            return read_yaml(Path(path))
        except SettingsError as error:
            raise WorkflowError(str(error)) from None

    configfile.load_configfile = types.load_configfile = read
