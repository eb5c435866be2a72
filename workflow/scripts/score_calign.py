"""CALIGN of one run and pair: every layer, seed and definition."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import alignment, dictionary, store
from polyconcept.jobs import running
from polyconcept.results import Run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    names, settings = snakemake.wildcards, snakemake.params.settings
    source = store.read_words(Path(snakemake.input.source_words))
    target = store.read_words(Path(snakemake.input.target_words))
    languages = source.language, target.language
    dictionaries = (
        dictionary.read_dictionary(Path(snakemake.input.forward), *languages),
        dictionary.read_dictionary(Path(snakemake.input.backward), *languages[::-1]),
    )
    run = Run(names.model, names.variant, names.side, settings["corpus"])
    with store.ConceptFile.open(Path(snakemake.input.concepts), source, target) as concepts:
        alignments = list(
            alignment.align_layers(concepts, dictionaries, run, **settings["thresholds"])
        )
    scores = [row for key, found in alignments for row in alignment.calign_scores(found, key)]
    store.write_scores(scores, Path(snakemake.output.scores))
    store.write_alignments(alignments, Path(snakemake.output.concepts))
