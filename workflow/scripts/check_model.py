"""Check that a model can be used as the study wants, before it is fine-tuned."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.models.check import check_model
from polyconcept.models.language_codes import check_languages
from polyconcept.models.loading import load_tokenizer
from polyconcept.store.json import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, model = dict(snakemake.params.settings), Path(snakemake.input.model)
    languages, codes = settings.pop("languages", []), settings.pop("language_codes", {})
    check_model(model, **settings)
    check_languages(load_tokenizer(model), languages, codes)
    write_json(snakemake.params.settings, Path(snakemake.output.checked))
