"""The explorer's page, and what it shows first: scores by layer and claims."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.explorer.overview import overview
from polyconcept.explorer.page import explorer_page, write_page
from polyconcept.explorer.shards import shard_about, shard_script
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.store.json import read_json, sha256
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake) as watch:
    files, settings = snakemake.input, snakemake.params.settings
    claims = read_json(Path(files.claims))
    scores = Path(files.scores)
    made = {"commit": watch.commit, "scores_sha256": sha256(scores)}
    first = overview(read_scores([scores]), claims, **settings, **made)
    write_text_atomic(Path(snakemake.output.overview), shard_script(first))
    tops = [shard_about(Path(pair, "top.js").read_text(encoding="utf-8")) for pair in files.pairs]
    page = explorer_page(settings["name"], claims, tops)
    write_page(page, Path(snakemake.output.page))
