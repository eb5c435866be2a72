"""Draw one figure of the study, from the score table or from examples of concepts."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.figures.kinds import load_figure
from polyconcept.figures.save import save_figure
from polyconcept.store.examples import read_examples
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    [(what, files)] = snakemake.input.items()
    read = {"scores": read_scores, "examples": read_examples}[what]
    draw = load_figure(snakemake.params.kinds[0])
    figure = draw(read([Path(path) for path in files]), **snakemake.params.settings)
    save_figure(figure, Path(snakemake.output.pdf), Path(snakemake.output.png))
