"""Check the user's text of one language and keep a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import corpus, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    source = Path(snakemake.input.text)
    found = corpus.read_sentences(source, snakemake.wildcards.language)
    sentences, n_escapes = corpus.unescaped(found)
    corpus.write_sentences(Path(snakemake.output.text), sentences)
    about = {"file": str(source), "sha256": store.sha256(source), "n_sentences": len(sentences)}
    about["n_escapes"] = n_escapes
    store.write_json(about, Path(snakemake.output.source))
