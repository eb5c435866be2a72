"""Named entities of one language from a data set of the hub."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, hub, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    settings = snakemake.params.settings
    source = settings["hub"]
    language = snakemake.wildcards.language
    pinned = store.read_pin(Path(snakemake.input.pin))
    rows = store.read_columns(
        hub.download_data(pinned, source["files"], language, codes=source["codes"]),
        {"words": source["words"], "tags": source["tags"]},
        first=source["first"],
        n_rows=source["n_sentences"],
    )
    sentences, reading = corpus.tagged_from_columns(
        language,
        **rows,
        labels=settings["labels"],
        ignored=settings["ignored"],
        classes=source["classes"],
        codes=[source["codes"].get(language, language)],
    )
    sentences, n_escapes = corpus.unescaped(sentences)
    watch.note({**asdict(reading), "n_escapes": n_escapes})
    corpus.write_tagged(Path(snakemake.output.labelled), sentences)
    about = {"from": str(pinned), "dropped": reading.changed, **source}
    store.write_json(about, Path(snakemake.output.about))
