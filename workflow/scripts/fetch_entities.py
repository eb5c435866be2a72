"""Find out how the user's entities of one language and split are tagged; keep them in IOB2."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.escapes import unescaped
from polyconcept.text.tagged import recognise_tagged, write_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    settings = snakemake.params.settings
    sentences, reading = recognise_tagged(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["labels"],
        ignored=settings["ignored"],
        columns=settings["columns"],
    )
    sentences, n_escapes = unescaped(sentences)
    watch.note({**asdict(reading), "n_escapes": n_escapes})
    write_tagged(Path(snakemake.output.labelled), sentences)
