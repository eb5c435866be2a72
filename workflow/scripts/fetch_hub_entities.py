"""Named entities of one language from a data set of the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.columns import tagged_from_columns
from polyconcept.sources.hub_data import download_data
from polyconcept.store.datasets import read_columns
from polyconcept.store.json import write_json
from polyconcept.store.sources import read_pin
from polyconcept.text.tagged import write_tagged

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = snakemake.params.settings
    source = settings["hub"]
    language = snakemake.wildcards.language
    pinned = read_pin(Path(snakemake.input.pin))
    rows = read_columns(
        download_data(pinned, source["files"], language, codes=source["codes"]),
        {"words": source["words"], "tags": source["tags"]},
        first=source["first"],
        n_rows=source["n_sentences"],
    )
    sentences, dropped = tagged_from_columns(
        language,
        **rows,
        labels=settings["labels"],
        ignored=settings["ignored"],
        classes=source["classes"],
    )
    write_tagged(Path(snakemake.output.labelled), sentences)
    about = {"from": str(pinned), "dropped": dropped, **source}
    write_json(about, Path(snakemake.output.about))
