"""CALIGN and COLAP over simpler measures of the same layers."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.rivals import plot_rivals
from polyconcept.figures.save import save_figure
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    figure = plot_rivals(
        read_scores([Path(snakemake.input.scores)]),
        **snakemake.params.settings,
    )
    save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
