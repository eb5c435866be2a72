"""Text, word links, word tables."""

from __future__ import annotations

from collections.abc import Sequence

from polyconcept.records.cluster_counts import AUTO
from polyconcept.study.jobs.job import Inputs, Job, Values, plain
from polyconcept.study.jobs.paths import SOURCES, Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.pins import pins
from polyconcept.study.schema import Study

# Not `dataset` and `revision`: which commit is read stands in the pin, an input.
HUB_ROWS = ("files", "codes", "first", "n_sentences")
_WORD_BYTES = 7  # of text, with the blank
# What is held for a word that is linked, or read and looked up (the Bible in two languages).
_LINKED_BYTES, _TEXT_BYTES = 750, 500
_ROW_BYTES = 4  # of a word table or selection, packed
_TABLES_BYTES = 70e6  # held by what reads and writes tables


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


def _learnt_texts(files: Files, names: Names) -> Inputs:
    """Texts of a pair, and the further text that its links are learnt from."""
    found = _alignment_texts(files, names)
    return {**found, "extra": []} if files.study.word_links.learn_from == "own" else found


def _alignment_texts(files: Files, names: Names) -> Inputs:
    """Texts of a pair, and further parallel text, of corpora that have both languages."""
    pair = names["pair"]
    extra = [
        files.text(corpus, pair, code)
        for corpus in files.extra_corpora(pair)
        for code in pair.split("-")
    ]
    return files.pair_texts(pair) | {"extra": extra}


def _align_cost(work: Work, names: Names) -> Cost:
    pair, learns_more = names["pair"], work.study.word_links.learn_from != "own"
    extra = Files(work.study).extra_corpora(pair) if learns_more else []
    return _linking(work, pair, [work.study.corpus, *extra])


def _held_out_cost(work: Work, names: Names) -> Cost:
    """Link the further text, or else a third of the text itself."""
    pair, extra = names["pair"], Files(work.study).extra_corpora(names["pair"])
    return _linking(work, pair, extra) if extra else _linking(work, pair, [work.study.corpus], 3)


def _linking(work: Work, pair: str, corpora: Sequence[str], n_parts: int = 1) -> Cost:
    texts = [work.sizes.text(corpus, code, pair) for corpus in corpora for code in pair.split("-")]
    n_words = sum(text.n_words for text in texts) / n_parts
    # Each word of a sentence is tried with each of the other language's.
    n_tried = sum(text.n_words**2 / text.n_sentences for text in texts) / n_parts
    done = work.on_core(n_tried * work.rates["align_seconds_per_word_tried"])
    return done.holding(n_words * _LINKED_BYTES, n_words * _WORD_BYTES)


def _table_cost(work: Work, names: Names) -> Cost:
    """Read the texts of a language and its partners, and choose their words."""
    own, language = names["own_folder"].removesuffix("/"), names["language"]
    study, sizes = work.study, work.sizes
    partners = study.partners_of(language, own)
    n_words = sum(sizes.text(study.corpus, code, own).n_words for code in partners)
    done = work.on_core(n_words * work.rates["text_seconds_per_word"])
    return done.holding(
        _TABLES_BYTES + n_words * _TEXT_BYTES, sizes.words(language, own) * _ROW_BYTES
    )


def _selection_cost(work: Work, names: Names) -> Cost:
    pair = names["pair"]
    n_words = sum(work.sizes.text(work.study.corpus, c, pair).n_words for c in pair.split("-"))
    done = work.on_core(n_words * work.rates["text_seconds_per_word"])
    return done.holding(_TABLES_BYTES + n_words * _TEXT_BYTES, n_words * _ROW_BYTES)


def _text_cost(work: Work, names: Names) -> Cost:
    pair = names["own_folder"].removesuffix("/")
    n_words = work.sizes.text(names["corpus"], names["language"], pair).n_words
    return Cost(disk_bytes=n_words * _WORD_BYTES, memory_bytes=n_words * _WORD_BYTES)


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
    clustering = plain(study.clustering, "n_clusters", "words_per_cluster")
    most = max((1.0, *(study.controls.cluster_factors if study.controlled else ())))
    if study.clustering.n_clusters == AUTO:
        clustering["words_per_cluster"] /= most
    else:
        clustering["n_clusters"] = round(most * clustering["n_clusters"])
    return plain(study.words) | clustering


JOBS = {
    "pin_repository": Job(
        "text",
        settings=lambda study, names: dict(pins(study)[names["pin"]]),
        local=True,
        # An edit of ours is no reason to ask the hub again: its latest commit may be another.
        has_code=False,
    ),
    "fetch_text": Job(
        "text",
        _text_source,
        _text_settings,
        _text_kinds,
        cost=_text_cost,
        sources=("text",),
        local=True,
    ),
    "align_words": Job(
        "word links",
        _learnt_texts,
        lambda study, _: (
            plain(study.words, "max_sentence_words") | plain(study.word_links, "learn_from")
        ),
        cost=_align_cost,
    ),
    "align_held_out": Job(
        "word links",
        _alignment_texts,
        lambda study, _: plain(study.words, "max_sentence_words") | plain(study.controls, "seed"),
        cost=_held_out_cost,
    ),
    "split_words": Job("word links", _language_texts, _split_words, cost=_table_cost),
    "select_words": Job("word links", _linked_words, _select_words, cost=_selection_cost),
}
