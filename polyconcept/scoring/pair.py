"""Every score of a run and a language pair: both metrics, and the simple rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyconcept.records.concepts import ConceptReader, ControlReader, VectorReader
from polyconcept.records.scores import Run, Score
from polyconcept.records.text import Dictionary, Selection, Words
from polyconcept.scoring import calign_layers, calign_statistics, colap_statistics
from polyconcept.scoring.similarity import similarity_layers
from polyconcept.scoring.statistics import Options, draw_sentences, n_sentences
from polyconcept.scoring.word_classes import classes_of_pair


@dataclass(frozen=True)
class PairScores:
    """All that is known of a run and pair."""

    calign: calign_layers.Report
    """Its scores hold those under controls, last."""
    colap: colap_statistics.Report
    """As `calign`."""
    similarity: list[Score]


def score_pair(
    words: tuple[Words, Words],
    dictionaries: tuple[Dictionary, Dictionary],
    concepts: tuple[ConceptReader, Sequence[ControlReader]],
    vectors: tuple[VectorReader, VectorReader],
    linked: Selection,
    run: Run,
    settings: Mapping[str, Any],
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

    Raises:
        ValueError: As `calign_layers.score_layers` and `similarity_layers`.
    """
    options = Options(**settings["statistics"])
    draws = draw_sentences(n_sentences(*words), options)
    classes = classes_of_pair(*words, dictionaries)
    clusters, controls = concepts
    thresholds = calign_layers.Thresholds(**settings["calign"])
    aligned = calign_statistics.Statistics(options, draws, settings["sweeps"], classes)
    calign = calign_layers.score_layers(clusters, dictionaries, run, thresholds, aligned)
    calign.scores.extend(
        calign_layers.control_rows(controls, dictionaries, run, thresholds, aligned)
    )
    overlapping = colap_statistics.Statistics(options, draws, classes)
    colap = colap_statistics.score_layers(clusters, run, overlapping, **settings["colap"])
    colap.scores.extend(
        colap_statistics.control_rows(controls, run, overlapping, **settings["colap"])
    )
    similarity = similarity_layers(*vectors, linked, *words, run, **settings["similarity"])
    return PairScores(calign, colap, list(similarity))
