"""Dictionaries: counts by hand, order, and files that read back exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconcept.records.text import Dictionary, Links, Sentences
from polyconcept.text.dictionary import build_dictionary, read_dictionary, write_dictionary

SOURCE = Sentences("en", (("the", "house"), ("the", "The", "house"), ("the", "home")))
TARGET = Sentences("de", (("das", "Haus"), ("das", "Das", "Haus"), ("dem", "Haus")))
HEADER = "word\ttranslation\tprobability\tcount\n"


def make_links(*points: tuple[int, int, int], source: str = "en", target: str = "de") -> Links:
    columns = np.array(points, dtype=np.int32).reshape(-1, 3).T
    return Links(source, target, *(np.ascontiguousarray(column) for column in columns))


def make_dictionary(*entries: tuple[str, str, float, int]) -> Dictionary:
    return Dictionary(
        "en",
        "de",
        tuple(entry[0] for entry in entries),
        tuple(entry[1] for entry in entries),
        np.array([entry[2] for entry in entries], dtype=np.float64),
        np.array([entry[3] for entry in entries], dtype=np.int64),
    )


def rows(dictionary: Dictionary) -> list[tuple[str, str, float, int]]:
    return list(
        zip(
            dictionary.word,
            dictionary.translation,
            dictionary.probability.tolist(),
            dictionary.count.tolist(),
            strict=True,
        )
    )


ALL_LINKS = make_links(
    (0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1), (1, 2, 2), (2, 0, 0), (2, 0, 1), (2, 1, 1)
)


def test_counts_by_hand():
    # the: das das dem Haus; The: Das; house: Haus Haus; home: Haus. Of equal counts, capitals come
    # before small letters.
    to_german = [
        ("The", "Das", 1.0, 1),
        ("home", "Haus", 1.0, 1),
        ("house", "Haus", 1.0, 2),
        ("the", "das", 0.5, 2),
        ("the", "Haus", 0.25, 1),
        ("the", "dem", 0.25, 1),
    ]
    to_english = [
        ("Das", "The", 1.0, 1),
        ("Haus", "house", 0.5, 2),
        ("Haus", "home", 0.25, 1),
        ("Haus", "the", 0.25, 1),
        ("das", "the", 1.0, 2),
        ("dem", "the", 1.0, 1),
    ]

    forward, backward = build_dictionary(ALL_LINKS, SOURCE, TARGET)

    assert rows(forward) == to_german
    assert rows(backward) == to_english
    assert (forward.source, forward.target) == (backward.target, backward.source) == ("en", "de")


def test_min_count_drops_entries_but_not_their_share():
    forward, backward = build_dictionary(ALL_LINKS, SOURCE, TARGET, min_count=2)

    assert rows(forward) == [("house", "Haus", 1.0, 2), ("the", "das", 0.5, 2)]
    assert rows(backward) == [("Haus", "house", 0.5, 2), ("das", "the", 1.0, 2)]


def test_no_links_give_no_entries():
    forward, backward = build_dictionary(make_links(), SOURCE, TARGET)

    assert len(forward) == len(backward) == 0


def test_probabilities_sum_to_one_and_counts_agree():
    random = np.random.default_rng(0)
    words = [tuple(f"w{i}" for i in random.integers(0, 9, 6)) for _ in range(40)]
    source, target = Sentences("en", tuple(words)), Sentences("de", tuple(words[::-1]))
    points = sorted({tuple(random.integers(0, (40, 6, 6)).tolist()) for _ in range(500)})

    forward, backward = build_dictionary(make_links(*points), source, target)

    for dictionary in (forward, backward):
        sums: dict[str, float] = {}
        for word, _, probability, _ in rows(dictionary):
            sums[word] = sums.get(word, 0) + probability
        assert list(sums.values()) == pytest.approx([1] * len(sums))
        assert dictionary.count.sum() == len(points)
        assert rows(dictionary) == sorted(
            rows(dictionary), key=lambda row: (row[0], -row[2], row[1])
        )
    flipped = {(t, s, count) for s, t, _, count in rows(forward)}
    assert flipped == {(s, t, count) for s, t, _, count in rows(backward)}


@pytest.mark.parametrize(
    ("links", "message"),
    [
        (make_links((0, 2, 0)), r"word 2 of sentence 0 \(both 0-based\) of en, which has 2 words"),
        (make_links((0, 0, 2)), r"word 2 of sentence 0 \(both 0-based\) of de, which has 2 words"),
        (
            make_links((3, 0, 0)),
            r"word 0 of sentence 3 \(both 0-based\) of en, which has 3 sentences",
        ),
        (make_links((0, 0, 0), source="fr"), "links of fr-de do not belong to the texts of en-de"),
    ],
)
def test_foreign_links_are_refused(links, message):
    with pytest.raises(ValueError, match=message):
        build_dictionary(links, SOURCE, TARGET)


def test_unequal_sides_and_zero_counts_are_refused():
    short = Sentences("de", TARGET.words[:2])

    with pytest.raises(ValueError, match="en has 3 sentences, de has 2"):
        build_dictionary(ALL_LINKS, SOURCE, short)
    with pytest.raises(ValueError, match="min_count=0 must be at least 1"):
        build_dictionary(ALL_LINKS, SOURCE, TARGET, min_count=0)


def test_file_by_hand(tmp_path):
    path = tmp_path / "en-de.tsv"
    dictionary = make_dictionary(("house", "Haus", 2 / 3, 2), ("house", "Heim", 1 / 3, 1))

    write_dictionary(dictionary, path)

    assert path.read_text(encoding="utf-8") == (
        HEADER + "house\tHaus\t0.6666666666666666\t2\nhouse\tHeim\t0.3333333333333333\t1\n"
    )
    assert [item.name for item in tmp_path.iterdir()] == ["en-de.tsv"]


WORDS = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=50)
@given(st.dictionaries(WORDS, st.dictionaries(WORDS, st.integers(1, 999), min_size=1, max_size=4)))
def test_any_words_read_back(tmp_path_factory, counts):
    entries = [
        (word, translation, count / sum(counts[word].values()), count)
        for word in counts
        for translation, count in sorted(counts[word].items(), key=lambda item: -item[1])
    ]
    path = tmp_path_factory.mktemp("dictionary") / "d.tsv"

    write_dictionary(make_dictionary(*entries), path)

    assert rows(read_dictionary(path, "en", "de")) == entries


def test_line_separators_inside_words_are_kept(tmp_path):
    entries = [("a\u2028b", "c\u0085d", 1.0, 3), ("e\rf", "g\x0bh|||->", 0.1, 1)]
    path = tmp_path / "d.tsv"

    write_dictionary(make_dictionary(*entries), path)

    assert rows(read_dictionary(path, "en", "de")) == entries


@pytest.mark.parametrize("word", ["a\tb", "a\nb", ""])
def test_words_that_break_the_table_are_refused(tmp_path, word):
    with pytest.raises(ValueError, match="in the en-de dictionary: words must not be empty"):
        write_dictionary(make_dictionary(("x", word, 1.0, 1)), tmp_path / "d.tsv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: found '', need the header"),
        ("word\ttranslation\n", r"line 1: found 'word\\ttranslation', need the header"),
        (HEADER + "a\tb\t1.0\n", "line 2: .* has 3 fields; need word, translation, probability"),
        (HEADER + "a\t\t1.0\t1\n", "line 2: .* and none empty"),
        (HEADER + "a\tb\tone\t1\n", "line 2: 'one' and '1' must be a probability and a count"),
        (HEADER + "a\tb\t1.0\t1.5\n", "line 2: '1.0' and '1.5' must be"),
        (HEADER + "a\tb\t1.0\t1_0\n", "line 2: '1.0' and '1_0' must be"),
        (HEADER + "a\tb\t1.5\t1\n", "line 2: probability 1.5 must be in"),
        (HEADER + "a\tb\tnan\t1\n", "line 2: probability nan must be in"),
        (HEADER + "a\tb\t0.5\t0\n", "line 2: .* count 0 at least 1"),
        (HEADER + "a\tb\t0.4\t2\na\tc\t0.6\t3\n", "line 3: 'a': entries of a word must be best"),
        (HEADER + "a\tb\t0.5\t1\na\tb\t0.5\t1\n", "line 3: 'a' has the translation 'b' twice"),
        (
            HEADER + "a\tb\t0.5\t1\nc\tb\t1.0\t1\na\td\t0.5\t1\n",
            "line 4: 'a' stood further up: its entries must be adjacent",
        ),
        (HEADER + "a\tb\t1.0\t1", "line 2: no line feed at its end; the file is cut off"),
    ],
)
def test_malformed_files_are_refused(tmp_path, text, message):
    path = tmp_path / "d.tsv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"d\.tsv, " + message):
        read_dictionary(path, "en", "de")


def test_other_encodings_are_refused(tmp_path):
    path = tmp_path / "d.tsv"
    path.write_bytes((HEADER + "é\tb\t1.0\t1\n").encode("latin-1"))

    with pytest.raises(ValueError, match=r"d\.tsv, line 2: byte 0xe9 .* is not UTF-8"):
        read_dictionary(path, "en", "de")
