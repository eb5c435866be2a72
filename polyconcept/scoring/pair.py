"""Every score of a run and a language pair: both metrics, and the simple rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from polyconcept.records.concepts import ConceptReader, ControlReader, SubwordReader
from polyconcept.records.held_out import PARTS, HeldOut
from polyconcept.records.scores import ClusterAlignment, ClusterOverlap, Run, Score
from polyconcept.records.text import Dictionary, Selection, Words
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.calign_parts import parts_measure
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Report, Statistics, score_control, score_metric
from polyconcept.scoring.floor import warn_near_floor
from polyconcept.scoring.similarity import similarity_layers
from polyconcept.scoring.statistics import Options, draw_sentences, n_sentences
from polyconcept.scoring.word_classes import classes_of_pair, single_subwords


@dataclass(frozen=True)
class PairScores:
    """All that is known of a run and pair."""

    calign: Report[ClusterAlignment]
    colap: Report[ClusterOverlap]
    similarity: list[Score]


def score_pair(
    words: tuple[Words, Words],
    dictionaries: tuple[Dictionary, Dictionary],
    concepts: tuple[ConceptReader, Sequence[ControlReader]],
    vectors: tuple[SubwordReader, SubwordReader],
    linked: Selection,
    run: Run,
    settings: Mapping[str, Any],
    held_out: HeldOut | None = None,
) -> PairScores:
    """Score a pair in every layer, under every seed and definition, with what a score means.

    Args:
        words: Word tables of the source and the target language.
        dictionaries: From source to target, and from target to source.
        concepts: The pair's clusterings, and those under controls.
        vectors: Vectors of both languages.
        linked: The words that are compared one by one.
        run: Whose concepts they are.
        settings: ``statistics``, ``calign``, ``sweeps``, ``colap`` and ``similarity``.
        held_out: The two parts, where there are clusterings of the words of parts of the sentences.

    Raises:
        ValueError: A dictionary translates between other languages, a threshold is out of range,
            or as `similarity_layers`.
    """
    options = Options(**settings["statistics"])
    draws = draw_sentences(n_sentences(*words), options)
    single = {
        table.language: single_subwords(table, reader.rows, reader.n_subwords)
        for table, reader in zip(words, vectors, strict=True)
    }
    classes = {**classes_of_pair(*words, dictionaries), "single_subword": single}
    statistics = Statistics(options, draws, classes)
    rule = {"thresholds": settings["calign"], "sweeps": settings["sweeps"]}
    calign = partial(CalignMeasure, run, statistics, dictionaries=dictionaries, **rule)
    colap = partial(ColapMeasure, run, statistics, **settings["colap"])
    similarity = similarity_layers(*vectors, linked, *words, run, **settings["similarity"])
    plain, controls = concepts
    whole = [control for control in controls if control.control != PARTS]
    of_calign = score_metric(calign, "calign", plain, whole)
    warn_near_floor(of_calign.scores)
    found = PairScores(
        of_calign,
        score_metric(colap, "colap", plain, whole),
        list(similarity),
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
