"""Cluster a pair's words again under the controls: changed vectors, other numbers of clusters."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.clustering.controls import cluster_controls
from polyconcept.clustering.pair import with_vectors
from polyconcept.machine.devices import choose_device
from polyconcept.records.cluster_counts import settle_counts, words_of_pair
from polyconcept.store import concepts, vectors, words
from polyconcept.text.held_out import read_held_out

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, options = snakemake.input, dict(snakemake.params.settings)
    options["device"] = choose_device(options["device"], n_gpus=snakemake.resources.get("gpu", 0))
    tables = words.read_words(Path(files.source_words)), words.read_words(Path(files.target_words))
    with (
        vectors.VectorFile.open(Path(files.source_vectors), tables[0]) as source,
        vectors.VectorFile.open(Path(files.target_vectors), tables[1]) as target,
    ):
        chosen = words.read_selections(Path(files.selections), *tables)
        options = settle_counts(options, words_of_pair(chosen))
        selections = with_vectors(chosen, source, target)
        both_have = source.has_before_norm and target.has_before_norm
        clusters = cluster_controls(
            selections,
            source,
            target,
            words=tables,
            held_out=read_held_out(files.held_out, source.language, target.language),
            last=max(options["layers"]) if both_have else None,
            **options,
        )
        concepts.write_concepts(Path(snakemake.output.concepts), *tables, selections, clusters)
