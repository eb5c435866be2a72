"""Sentiment labels of one language from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, hub, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    source = settings["hub"]
    language = snakemake.wildcards.language
    pinned = store.read_pin(Path(snakemake.input.pin))
    rows = store.read_columns(
        hub.download_data(pinned, source["files"], language, codes=source["codes"]),
        {"texts": source["sentence"], "labels": source["label"]},
        first=source["first"],
        n_rows=source["n_sentences"],
    )
    sentences, dropped = corpus.labelled_from_columns(
        language,
        **rows,
        spellings=settings["spellings"] or {label: label for label in settings["labels"]},
        ignored=settings["ignored"],
    )
    corpus.write_labelled(Path(snakemake.output.labelled), sentences)
    about = {"from": str(pinned), "dropped": dropped, **source}
    store.write_json(about, Path(snakemake.output.about))
