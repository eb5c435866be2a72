"""One language of a parallel text from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.columns import sentences_from_column
from polyconcept.sources.hub_data import download_data, fill_codes
from polyconcept.store.datasets import read_columns
from polyconcept.store.json import write_json
from polyconcept.store.sources import read_pin
from polyconcept.text.parallel import write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, language = snakemake.params.settings, snakemake.wildcards.language
    pinned = read_pin(Path(snakemake.input.pin))
    lines = read_columns(
        download_data(pinned, settings["files"], language, codes=settings["codes"]),
        {"text": fill_codes(settings["column"], language, codes=settings["codes"])},
        first=settings["first"],
        n_rows=settings["n_sentences"],
    )["text"]
    text = sentences_from_column(language, lines, tokenizer=settings["tokenizer"])
    write_sentences(Path(snakemake.output.text), text)
    write_json({"from": str(pinned), **settings}, Path(snakemake.output.about))
