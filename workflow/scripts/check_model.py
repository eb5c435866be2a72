"""Check that a model can be used as the study wants, before it is fine-tuned."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models, reading, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, model = dict(snakemake.params.settings), Path(snakemake.input.model)
    languages, codes = settings.pop("languages", []), settings.pop("language_codes", {})
    models.check_model(model, **settings)
    reading.check_languages(models.load_tokenizer(model), languages, codes)
    store.write_json(snakemake.params.settings, Path(snakemake.output.checked))
