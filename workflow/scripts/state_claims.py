"""Whether the paper's claims hold in this study, as data and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.claims.state import state_claims
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.report.claims import claims_page
from polyconcept.store.json import write_json
from polyconcept.store.resamples import read_resamples
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    scores = read_scores([Path(snakemake.input.scores)])
    resamples = read_resamples([Path(path) for path in snakemake.input.resamples])
    stated = state_claims(scores, resamples, **snakemake.params.settings)
    write_json(stated, Path(snakemake.output.json))
    write_text_atomic(Path(snakemake.output.page), claims_page(stated))
