"""Every score of the concepts of a run and a language pair, by both metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from polyconcept.records.concepts import ControlReader, SubwordReader
from polyconcept.records.held_out import PARTS, HeldOut
from polyconcept.records.scores import ClusterAlignment, ClusterOverlap, Run
from polyconcept.records.text import Dictionary, Words
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.calign_parts import parts_measure
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Report, Statistics, score_control, score_metric
from polyconcept.scoring.floor import warn_near_floor
from polyconcept.scoring.statistics import Options, draw_sentences, n_sentences
from polyconcept.scoring.word_classes import classes_of_pair


@dataclass(frozen=True)
class PairScores:
    """All that is known of a run and pair."""

    calign: Report[ClusterAlignment]
    colap: Report[ClusterOverlap]


def score_pair(
    words: tuple[Words, Words],
    dictionaries: tuple[Dictionary, Dictionary],
    concepts: tuple[SubwordReader, Sequence[ControlReader]],
    run: Run,
    settings: Mapping[str, Any],
    held_out: HeldOut | None = None,
) -> PairScores:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Args:
        words: Word tables of the source and the target language.
        dictionaries: From source to target, and from target to source.
        concepts: The pair's clusterings, and those under controls.
        run: Whose concepts they are.
        settings: ``statistics``, ``calign``, ``sweeps`` and ``colap``.
        held_out: The two parts, where there are clusterings of the words of parts of the sentences.

    Raises:
        ValueError: A dictionary translates between other languages, or a threshold is out of range.
    """
    options = Options(**settings["statistics"])
    draws = draw_sentences(n_sentences(*words), options)
    plain, controls = concepts
    # A word cut in pieces is read off its last one, or their mean: what languages share may be how
    # words are cut.
    single = {
        table.language: most == 1 for table, most in zip(words, plain.most_subwords, strict=True)
    }
    classes = {**classes_of_pair(*words, dictionaries), "single_subword": single}
    statistics = Statistics(options, draws, classes)
    rule = {"thresholds": settings["calign"], "sweeps": settings["sweeps"]}
    calign = partial(CalignMeasure, run, statistics, dictionaries=dictionaries, **rule)
    colap = partial(ColapMeasure, run, statistics, **settings["colap"])
    whole = [control for control in controls if control.control != PARTS]
    of_calign = score_metric(calign, "calign", plain, whole)
    warn_near_floor(of_calign.scores)
    found = PairScores(
        of_calign,
        score_metric(colap, "colap", plain, whole),
    )
    if held_out is not None:
        of_parts = partial(
            parts_measure,
            run=run,
            statistics=statistics,
            dictionaries=held_out.dictionaries,
            part_of_sentence=held_out.part,
            **rule,
        )
        (parts,) = (control for control in controls if control.control == PARTS)
        for name, crossed in (("disjoint", True), ("halved", False)):
            rows = score_control(partial(of_parts, crossed=crossed), "calign", parts, name)
            found.calign.scores.extend(rows)
    return found
