"""Choose the rows of a pair's word tables that each metric clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, store, wordalign
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    languages, n_clusters = snakemake.wildcards.pair.split("-"), settings.pop("n_clusters")
    texts = corpus.read_texts([snakemake.input.source, snakemake.input.target], languages)
    tables = (
        store.read_words(Path(snakemake.input.source_words)),
        store.read_words(Path(snakemake.input.target_words)),
    )
    links = wordalign.read_pharaoh(Path(snakemake.input.links), *texts)
    selections = corpus.select_rows(tables, tuple(texts), links, **settings)
    corpus.check_enough_words(selections, tuple(languages), n_clusters=n_clusters)
    store.write_selections(selections, *tables, Path(snakemake.output.selections))
