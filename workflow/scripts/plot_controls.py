"""One metric of the base models beside its controls."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import figures, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    figure = figures.plot_controls(
        store.read_scores([Path(snakemake.input.scores)]),
        snakemake.wildcards.metric,
        **snakemake.params.settings,
    )
    figures.save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
