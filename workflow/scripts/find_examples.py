"""The best-aligned concepts of one pair, in the run and layer that the study names."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import alignment, dictionary, store
from polyconcept.jobs import running
from polyconcept.results import CalignRule

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    rule = CalignRule(**settings.pop("rule"))
    source = store.read_words(Path(snakemake.input.source_words))
    target = store.read_words(Path(snakemake.input.target_words))
    forward = dictionary.read_dictionary(
        Path(snakemake.input.forward), source.language, target.language
    )
    with store.ConceptFile.open(Path(snakemake.input.concepts), source, target) as concepts:
        examples = alignment.examples_of_layer(concepts, forward, rule, **settings)
    store.write_examples(examples, Path(snakemake.output.examples))
