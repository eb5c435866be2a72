"""Make the word table of a language: every word that one of its pairs needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.store.words import write_words
from polyconcept.text.parallel import read_texts
from polyconcept.text.pharaoh import read_links
from polyconcept.text.word_table import split_words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    languages, pairs = settings.pop("languages"), settings.pop("pairs")
    texts = dict(zip(languages, read_texts(snakemake.input.texts, languages), strict=True))
    links = read_links(snakemake.input.links, pairs, texts)
    words, dropped = split_words(snakemake.wildcards.language, texts, links, **settings)
    write_words(words, dropped, Path(snakemake.output.words))
