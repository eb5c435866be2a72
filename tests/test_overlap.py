import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconcept.interop.clusters import read_clusters, sides
from polyconcept.records.scores import ClusterOverlap, Score, ScoreKey
from polyconcept.scoring.colap import colap, overlaps_at
from polyconcept.scoring.colap_measure import colap_scores

GOLDEN = Path(__file__).parents[1] / ".." / "shared" / "golden" / "overlap"
KEY = ScoreKey("mbert", "base", "encoder", "pud", "en", "de", layer=12, seed=212)
N_CLUSTERS = 5
CLUSTERS = st.lists(st.integers(0, N_CLUSTERS - 1), max_size=60).map(
    lambda items: np.array(items, dtype=np.int32)
)
DEFINITIONS = st.sampled_from(["published", "corrected"])
SHARES = st.sampled_from([0.0, 0.07, 0.1, 0.25, 0.28, 0.29, 0.3, 1 / 3, 0.4, 0.45, 0.5])


def counted(counts: list[tuple[int, int]], share: float, definition: str) -> ClusterOverlap:
    """COLAP of clusters with these numbers of source and target words."""
    n_source, n_target = np.array(counts).T
    place = np.arange(len(counts), dtype=np.int32)
    return colap(
        np.repeat(place, n_source),
        np.repeat(place, n_target),
        n_clusters=len(counts),
        share=share,
        definition=definition,
    )


def test_worked_example():
    # By hand: 5 and 5, a tie of 3 in 10, 2 and 8, one language only, no word.
    counts = [(5, 5), (3, 7), (2, 8), (6, 0), (0, 0)]

    published = counted(counts, 0.3, "published")
    corrected = counted(counts, 0.3, "corrected")

    assert published.n_source.tolist() == [5, 3, 2, 6, 0]
    assert published.n_target.tolist() == [5, 7, 8, 0, 0]
    assert published.overlaps.tolist() == [True, False, False, False, False]
    assert corrected.overlaps.tolist() == [True, True, False, False, False]
    assert (published.n_overlapping, published.n_clusters) == (1, 4)
    assert (corrected.n_overlapping, corrected.n_clusters) == (2, 4)
    common = {"metric": "colap", "definition": "published", "over": "all", **asdict(KEY)}
    assert colap_scores(published, KEY) == [Score(n_hit=1, n_total=4, value=1 / 4, **common)]


@pytest.mark.parametrize(
    ("n", "total", "share", "published"),
    [
        # The doubles of the released code: 7/100*100 = 7.000000000000001, 14/50*100 =
        # 28.000000000000004, 29/100*100 = 28.999999999999996.
        (7, 100, 0.07, True),
        (14, 50, 0.28, True),
        (29, 100, 0.29, False),
        (3, 10, 0.3, False),
        (1, 2, 0.5, False),
        (1, 3, 1 / 3, False),
        (3, 10, 0.1 + 0.2, False),
    ],
)
def test_exact_ties(n, total, share, published):
    counts = [(n, total - n), (total - n, n)]

    assert counted(counts, share, "published").overlaps.tolist() == [published] * 2
    assert counted(counts, share, "corrected").overlaps.tolist() == [True] * 2
    assert not counted(counts, share + 1e-6, "corrected").overlaps.any()


@pytest.mark.parametrize("definition", ["published", "corrected"])
def test_a_cluster_of_one_language_never_overlaps(definition):
    overlap = counted([(4, 0), (0, 4), (1, 3)], 0.0, definition)

    assert overlap.overlaps.tolist() == [False, False, True]


def test_bad_input_is_named():
    words = np.array([0, 1], dtype=np.int32)
    nobody = words[:0]

    with pytest.raises(ValueError, match=r"share 1\.5: expected from 0 to 1"):
        colap(words, words, n_clusters=2, share=1.5, definition="published")
    with pytest.raises(ValueError, match="target_cluster runs from 0 to 1: expected 0 to 0"):
        colap(nobody, words, n_clusters=1, share=0.3, definition="published")
    with pytest.raises(ValueError, match="no words in clusters in either language"):
        colap(nobody, nobody, n_clusters=2, share=0.3, definition="published")


def plain_loop(source: list[int], target: list[int], share: float, definition: str) -> set[int]:
    found = set()
    for cluster in {*source, *target}:
        counts = source.count(cluster), target.count(cluster)
        if definition == "published":
            overlaps = all(
                n / sum(counts) * 100 > {1 / 3: 100 / 3}.get(share, round(share * 100, 10))
                for n in counts
            )
        else:
            overlaps = min(counts) >= max(share * sum(counts) - 1e-9, 1)
        if overlaps:
            found.add(cluster)
    return found


@settings(max_examples=300)
@given(CLUSTERS.filter(len), CLUSTERS, SHARES, DEFINITIONS)
def test_agrees_with_a_plain_loop(source, target, share, definition):
    expected = plain_loop(source.tolist(), target.tolist(), share, definition)

    overlap = colap(source, target, n_clusters=N_CLUSTERS, share=share, definition=definition)

    assert set(np.flatnonzero(overlap.overlaps).tolist()) == expected
    assert overlap.n_clusters == len({*source.tolist(), *target.tolist()})


@given(CLUSTERS.filter(len), CLUSTERS, SHARES, DEFINITIONS)
def test_swapping_the_languages_changes_only_their_counts(source, target, share, definition):
    options = {"n_clusters": N_CLUSTERS, "share": share, "definition": definition}

    overlap = colap(source, target, **options)
    swapped = colap(target, source, **options)

    assert swapped.overlaps.tolist() == overlap.overlaps.tolist()
    assert swapped.n_source.tolist() == overlap.n_target.tolist()


@given(CLUSTERS.filter(len), CLUSTERS, SHARES, DEFINITIONS, st.permutations(range(N_CLUSTERS)))
def test_renaming_clusters_changes_no_score(source, target, share, definition, names):
    name = np.array(names, dtype=np.int32)
    options = {"n_clusters": N_CLUSTERS, "share": share, "definition": definition}

    overlap = colap(source, target, **options)
    renamed = colap(name[source], name[target], **options)

    assert renamed.overlaps[name].tolist() == overlap.overlaps.tolist()


@given(CLUSTERS.filter(len), CLUSTERS, SHARES, SHARES, DEFINITIONS)
def test_the_score_at_any_share_follows_and_falls_with_it(source, target, low, high, definition):
    low, high = sorted((low, high))
    at_low, at_high = (
        colap(source, target, n_clusters=N_CLUSTERS, share=share, definition=definition)
        for share in (low, high)
    )

    assert overlaps_at(at_low, high).tolist() == at_high.overlaps.tolist()
    assert not (at_high.overlaps & ~at_low.overlaps).any()


@given(CLUSTERS.filter(len), CLUSTERS, SHARES)
def test_what_overlaps_as_published_overlaps_as_corrected(source, target, share):
    published, corrected = (
        colap(source, target, n_clusters=N_CLUSTERS, share=share, definition=definition)
        for definition in ("published", "corrected")
    )

    assert not (published.overlaps & ~corrected.overlaps).any()


# The released code.


def golden_runs() -> list:
    return [
        pytest.param(path.parent, i, id=f"{path.parent.name}-{i}")
        for path in sorted(GOLDEN.glob("*/expected.json"))
        for i in range(len(json.loads(path.read_text())["runs"]))
    ] or [pytest.param(None, 0, marks=pytest.mark.skip(f"{GOLDEN} is absent"))]


@pytest.mark.realtext
@pytest.mark.parametrize(("case", "run"), golden_runs())
def test_matches_the_released_code(case, run):
    expected = json.loads((case / "expected.json").read_text())["runs"][run]
    given_ = expected["params"]
    file = read_clusters(case / "clusters.txt", language="both")
    source, target = sides(file, last_source_sentence=given_["sentences_threshold"])

    overlap = colap(
        source,
        target,
        n_clusters=file.words.n_clusters,
        share=given_["clusters_threshold"] / 100,
        definition="published",
    )

    assert expected["status"] == "ok"
    found = [f"c{number}" for number in file.cluster_ids[overlap.overlaps]]
    assert found == expected["overlapping_in_file_order"]
