"""Task scores per language, zero-shot languages marked."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.save import save_figure
from polyconcept.figures.tasks import plot_task_scores
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    figure = plot_task_scores(read_scores([Path(snakemake.input.scores)]))
    save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
