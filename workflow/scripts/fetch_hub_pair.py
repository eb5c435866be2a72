"""Sentences of one pair of languages from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.columns import parallel_from_columns
from polyconcept.sources.hub_data import download_pair, possible_names
from polyconcept.store.datasets import existing_column, read_columns
from polyconcept.store.json import write_json
from polyconcept.store.sources import read_pin
from polyconcept.text.parallel import write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, settings, names = snakemake.output, snakemake.params.settings, snakemake.wildcards
    pinned = read_pin(Path(snakemake.input.pin))
    pair, codes = (names.source, names.target), settings["codes"]
    found = download_pair(pinned, settings["files"], pair, codes=codes)
    columns = {
        language: existing_column(
            paths, possible_names(settings["column"], language, pair=pair, codes=codes)
        )
        for language, paths in found.items()
    }
    rows = {"first": settings["first"], "n_rows": settings["n_sentences"]}
    lines = {
        language: read_columns(paths, {"text": columns[language]}, **rows)["text"]
        for language, paths in found.items()
    }
    text, dropped = parallel_from_columns(lines, tokenizer=settings["tokenizer"])
    write_sentences(Path(files.source_text), text[names.source])
    write_sentences(Path(files.target_text), text[names.target])
    about = {"from": str(pinned), "dropped": dropped, **settings}
    write_json(about, Path(files.about))
