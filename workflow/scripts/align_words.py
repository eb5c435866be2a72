"""Link the words of a pair's sentences and count the links into a dictionary each way."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text import coverage, dictionary
from polyconcept.text.align import align_words
from polyconcept.text.parallel import read_joined, read_texts
from polyconcept.text.pharaoh import links_of_first, write_pharaoh

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    languages = snakemake.wildcards.pair.split("-")
    paths = [snakemake.input.source, snakemake.input.target]
    n_sentences = len(read_texts(paths, languages)[0])
    # Further text helps to link words, and its links count in the dictionary.
    text = read_joined([*paths, *snakemake.input.extra], languages)
    source, target = (text[language] for language in languages)
    links = align_words(source, target, **snakemake.params.settings)
    forward, backward = dictionary.build_dictionary(links, source, target)
    own = links_of_first(links, n_sentences)
    covered = coverage.held_out_coverage(own, links, source, target, n_sentences=n_sentences)
    write_pharaoh(own, Path(snakemake.output.links), n_sentences)
    dictionary.write_dictionary(forward, Path(snakemake.output.forward))
    dictionary.write_dictionary(backward, Path(snakemake.output.backward))
    coverage.write_coverage(covered, Path(snakemake.output.coverage))
