"""Cluster a pair's words: every layer, seed, metric and definition."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import clustering, devices, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, options = snakemake.input, dict(snakemake.params.settings)
    options["device"] = devices.choose_device(
        options["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    source_words = store.read_words(Path(files.source_words))
    target_words = store.read_words(Path(files.target_words))
    with (
        store.VectorFile.open(Path(files.source_vectors), source_words) as source,
        store.VectorFile.open(Path(files.target_vectors), target_words) as target,
    ):
        selections = clustering.with_vectors(
            store.read_selections(Path(files.selections), source_words, target_words),
            source,
            target,
        )
        clusters = clustering.cluster_pair(selections, source, target, **options)
        store.write_concepts(
            Path(snakemake.output.concepts), source_words, target_words, selections, clusters
        )
