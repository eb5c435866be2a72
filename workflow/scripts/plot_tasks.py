"""Task scores per language, zero-shot languages marked."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import figures, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    figure = figures.plot_task_scores(store.read_scores([Path(snakemake.input.scores)]))
    figures.save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
