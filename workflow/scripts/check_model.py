"""Check that a model has a usable tokenizer, and the sides and layers that the study wants."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import models, reading, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, model = dict(snakemake.params.settings), Path(snakemake.input.model)
    tokenizer, codes = models.load_tokenizer(model), settings.pop("language_codes", {})
    reading.check_languages(tokenizer, settings.pop("languages", []), codes)
    models.check_states(model, **settings)
    store.write_json(snakemake.params.settings, Path(snakemake.output.checked))
