"""Three languages in common clusters, by hand."""

import numpy as np
import pytest
from readers import placed

from polyconcept.clustering.languages import cluster_languages
from polyconcept.records.scores import Run
from polyconcept.records.text import Words
from polyconcept.scoring.mixing import mix_languages
from polyconcept.scoring.statistics import Options, draw_sentences
from polyconcept.text.word_table import capped_rows

RUN = Run("bert", "base", "encoder", "text")
N = 20
OPTIONS = {"n_clusters": 2, "n_restarts": 1}


def words_of(language):
    """Twenty sentences of two words: one of each kind."""
    sentence = np.repeat(np.arange(N), 2).astype(np.int32)
    position = np.tile([0, 1], N).astype(np.int32)
    return Words(language, sentence, position, position.copy(), (f"{language}0", f"{language}1"))


class Reader:
    """Words of kind 0 lie at 0, of kind 1 at 10, moved by the language's distance."""

    def __init__(self, words, distance, missing=()):
        self.language, self._words = words.language, words
        self._distance, self._missing = distance, missing

    def has(self, rows):
        return ~np.isin(rows, self._missing)

    def read(self, layer, rows, out=None):
        del layer
        vectors = np.zeros((len(rows), 2), dtype=np.float32)
        vectors[:, 0] = 10 * self._words.word_type[rows]
        vectors[:, 1] = self._distance
        return placed(vectors, out)


def mixed(*distances):
    words = [words_of(code) for code in ("xa", "xb", "xc")[: len(distances)]]
    readers = [Reader(table, distance) for table, distance in zip(words, distances, strict=True)]
    rows = [capped_rows(table, cap=15) for table in words]
    options = Options(n_permutations=50, n_resamples=20, seed=1)
    layers = cluster_languages(
        list(zip(words, rows, readers, strict=True)), layers=[3], seeds=[1, 2], **OPTIONS
    )
    return mix_languages(layers, RUN, options, draw_sentences(N, options))


def test_languages_that_share_all_concepts_mix_as_chance_does():
    rows = {row.metric: row for row in mixed(0, 0, 0)}

    assert set(rows) == {"mutual_information", "mix_entropy"}
    assert rows["mutual_information"].value == pytest.approx(0, abs=1e-12)
    # Fifteen words of each language in each cluster: more even than labels drawn at random.
    assert rows["mix_entropy"].value >= 1
    for row in rows.values():
        assert (row.source, row.target, row.layer, row.seed) == ("xa", "xb+xc", 3, None)
        assert (row.definition, row.over, row.model) == ("corrected", "all", "bert")


def test_a_language_apart_is_told_by_its_cluster():
    rows = {row.metric: row for row in mixed(0, 0, 1000)}

    # One cluster holds xa and xb in halves, the other xc alone: of log 3 is left 2/3 log 2.
    left = 2 / 3 * np.log(2)
    assert rows["mutual_information"].value == pytest.approx(1 - left / np.log(3))
    assert rows["mix_entropy"].value == pytest.approx(left / np.log(3), rel=0.05)
    # Permuted are two types of each language: of the 90 ways to do it many leave one apart.
    assert rows["mutual_information"].p > 1 / 51
    assert 0 < rows["mutual_information"].null_tokens < rows["mutual_information"].null_mean


def test_a_spelling_is_capped():
    words = words_of("xa")

    assert capped_rows(words, cap=2).tolist() == [0, 1, 2, 3]
    assert len(capped_rows(words, cap=N)) == 2 * N
    with pytest.raises(ValueError, match="cap is 0, must be at least 1"):
        capped_rows(words, cap=0)


def test_words_without_vectors_are_left_out_and_a_language_without_any_refused():
    words = words_of("xa"), words_of("xb")
    rows = np.arange(2 * N)
    some = Reader(words[0], 0, missing=[0, 5]), Reader(words[1], 0)
    [(layer, [[first, second]])] = cluster_languages(
        [(words[0], rows, some[0]), (words[1], rows, some[1])], layers=[1], seeds=[4], **OPTIONS
    )

    assert (layer, len(first.cluster), len(second.cluster)) == (1, 2 * N - 2, 2 * N)
    assert first.sentence.tolist() == words[0].sentence[np.delete(rows, [0, 5])].tolist()
    none = Reader(words[1], 0, missing=rows)
    with pytest.raises(ValueError, match="xb: none of its words has a vector"):
        list(
            cluster_languages(
                [(words[0], rows, some[0]), (words[1], rows, none)], layers=[1], seeds=[4],
                **OPTIONS,
            )
        )  # fmt: skip
