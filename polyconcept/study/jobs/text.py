"""Text, word links, word tables."""

from __future__ import annotations

from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import SOURCES, Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.pins import pins
from polyconcept.study.schema import Study

# Not `dataset` and `revision`: which commit is read stands in the pin, an input.
HUB_ROWS = ("files", "codes", "first", "n_sentences")
_WORD_BYTES = 7  # of text, with the blank


def _text_source(files: Files, names: Names) -> Inputs:
    corpus = files.study.corpora[names["corpus"]]
    pair = names["own_folder"].removesuffix("/")
    file = corpus.file_of(names["language"], pair, where=files.folder)
    if file is not None:
        return {"text": file}
    hub = corpus.hub
    return {} if hub is None else {"pin": files.pin("dataset", hub.dataset, hub.revision)}


def _text_settings(study: Study, names: Names) -> Values:
    """Return what to read of a data set (its commit is in the pin) or of the built-in text."""
    corpus = study.corpora[names["corpus"]]
    if corpus.hub is not None:
        return plain(corpus.hub, *HUB_ROWS, "column", "tokenizer")
    return {} if corpus.builtin is None else plain(corpus.builtin)


def _text_kinds(study: Study, names: Names) -> tuple[str, ...]:
    return (f"polyconcept.sources.{SOURCES[study.corpora[names['corpus']].source]}",)


def _alignment_texts(files: Files, names: Names) -> Inputs:
    """Texts of a pair, and further parallel text of both languages that helps to link words."""
    pair = names["pair"]
    extra = [
        files.text(corpus, pair, code)
        for corpus in files.study.word_links.extra_corpora
        for code in pair.split("-")
    ]
    return files.pair_texts(pair) | {"extra": extra}


def _align_cost(work: Work, names: Names) -> Cost:
    corpora = (work.study.corpus, *work.study.word_links.extra_corpora)
    n_pairs = sum(work.sizes.sentences(corpus, pair=names["pair"]) for corpus in corpora)
    seconds = n_pairs * work.rates["align_seconds_per_pair"]
    return Cost(seconds, disk_bytes=n_pairs * 5 * _WORD_BYTES)


def _language_texts(files: Files, names: Names) -> Inputs:
    """Return a language's text, its partners' texts and the word links that join them."""
    study, own, language = files.study, names["own_folder"].removesuffix("/"), names["language"]
    pairs = study.pairs_with(language, own)
    partners = study.partners_of(language, own)
    return {
        "texts": [files.text(study.corpus, pairs[0], code) for code in partners],
        "links": [files.links(pair) for pair in pairs],
    }


def _split_words(study: Study, names: Names) -> Values:
    own, language = names["own_folder"].removesuffix("/"), names["language"]
    return plain(study.words) | {
        "languages": study.partners_of(language, own),
        "pairs": study.pairs_with(language, own),
    }


def _linked_words(files: Files, names: Names) -> Inputs:
    pair = names["pair"]
    return files.pair_texts(pair) | files.pair_words(pair) | {"links": files.links(pair)}


def _select_words(study: Study, _names: Names) -> Values:
    """How many words are needed: as many as there are clusters, the controls' included."""
    own = study.clustering.n_clusters
    factors = study.controls.cluster_factors if study.controlled else ()
    return plain(study.words) | {"n_clusters": max([own, *(round(f * own) for f in factors)])}


JOBS = {
    "pin_repository": Job(
        "text",
        settings=lambda study, names: dict(pins(study)[names["pin"]]),
        local=True,
        # An edit of ours is no reason to ask the hub again: its latest commit may be another.
        has_code=False,
    ),
    "fetch_text": Job(
        "text", _text_source, _text_settings, _text_kinds, sources=("text",), local=True
    ),
    "align_words": Job(
        "word links",
        _alignment_texts,
        lambda study, _: plain(study.words, "max_sentence_words"),
        cost=_align_cost,
    ),
    "split_words": Job("word links", _language_texts, _split_words),
    "select_words": Job("word links", _linked_words, _select_words),
}
