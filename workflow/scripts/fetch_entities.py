"""Check the user's entity tags of one language and split, and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    sentences = corpus.read_tagged(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["labels"],
        ignored=settings["ignored"],
    )
    corpus.write_tagged(Path(snakemake.output.labelled), sentences)
