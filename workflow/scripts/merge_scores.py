"""Put the scores of all runs into one table."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.claims.rivals import rank_correlations
from polyconcept.store.scores import read_scores, write_scores, write_scores_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    scores = read_scores([Path(path) for path in snakemake.input.scores])
    scores += rank_correlations(scores)
    write_scores(scores, Path(snakemake.output.parquet))
    write_scores_csv(scores, Path(snakemake.output.csv))
