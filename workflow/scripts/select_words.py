"""Choose the rows of a pair's word tables that each metric clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.store.words import read_words, write_selections
from polyconcept.text.parallel import read_texts
from polyconcept.text.pharaoh import read_pharaoh
from polyconcept.text.word_table import check_enough_words, select_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    languages, n_clusters = snakemake.wildcards.pair.split("-"), settings.pop("n_clusters")
    source, target = read_texts([snakemake.input.source, snakemake.input.target], languages)
    tables = (
        read_words(Path(snakemake.input.source_words)),
        read_words(Path(snakemake.input.target_words)),
    )
    links = read_pharaoh(Path(snakemake.input.links), source, target)
    selections = select_rows(tables, (source, target), links, **settings)
    check_enough_words(selections, tuple(languages), n_clusters=n_clusters)
    write_selections(selections, *tables, Path(snakemake.output.selections))
