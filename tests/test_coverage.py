"""What a dictionary covers of sentences that it was not counted in, by hand."""

import numpy as np
import pytest

from polyconcept.records.text import Coverage, Links, Sentences
from polyconcept.text.coverage import held_out_coverage, read_coverage, write_coverage
from polyconcept.text.dictionary import build_dictionary, read_dictionaries, write_dictionary
from polyconcept.text.pharaoh import links_of_first


def texts(*pairs):
    """Sentences of both languages, and links of the words in the same place."""
    source = Sentences("en", tuple(tuple(one.split()) for one, _ in pairs))
    target = Sentences("de", tuple(tuple(other.split()) for _, other in pairs))
    places = [(i, j) for i, words in enumerate(source.words) for j in range(len(words))]
    columns = np.array(places, dtype=np.int32)
    return Links("en", "de", columns[:, 0], columns[:, 1], columns[:, 1]), source, target


def test_a_type_needs_a_link_in_another_fold_by_hand():
    # Sentences 0 and 1 are of two folds, 10 is of that of 0: "the" stands in all, "king" in one
    # fold alone, "queen" and "house" once.
    fill = [("a", "ein")] * 8
    links, source, target = texts(
        ("the king", "der König"),
        ("the queen", "die Königin"),
        *fill,
        ("the king house", "der König Haus"),
    )

    forward, backward = held_out_coverage(links, links, source, target, n_sentences=11)

    # English types by fold: the and king and house of 0, the and queen of 1, "a" of 2 to 9.
    assert forward == Coverage(2 + 8, 3 + 2 + 8)
    # "der" and "die" each stand in one fold: only "ein" is covered.
    assert backward == Coverage(8, 3 + 2 + 8)


def test_further_text_covers_what_it_translates_into_words_of_the_text():
    links, source, target = texts(
        ("king", "König"), ("house", "Haus"), ("king", "König"), ("house", "Gebäude")
    )
    own = links_of_first(links, 2)

    forward, backward = held_out_coverage(own, links, source, target, n_sentences=2)

    # "Gebäude" is no word of the first two sentences, so that "house" has no translation there.
    assert (forward, backward) == (Coverage(1, 2), Coverage(1, 2))


def test_a_dictionary_of_further_text_alone_has_seen_no_sentence():
    links, source, target = texts(("king", "König"), ("king", "König"), ("king", "König"))
    extra = Links("en", "de", *(column[2:] for column in (
        links.sentence, links.source_position, links.target_position)))  # fmt: skip

    forward, _ = held_out_coverage(links_of_first(links, 2), extra, source, target, n_sentences=2)

    assert forward == Coverage(2, 2)


def test_words_that_stand_once_are_covered_nowhere():
    links, source, target = texts(*((f"w{i}", f"v{i}") for i in range(30)))

    found = held_out_coverage(links, links, source, target, n_sentences=30)

    assert found == (Coverage(0, 30), Coverage(0, 30))
    # The control: the dictionary of all sentences has them all.
    assert len(build_dictionary(links, source, target)[0]) == 30


def test_what_is_written_comes_with_the_dictionaries(tmp_path):
    links, source, target = texts(("king", "König"))
    paths = tmp_path / "forward.tsv", tmp_path / "backward.tsv"
    for dictionary, path in zip(build_dictionary(links, source, target), paths, strict=True):
        write_dictionary(dictionary, path)
    write_coverage((Coverage(3, 4), Coverage(0, 5)), tmp_path / "coverage.tsv")

    there = read_dictionaries(*paths, "en", "de", tmp_path / "coverage.tsv")

    assert [one.coverage for one in there] == [Coverage(3, 4), Coverage(0, 5)]
    assert (tmp_path / "coverage.tsv").read_text() == (
        "direction\tcovered\ttypes\nforward\t3\t4\nbackward\t0\t5\n"
    )
    assert [one.coverage for one in read_dictionaries(*paths, "en", "de")] == [None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("forward\t3\t4\n", "is no table of coverage: need the header"),
        ("direction\tcovered\ttypes\nforward\t3\t4\n", "need the header .* forward and backward"),
        ("direction\tcovered\ttypes\nforward\t3\t4\nbackward\tx\t4\n", "'x'; need two whole"),
        ("direction\tcovered\ttypes\nforward\t3\t4\nbackward\t4\n", "need two whole numbers"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "coverage.tsv"
    path.write_text(text)

    with pytest.raises(ValueError, match=message) as error:
        read_coverage(path)
    assert str(path) in str(error.value)
