"""Word tables and clusterings of a pair, made by hand: what scoring reads."""

from dataclasses import dataclass, field, replace

import numpy as np

from polyconcept.records.concepts import Clusters, ConceptKey
from polyconcept.records.text import Dictionary, Selection, Words

ALL = ("published", "corrected")


def table(language, *sentences):
    """A word table of sentences; types come in the order of their first appearance."""
    places = [
        (number, position, word)
        for number, sentence in enumerate(sentences)
        for position, word in enumerate(sentence.split())
    ]
    types = tuple(dict.fromkeys(word for _, _, word in places))
    index = {word: i for i, word in enumerate(types)}
    columns = zip(*((number, place, index[word]) for number, place, word in places), strict=True)
    return Words(language, *(np.array(column, dtype=np.int32) for column in columns), types)


def entries(source, target, *pairs):
    """A dictionary; pairs are spelt ``word translation``."""
    words = [pair.split() for pair in pairs]
    return Dictionary(
        source,
        target,
        tuple(word for word, _ in words),
        tuple(translation for _, translation in words),
        np.ones(len(words)),
        np.ones(len(words), dtype=np.int64),
    )


@dataclass
class Concepts:
    """Clusterings of all words of two word tables, by (layer, seed, part).

    CALIGN's parts are ``source`` and ``target``, COLAP's is ``pooled``.
    """

    source: object
    target: object
    by_key: dict
    n_clusters: int
    control: str = ""
    definitions: tuple = ALL
    selections: dict = field(default_factory=dict)

    @property
    def layers(self):
        return tuple(sorted({layer for layer, _, _ in self.by_key}))

    @property
    def seeds(self):
        return tuple(sorted({seed for _, seed, _ in self.by_key}))

    def metrics(self):
        parts = {part for _, _, part in self.by_key}
        return ("calign",) * ("source" in parts) + ("colap",) * ("pooled" in parts)

    def selection(self, metric, definition):
        rows = Selection(np.arange(self.source.n_words), np.arange(self.target.n_words))
        return self.selections.get((metric, definition), rows)

    def clusters(self, key: ConceptKey):
        cluster = np.array(self.by_key[key.layer, key.seed, key.part], dtype=np.int32)
        return Clusters(cluster, self.n_clusters)

    def of_seeds(self, *seeds):
        """Only the clusterings of some seeds."""
        kept = {key: value for key, value in self.by_key.items() if key[1] in seeds}
        return replace(self, by_key=kept)


def rows_of(scores, **wanted):
    """Rows that have these values in these columns, and the empty ones of a plain summary."""
    wanted = {"control": "", "parameter": "", "seed": None} | wanted
    return [row for row in scores if all(getattr(row, k) == v for k, v in wanted.items())]


def row_of(scores, **wanted):
    (row,) = rows_of(scores, **wanted)
    return row
