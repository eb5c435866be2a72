"""COLAP of one run and pair: every layer, seed and definition."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import overlap, store
from polyconcept.jobs import running
from polyconcept.results import Run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    names, settings = snakemake.wildcards, snakemake.params.settings
    source = store.read_words(Path(snakemake.input.source_words))
    target = store.read_words(Path(snakemake.input.target_words))
    run = Run(names.model, names.variant, names.side, settings["corpus"])
    with store.ConceptFile.open(Path(snakemake.input.concepts), source, target) as concepts:
        overlaps = list(overlap.overlap_layers(concepts, run, **settings["thresholds"]))
    scores = [row for key, found in overlaps for row in overlap.colap_scores(found, key)]
    store.write_scores(scores, Path(snakemake.output.scores))
    store.write_overlaps(overlaps, Path(snakemake.output.concepts))
