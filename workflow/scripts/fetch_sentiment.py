"""Check the user's sentiment labels of one language and split, and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.escapes import unescaped
from polyconcept.text.labelled import read_labelled, write_labelled

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    settings = snakemake.params.settings
    sentences = read_labelled(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["spellings"] or settings["labels"],
        columns=settings["columns"],
    )
    sentences, n_escapes = unescaped(sentences)
    watch.note({"n_escapes": n_escapes})
    write_labelled(Path(snakemake.output.labelled), sentences)
