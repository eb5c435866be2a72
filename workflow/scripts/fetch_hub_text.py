"""One language of a parallel text from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, hub, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, language = snakemake.params.settings, snakemake.wildcards.language
    pinned = store.read_pin(Path(snakemake.input.pin))
    lines = store.read_columns(
        hub.download_data(pinned, settings["files"], language, codes=settings["codes"]),
        {"text": hub.fill_codes(settings["column"], language, codes=settings["codes"])},
        first=settings["first"],
        n_rows=settings["n_sentences"],
    )["text"]
    text, n_escapes = corpus.sentences_from_column(language, lines, tokenizer=settings["tokenizer"])
    corpus.write_sentences(Path(snakemake.output.text), text)
    about = {"from": str(pinned), "n_escapes": n_escapes, **settings}
    store.write_json(about, Path(snakemake.output.about))
