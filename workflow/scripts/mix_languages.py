"""How all languages of a study mix in common clusters of one run."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import clustering, corpus, devices, overlap, statistics, store
from polyconcept.jobs import running
from polyconcept.results import Run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake), ExitStack() as stack:
    names, settings = snakemake.wildcards, snakemake.params.settings
    chosen = dict(settings["clustering"])
    chosen["device"] = devices.choose_device(
        chosen["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    words = [store.read_words(Path(path)) for path in snakemake.input.words]
    readers = [
        stack.enter_context(store.VectorFile.open(Path(path), table))
        for path, table in zip(snakemake.input.vectors, words, strict=True)
    ]
    rows = [corpus.capped_rows(table, cap=settings["cap"]) for table in words]
    options = statistics.Options(**settings["statistics"])
    scores = overlap.mix_languages(
        clustering.cluster_languages(list(zip(words, rows, readers, strict=True)), **chosen),
        Run(names.model, names.variant, names.side, settings["corpus"]),
        options,
        statistics.draw_sentences(statistics.n_sentences(*words), options),
    )
    store.write_scores(scores, Path(snakemake.output.scores))
