"""CKA and sentence retrieval of one run and pair: every layer."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import similarity, store
from polyconcept.jobs import running
from polyconcept.results import Run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names = snakemake.input, snakemake.wildcards
    settings = dict(snakemake.params.settings)
    run = Run(names.model, names.variant, names.side, settings.pop("corpus"))
    words = store.read_words(Path(files.source_words)), store.read_words(Path(files.target_words))
    pairs = store.read_selections(Path(files.selections), *words)["calign", "published"]
    with (
        store.VectorFile.open(Path(files.source_vectors), words[0]) as source,
        store.VectorFile.open(Path(files.target_vectors), words[1]) as target,
    ):
        scores = similarity.similarity_layers(source, target, pairs, *words, run, **settings)
        store.write_scores(scores, Path(snakemake.output.scores))
