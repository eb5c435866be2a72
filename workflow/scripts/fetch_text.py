"""Fetch one language of a corpus, check it, and say where it came from."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.sources.kinds import load_source
from polyconcept.store.json import write_json
from polyconcept.text.parallel import write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    names, params = snakemake.wildcards, snakemake.params
    sentences, about = load_source(params.kinds[0]).text(
        dict(snakemake.input.items()), params.settings, names.language, names.own_folder.rstrip("/")
    )
    write_sentences(Path(snakemake.output.text), sentences)
    write_json(about, Path(snakemake.output.source))
