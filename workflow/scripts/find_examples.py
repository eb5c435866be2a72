"""The best concepts of one pair by both metrics, in the run and layer that the study names."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.records.scores import CalignRule
from polyconcept.scoring.examples import examples_of_layer
from polyconcept.store.concepts import ConceptFile
from polyconcept.store.examples import write_examples
from polyconcept.store.words import read_words
from polyconcept.text import dictionary

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings = dict(snakemake.params.settings)
    rule = CalignRule(**settings.pop("rule"))
    share = settings.pop("colap")["share"]
    source = read_words(Path(snakemake.input.source_words))
    target = read_words(Path(snakemake.input.target_words))
    forward = dictionary.read_dictionary(
        Path(snakemake.input.forward), source.language, target.language
    )
    with ConceptFile.open(Path(snakemake.input.concepts), source, target) as concepts:
        examples = examples_of_layer(concepts, forward, rule, share=share, **settings)
    write_examples(examples, Path(snakemake.output.examples))
