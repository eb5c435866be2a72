"""Write a range of the built-in text in one language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import builtin, corpus, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    language = snakemake.wildcards.language
    text = builtin.generate_corpus([language], **snakemake.params.settings)
    corpus.write_sentences(Path(snakemake.output.text), text.sentences[language])
    store.write_json({"builtin": snakemake.params.settings}, Path(snakemake.output.source))
