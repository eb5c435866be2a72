"""Sentences of one pair of languages from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, hub, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, settings, names = snakemake.output, snakemake.params.settings, snakemake.wildcards
    pinned = store.read_pin(Path(snakemake.input.pin))
    pair, codes = (names.source, names.target), settings["codes"]
    found = hub.download_pair(pinned, settings["files"], pair, codes=codes)
    columns = {
        language: store.existing_column(
            paths, hub.possible_names(settings["column"], language, pair=pair, codes=codes)
        )
        for language, paths in found.items()
    }
    rows = {"first": settings["first"], "n_rows": settings["n_sentences"]}
    lines = {
        language: store.read_columns(paths, {"text": columns[language]}, **rows)["text"]
        for language, paths in found.items()
    }
    text, dropped = corpus.parallel_from_columns(lines, tokenizer=settings["tokenizer"])
    corpus.write_sentences(Path(files.source_text), text[names.source])
    corpus.write_sentences(Path(files.target_text), text[names.target])
    about = {"from": str(pinned), "dropped": dropped, **settings}
    store.write_json(about, Path(files.about))
