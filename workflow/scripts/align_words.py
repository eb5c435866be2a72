"""Link the words of a pair's sentences and count the links into a dictionary each way."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, dictionary, wordalign
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    languages = snakemake.wildcards.pair.split("-")
    paths = [snakemake.input.source, snakemake.input.target]
    n_sentences = len(corpus.read_texts(paths, languages)[0])
    # Further text helps to link words, and its links count in the dictionary.
    text = corpus.read_joined([*paths, *snakemake.input.extra], languages)
    source, target = (text[language] for language in languages)
    links = wordalign.align_words(source, target, **snakemake.params.settings)
    forward, backward = dictionary.build_dictionary(links, source, target)
    own = wordalign.links_of_first(links, n_sentences)
    wordalign.write_pharaoh(own, Path(snakemake.output.links), n_sentences)
    dictionary.write_dictionary(forward, Path(snakemake.output.forward))
    dictionary.write_dictionary(backward, Path(snakemake.output.backward))
