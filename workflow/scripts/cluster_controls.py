"""Cluster a pair's words again under the controls: changed vectors, other numbers of clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.clustering.controls import cluster_controls
from polyconcept.clustering.pair import with_vectors
from polyconcept.machine.devices import choose_device
from polyconcept.store import concepts, vectors, words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, options = snakemake.input, dict(snakemake.params.settings)
    definition = options.pop("definition")
    options["device"] = choose_device(options["device"], n_gpus=snakemake.resources.get("gpu", 0))
    source_words = words.read_words(Path(files.source_words))
    target_words = words.read_words(Path(files.target_words))
    with (
        vectors.VectorFile.open(Path(files.source_vectors), source_words) as source,
        vectors.VectorFile.open(Path(files.target_vectors), target_words) as target,
    ):
        selections = words.read_selections(Path(files.selections), source_words, target_words)
        selections = with_vectors(selections, source, target, definition=definition)
        last = max(options["layers"])
        clusters = cluster_controls(
            selections,
            source,
            target,
            last=last if source.has_before_norm and target.has_before_norm else None,
            **options,
        )
        concepts.write_concepts(
            Path(snakemake.output.concepts), source_words, target_words, selections, clusters
        )
