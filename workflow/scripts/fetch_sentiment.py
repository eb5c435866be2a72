"""Check the user's sentiment labels of one language and split, and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.labelled import read_labelled, write_labelled

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    sentences = read_labelled(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["spellings"] or settings["labels"],
    )
    write_labelled(Path(snakemake.output.labelled), sentences)
