"""Task scores per language, zero-shot languages marked."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import figures, store
from polyconcept.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with log_to(snakemake.log[0]):
    figure = figures.plot_task_scores(store.read_scores([Path(snakemake.input.scores)]))
    figures.save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
