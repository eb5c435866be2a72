"""Draw one figure of the study, from the score table or from examples of concepts."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.save import save_figure
from polyconcept.machine.kinds import load_kind

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    [(what, files)] = snakemake.input.items()
    figures, store = snakemake.params.kinds
    read = getattr(load_kind(store, "store"), f"read_{what}")
    draw = load_kind(figures, "figures").draw
    figure = draw(read([Path(path) for path in files]), **snakemake.params.settings)
    save_figure(figure, *(Path(path) for path in snakemake.output))
