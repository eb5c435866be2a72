"""One metric by layer, base and fine-tuned side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.layers import plot_by_layer
from polyconcept.figures.save import save_figure
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    figure = plot_by_layer(
        read_scores([Path(snakemake.input.scores)]),
        snakemake.wildcards.metric,
        **snakemake.params.settings,
    )
    save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
