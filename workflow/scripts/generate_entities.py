"""Write entity tags of a range of the built-in text in one language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import builtin, corpus
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    language = snakemake.wildcards.language
    text = builtin.generate_corpus([language], **snakemake.params.settings)
    corpus.write_tagged(Path(snakemake.output.labelled), text.tags[language])
