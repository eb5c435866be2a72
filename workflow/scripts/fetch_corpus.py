"""Check the user's text of one language and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.store.json import sha256, write_json
from polyconcept.text.parallel import read_sentences, write_sentences

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    source = Path(snakemake.input.text)
    sentences = read_sentences(source, snakemake.wildcards.language)
    write_sentences(Path(snakemake.output.text), sentences)
    about = {"file": str(source), "sha256": sha256(source), "n_sentences": len(sentences)}
    write_json(about, Path(snakemake.output.source))
