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
    codes = {"pair": (names.source, names.target), "codes": settings["codes"]}
    lines = {
        language: store.read_columns(
            hub.download_data(pinned, settings["files"], language, **codes),
            {"text": hub.fill_codes(settings["column"], language, **codes)},
            first=settings["first"],
            n_rows=settings["n_sentences"],
        )["text"]
        for language in codes["pair"]
    }
    text, dropped = corpus.parallel_from_columns(lines, tokenizer=settings["tokenizer"])
    corpus.write_sentences(Path(files.source_text), text[names.source])
    corpus.write_sentences(Path(files.target_text), text[names.target])
    about = {"from": str(pinned), "dropped": dropped, **settings}
    store.write_json(about, Path(files.about))
