"""Sentences of one pair of languages from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.columns import parallel_from_columns
from polyconcept.sources.hub_data import download_data, fill_codes
from polyconcept.store.datasets import read_columns
from polyconcept.store.json import write_json
from polyconcept.store.sources import read_pin
from polyconcept.text.parallel import write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, settings, names = snakemake.output, snakemake.params.settings, snakemake.wildcards
    pinned = read_pin(Path(snakemake.input.pin))
    codes = {"pair": (names.source, names.target), "codes": settings["codes"]}
    lines = {
        language: read_columns(
            download_data(pinned, settings["files"], language, **codes),
            {"text": fill_codes(settings["column"], language, **codes)},
            first=settings["first"],
            n_rows=settings["n_sentences"],
        )["text"]
        for language in codes["pair"]
    }
    text, dropped = parallel_from_columns(lines, tokenizer=settings["tokenizer"])
    write_sentences(Path(files.source_text), text[names.source])
    write_sentences(Path(files.target_text), text[names.target])
    about = {"from": str(pinned), "dropped": dropped, **settings}
    write_json(about, Path(files.about))
