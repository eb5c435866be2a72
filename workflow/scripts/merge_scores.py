"""Put all scores into one table, with what fine-tuning changes in them."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.claims.rivals import rank_correlations
from polyconcept.scoring.comparison import compare_variants
from polyconcept.scoring.statistics import adjusted
from polyconcept.store.resamples import read_resamples
from polyconcept.store.scores import read_scores, typed_first, write_scores, write_scores_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, repeats = snakemake.input, snakemake.params.settings["repeats"]
    of_runs = read_scores([Path(path) for path in files.runs])
    resamples = read_resamples([Path(path) for path in files.resamples])
    changes = list(compare_variants(of_runs, resamples, repeats=repeats))
    mixed = read_scores([Path(path) for path in files.mixed])
    of_tasks = read_scores([Path(path) for path in files.tasks])
    scores = [*of_runs, *mixed, *changes, *of_tasks]
    scores = typed_first(adjusted(scores + rank_correlations(scores)))
    write_scores(scores, Path(snakemake.output.parquet))
    write_scores_csv(scores, Path(snakemake.output.csv))
    write_scores(changes, Path(snakemake.output.changes))
