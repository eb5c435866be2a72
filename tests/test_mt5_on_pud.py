"""The path of an encoder-decoder model on real text: pud, English and German."""

from pathlib import Path

import numpy as np
import pytest
from readers import placed
from tiny_models import mt5, t5_unigram, without_head

from polyconcept.clustering.pair import cluster_pair
from polyconcept.records.concepts import ClusteredWords, ConceptKey
from polyconcept.records.scores import CalignRule
from polyconcept.records.text import Sentences
from polyconcept.scoring.calign import calign
from polyconcept.text import dictionary
from polyconcept.text.align import align_words
from polyconcept.text.parallel import read_parallel
from polyconcept.text.word_table import select_rows, split_words
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

PUD = Path(__file__).parents[2] / "shared/data/pud"
N = 150
pytestmark = [
    pytest.mark.realtext,
    pytest.mark.skipif(not PUD.is_dir(), reason="../shared/data/pud is absent"),
]


class Side:
    """Vectors of one language on one side, read as from a file."""

    def __init__(self, model, tokenizer, sentences, words, **side):
        plan = plan_extraction(
            tokenizer, sentences, words, max_length=None, token_budget=2000, **side
        )
        assert sum(plan.dropped.values()) == 0
        self.language, self.layers = words.language, {}
        for places, vectors in extract_vectors(model, plan, layers=[0, 2]):
            for layer, found in vectors.items():
                whole = self.layers.setdefault(layer, np.zeros((words.n_words, 16), np.float32))
                whole[places] = found

    def has(self, rows):
        return np.ones(len(rows), dtype=bool)

    def read(self, layer, rows, out=None):
        return placed(self.layers[layer][rows], out)


@pytest.fixture(scope="module")
def pud():
    """Text, word tables, dictionary and what the metrics cluster."""
    whole = read_parallel({code: PUD / f"{code}.txt" for code in ("en", "de")})
    text = {code: Sentences(code, part.words[:N]) for code, part in whole.items()}
    links = align_words(text["en"], text["de"])
    tables = {code: split_words(code, text, [links])[0] for code in text}
    rows = select_rows(tuple(tables.values()), tuple(text.values()), links)
    forward, _ = dictionary.build_dictionary(links, text["en"], text["de"])
    return text, tables, rows, forward


@pytest.fixture(scope="module")
def sides(pud):
    """Both languages read by the encoder, and said by the decoder after the other was read."""
    text, tables, *_ = pud
    lines = [" ".join(words) for part in text.values() for words in part.words]
    tokenizer = t5_unigram(text=lines, vocab_size=800)
    model = without_head(mt5(tokenizer))
    other = {"en": "de", "de": "en"}
    return {
        (side, code): Side(
            model,
            tokenizer,
            text[code],
            tables[code],
            **({"side": side, "given": text[other[code]]} if side == "decoder" else {}),
        )
        for side in ("encoder", "decoder")
        for code in text
    }


def clusters_of(pud, sides, source, target):
    found = cluster_pair(
        pud[2],
        sides[source, "en"],
        sides[target, "de"],
        layers=[0, 2],
        seeds=[212],
        n_clusters=30,
        n_restarts=1,
    )
    return dict(found)


def test_sides_are_paired_as_released(pud, sides):
    own = {side: clusters_of(pud, sides, side, side) for side in ("encoder", "decoder")}
    crossed = clusters_of(pud, sides, "encoder", "decoder")

    for key, clusters in crossed.items():
        if key.part != "pooled":
            side = "encoder" if key.part == "source" else "decoder"
            assert (clusters.cluster == own[side][key].cluster).all()
        elif key.layer == 2:
            assert (clusters.cluster != own["encoder"][key].cluster).any()


def test_the_source_encoder_is_aligned_with_the_target_decoder(pud, sides):
    _, tables, rows, forward = pud
    found = clusters_of(pud, sides, "encoder", "decoder")
    selection = rows["calign", "published"]
    words = [
        ClusteredWords.of(
            tables[code],
            getattr(selection, f"{part}_rows"),
            found[ConceptKey(2, 212, "calign", "published", part)].cluster,
            n_clusters=30,
        )
        for code, part in (("en", "source"), ("de", "target"))
    ]
    lenient = CalignRule("published", n=10, match=0.0, size_ratio=0.0, min_types=0)
    strict = CalignRule("published", n=10, match=0.8, size_ratio=0.6, min_types=5)

    at_all, enough = (calign(*words, forward, rule) for rule in (lenient, strict))

    # Every English word here has a link, so that most concepts meet one of its translations.
    assert at_all.n_aligned > 20 > enough.n_aligned


def test_a_sentences_first_subword_is_predicted_from_the_start_symbol(pud, sides):
    """Layer 0 has no positions: the state is the embedding of what was read before."""
    words = pud[1]["de"]
    first = sides["decoder", "de"].read(0, np.flatnonzero(words.position == 0))
    _, counts = np.unique(first.round(4), axis=0, return_counts=True)

    # Words of one subword: all alike.
    assert counts.max() > 20
    assert counts.max() > 3 * np.sort(counts)[-2]
