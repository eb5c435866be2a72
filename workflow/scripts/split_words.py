"""Make the word table of a language: every word that one of its pairs needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, store, wordalign
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    languages, pairs = settings.pop("languages"), settings.pop("pairs")
    texts = dict(zip(languages, corpus.read_texts(snakemake.input.texts, languages), strict=True))
    links = wordalign.read_links(snakemake.input.links, pairs, texts)
    words, dropped = corpus.split_words(snakemake.wildcards.language, texts, links, **settings)
    store.write_words(words, dropped, Path(snakemake.output.words))
