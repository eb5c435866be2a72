"""Cluster a pair's words again under the controls: changed vectors, other numbers of clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import clustering, devices, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, options = snakemake.input, dict(snakemake.params.settings)
    definition = options.pop("definition")
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
            definition=definition,
        )
        last = max(options["layers"])
        clusters = clustering.cluster_controls(
            selections,
            source,
            target,
            last=last if source.has_before_norm and target.has_before_norm else None,
            **options,
        )
        store.write_concepts(
            Path(snakemake.output.concepts), source_words, target_words, selections, clusters
        )
