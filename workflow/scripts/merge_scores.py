"""Put the scores of all runs into one table."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import claims, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    scores = store.read_scores([Path(path) for path in snakemake.input.scores])
    scores = store.typed_first(scores + claims.rank_correlations(scores))
    store.write_scores(scores, Path(snakemake.output.parquet))
    store.write_scores_csv(scores, Path(snakemake.output.csv))
