"""CALIGN and COLAP of one run and pair in every layer."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.records.scores import Run
from polyconcept.scoring.pair import score_pair
from polyconcept.store import concept_scores, concepts, resamples, scores, words
from polyconcept.text import dictionary, held_out

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names, settings = snakemake.input, snakemake.wildcards, snakemake.params.settings
    tables = words.read_words(Path(files.source_words)), words.read_words(Path(files.target_words))
    languages = tables[0].language, tables[1].language
    with concepts.ConceptFile.open_all(files.concepts, *tables) as clusters:
        found = score_pair(
            tables,
            dictionary.read_dictionaries(files.forward, files.backward, *languages, files.coverage),
            clusters,
            Run(names.model, names.variant, names.side, settings["corpus"]),
            settings,
            held_out.read_held_out(files.held_out, *languages),
        )
    scores.write_scores(found.calign.scores, Path(snakemake.output.calign))
    concept_scores.write_alignments(found.calign.concepts, Path(snakemake.output.alignments))
    resamples.write_resamples(found.calign.resamples, Path(snakemake.output.calign_resamples))
    scores.write_scores(found.colap.scores, Path(snakemake.output.colap))
    concept_scores.write_overlaps(found.colap.concepts, Path(snakemake.output.overlaps))
    resamples.write_resamples(found.colap.resamples, Path(snakemake.output.colap_resamples))
