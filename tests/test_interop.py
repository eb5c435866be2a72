from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconcept.interop.clusters import (
    ClusterFile,
    cluster_file,
    pool,
    read_clusters,
    sides,
    write_clusters,
)
from polyconcept.interop.dictionary import read_dictionary, write_dictionary
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.text import Dictionary, Words

AWKWARD = ["a|||b", "|", "||||", "->", "a->b", "->->", ":", "a: Probability", "Count", "=", ","]
# Words as the files can hold them: nothing that is white space at an end, no line end.
ANY_WORD = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).map(str.strip)
FILE_WORD = st.sampled_from(AWKWARD) | ANY_WORD.filter(lambda word: word and "\n" not in word)
# Words of the pipeline: without blanks.
PLAIN_WORD = FILE_WORD.filter(lambda word: " " not in word)
NUMBER = st.integers(-(10**17), 10**17)


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def spellings(file: ClusterFile) -> list[str]:
    return [file.words.types[i] for i in file.words.word_type]


def test_reads_a_cluster_file_with_clusters_in_order_of_appearance(tmp_path):
    path = write(
        tmp_path / "clusters.txt",
        "king|||0|||4|||2|||10\nqueen|||0|||5|||0|||2\nking|||1|||6|||3|||2\n",
    )

    file = read_clusters(path, language="en")

    assert file.words.language == "en"
    assert file.words.types == ("king", "queen")
    assert file.words.word_type.tolist() == [0, 1, 0]
    assert file.words.cluster.tolist() == [0, 1, 1]
    assert file.words.n_clusters == 2
    assert file.cluster_ids.tolist() == [10, 2]
    assert file.occurrence.tolist() == [0, 0, 1]
    assert file.sentence.tolist() == [4, 5, 6]
    assert file.position.tolist() == [2, 0, 3]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("a|||b|||1|||2|||3|||4", "a|||b"),
        ("|||||||1|||2|||3|||4", "||||"),
        ("|||||||||1|||2|||3|||4", "||||||"),
        ("\u00a0edge\u2028|||1|||2|||3|||4\r", "edge"),
        ("u\u2028v\u0085w|||1|||2|||3|||4", "u\u2028v\u0085w"),
        ("\u00a0|||1|||2|||3|||4", ""),
        ("\ufeffbom|||1|||2|||3|||4", "\ufeffbom"),
        ("cafe\u0301|||1|||2|||3|||4", "cafe\u0301"),
    ],
)
def test_words_are_parsed_from_the_right_and_stripped_only(tmp_path, line, word):
    file = read_clusters(write(tmp_path / "clusters.txt", line), language="en")

    assert file.words.types == (word,)
    assert file.cluster_ids.tolist() == [4]


@pytest.mark.parametrize(
    "line",
    ["", "word", "a|||1|||2|||3", "a|||1|||2|||x|||4", "a|||1|||2|||3|||", "a|||1|||2|||3|||٤"],
)
def test_a_malformed_cluster_line_is_named(tmp_path, line):
    path = write(tmp_path / "clusters.txt", f"good|||1|||2|||3|||4\n{line}\nx|||1|||2|||3|||4\n")

    with pytest.raises(ValueError, match=r"clusters\.txt, line 2: found .*expected word\|\|\|occ"):
        read_clusters(path, language="en")


def test_empty_files_and_bytes_that_are_no_utf8_are_named(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(b"")

    with pytest.raises(ValueError, match=r"file\.txt: found no line"):
        read_clusters(path, language="en")
    with pytest.raises(ValueError, match=r"file\.txt: found no line"):
        read_dictionary(path, source="en", target="de")

    path.write_bytes(b"a|||1|||2|||3|||4\n\xff|||1|||2|||3|||4\n")
    with pytest.raises(ValueError, match=r"file\.txt, line 2: found bytes that are not UTF-8"):
        read_clusters(path, language="en")


@given(st.lists(st.tuples(FILE_WORD, NUMBER, NUMBER, NUMBER, NUMBER), min_size=1))
def test_cluster_files_come_back_as_written(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("clusters")
    text = "".join("|||".join(map(str, row)) + "\n" for row in rows)
    file = read_clusters(write(folder / "first.txt", text), language="en")

    write_clusters(file, folder / "second.txt")

    assert (folder / "second.txt").read_bytes().decode() == text
    assert spellings(file) == [row[0] for row in rows]


@pytest.mark.parametrize("word", ["a\nb", " a", "a\u2028", "a\r"])
def test_a_word_that_would_not_be_read_back_is_refused_and_nothing_is_written(tmp_path, word):
    zero = np.zeros(1, dtype=np.int64)
    words = ClusteredWords("en", (word,), zero.astype("int32"), zero.astype("int32"), 1)

    with pytest.raises(ValueError, match="would not be read back"):
        write_clusters(ClusterFile(words, zero, zero, zero, zero), tmp_path / "clusters.txt")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("king -> König: Probability = 0.9, Count = 9", ("king", "König", 0.9, 9)),
        ("New York -> Haus: Probability = 1.0, Count = 2", ("New York", "Haus", 1.0, 2)),
        ("-> -> ->: Probability = 1e-05, Count = 0", ("->", "->", 1e-05, 0)),
        ("a->b -> c->d: Probability = 1, Count = 1", ("a->b", "c->d", 1.0, 1)),
        ("a->b: Probability = 1, Count = 1", ("a", "b", 1.0, 1)),
        ("a -> :: Probability = 1, Count = 1\r", ("a", ":", 1.0, 1)),
        ("u\u2028v -> \u00a0UV\u00a0: Probability = 0.0, Count = 1", ("u\u2028v", "UV", 0.0, 1)),
    ],
)
def test_reads_a_dictionary_entry(tmp_path, line, entry):
    dictionary = read_dictionary(
        write(tmp_path / "dictionary.txt", line + "\n"), source="en", target="de"
    )

    assert (dictionary.source, dictionary.target) == ("en", "de")
    assert (dictionary.word[0], dictionary.translation[0]) == entry[:2]
    assert (dictionary.probability[0], dictionary.count[0]) == entry[2:]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "''"),
        ("a b: Probability = 1, Count = 1", "0 lone arrows"),
        ("a -> b -> c: Probability = 1, Count = 1", "2 lone arrows"),
        ("a -> b: Probability = x, Count = 1", "expected word -> translation"),
        ("a -> b: Probability = 1.5, Count = 1", "p from 0 to 1"),
        ("a -> b: Probability = nan, Count = 1", "p from 0 to 1"),
        ("a -> b: Probability = 1, Count = 1.5", "expected word -> translation"),
        ("-> b: Probability = 1, Count = 1", "an empty word"),
        ("a -> : Probability = 1, Count = 1", "an empty word"),
    ],
)
def test_a_malformed_dictionary_line_is_named(tmp_path, line, found):
    path = write(tmp_path / "dictionary.txt", f"a -> b: Probability = 1.0, Count = 1\n{line}\n")

    with pytest.raises(ValueError, match=rf"dictionary\.txt, line 2: .*{found}"):
        read_dictionary(path, source="en", target="de")


@given(
    st.lists(st.tuples(PLAIN_WORD, PLAIN_WORD, st.floats(0, 1), st.integers(0, 10**17)), min_size=1)
)
def test_dictionaries_come_back_as_written(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("dictionary") / "dictionary.txt"
    word, translation, probability, count = zip(*entries, strict=True)
    dictionary = Dictionary(
        "en", "de", word, translation, np.array(probability), np.array(count, dtype=np.int64)
    )

    write_dictionary(dictionary, path)
    again = read_dictionary(path, source="en", target="de")

    assert again.word == word
    assert again.translation == translation
    assert again.probability.tolist() == list(probability)
    assert again.count.tolist() == list(count)


@pytest.mark.parametrize("word", ["a -> b", " a", "a\nb", ""])
def test_an_entry_that_would_not_be_read_back_is_refused(tmp_path, word):
    dictionary = Dictionary("en", "de", (word,), ("x",), np.ones(1), np.ones(1, dtype=np.int64))

    with pytest.raises(ValueError, match=r"read back|lone arrows|empty word"):
        write_dictionary(dictionary, tmp_path / "dictionary.txt")

    assert list(tmp_path.iterdir()) == []


def table(language: str, text: str) -> Words:
    """One sentence a line."""
    sentences = [line.split() for line in text.splitlines()]
    spelling = [word for sentence in sentences for word in sentence]
    types = tuple(dict.fromkeys(spelling))
    return Words(
        language,
        np.repeat(np.arange(len(sentences)), list(map(len, sentences))).astype(np.int32),
        np.concatenate([np.arange(len(words)) for words in sentences]).astype(np.int32),
        np.array([types.index(word) for word in spelling], dtype=np.int32),
        types,
    )


def clustered(language: str, text: str, rows: list[int], cluster: list[int]) -> ClusterFile:
    words, places = table(language, text), np.array(rows, dtype=np.int64)
    found = ClusteredWords.of(words, places, np.array(cluster, dtype=np.int32), n_clusters=3)
    return cluster_file(words, places, found)


def test_own_clusters_leave_as_concept_files(tmp_path):
    expected = "b|||0|||0|||1|||2\na|||0|||1|||0|||0\nb|||1|||1|||1|||2\n"

    write_clusters(clustered("en", "a b\na b", [1, 2, 3], [2, 0, 2]), tmp_path / "clusters.txt")

    assert (tmp_path / "clusters.txt").read_text() == expected


def test_words_in_no_cluster_keep_their_lines(tmp_path):
    text = "a|||0|||0|||0|||-1\nb|||0|||0|||1|||7\nc|||0|||0|||2|||-1\nd|||0|||0|||3|||5\n"

    file = read_clusters(write(tmp_path / "clusters.txt", text), language="en")
    write_clusters(file, tmp_path / "again.txt")

    assert file.words.cluster.tolist() == [-1, 0, -1, 1]
    assert (file.words.n_clusters, file.cluster_ids.tolist()) == (2, [7, 5])
    assert (tmp_path / "again.txt").read_text() == text


def test_pooled_languages_are_parted_again(tmp_path):
    source = clustered("en", "a b\nc a", [0, 1, 3], [0, 1, 2])
    target = clustered("de", "a\nx y", [0, 2], [1, 1])

    write_clusters(pool(source, target, n_sentences=2), tmp_path / "pooled.txt")
    file = read_clusters(tmp_path / "pooled.txt", language="en+de")
    of_source, of_target = sides(file, last_source_sentence=1)

    assert spellings(file) == ["a", "b", "a", "a", "y"]
    assert file.occurrence.tolist() == [0, 0, 1, 2, 0]
    assert file.sentence.tolist() == [0, 0, 1, 2, 3]
    assert of_source.tolist() == [0, 1, 2]
    assert of_target.tolist() == [1, 1]


def test_pooling_needs_one_clustering_and_sentences_in_range():
    source = clustered("en", "a b\nc a", [0, 3], [0, 1])
    words = ClusteredWords(
        "de", source.words.types, source.words.word_type, source.words.cluster, 2
    )
    other = ClusterFile(words, np.arange(2), source.occurrence, source.sentence, source.position)

    with pytest.raises(ValueError, match="clusters of en and de differ"):
        pool(source, other, n_sentences=2)
    with pytest.raises(ValueError, match="found sentence 1: expected all below 1"):
        pool(source, source, n_sentences=1)
