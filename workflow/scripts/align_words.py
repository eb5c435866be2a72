"""Link the words of a pair's sentences and count the links into a dictionary each way."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.dictionary import write_dictionaries
from polyconcept.text.learn import learn_links
from polyconcept.text.parallel import read_joined, read_texts
from polyconcept.text.pharaoh import write_pharaoh

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    languages, files = snakemake.wildcards.pair.split("-"), snakemake.input
    source, target = read_texts([files.source, files.target], languages)
    extra = read_joined(files.extra, languages)
    links, dictionaries = learn_links(
        (source, target),
        (extra[languages[0]], extra[languages[1]]),
        **snakemake.params.settings,
    )
    write_pharaoh(links, Path(snakemake.output.links), len(source))
    made = snakemake.output
    write_dictionaries(dictionaries, made.forward, made.backward, made.coverage)
