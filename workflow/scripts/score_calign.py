"""CALIGN of one run and pair in every layer, with nulls, intervals, sweeps and controls."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.records.scores import Run
from polyconcept.scoring import statistics, word_classes
from polyconcept.scoring.calign_layers import Thresholds, control_rows, score_layers
from polyconcept.scoring.calign_statistics import Statistics
from polyconcept.store import concept_scores, concepts, resamples, scores, words
from polyconcept.text import dictionary

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names, settings = snakemake.input, snakemake.wildcards, snakemake.params.settings
    source, target = (
        words.read_words(Path(files.source_words)),
        words.read_words(Path(files.target_words)),
    )
    dictionaries = dictionary.read_dictionaries(
        Path(files.forward), Path(files.backward), source.language, target.language
    )
    run = Run(names.model, names.variant, names.side, settings["corpus"])
    thresholds = Thresholds(**settings["thresholds"])
    options = statistics.Options(**settings["statistics"])
    wanted = Statistics(
        options,
        statistics.draw_sentences(statistics.n_sentences(source, target), options),
        settings["sweeps"],
        word_classes.classes_of_pair(source, target, dictionaries),
    )
    with concepts.ConceptFile.open_all(files.concepts, source, target) as (concepts, controls):
        report = score_layers(concepts, dictionaries, run, thresholds, wanted)
        rows = control_rows(controls, dictionaries, run, thresholds, wanted)
    scores.write_scores(report.scores + rows, Path(snakemake.output.scores))
    concept_scores.write_alignments(report.alignments, Path(snakemake.output.concepts))
    resamples.write_resamples(report.resamples, Path(snakemake.output.resamples))
