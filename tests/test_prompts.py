"""How answers are written and read: by hand, and as a law."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconcept.tasks.entities.prompts import (
    EntityReading,
    entities_answer,
    entities_prompt,
    entity_symbols,
    read_entities,
)
from polyconcept.tasks.sentiment.prompts import read_label, sentiment_answer, sentiment_prompt
from polyconcept.tasks.translation.prompts import translation_prompt

TYPES = ("PER", "LOC", "ORG")
WORDS = ("Ada", "Lovelace", "met", "Paris", "in", "Paris")
TAGS = ("B-PER", "I-PER", "O", "B-PER", "O", "B-LOC")
NOTHING = ("O",) * 6


def test_a_model_is_asked_in_words():
    assert translation_prompt(("a", "dog"), "de") == ("translate", "to", "de:", "a", "dog")
    assert sentiment_prompt(("so", "good")) == ("sentiment:", "so", "good")
    assert entities_prompt(("Ada", "met")) == ("entities:", "Ada", "met")


def test_answers_name_the_entities_in_order():
    assert entities_answer(WORDS, TAGS) == "PER: Ada Lovelace ; PER: Paris ; LOC: Paris"
    assert entities_answer(WORDS, NOTHING) == "none"
    # Strict IOB2: an I- that goes on nothing is no entity; two neighbours are two entities.
    assert entities_answer(("a", "b", "c"), ("I-PER", "B-LOC", "I-PER")) == "LOC: b"
    assert entities_answer(("a", "b"), ("B-LOC", "B-LOC")) == "LOC: a ; LOC: b"
    assert entity_symbols(("PER",)) == ("none", ";", "PER:")


@pytest.mark.parametrize(
    ("text", "tags", "n_wrong"),
    [
        ("PER: Ada Lovelace ; PER: Paris ; LOC: Paris", TAGS, 0),
        ("none", NOTHING, 0),
        ("  LOC:  Paris ", ("O", "O", "O", "B-LOC", "O", "O"), 0),  # the leftmost
        ("", NOTHING, 1),
        ("nothing", NOTHING, 1),
        ("Ada Lovelace", NOTHING, 1),  # no type
        ("GOD: Paris", NOTHING, 1),  # unknown type
        ("per: Paris", NOTHING, 1),  # types are read letter by letter
        ("LOC : Paris", NOTHING, 1),
        ("LOC:", NOTHING, 1),  # no words
        ("LOC: Rome", NOTHING, 1),  # not in the sentence
        ("LOC: Par", NOTHING, 1),  # part of a word
        ("PER: Lovelace Ada", NOTHING, 1),
        ("LOC: Paris ; PER: Ada", ("O", "O", "O", "B-LOC", "O", "O"), 1),  # out of order
        ("LOC: Paris ; LOC: Paris ; LOC: Paris", ("O", "O", "O", "B-LOC", "O", "B-LOC"), 1),
        # One wrong entity does not spoil those after it.
        ("GOD: Ada ; none ; ; LOC: in Paris", ("O", "O", "O", "O", "B-LOC", "I-LOC"), 3),
        ("LOC: Paris ;", ("O", "O", "O", "B-LOC", "O", "O"), 1),
    ],
)
def test_malformed_entities_are_counted_and_never_dropped(text, tags, n_wrong):
    assert read_entities(text, WORDS, TYPES) == EntityReading(tags, n_wrong)


def test_words_are_compared_as_the_tokenizer_writes_them():
    # NFKC makes "..." of an ellipsis, letters of full-width forms, and two words of "½ ª".
    words = ("Ｐａｒｉｓ", "…", "a´b", "x")

    reading = read_entities("LOC: Paris ... ; PER: a ́b", words, TYPES)

    assert reading == EntityReading(("B-LOC", "I-LOC", "B-PER", "O"), 0)
    assert read_entities("PER: ́b x", words, TYPES) == EntityReading(("O",) * 4, 1)  # half a word


letters = st.characters(codec="utf-8", categories=("L", "N", "P"))
any_word = st.text(letters, min_size=1, max_size=4)
words_of_a_sentence = st.lists(any_word, min_size=1, max_size=8)
# Words that answers tell apart: no two spelt alike under NFKC, none spelt as several.
distinct_words = st.lists(
    any_word.filter(lambda word: word != ";" and len(normalize("NFKC", word).split()) == 1),
    unique_by=lambda word: normalize("NFKC", word),
    min_size=1,
    max_size=8,
)


@st.composite
def tagged(draw, words):
    found, tags, before = draw(words), [], "O"
    for _ in found:
        goes_on = [f"I-{before[2:]}"] if before != "O" else []
        before = draw(st.sampled_from(["O", *(f"B-{kind}" for kind in TYPES), *goes_on]))
        tags.append(before)
    return tuple(found), tuple(tags)


@given(tagged(distinct_words))
def test_reading_gives_back_what_was_written(sentence):
    words, tags = sentence

    assert read_entities(entities_answer(words, tags), words, TYPES) == EntityReading(tags, 0)


@given(tagged(st.lists(st.sampled_from("abc"), min_size=1, max_size=8)))
def test_repeated_words_are_found_where_the_first_of_them_stands(sentence):
    words, tags = sentence
    answer = entities_answer(words, tags)

    reading = read_entities(answer, words, TYPES)

    # Nothing is wrong, and what was read is what was written: only places may have moved left.
    assert reading.n_wrong == 0
    assert entities_answer(words, reading.tags) == answer


@given(st.text(max_size=40), words_of_a_sentence)
def test_any_answer_is_read(text, words):
    reading = read_entities(text, words, TYPES)

    assert len(reading.tags) == len(words)
    assert reading.n_wrong >= 0
    said = entities_answer(words, reading.tags)
    n_said = 0 if said == "none" else len([tag for tag in reading.tags if tag[0] == "B"])
    n_parts = 0 if text.split() == ["none"] else text.split().count(";") + 1
    assert n_said + reading.n_wrong == n_parts


def test_only_a_label_is_a_label():
    labels = ("negative", "positive", "very positive")

    assert [read_label(sentiment_answer(label), labels) for label in labels] == list(labels)
    assert read_label("  very   positive ", labels) == "very positive"
    for answer in ("", "Positive", "positive .", "positive negative", "pos"):
        assert read_label(answer, labels) is None
