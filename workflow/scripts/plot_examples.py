"""Aligned concepts as word lists in both languages."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import figures, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    del settings["definition"]  # for the caption
    examples = store.read_examples([Path(path) for path in snakemake.input.examples])
    figure = figures.plot_concept_examples(examples, **settings)
    figures.save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
