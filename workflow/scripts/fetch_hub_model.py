"""Download a model of the hub at its pinned commit and check it."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.directory import copy_model
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_files import needed_model_files
from polyconcept.store.sources import read_pin

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    pinned = read_pin(Path(snakemake.input.pin))
    files = download_files(pinned, needed_model_files(pinned))
    copy_model(files["config.json"].parent, Path(snakemake.output.model))
