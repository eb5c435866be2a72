"""What fine-tuning changes in every score, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import comparison, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    changes = comparison.compare_variants(
        store.read_scores([Path(path) for path in snakemake.input.scores]),
        store.read_resamples([Path(path) for path in snakemake.input.resamples]),
        repeats=snakemake.params.settings["repeats"],
    )
    store.write_scores(changes, Path(snakemake.output.scores))
