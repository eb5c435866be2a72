"""Aligned concepts as word lists in both languages."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.examples import plot_concept_examples
from polyconcept.figures.save import save_figure
from polyconcept.store.examples import read_examples

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    del settings["definition"]  # for the caption
    examples = read_examples([Path(path) for path in snakemake.input.examples])
    figure = plot_concept_examples(examples, **settings)
    save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
