"""The library finds what docs/EXAMPLE.md works out by hand, from the words that stand there."""

from pathlib import Path

import numpy as np
import pytest

from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import CalignRule
from polyconcept.records.text import Dictionary
from polyconcept.scoring.calign import calign
from polyconcept.scoring.colap import colap

PAGE = Path(__file__).parents[1] / "docs/EXAMPLE.md"


def table(heading):
    """The rows below a heading that begins so."""
    lines = PAGE.read_text().splitlines()
    (first,) = [i for i, line in enumerate(lines) if line.startswith(f"| {heading} |")]
    last = next(i for i, line in enumerate(lines) if i > first and not line.startswith("|"))
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines[first + 2 : last]
    ]


def clusters_of(language, *clusters):
    """Each word occurs once."""
    words = [(word, i) for i, cluster in enumerate(clusters) for word in cluster.split()]
    return ClusteredWords(
        language,
        tuple(word for word, _ in words),
        np.arange(len(words), dtype=np.int32),
        np.array([i for _, i in words], dtype=np.int32),
        len(clusters),
    )


def dictionary_of(source, target, column):
    entries = [
        (row[column], translation)
        for row in table("English | German | German | English")
        for translation in row[column + 1].split(", ")
    ]
    words, translations = zip(*entries, strict=True)
    n_entries = len(entries)
    return Dictionary(
        source, target, words, translations, np.ones(n_entries), np.ones(n_entries, dtype=np.int64)
    )


def aligned(definition, source, target):
    """CALIGN from one language to the other."""
    given = table("English cluster")
    words = {"en": clusters_of("en", *(row[1] for row in given))}
    words["de"] = clusters_of("de", *(row[3] for row in given))
    dictionary = dictionary_of(source, target, 0 if source == "en" else 2)
    rule = CalignRule(definition, n=2, match=0.75, size_ratio=0.6, min_types=1)
    return calign(words[source], words[target], dictionary, rule)


def overlapping(definition):
    given = table("cluster | English words")
    places = [
        np.repeat(np.arange(len(given)), [len(row[column].split()) for row in given])
        for column in (1, 2)
    ]
    return colap(
        *(place.astype(np.int32) for place in places),
        n_clusters=len(given),
        share=0.3,
        definition=definition,
    )


def said(flags):
    return ["yes" if flag else "no" for flag in flags]


def share(n_hit, n_total):
    return f"{n_hit} of {n_total} = {n_hit / n_total:.3f}"


def test_the_example_has_ten_words_of_each_language_and_its_settings_stand_in_the_page():
    given = table("English cluster")

    assert [sum(len(row[i].split()) for row in given) for i in (1, 3)] == [10, 10]
    assert "`n` = 2, `match` = 0.75, `size_ratio` = 0.6, `min_types` = 1" in PAGE.read_text()
    assert "`share` = 0.3" in PAGE.read_text()


@pytest.mark.parametrize(
    ("heading", "direction", "definitions"),
    [
        (
            "cluster | words | matched | aligned, `published` | aligned, `corrected`",
            ("en", "de"),
            ("published", "corrected"),
        ),
        ("cluster | words | matched | aligned, `corrected`", ("de", "en"), ("corrected",)),
    ],
)
def test_calign_step_by_step(heading, direction, definitions):
    rows = table(heading)

    for column, definition in enumerate(definitions, start=3):
        found = aligned(definition, *direction)
        assert [row[1] for row in rows] == [str(n) for n in found.n_types]
        assert [row[column] for row in rows] == said(found.n_targets > 0)
    # Of clusters whose sizes do not fit, no match is counted.
    fitting = [(int(row[2]), n) for row, n in zip(rows, found.n_matched.tolist(), strict=True) if n]
    assert [by_hand for by_hand, _ in fitting] == [n for _, n in fitting]


def test_colap_step_by_step():
    rows = table("cluster | English words")

    found = overlapping("published")
    fewer, total = np.minimum(found.n_source, found.n_target), found.n_source + found.n_target
    assert [row[3] for row in rows] == [f"{n}/{of}" for n, of in zip(fewer, total, strict=True)]
    assert [row[4] for row in rows] == said(found.overlaps)
    assert [row[5] for row in rows] == said(overlapping("corrected").overlaps)


def test_the_scores():
    directions = [("published", "en", "de"), ("corrected", "en", "de"), ("corrected", "de", "en")]
    calign_rows = []
    for definition, source, target in directions:
        found = aligned(definition, source, target)
        shares = share(found.n_aligned, found.n_clusters), share(found.n_aligned, found.n_large)
        calign_rows.append(["CALIGN", definition, f"{source} to {target}", *shares])
    colap_rows = [
        ["COLAP", definition, "none", share(found.n_overlapping, found.n_clusters), ""]
        for definition in ("published", "corrected")
        for found in [overlapping(definition)]
    ]

    assert table("metric") == calign_rows + colap_rows
