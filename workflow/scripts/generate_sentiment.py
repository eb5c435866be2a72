"""Write sentiment labels of a range of the built-in text in one language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.builtin import corpus as corpus_module
from polyconcept.text.labelled import write_labelled

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    language = snakemake.wildcards.language
    text = corpus_module.generate_corpus([language], **snakemake.params.settings)
    write_labelled(Path(snakemake.output.labelled), text.labels[language])
