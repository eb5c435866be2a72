"""Further corpora help the pairs whose two languages they have."""

import pytest

from polyconcept.study.jobs.paths import Files
from polyconcept.study.jobs.table import job_inputs
from polyconcept.study.parse import SettingsError, parse_study

STUDY = {
    "name": "s",
    "corpus": "text",
    "corpora": {"text": {"directory": "own"}, "more": {"directory": "more"}},
    "pairs": ["en-de", "en-ar"],
    "layers": [0],
    "models": {"bert": {"builtin": "bert"}},
    "word_links": {"extra_corpora": ["more"]},
}


def folder_with(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("a\n")
    return folder


def helpers(folder, **changes):
    """Pair -> the further corpora that help it."""
    study = parse_study(STUDY | changes)
    return {pair: Files(study, folder).extra_corpora(pair) for pair in study.pairs}


def test_files_help_the_pairs_whose_languages_are_there(tmp_path):
    folder_with(tmp_path, "more/en.txt", "more/de.txt")

    assert helpers(tmp_path) == {"en-de": ["more"], "en-ar": []}
    found = {
        pair: job_inputs("align_words", parse_study(STUDY), {"pair": pair}, tmp_path)["extra"]
        for pair in ("en-de", "en-ar")
    }
    texts = [f"results/s/corpora/more/{code}.txt" for code in ("en", "de")]
    assert found == {"en-de": texts, "en-ar": []}


def test_pairs_with_text_of_their_own_are_looked_for_in_either_order(tmp_path):
    folder_with(tmp_path, "more/ar-en/en.txt", "more/ar-en/ar.txt", "more/en-de/en.txt")
    corpora = STUDY["corpora"] | {"more": {"directory": "more", "pairwise": True}}

    assert helpers(tmp_path, corpora=corpora) == {"en-de": [], "en-ar": ["more"]}


def test_the_built_in_text_has_its_languages(tmp_path):
    corpora = STUDY["corpora"] | {"more": {"builtin": {"n_sentences": 9}}}
    pairs = ["en-de", "en-fi"]

    assert helpers(tmp_path, corpora=corpora, pairs=pairs) == {"en-de": ["more"], "en-fi": []}


def test_what_cannot_be_seen_is_taken_for_granted(tmp_path):
    hub = {"hub": {"dataset": "a/b", "files": "{language}.txt"}}

    # The folder is not there yet.
    assert helpers(tmp_path) == {"en-de": ["more"], "en-ar": ["more"]}
    found = helpers(tmp_path, corpora=STUDY["corpora"] | {"more": hub})
    assert found == {"en-de": ["more"], "en-ar": ["more"]}


def test_a_corpus_that_helps_no_pair_is_refused(tmp_path):
    folder_with(tmp_path, "more/de.txt", "more/ar.txt")

    with pytest.raises(ValueError, match="more has both languages of none of the pairs en-de, en-"):
        helpers(tmp_path)


def test_a_pair_that_has_nothing_to_learn_from_is_refused(tmp_path):
    folder_with(tmp_path, "more/en.txt", "more/de.txt")
    links = {"extra_corpora": ["more"], "learn_from": "extra"}

    with pytest.raises(ValueError, match="has both languages of en-ar, which has no text to learn"):
        helpers(tmp_path, word_links=links)


def test_the_clustered_text_must_have_all_languages():
    corpora = {"text": {"builtin": {"n_sentences": 9}}}

    with pytest.raises(SettingsError, match=r"corpora.text: unknown language of the built-in"):
        parse_study(STUDY | {"corpora": corpora, "pairs": ["en-fi"], "word_links": {}})
