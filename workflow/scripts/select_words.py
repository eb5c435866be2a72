"""Choose the rows of a pair's word tables that each metric clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.records.cluster_counts import settle_counts, words_of_pair
from polyconcept.store.words import read_words, write_selections
from polyconcept.text.parallel import read_texts
from polyconcept.text.pharaoh import read_pharaoh
from polyconcept.text.word_table import check_enough_words, select_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, languages = snakemake.params.settings, snakemake.wildcards.pair.split("-")
    source, target = read_texts([snakemake.input.source, snakemake.input.target], languages)
    tables = (
        read_words(Path(snakemake.input.source_words)),
        read_words(Path(snakemake.input.target_words)),
    )
    links = read_pharaoh(Path(snakemake.input.links), source, target)
    selections = select_rows(
        tables,
        (source, target),
        links,
        cap=settings["cap"],
        max_sentence_words=settings["max_sentence_words"],
    )
    needed = settle_counts(settings, words_of_pair(selections))["n_clusters"]
    check_enough_words(selections, tuple(languages), n_clusters=needed)
    write_selections(selections, *tables, Path(snakemake.output.selections))
