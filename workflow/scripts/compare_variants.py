"""What fine-tuning changes in every score, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.scoring import comparison
from polyconcept.store.resamples import read_resamples
from polyconcept.store.scores import read_scores, write_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    changes = comparison.compare_variants(
        read_scores([Path(path) for path in snakemake.input.scores]),
        read_resamples([Path(path) for path in snakemake.input.resamples]),
        repeats=snakemake.params.settings["repeats"],
    )
    write_scores(changes, Path(snakemake.output.scores))
