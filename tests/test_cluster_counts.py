"""How many clusters: given, or as many as the words of a pair ask for."""

import numpy as np
import pytest

from polyconcept.records.cluster_counts import count_clusters, settle_counts, words_of_pair
from polyconcept.records.text import Selection
from polyconcept.study.jobs.table import job_settings
from polyconcept.study.parse import SettingsError, parse_study

STUDY = {
    "name": "s",
    "corpus": "text",
    "corpora": {"text": {"directory": "own"}},
    "pairs": ["en-de"],
    "layers": [0],
    "models": {"bert": {"builtin": "bert"}},
}
NAMES = {"model": "bert", "variant": "base", "side": "encoder", "pair": "en-de"}


def study(clustering, **changes):
    return parse_study(STUDY | {"clustering": clustering} | changes)


@pytest.mark.parametrize(
    ("n_words", "size", "expected"),
    [(1000, 50, 20), (1030, 50, 21), (74, 50, 2), (3, 50, 2), (10, 2.5, 4)],
)
def test_clusters_have_the_size_asked_for_and_there_are_two_at_least(n_words, size, expected):
    assert count_clusters(n_words, size) == expected


def test_words_are_those_of_published_calign():
    chosen = {
        ("calign", "published"): Selection(np.arange(10), np.arange(21)),
        ("colap", "published"): Selection(np.arange(90), np.arange(90)),
    }

    assert words_of_pair(chosen) == 15.5


def test_a_number_stays_and_its_multiples_are_numbers():
    settings = {"n_clusters": 5, "cluster_factors": [0.5, 2.0], "device": "cpu"}

    settled = settle_counts(settings, 1000)

    # 2.5 is rounded to the even 2.
    assert settled == {
        "n_clusters": 5,
        "other_counts": {"n_clusters=2": 2, "n_clusters=10": 10},
        "device": "cpu",
    }
    assert settle_counts({"n_clusters": 5}, 1000) == {"n_clusters": 5}


def test_auto_becomes_a_number_and_its_multiples_other_sizes(caplog):
    settings = {"n_clusters": "auto", "words_per_cluster": 50.0, "cluster_factors": [0.5, 3.0]}
    caplog.set_level("INFO")

    settled = settle_counts(settings, 1030)

    assert settled == {
        "n_clusters": 21,
        "other_counts": {"words_per_cluster=100": 10, "words_per_cluster=16.66666667": 62},
    }
    assert caplog.messages == ["21 clusters: 1030 words of a language, 50 a cluster"]
    # What a study of that size would have.
    alone = {"n_clusters": "auto", "words_per_cluster": 100.0}
    assert settle_counts(alone, 1030)["n_clusters"] == 10


def test_jobs_hold_the_size_only_under_auto():
    auto, given = study({"n_clusters": "auto"}), study({"n_clusters": 9})

    for rule in ("cluster_words", "cluster_controls"):
        settings = job_settings(rule, auto, NAMES)
        assert (settings["n_clusters"], settings["words_per_cluster"]) == ("auto", 100)
        assert "words_per_cluster" not in job_settings(rule, given, NAMES)
    # Words are needed for the most clusters, twice as many.
    settings = job_settings("select_words", auto, NAMES)
    assert (settings["n_clusters"], settings["words_per_cluster"]) == ("auto", 50)
    assert job_settings("select_words", given, NAMES)["n_clusters"] == 18


def test_a_size_beside_a_number_has_no_effect_and_is_refused():
    with pytest.raises(SettingsError, match="words_per_cluster would have no effect beside 9 `n_c"):
        study({"n_clusters": 9, "words_per_cluster": 50})


@pytest.mark.parametrize(
    ("size", "message"), [(0.5, "greater than or equal to 1"), (True, "needed a number")]
)
def test_a_cluster_has_a_word_at_least(size, message):
    with pytest.raises(SettingsError, match=rf"clustering.words_per_cluster: .*{message}"):
        study({"n_clusters": "auto", "words_per_cluster": size})


@pytest.mark.parametrize("factors", [[1.0], [0.5, 0.5]])
def test_a_multiple_that_is_no_other_is_refused_of_auto_too(factors):
    with pytest.raises(SettingsError, match=r"cluster_factors: "):
        study({"n_clusters": "auto"}, controls={"cluster_factors": factors})


def test_controls_take_the_first_seeds():
    seeds = {"n_clusters": 9, "seeds": [5, 6, 7]}
    for n_seeds, expected in ((1, [5]), (2, [5, 6]), (9, [5, 6, 7])):
        found = study(seeds, controls={"n_seeds": n_seeds})
        assert job_settings("cluster_controls", found, NAMES)["seeds"] == expected
