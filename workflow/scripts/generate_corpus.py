"""Write a range of the built-in text in one language."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.builtin import corpus as corpus_module
from polyconcept.store.json import write_json
from polyconcept.text.parallel import write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    language = snakemake.wildcards.language
    text = corpus_module.generate_corpus([language], **snakemake.params.settings)
    write_sentences(Path(snakemake.output.text), text.sentences[language])
    write_json({"builtin": snakemake.params.settings}, Path(snakemake.output.source))
