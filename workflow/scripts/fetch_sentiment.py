"""Check the user's sentiment labels of one language and split, and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    settings = snakemake.params.settings
    sentences = corpus.read_labelled(
        Path(snakemake.input.labelled),
        snakemake.wildcards.language,
        settings["spellings"] or settings["labels"],
        columns=settings["columns"],
    )
    sentences, n_escapes = corpus.unescaped(sentences)
    watch.note({"n_escapes": n_escapes})
    corpus.write_labelled(Path(snakemake.output.labelled), sentences)
