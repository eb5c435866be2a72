"""Fetch the labelled sentences of one language, check them, and say where they came from."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.kinds import load_labels, load_source
from polyconcept.store.json import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    settings, (source, labels) = snakemake.params.settings, snakemake.params.kinds
    kind = load_labels(labels)
    sentences, about, found = load_source(source).labels(
        dict(snakemake.input.items()), settings, snakemake.wildcards.language, kind
    )
    watch.note(found)
    kind.write(Path(snakemake.output.labelled), sentences)
    write_json(about, Path(snakemake.output.source))
