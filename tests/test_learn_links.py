"""Word links and dictionaries learnt from a text, from further text, or from both."""

import numpy as np
import pytest
import yaml
from test_wordalign import random_text

from polyconcept.records.text import Coverage, Sentences
from polyconcept.study.jobs.table import job_inputs, job_settings
from polyconcept.study.parse import SettingsError, parse_study
from polyconcept.text.align import align_by, align_words
from polyconcept.text.bitext import make_bitext
from polyconcept.text.dictionary import build_dictionary
from polyconcept.text.ibm_model import Model, transfer
from polyconcept.text.learn import learn_links


def text(source, target):
    return tuple(
        Sentences(language, tuple(tuple(line.split()) for line in lines))
        for language, lines in (("en", source), ("de", target))
    )


EXTRA = text(
    ["the house", "the book", "a book", "a house", "the book"],
    ["das Haus", "das Buch", "ein Buch", "ein Haus", "das Buch"],
)
# Here "house" stands by "Buch"; and there are words that the further text does not have.
OWN = text(["house", "house", "house", "a red house"], ["Buch", "Buch", "Buch", "ein rotes Haus"])


def links_of(links):
    return list(
        zip(
            links.sentence.tolist(),
            links.source_position.tolist(),
            links.target_position.tolist(),
            strict=True,
        )
    )


def translations(dictionary, word):
    pairs = zip(dictionary.word, dictionary.translation, strict=True)
    return [translation for one, translation in pairs if one == word]


def test_further_text_alone_links_the_words_and_is_counted():
    links, (forward, backward) = learn_links(OWN, EXTRA, learn_from="extra")

    # "house" and "Buch" never stand side by side there, and "red" nowhere.
    assert links_of(links) == [(3, 0, 0), (3, 2, 2)]
    expected = build_dictionary(align_words(*EXTRA), *EXTRA)
    for found, wanted in zip((forward, backward), expected, strict=True):
        assert (found.word, found.translation) == (wanted.word, wanted.translation)
    assert translations(forward, "house") == ["Haus"]
    # Of the linked types, each in the fold of its sentence, both are known of the further text.
    assert (forward.coverage, backward.coverage) == (Coverage(2, 2), Coverage(2, 2))


@pytest.mark.parametrize("learn_from", ["both", "own"])
def test_both_texts_link_and_are_counted(learn_from):
    links, (forward, _) = learn_links(OWN, EXTRA, learn_from=learn_from)

    assert (0, 0, 0) in links_of(links)
    assert set(translations(forward, "house")) == {"Haus", "Buch"}
    assert "book" in forward.word


def test_a_text_linked_by_itself_is_as_linked():
    parallel = random_text(5, 60)

    first, second = align_by(parallel, parallel)

    for found in (first, second):
        assert links_of(found) == links_of(align_words(*parallel))


def test_long_sentences_keep_their_number():
    long = text(["the house", "a " * 5 + "house", "the book"], ["das Haus", "ein Haus", "das Buch"])

    _, links = align_by(EXTRA, long, max_sentence_words=5)

    assert {sentence for sentence, *_ in links_of(links)} == {0, 2}


def test_texts_of_other_languages_are_refused():
    with pytest.raises(ValueError, match="text in xx-yy among text in en-de"):
        align_by(EXTRA, random_text(5, 6))


def test_a_model_is_carried_to_other_types_by_hand():
    learnt = make_bitext([["a", "b"]], [["A", "B"]])  # pairs: a A, a B, b A, b B
    model = Model("source", np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.7]), 4.0)
    other = make_bitext([["c", "b"]], [["B", "C", "A"]])  # c B, c C, c A, b B, b C, b A

    found = transfer(model, learnt, other)

    assert found.pair.tolist() == [0, 0, 0, 0.4, 0, 0.3]
    assert found.null.tolist() == [0.7, 0, 0.6]
    assert (found.given, found.tension) == ("source", 4.0)


STUDY = yaml.safe_load("""
name: s
corpus: text
corpora: {text: {directory: own}, more: {builtin: {n_sentences: 9}}}
pairs: [en-de]
layers: [0]
models: {bert: {builtin: bert}}
""")


def test_own_text_needs_no_further_one_but_for_the_controls():
    links = {"extra_corpora": ["more"], "learn_from": "own"}
    study = parse_study(STUDY | {"word_links": links})

    assert job_inputs("align_words", study, {"pair": "en-de"})["extra"] == []
    assert len(job_inputs("align_held_out", study, {"pair": "en-de"})["extra"]) == 2
    assert job_settings("align_words", study, {"pair": "en-de"})["learn_from"] == "own"


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(SettingsError, match="`learn_from: extra` needs `extra_corpora`"):
        parse_study(STUDY | {"word_links": {"learn_from": "extra"}})
