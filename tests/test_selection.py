import json
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from polyconcept.records.text import Links, Selection, Sentences, Words
from polyconcept.text.pair import PhraseLinks, filter_phrases, rank_among_equals
from polyconcept.text.parallel import read_parallel
from polyconcept.text.selection import KEPT, choose_words
from polyconcept.text.word_table import (
    build_word_table,
    check_enough_words,
    select_rows,
    split_words,
    table_places,
)

SHARED = Path(__file__).parents[1] / ".." / "shared"
GOLDENS = SHARED / "golden" / "pair_filter"
METHODS = [(metric, kind) for metric in ("calign", "colap") for kind in ("published", "corrected")]


def text(language, *lines):
    return Sentences(language, tuple(tuple(line.split()) for line in lines))


def links(pairs, source="en", target="de"):
    columns = np.array(pairs, dtype=np.int32).reshape(-1, 3).T
    return Links(source, target, *columns)


def diagonal(source, target):
    return links(
        [
            (number, i, i * len(b) // len(a))
            for number, (a, b) in enumerate(zip(source.words, target.words, strict=True))
            for i in range(len(a))
        ],
        source.language,
        target.language,
    )


def chosen_places(choice):
    return choice.source.places.tolist(), choice.target.places.tolist()


# --- the released filter -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [([], []), ([5], [0]), ([7, 9, 7, 7, 9], [0, 0, 1, 2, 1]), ([2, 1, 2, 1], [0, 0, 1, 1])],
)
def test_ranks_count_equal_keys_before(keys, expected):
    assert rank_among_equals(np.array(keys, dtype=np.int64)).tolist() == expected


def phrase_links(mapping, source_starts, target_starts):
    """Links from the released code's layout: sentence -> [spelling, spelling, places, places]."""
    number = {}
    flat = [(int(sentence), *link) for sentence, found in mapping.items() for link in found]
    pairs = [number.setdefault((source, target), len(number)) for _, source, target, _, _ in flat]
    source = [
        (starts_at(source_starts, s, p), n) for n, (s, _, _, ps, _) in enumerate(flat) for p in ps
    ]
    target = [
        (starts_at(target_starts, s, p), n) for n, (s, _, _, _, ps) in enumerate(flat) for p in ps
    ]
    columns = [np.array(pairs, dtype=np.int64)]
    for side in (source, target):
        columns += list(np.array(side, dtype=np.int64).reshape(-1, 2).T)
    return PhraseLinks(*columns)


def starts_at(starts, sentence, position):
    return starts[sentence] + position


def keys_of(places, sentences):
    """Keys of the released code: word, how often it was written before, sentence, position."""
    where = [
        (i, j, word) for i, line in enumerate(sentences) for j, word in enumerate(line.split())
    ]
    seen = Counter()
    keys = []
    for i, j, word in (where[place] for place in places):
        keys.append(f"{word}|||{seen[word]}|||{i}|||{j}")
        seen[word] += 1
    return keys


@pytest.mark.realtext
@pytest.mark.parametrize("case", ["01_duplicate_links", "02_frequencies", "03_phrases"])
def test_the_filter_gives_what_the_released_code_gives(case):
    if not GOLDENS.is_dir():
        pytest.skip("the results of the released code in ../shared/golden are not here")
    given_ = json.loads((GOLDENS / case / "input.json").read_text())
    expected = json.loads((GOLDENS / case / "expected.json").read_text())
    starts = [
        np.cumsum([0, *(len(line.split()) for line in given_[f"{side}_sentences"])])
        for side in ("source", "target")
    ]
    phrases = phrase_links(given_["mapping"], *starts)

    for run in expected["runs"]:
        source, target = filter_phrases(phrases, **run["params"])

        assert run["status"] == "ok"
        assert source.tolist() == run["source_rows"]
        assert target.tolist() == run["target_rows"]
        assert keys_of(source, given_["source_sentences"]) == run["source_keys"]
        assert keys_of(target, given_["target_sentences"]) == run["target_keys"]


@pytest.mark.realtext
def test_links_choose_the_words_that_the_released_code_chooses():
    if not GOLDENS.is_dir():
        pytest.skip("the results of the released code in ../shared/golden are not here")
    given_ = json.loads((GOLDENS / "02_frequencies" / "input.json").read_text())
    expected = json.loads((GOLDENS / "02_frequencies" / "expected.json").read_text())["runs"][0]
    source, target = (
        text(name, *given_[f"{side}_sentences"])
        for name, side in (("en", "source"), ("de", "target"))
    )
    found = [
        (int(sentence), i[0], j[0])
        for sentence, entries in given_["mapping"].items()
        for _, _, i, j in entries
    ]

    choice = choose_words(source, target, links(found), cap=2)["calign", "published"]

    assert expected["params"]["maximum"] == 2
    assert chosen_places(choice) == (expected["source_rows"], expected["target_rows"])


# --- worked out by hand ------------------------------------------------------------------------

#       place 0  1  2   3 4    5    6  7
SOURCE = ("a  b  a", "a bus", "a  b  bus")
#       place 0    1    2  3     4  5   6  7
TARGET = ("x  bus  x", "x bus", "x  bus x")
LINKS = ((0, 0, 0), (0, 0, 2), (0, 1, 0), (0, 2, 0), (1, 0, 0), (1, 1, 1), (2, 0, 2), (2, 2, 1))
# Links of spellings: a-x five, b-x one, bus-bus two.


def example():
    return text("en", *SOURCE), text("de", *TARGET), links(LINKS)


def test_the_four_choices_of_a_small_corpus():
    choices = choose_words(*example(), cap=2)

    assert list(choices) == METHODS
    # Of a-x the first two links (both of word 0), b-x one, bus-bus two: in link order.
    assert chosen_places(choices["calign", "published"]) == ([0, 0, 1, 4, 7], [0, 2, 0, 4, 6])
    # Linked are a at 0 2 3 5, b at 1, bus at 4 7; and x at 0 2 3 7, bus at 4 6.
    assert chosen_places(choices["calign", "corrected"]) == ([0, 1, 2, 4, 7], [0, 2, 4, 6])
    # Both "bus" of the cap are used up by the source text.
    assert chosen_places(choices["colap", "published"]) == ([0, 1, 2, 4, 6, 7], [0, 2])
    assert chosen_places(choices["colap", "corrected"]) == ([0, 1, 2, 4, 6, 7], [0, 1, 2, 4])


def test_each_word_left_out_has_one_reason():
    choices = choose_words(*example(), cap=2)

    assert choices["calign", "published"].source.dropped == {
        "sentence too long": 0,
        "not linked": 1,
        "over the cap": 3,
    }  # b at 6; a at 2 3 5
    assert choices["calign", "corrected"].target.dropped == {
        "sentence too long": 0,
        "not linked": 2,
        "over the cap": 2,
    }  # bus at 1, x at 5; x at 3 7
    assert choices["colap", "published"].target.dropped == {
        "sentence too long": 0,
        "not linked": 0,
        "over the cap": 6,
    }


def test_the_table_of_a_small_corpus():
    source, target, found = example()
    expected = Words(
        language="de",
        sentence=np.array([0, 0, 0, 1, 2], dtype=np.int32),
        position=np.array([0, 1, 2, 1, 1], dtype=np.int32),
        word_type=np.array([0, 1, 0, 1, 1], dtype=np.int32),
        types=("x", "bus"),
    )

    table, dropped = split_words("de", {"en": source, "de": target}, [found], cap=2)

    assert table.fingerprint == expected.fingerprint
    assert table.types == expected.types
    assert dropped == {"sentence too long": 0, "not linked": 0, "over the cap": 3}


def test_rows_of_a_small_corpus():
    source, target, found = example()
    texts = {"en": source, "de": target}
    tables = tuple(split_words(name, texts, [found], cap=2)[0] for name in ("en", "de"))

    selections = select_rows(tables, (source, target), found, cap=2)

    # Source rows are places 0 1 2 4 6 7, target rows places 0 1 2 4 6.
    published = selections["calign", "published"]
    assert list(selections) == METHODS
    assert published.source_rows.tolist() == [0, 0, 1, 3, 5]
    assert published.target_rows.tolist() == [0, 2, 0, 3, 4]
    assert selections["colap", "published"].source_rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert selections["colap", "corrected"].target_rows.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("long_side", ["source", "target"])
def test_a_sentence_too_long_on_either_side_takes_no_part_and_uses_no_cap(long_side):
    lines = {"source": ["a a", "a", "a " * 299], "target": ["b b", "b", "b"]}
    lines[long_side][0] = " ".join(lines[long_side][1] * 300)
    source, target = text("en", *lines["source"]), text("de", *lines["target"])
    found = links([(0, 0, 0), (0, 1, 1), (1, 0, 0), (2, 298, 0)])

    choices = choose_words(source, target, found)

    n_long = len(source.words[0])
    assert choices["calign", "published"].source.places.tolist() == [n_long, n_long + 299]
    assert choices["colap", "corrected"].source.places.tolist() == list(range(n_long, n_long + 15))
    assert choices["colap", "corrected"].source.dropped == {
        "sentence too long": n_long,
        "not linked": 0,
        "over the cap": 300 - 15,
    }


def test_a_table_serves_all_pairs_of_its_language():
    english = text("en", "a b c", "a " * 5, "c")
    german = text("de", "x y z", "x", "z")
    arabic = text("ar", "k", "k", "k " * 5)
    texts = {"en": english, "de": german, "ar": arabic}
    pairs = [links([(0, 0, 0), (2, 0, 0)]), links([(0, 0, 2)], "ar", "en")]

    table, dropped = split_words("en", texts, pairs, cap=1, max_sentence_words=5)

    # en-de drops sentence 1; ar-en drops 1 and 2. "c" at place 8 is over the cap of COLAP, but
    # CALIGN published takes it: its pair c-z has one link.
    assert table.sentence.tolist() == [0, 0, 0, 2]
    assert table.position.tolist() == [0, 1, 2, 0]
    assert dropped == {"sentence too long": 5, "not linked": 0, "over the cap": 0}


# --- laws and a plain loop ---------------------------------------------------------------------


def places_of(sentences, max_sentence_words, partner):
    """(sentence, position) -> place, of the sentences that take part."""
    places, place = {}, 0
    for i, (line, other) in enumerate(zip(sentences.words, partner.words, strict=True)):
        for j in range(len(line)):
            if max(len(line), len(other)) < max_sentence_words:
                places[i, j] = place
            place += 1
    return places


def plain_loop(source, target, found, cap, max_sentence_words):
    """The four choices by loops and dictionaries, as DESIGN.md says them."""
    sides = (source, target)
    places = [
        places_of(source, max_sentence_words, target),
        places_of(target, max_sentence_words, source),
    ]
    flat = [list(chain.from_iterable(side.words)) for side in sides]
    linked = [
        (places[0][s, i], places[1][s, j])
        for s, i, j in zip(
            found.sentence.tolist(),
            found.source_position.tolist(),
            found.target_position.tolist(),
            strict=True,
        )
        if (s, i) in places[0]
    ]

    def capped(items, spelling, seen):
        kept = []
        for item in items:
            seen[spelling(item)] += 1
            if seen[spelling(item)] <= cap:
                kept.append(item)
        return kept

    kept_links = capped(linked, lambda link: (flat[0][link[0]], flat[1][link[1]]), Counter())
    shared = Counter()
    return {
        ("calign", "published"): ([i for i, _ in kept_links], [j for _, j in kept_links]),
        ("calign", "corrected"): tuple(
            capped(sorted({link[k] for link in linked}), flat[k].__getitem__, Counter())
            for k in (0, 1)
        ),
        ("colap", "published"): tuple(
            capped(sorted(places[k].values()), flat[k].__getitem__, shared) for k in (0, 1)
        ),
        ("colap", "corrected"): tuple(
            capped(sorted(places[k].values()), flat[k].__getitem__, Counter()) for k in (0, 1)
        ),
    }


@st.composite
def pairs(draw):
    """Words of both languages and links as plain lists; shape checks draw random numbers."""
    line = st.lists(st.sampled_from(["a", "b", "c", "ab", "|||"]), min_size=1, max_size=6)
    n_sentences = draw(st.integers(1, 5))
    both = st.lists(line.map(tuple), min_size=n_sentences, max_size=n_sentences).map(tuple)
    source, target = draw(both), draw(both)
    found = [
        (s, i, j)
        for s in range(n_sentences)
        for i in range(len(source[s]))
        for j in range(len(target[s]))
        if draw(st.booleans())
    ]
    return source, target, found


@given(pairs(), st.integers(1, 4), st.integers(2, 7))
def test_choices_agree_with_a_plain_loop_and_obey_the_laws(pair, cap, max_sentence_words):
    source, target, found = Sentences("en", pair[0]), Sentences("de", pair[1]), links(pair[2])
    options = {"cap": cap, "max_sentence_words": max_sentence_words}
    expected = plain_loop(source, target, found, **options)
    assume(all(rows for sides in expected.values() for rows in sides))

    choices = choose_words(source, target, found, **options)

    assert {key: chosen_places(choice) for key, choice in choices.items()} == {
        key: (list(first), list(second)) for key, (first, second) in expected.items()
    }
    for choice in choices.values():
        for side, sentences in ((choice.source, source), (choice.target, target)):
            n_words = sum(len(line) for line in sentences.words)
            assert len(np.unique(side.places)) + sum(side.dropped.values()) == n_words
            assert set(np.flatnonzero(side.fate == KEPT)) == set(side.places.tolist())
    published, corrected = choices["colap", "published"], choices["colap", "corrected"]
    assert set(published.source.places) <= set(corrected.source.places)
    assert set(published.target.places) <= set(corrected.target.places)
    tables = []
    for sentences in (source, target):
        table, dropped = split_words(
            sentences.language, {"en": source, "de": target}, [found], **options
        )
        assert table.n_words + sum(dropped.values()) == sum(map(len, sentences.words))
        assert dropped["not linked"] == 0  # COLAP takes unlinked words
        assert [table.types[n] for n in table.word_type] == [
            sentences.words[i][j] for i, j in zip(table.sentence, table.position, strict=True)
        ]
        assert list(dict.fromkeys(table.word_type.tolist())) == list(range(len(table.types)))
        tables.append(table)
    selections = select_rows(tuple(tables), (source, target), found, **options)
    places = [table_places(*both) for both in zip(tables, (source, target), strict=True)]
    for key, selection in selections.items():
        rows = (selection.source_rows, selection.target_rows)
        assert tuple(place[row].tolist() for place, row in zip(places, rows, strict=True)) == (
            chosen_places(choices[key])
        )


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "found", "options", "message"),
    [
        (
            ("a", "b"),
            [(0, 0, 0)],
            {},
            "en has 1 sentences, de has 2: sentence i of one must translate",
        ),
        (("a",), [], {"cap": 0}, "found cap=0, max_sentence_words=300; both must be at least 1"),
        (("a",), [], {"max_sentence_words": 0}, "max_sentence_words=0; both"),
        (
            ("a b",),
            [],
            {},
            r"nothing to cluster for the pair en-de: CALIGN \(published\) has no words of en: of "
            r"its 2 words 2 not linked; CALIGN \(published\) has no words of de: .*CALIGN \(corr",
        ),
        (
            ("a b",),
            [(0, 0, 0)],
            {"max_sentence_words": 2},
            r"COLAP \(corrected\) has no words of de: of its 2 words 2 sentence too long$",
        ),
        (
            ("a b",),
            [(0, 0, 0)],
            {"cap": 1},
            r"COLAP \(published\) has no words of de: of its 2 words 2 over the cap$",
        ),
        (
            ("a b",),
            [(0, 0, 0), (0, 1, 2)],
            {},
            r"links of en-de: link 1 points at word 2 of sentence 0 \(both 0-based\) of de, which "
            "has 2 words; 1 links point at no word",
        ),
        (("a b",), [(0, -1, 0)], {}, "link 0 points at word -1 of sentence 0 .* of en"),
        (
            ("a b",),
            [(1, 0, 0)],
            {},
            "at word 0 of sentence 1 .* of en, which has 1 sentences in all",
        ),
        (("a b",), [(-1, 0, 0)], {}, "at word 0 of sentence -1"),
    ],
)
def test_unusable_pairs_are_refused(lines, found, options, message):
    source = text("en", "a b")
    target = text("de", *lines)

    with pytest.raises(ValueError, match=message):
        choose_words(source, target, links(found), **options)


def test_links_of_another_pair_are_refused():
    source, target, found = example()

    with pytest.raises(ValueError, match="links of de-en do not belong to the texts of en-de"):
        choose_words(source, target, replace(found, source="de", target="en"))
    with pytest.raises(ValueError, match="a pair needs two languages; found en twice"):
        choose_words(source, source, replace(found, target="en"))
    with pytest.raises(ValueError, match="links of en-de are no pair of fr"):
        split_words("fr", {"en": source, "de": target}, [found])
    with pytest.raises(ValueError, match="pair en-de: no text of de; there are texts of en"):
        split_words("en", {"en": source}, [found])
    with pytest.raises(ValueError, match="no choice of words of en; it needs at least one pair"):
        split_words("en", {"en": source}, [])


def test_choices_of_another_text_are_refused():
    source, target, found = example()
    choice = choose_words(source, target, found)["calign", "published"].source

    with pytest.raises(ValueError, match=r"choices of \[8\] words .* of en, which has 1 words"):
        build_word_table(text("en", "a"), [choice])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "fr"}, "a word table of fr for a text of en"),
        (
            {"types": ("a", "b", "car")},
            "row 4 says 'car' is word 1 of sentence 1 .*; that sentence is 'a bus'",
        ),
        (
            {"position": np.full(8, 9, np.int32)},
            "the word table of en was made of another text: row 0",
        ),
        ({"sentence": np.full(8, 9, np.int32)}, "that sentence is ''"),
        ({"sentence": np.full(8, -1, np.int32)}, "another text: row 0"),
    ],
)
def test_a_foreign_word_table_is_refused(change, message):
    source, target, found = example()
    texts = {"en": source, "de": target}
    tables = [split_words(name, texts, [found])[0] for name in ("en", "de")]

    with pytest.raises(ValueError, match=message):
        select_rows((replace(tables[0], **change), tables[1]), (source, target), found)


def test_a_word_table_made_with_other_options_is_refused():
    source, target, found = example()
    texts = {"en": source, "de": target}
    tables = tuple(split_words(name, texts, [found], cap=1)[0] for name in ("en", "de"))

    with pytest.raises(ValueError, match="4 of 8 chosen words are not in the word table of en"):
        select_rows(tables, (source, target), found, cap=15)


def test_a_table_out_of_order_is_refused():
    table = Words(
        "en",
        np.array([0, 0], np.int32),
        np.array([1, 0], np.int32),
        np.array([0, 1], np.int32),
        ("b", "a"),
    )

    with pytest.raises(ValueError, match="the word table of en is not in text order"):
        table_places(table, text("en", "a b"))


# --- real text ---------------------------------------------------------------------------------


@pytest.mark.realtext
@pytest.mark.parametrize("folder", ["pud", "bible"])
def test_caps_hold_on_real_text(folder):
    if not (SHARED / "data" / folder).is_dir():
        pytest.skip(f"the real text of ../shared/data/{folder} is not here")
    files = {name: SHARED / "data" / folder / f"{name}.txt" for name in ("en", "de")}
    source, target = read_parallel(files).values()
    flat = [list(chain.from_iterable(side.words)) for side in (source, target)]

    choices = choose_words(source, target, diagonal(source, target))

    words = {
        key: [
            [flat[k][place] for place in places] for k, places in enumerate(chosen_places(choice))
        ]
        for key, choice in choices.items()
    }
    counts = {
        ("calign", "published"): Counter(zip(*words["calign", "published"], strict=True)),
        ("calign", "corrected"): Counter(words["calign", "corrected"][1]),
        ("colap", "published"): Counter(chain(*words["colap", "published"])),
        ("colap", "corrected"): Counter(words["colap", "corrected"][0]),
    }
    assert {key: max(count.values()) for key, count in counts.items()} == dict.fromkeys(METHODS, 15)


def test_too_few_words_for_the_clusters_are_listed():
    small = Selection(np.array([0, 1]), np.array([0, 1, 2]))
    chosen = {("calign", "published"): small, ("colap", "corrected"): small}
    check_enough_words(chosen, ("en", "de"), n_clusters=2)

    with pytest.raises(ValueError, match=r"in every layer: 3 clusters, but 2 words of en for cal"):
        check_enough_words(chosen, ("en", "de"), n_clusters=3)
    with pytest.raises(ValueError, match=r"3 words of de .*; 5 words of en and de for colap \(cor"):
        check_enough_words(chosen, ("en", "de"), n_clusters=6)
