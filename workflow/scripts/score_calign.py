"""CALIGN of one run and pair in every layer, with nulls, intervals, sweeps and controls."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept import alignment, dictionary, statistics, store, wordclasses
from polyconcept.jobs import running
from polyconcept.results import Run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names, settings = snakemake.input, snakemake.wildcards, snakemake.params.settings
    source, target = (
        store.read_words(Path(files.source_words)),
        store.read_words(Path(files.target_words)),
    )
    dictionaries = dictionary.read_dictionaries(
        Path(files.forward), Path(files.backward), source.language, target.language
    )
    run = Run(names.model, names.variant, names.side, settings["corpus"])
    thresholds = alignment.Thresholds(**settings["thresholds"])
    options = statistics.Options(**settings["statistics"])
    wanted = alignment.Statistics(
        options,
        statistics.draw_sentences(statistics.n_sentences(source, target), options),
        settings["sweeps"],
        wordclasses.classes_of_pair(source, target, dictionaries),
    )
    with store.ConceptFile.open_all(files.concepts, source, target) as (concepts, controls):
        report = alignment.score_layers(concepts, dictionaries, run, thresholds, wanted)
        rows = alignment.control_rows(controls, dictionaries, run, thresholds, wanted)
    store.write_scores(report.scores + rows, Path(snakemake.output.scores))
    store.write_alignments(report.alignments, Path(snakemake.output.concepts))
    store.write_resamples(report.resamples, Path(snakemake.output.resamples))
