import numpy as np
import pytest
from hand_concepts import entries, table

from polyconcept.scoring.word_classes import classes_of_pair

ENGLISH = table(
    "en",
    "The house in Berlin has 12 doors .",
    "Anna saw the House in Berlin , and taxi 007 3pm",
    "Monday we saw Anna",
)
GERMAN = table(
    "de",
    "Das Haus in Berlin hat 12 Türen .",
    "Anna sah das Haus in Berlin , und Taxi ½ 15 Uhr",
    "Montag sahen wir Anna",
)
FORWARD = entries(
    "en",
    "de",
    *("house Haus", "in in", "Berlin Berlin", "doors Türen", "Anna Anna", "saw sah"),
    *("the das", "taxi Taxi", "Monday Montag", "House Haus", "12 12"),
)
BACKWARD = entries(
    "de",
    "en",
    *("Haus house", "in in", "Berlin Berlin", "Türen doors", "Anna Anna", "sah saw"),
    *("das the", "Taxi taxi", "Montag Monday", "12 12"),
)


def found_of(source, target, dictionaries):
    """Class -> language -> the spellings in it."""
    types = {words.language: words.types for words in (source, target)}
    return {
        name: {
            language: {types[language][i] for i in np.flatnonzero(mask)}
            for language, mask in masks.items()
        }
        for name, masks in classes_of_pair(source, target, dictionaries).items()
    }


@pytest.fixture(scope="module")
def found():
    return found_of(ENGLISH, GERMAN, (FORWARD, BACKWARD))


def test_a_german_noun_is_no_name_and_a_city_is(found):
    # "Haus" and "Türen" are capitalised, their best translations are not.
    assert found["names"]["de"] == {"Berlin", "Anna"}
    # "House" stands with a capital inside a sentence, and so does "Haus".
    assert found["names"]["en"] == {"Berlin", "Anna", "House"}


def test_a_capital_at_the_start_of_a_sentence_says_nothing():
    source = table("en", "Monday came", "so Tuesday came")
    target = table("de", "am Montag", "am Dienstag")
    forward = entries("en", "de", "Monday Montag", "Tuesday Dienstag")
    backward = entries("de", "en", "Montag Monday", "Dienstag Tuesday")

    names = found_of(source, target, (forward, backward))["names"]

    assert names == {"en": {"Tuesday"}, "de": {"Dienstag"}}


def test_only_the_best_translation_decides():
    source, target = table("en", "so Bill paid"), table("de", "die Rechnung zahlte Bill")
    backward = entries("de", "en", "Bill Bill")
    other = entries("de", "en", "Bill paid", "Bill Bill")

    best = found_of(source, target, (entries("en", "de", "Bill Bill"), backward))
    second = found_of(source, target, (entries("en", "de", "Bill zahlte", "Bill Bill"), other))

    assert best["names"] == {"en": {"Bill"}, "de": {"Bill"}}
    assert second["names"] == {"en": set(), "de": set()}


def test_a_word_without_translation_here_is_no_name():
    source, target = table("en", "so Anna came"), table("de", "so kam Anna")
    forward = entries("en", "de", "Anna Annchen")

    names = found_of(source, target, (forward, entries("de", "en")))["names"]

    assert names == {"en": set(), "de": set()}


def test_arabic_names_are_those_of_their_translations():
    source = table("en", "the doctor saw Cairo")
    target = table("ar", "رأى الطبيب القاهرة")
    forward = entries("en", "ar", "doctor الطبيب", "saw رأى", "Cairo القاهرة")
    backward = entries("ar", "en", "الطبيب doctor", "رأى saw", "القاهرة Cairo")

    names = found_of(source, target, (forward, backward))["names"]

    assert names == {"en": {"Cairo"}, "ar": {"القاهرة"}}


def test_two_scripts_without_capitals_have_no_names():
    source, target = table("ar", "رأى القاهرة"), table("zh", "看见 开罗")
    forward = entries("ar", "zh", "القاهرة 开罗", "رأى 看见")
    backward = entries("zh", "ar", "开罗 القاهرة", "看见 رأى")

    assert found_of(source, target, (forward, backward))["names"] == {"ar": set(), "zh": set()}


def test_digits_and_punctuation(found):
    assert found["digits"] == {"en": {"12", "007"}, "de": {"12", "15", "½"}}
    assert found["punctuation"] == {"en": {".", ","}, "de": {".", ","}}


def test_digits_of_other_scripts_are_digits():
    source, target = table("ar", "١٢ بيت"), table("hi", "१२ घर")

    found = found_of(source, target, (entries("ar", "hi"), entries("hi", "ar")))

    assert found["digits"] == {"ar": {"١٢"}, "hi": {"१२"}}


def test_a_word_with_a_digit_and_a_letter_is_a_word(found):
    assert "3pm" in found["other"]["en"]
    assert "3pm" not in found["digits"]["en"]


def test_same_spelling_needs_a_letter_and_every_capital(found):
    assert found["same_spelling"]["en"] == {"in", "Berlin", "Anna"}
    assert found["same_spelling"]["de"] == {"in", "Berlin", "Anna"}


def test_all_other_words(found):
    assert found["other"]["en"] == {
        *("The", "house", "has", "doors", "saw", "the", "and", "taxi", "3pm", "Monday", "we"),
    }
    assert found["other"]["de"] == {
        *("Das", "Haus", "hat", "Türen", "sah", "das", "und", "Taxi", "Uhr", "Montag"),
        *("sahen", "wir"),
    }


def test_scripts_go_by_letters():
    source = table("en", "house Ωmega 12 .")
    target = table("ru", "дом вода iPhone 日本 ひと ١٢ بيت")

    found = found_of(source, target, (entries("en", "ru"), entries("ru", "en")))

    scripts = {name: sides for name, sides in found.items() if name.startswith("script:")}
    assert scripts == {
        "script:latin": {"en": {"house"}, "ru": {"iPhone"}},
        "script:greek": {"en": {"Ωmega"}, "ru": set()},
        "script:cyrillic": {"en": set(), "ru": {"дом", "вода"}},
        "script:cjk": {"en": set(), "ru": {"日本"}},
        "script:hiragana": {"en": set(), "ru": {"ひと"}},
        "script:arabic": {"en": set(), "ru": {"بيت"}},
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_classes_part_the_types_where_they_should(found, language):
    types = {"en": ENGLISH, "de": GERMAN}[language].types
    part = {name: sides[language] for name, sides in found.items()}

    # Digits, punctuation, other, and what is a name or spelt alike: every type is in just one.
    alike = part["same_spelling"] | part["names"]
    groups = [part["digits"], part["punctuation"], part["other"], alike]
    assert sum(map(len, groups)) == len(types)
    assert set.union(*groups) == set(types)
    # Every type with a letter has one script.
    letters = {word for word in types if any(map(str.isalpha, word))}
    assert part["script:latin"] == letters


def test_masks_are_of_each_language_s_own_types():
    masks = classes_of_pair(ENGLISH, GERMAN, (FORWARD, BACKWARD))

    for sides in masks.values():
        assert {language: len(mask) for language, mask in sides.items()} == {
            "en": len(ENGLISH.types),
            "de": len(GERMAN.types),
        }
        assert all(mask.dtype == bool for mask in sides.values())
