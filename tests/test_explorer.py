"""The explorer's data: what shards hold, against answers worked out by hand and by other rooms."""

import base64
import gzip
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from explorer_study import (
    ARABIC,
    ENGLISH,
    EVIL,
    LAYERS,
    N_CLUSTERS,
    RULE,
    RUNS,
    SEEDS,
    made_study,
)
from hand_concepts import entries, table
from hypothesis import given
from hypothesis import strategies as st

from polyconcept.explorer.labels import stability, type_clusters
from polyconcept.explorer.links import TypeLinks, type_links
from polyconcept.explorer.page import explorer_page
from polyconcept.explorer.pair import pair_shards
from polyconcept.explorer.places import place_columns
from polyconcept.explorer.shards import Shard, shard_about, shard_script, write_shards
from polyconcept.explorer.trails import partnered
from polyconcept.explorer.words import words_by_type
from polyconcept.records.text import Selection, Sentences
from polyconcept.scoring.calign import translation_table
from polyconcept.store.explored import read_scored
from polyconcept.store.tables import write_table


def opened(script):
    """What a shard's script hands over, read as docs/EXPLORER.md says and not as it is written."""
    name, coded = json.loads(
        f"[{script.removeprefix('polyconcept_shard(').removesuffix(');' + chr(10))}]"
    )
    content = gzip.decompress(base64.b64decode(coded))
    size = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + size])
    place, columns = 4 + size, {}
    for column, kind, length in header["columns"]:
        block = content[place : place + length]
        place += length
        if kind == "text":
            columns[column] = block.decode()
        else:
            width = int(kind[1])
            planes = np.frombuffer(block, np.uint8).reshape(width, -1)
            columns[column] = np.frombuffer(planes.T.tobytes(), f"<{kind}").tolist()
    assert place == len(content)
    kinds = [kind for _, kind, _ in header["columns"]]
    return SimpleNamespace(name=name, about=header["about"], columns=columns, kinds=kinds)


def sentences_of(language, *text):
    return Sentences(language, tuple(tuple(line.split()) for line in text))


def integers(*values):
    return np.array(values, dtype=np.int64)


# --- shards


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.text())
def test_a_shard_comes_back(values, text):
    shard = Shard("a/b", {"number": integers(*values), "text": text}, {"about": "ä"})

    found = opened(shard_script(shard))

    assert (found.name, found.about) == ("a/b", {"about": "ä"})
    assert found.columns == {"number": values, "text": text}


def test_what_a_shard_says_is_read_back():
    assert shard_about(shard_script(Shard("a(b", about={"c": "ä)"}))) == {"c": "ä)"}


def test_numbers_take_the_fewest_bytes_that_hold_them():
    shard = Shard("a", {"small": integers(0, 255), "large": integers(256), "signed": integers(-1)})

    assert opened(shard_script(shard)).kinds == ["u1", "u2", "i1"]


def test_numbers_that_32_bits_do_not_hold_are_refused():
    with pytest.raises(ValueError, match="column from 0 to 4294967296: expected what 32 bits hold"):
        shard_script(Shard("a", {"large": integers(0, 2**32)}))


def test_the_same_shard_gives_the_same_bytes():
    shard = Shard("a", {"number": integers(1, 2, 3)})

    assert shard_script(shard) == shard_script(shard)


def test_a_script_cannot_end_its_element():
    assert "<" not in shard_script(Shard("a", {"text": "</script>"}, {"name": "</script>"}))


def test_shards_of_an_earlier_run_are_gone(tmp_path):
    folder = tmp_path / "en-ar"
    write_shards([Shard("en-ar/old", {})], folder)

    write_shards([Shard("en-ar/new/0", {})], folder)

    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.js")] == ["new/0.js"]


def test_shards_appear_whole_or_not_at_all(tmp_path):
    def fails():
        yield Shard("en-ar/new", {})
        raise ValueError("no more")

    folder = tmp_path / "en-ar"
    write_shards([Shard("en-ar/old", {})], folder)
    with pytest.raises(ValueError, match="no more"):
        write_shards(fails(), folder)

    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.js")] == [
        "en-ar/old.js"
    ]
    with pytest.raises(ValueError, match="en-de"):
        write_shards([Shard("en-de/new", {})], folder)


# --- words, clusters, places


def test_clusters_of_a_type_come_once_with_most_words_first():
    # Type 0 has words in clusters 5, 2, 2; type 1 none; type 2 one in no cluster.
    found = type_clusters(integers(0, 0, 0, 2), np.array([5, 2, 2, -1], dtype=np.int32), 3)

    assert found.n_clusters.tolist() == [2, 0, 1]
    assert found.cluster.tolist() == [2, 5, -1]
    assert found.of_word.tolist() == [1, 0, 0, 0]
    assert found.n_words.tolist() == [2, 1, 1]
    assert found.commonest().tolist() == [2, -1, -1]


def test_words_are_ordered_by_type_and_keep_their_clusters():
    words = table("en", "b a", "a c b")
    selection = Selection(integers(4, 1, 2, 0), integers(0, 1, 2, 3, 4))
    selections = {(m, "published"): selection for m in ("calign", "colap")}

    source, _ = words_by_type((words, table("de", "b a", "a c b")), selections, "published")
    ordered = source.of_metric["calign"]

    assert source.types == ("a", "b")  # no word of c is clustered
    assert ordered.rows.tolist() == [1, 2, 0, 4]
    assert ordered.n_words.tolist() == [2, 2]
    # Row 1 has no vector: cluster 7 is of row 4, 8 of row 2, 9 of row 0.
    found = ordered.labels(integers(4, 2, 0), np.array([7, 8, 9], dtype=np.int32))
    assert found.tolist() == [-1, 8, 9, 7]


def test_clusters_of_other_words_than_those_selected_are_refused():
    words = table("en", "a b")
    selections = {
        (m, "published"): Selection(integers(0), integers(0)) for m in ("calign", "colap")
    }
    source, _ = words_by_type((words, table("de", "a b")), selections, "published")

    with pytest.raises(
        ValueError, match="1 words were clustered that are not the 0 of the selection"
    ):
        source.of_metric["calign"].labels(integers(1), np.array([0], dtype=np.int32))


def test_places_are_steps_from_sentence_to_sentence_of_a_type():
    text = ("a b a", "c", "a b")
    words = table("en", *text)
    selection = Selection(np.arange(6), np.arange(6))
    selections = {(m, "published"): selection for m in ("calign", "colap")}
    source, _ = words_by_type((words, words), selections, "published")

    columns = place_columns(source.of_metric["calign"], words, sentences_of("en", *text))

    # a in sentences 0, 0, 2; b in 0, 2; c in 1. The second a of sentence 0 is its repeat 1.
    assert columns["step"].tolist() == [0, 0, 2, 0, 2, 1]
    assert columns["repeat"].tolist() == [0, 1, 0, 0, 0, 0]


def test_words_that_the_table_leaves_out_count_where_a_word_is_told_from_its_likes():
    whole = table("en", "a a b")
    words = replace(
        whole,
        sentence=whole.sentence[1:],
        position=whole.position[1:],
        word_type=whole.word_type[1:],
    )
    selection = Selection(np.arange(2), np.arange(2))
    selections = {(m, "published"): selection for m in ("calign", "colap")}
    source, _ = words_by_type((words, words), selections, "published")

    columns = place_columns(source.of_metric["calign"], words, sentences_of("en", "a a b"))

    assert columns["repeat"].tolist() == [1, 0]


def test_stability_is_the_mean_best_jaccard_index():
    first = np.array([0, 0, 0, 1, 1, -1], dtype=np.int32)
    others = [np.array([0, 0, 1, 1, 1, 0], dtype=np.int32), first]

    # With the first of the others: 2 of 4 (0, 0, 0 and the noise), 2 of 3; with itself 1.
    found = stability(first, others, 3)

    assert found[:2] == pytest.approx([(2 / 4 + 1) / 2, (2 / 3 + 1) / 2])
    assert np.isnan(found[2])


def test_types_of_a_cluster_come_with_most_words_first():
    # Type 1 has two words in cluster 3, types 0 and 2 one each.
    labels = np.array([3, 3, 3, 3, -1], dtype=np.int32)
    found = type_clusters(integers(0, 1, 1, 2, 2), labels, 3)

    assert found.types_of(3).tolist() == [1, 0, 2]
    assert found.types_of(4).tolist() == found.types_of(-1).tolist() == []


# --- translations


def test_translations_that_are_no_types_use_up_a_place():
    dictionary = entries("en", "de", "a x", "a missing", "a y", "b y")

    found = type_links(dictionary, ("b", "a"), ("x", "y"), n=2)

    assert list(zip(found.word.tolist(), found.translation.tolist(), strict=True)) == [
        (0, 1),
        (1, 0),
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), unique=True), st.integers(0, 3))
def test_translations_are_those_of_the_score(pairs, n):
    pairs = sorted(pairs, key=lambda pair: pair[0])
    dictionary = entries("en", "de", *(f"s{a} t{b}" for a, b in pairs))
    types, others = ("s0", "s1", "s3"), ("t0", "t2", "t3", "t4")

    found = type_links(dictionary, types, others, n=n)

    expected = np.zeros((3, 4), dtype=int)
    expected[found.word, found.translation] = 1
    assert expected.tolist() == translation_table(dictionary, types, others, n=n).toarray().tolist()


@given(st.data())
def test_matched_types_are_those_counted_one_by_one(data):
    n_types, n_clusters = 4, 3
    number = st.integers(-1, n_clusters - 1)
    sides = []
    for _ in range(2):
        words = sorted(data.draw(st.lists(st.integers(0, n_types - 1), max_size=8)))
        labels = data.draw(st.lists(number, min_size=len(words), max_size=len(words)))
        sides.append(type_clusters(integers(*words), np.array(labels, dtype=np.int32), n_types))
    pair = st.tuples(st.integers(0, n_types - 1), st.integers(0, n_types - 1))
    pairs = sorted(data.draw(st.lists(pair, unique=True)))
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    partner = integers(*data.draw(st.lists(number, min_size=n_clusters, max_size=n_clusters)))
    cells = [
        set(zip(side.word_type.tolist(), side.cluster.tolist(), strict=True)) for side in sides
    ]
    commonest = [side.commonest().tolist() for side in sides]

    def expects(a, b):
        own = commonest[0][a]
        return own >= 0 and partner[own] >= 0 and (b, partner[own]) in cells[1]

    def reached(a, b):
        clusters = [cluster for word, cluster in cells[0] if word == a and cluster >= 0]
        return any(partner[one] >= 0 and partner[one] == commonest[1][b] for one in clusters)

    found = partnered(
        (sides[0], sides[1]), TypeLinks(columns[:, 0], columns[:, 1], n_types), partner
    )

    assert found[0].tolist() == [
        any(expects(a, b) for x, b in pairs if x == a) for a in range(n_types)
    ]
    assert found[1].tolist() == [
        any(reached(a, b) for a, y in pairs if y == b) for b in range(n_types)
    ]


# --- a pair


@pytest.fixture(scope="module")
def shards():
    text, runs, _ = made_study()
    found = [
        opened(shard_script(shard))
        for shard in pair_shards(text, runs, definition="published", n=RULE.n)
    ]
    return {shard.name: shard for shard in found}


def test_a_pair_has_a_shard_of_each_run_layer_and_metric(shards):
    concepts = {name for name in shards if "/concepts/" in name}

    assert concepts == {
        f"en-ar/concepts/bert/{variant}/encoder/{metric}.{layer}"
        for variant in ("base", "ner", "random")
        for metric in ("calign", "colap")
        for layer in LAYERS
    }
    assert shards["en-ar/types"].about["directions"] == ["ltr", "rtl"]
    assert set(shards["en-ar/types"].columns["source"].split("\n")) == set(ENGLISH)
    assert set(shards["en-ar/types"].columns["target"].split("\n")) == set(ARABIC)


def test_clusters_of_the_words_come_back(shards):
    text, runs, _ = made_study()
    words = text.words[0]
    columns = shards["en-ar/concepts/bert/ner/encoder/calign.2"].columns
    types = shards["en-ar/types"].columns
    spelling = types["source"].split("\n")
    starts = np.cumsum([0, *columns["source.n"]])
    word_type = np.repeat(np.arange(len(spelling)), types["source.calign"])
    labels = np.array(columns["source.cluster"])[starts[word_type] + columns["source.of_word"]]

    expected = runs[1].concepts.by_key[2, SEEDS[0], "source"]

    for number, one in enumerate(spelling):
        of_type = words.word_type == words.types.index(one)
        assert labels[word_type == number].tolist() == expected[of_type].tolist()


def test_scores_of_concepts_are_those_of_the_first_seed(shards):
    _, runs, scores = made_study()
    columns = shards["en-ar/concepts/bert/base/encoder/calign.0"].columns

    assert (
        columns["n_matched"]
        == runs[0].alignments["published", "en", "ar", 0, 212]["n_matched"].tolist()
    )
    hits = [
        row.n_hit
        for row in scores
        if (row.metric, row.variant, row.layer, row.seed, row.over)
        == ("calign", "base", 0, 212, "all")
    ]
    assert hits == [sum(n > 0 for n in columns["n_targets"])]
    assert len(columns["stability"]) == N_CLUSTERS


def test_trails_say_of_every_run_and_layer_whether_a_translation_is_there(shards):
    trail = shards["en-ar/trails/calign.source.0"].columns
    columns = shards["en-ar/concepts/bert/ner/encoder/calign.2"].columns
    types = shards["en-ar/types"].columns
    arabic = types["target"].split("\n")
    cells = {}
    for side in ("source", "target"):
        clusters = iter(columns[f"{side}.cluster"])
        cells[side] = [[next(clusters) for _ in range(n)] for n in columns[f"{side}.n"]]

    assert len(trail["state"]) == len(RUNS) * len(LAYERS) * len(ENGLISH)
    second = slice(3 * len(ENGLISH), 4 * len(ENGLISH))  # of the second run's second layer
    states, clusters_there = trail["state"][second], trail["cluster"][second]
    for number, word in enumerate(types["source"].split("\n")):
        commonest = cells["source"][number][0]
        assert clusters_there[number] == commonest
        there = cells["target"][arabic.index(ARABIC[ENGLISH.index(word)])]
        matched = columns["best_target"][commonest] in there
        aligned = columns["n_targets"][commonest] > 0
        assert states[number] == (2 if matched else 1) + (4 if aligned else 0)


def test_classes_are_a_bit_each(shards):
    types = shards["en-ar/types"]
    of_word = dict(
        zip(types.columns["source"].split("\n"), types.columns["source.classes"], strict=True)
    )

    # No script among them: of a language it is mostly one. Words of the text are capitalised
    # inside sentences; Arabic has no capitals, so that English decides what is a name.
    assert types.about["classes"] == ["digits", "names", "other", "punctuation", "same_spelling"]
    assert of_word["cat"] == 0b00100
    assert of_word["Haus"] == 0b00010


def test_a_page_without_script_has_the_best_concepts_of_the_first_run(shards):
    top = shards["en-ar/top"].about
    columns = shards["en-ar/concepts/bert/base/encoder/calign.2"].columns

    assert (top["run"], top["layer"]) == ("bert/base/encoder", 2)
    assert top["n_aligned"] == sum(n > 0 for n in columns["n_targets"])
    assert top["n_concepts"] == sum(n > 0 for n in columns["n_types"])
    aligned = [concept["aligned"] for concept in top["concepts"]]
    assert aligned == sorted(aligned, reverse=True)
    for concept in top["concepts"]:
        assert (
            concept["n_types"] == columns["n_types"][concept["cluster"]] == len(concept["words"][0])
        )


# --- files


def test_scores_of_concepts_are_read_by_clustering(tmp_path):
    columns = {
        "definition": ["published"] * 3,
        "source": ["en"] * 3,
        "target": ["ar"] * 3,
        "layer": pa.array([0, 0, 3], pa.int32()),
        "seed": [212, 212, 212],
        "cluster": pa.array([0, 1, 0], pa.int32()),
        "sentence_share": pa.array([0.5, None, 0.25]),
    }
    write_table(pa.table(columns), "calign_concepts", {}, tmp_path / "a.parquet")

    found = read_scored(tmp_path / "a.parquet", "calign_concepts")

    assert found["published", "en", "ar", 3, 212]["sentence_share"].tolist() == [0.25]
    shares = found["published", "en", "ar", 0, 212]["sentence_share"]
    assert shares[0] == 0.5
    assert np.isnan(shares[1])


def test_the_page_says_the_claims_where_no_script_runs_and_nothing_is_markup():
    concept = {"cluster": 7, "aligned": True, "n_matched": 2, "n_types": 9}
    words = [[EVIL, *"abcdefgh"], ["قط"]]
    top = {
        "languages": ["en", "ar"],
        "directions": ["ltr", "rtl"],
        "run": "bert/base/encoder",
        "layer": 3,
        "n_aligned": 1,
        "n_concepts": 12,
        "concepts": [concept | {"words": words}],
    }
    page = explorer_page(EVIL, {"claims": [{"sentence": f"Holds. {EVIL}"}]}, [top])

    assert EVIL not in page
    assert "1 of 12 concepts of en align" in page
    assert '<bdi>g</bdi> <bdi dir="ltr">+1</bdi></span>' in page
    assert '<td><span lang="ar" dir="rtl"><bdi>قط</bdi></span></td><td>2 of 9</td>' in page
    assert "<li>Holds. &lt;img/src=x/onerror=alert(1)&gt;</li>" in page.partition("<noscript>")[2]
