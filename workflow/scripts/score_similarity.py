"""CKA and sentence retrieval of one run and pair: every layer."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.records.scores import Run
from polyconcept.scoring.similarity import similarity_layers
from polyconcept.store.scores import write_scores
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_selections, read_words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names = snakemake.input, snakemake.wildcards
    settings = dict(snakemake.params.settings)
    run = Run(names.model, names.variant, names.side, settings.pop("corpus"))
    words = read_words(Path(files.source_words)), read_words(Path(files.target_words))
    pairs = read_selections(Path(files.selections), *words)["calign", "published"]
    with (
        VectorFile.open(Path(files.source_vectors), words[0]) as source,
        VectorFile.open(Path(files.target_vectors), words[1]) as target,
    ):
        scores = similarity_layers(source, target, pairs, *words, run, **settings)
        write_scores(scores, Path(snakemake.output.scores))
