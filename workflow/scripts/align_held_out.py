"""Deal a pair's sentences into two parts, and learn a dictionary each way without them."""

from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.text.held_out import hold_out, write_held_out
from polyconcept.text.parallel import read_joined, read_texts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    languages, files = snakemake.wildcards.pair.split("-"), snakemake.input
    source, target = read_texts([files.source, files.target], languages)
    extra = read_joined(files.extra, languages)
    held = hold_out(
        (source, target),
        (extra[languages[0]], extra[languages[1]]),
        **snakemake.params.settings,
    )
    write_held_out(held, list(snakemake.output))
