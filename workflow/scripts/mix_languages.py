"""How all languages of a study mix in common clusters of one run."""

from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.clustering.languages import cluster_languages
from polyconcept.machine.devices import choose_device
from polyconcept.records.cluster_counts import settle_counts
from polyconcept.records.scores import Run
from polyconcept.scoring import statistics
from polyconcept.scoring.mixing import mix_languages
from polyconcept.store.scores import write_scores
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_words
from polyconcept.text.word_table import capped_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake), ExitStack() as stack:
    names, settings = snakemake.wildcards, snakemake.params.settings
    words = [read_words(Path(path)) for path in snakemake.input.words]
    rows = [capped_rows(table, cap=settings["cap"]) for table in words]
    chosen = settle_counts(settings["clustering"], fmean(map(len, rows)))
    chosen["device"] = choose_device(chosen["device"], n_gpus=snakemake.resources.get("gpu", 0))
    readers = [
        stack.enter_context(VectorFile.open(Path(path), table))
        for path, table in zip(snakemake.input.vectors, words, strict=True)
    ]
    options = statistics.Options(**settings["statistics"])
    scores = mix_languages(
        cluster_languages(list(zip(words, rows, readers, strict=True)), **chosen),
        Run(names.model, names.variant, names.side, settings["corpus"]),
        options,
        statistics.draw_sentences(statistics.n_sentences(*words), options),
    )
    write_scores(scores, Path(snakemake.output.scores))
