"""Whether the paper's claims hold in this study, as data and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import claims, store
from polyconcept.atomic import write_text_atomic
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    stated = claims.state_claims(store.read_scores([Path(snakemake.input.scores)]))
    store.write_claims(stated, Path(snakemake.output.json))
    write_text_atomic(Path(snakemake.output.page), claims.claims_page(stated))
