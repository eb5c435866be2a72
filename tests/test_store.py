import csv
import errno
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hand_concepts import table

from polyconcept.records.concepts import (
    AlignedConcepts,
    Clusters,
    ConceptExample,
    ConceptKey,
    KMeansClusters,
    VectorHeader,
)
from polyconcept.records.examples import OverlapExample, OverlappingConcepts, PairExamples
from polyconcept.records.scores import Score
from polyconcept.records.text import Selection, Translations, Words
from polyconcept.store.concepts import ConceptFile, write_concepts
from polyconcept.store.examples import read_examples, write_examples
from polyconcept.store.faults import StoreError
from polyconcept.store.json import read_json, write_json
from polyconcept.store.scores import read_scores, typed_first, write_scores, write_scores_csv
from polyconcept.store.tables import write_table
from polyconcept.store.vectors import VectorFile, write_vectors
from polyconcept.store.words import read_selections, read_words, write_selections, write_words


def make_words(language="en", spellings=("the", "cat", "the", "don't|||->")):
    types = tuple(dict.fromkeys(spellings))
    return Words(
        language=language,
        sentence=np.array([0, 0, 1, 1], dtype=np.int32),
        position=np.array([0, 1, 0, 3], dtype=np.int32),
        word_type=np.array([types.index(word) for word in spellings], dtype=np.int32),
        types=types,
    )


def header_of(words):
    return VectorHeader(
        language=words.language,
        words_fingerprint=words.fingerprint,
        model="tiny",
        variant="base",
        side="decoder",
        given="de",
        reading="reads",
        pooling="last",
        dropped={"no subwords": 1},
    )


def write_some_vectors(path, words):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    rows = np.array([0, 1, 3])
    batches = [
        (np.array([2, 0]), {0: vectors[[2, 0]], 4: -vectors[[2, 0]]}),
        (np.array([1]), {0: vectors[[1]], 4: -vectors[[1]]}),
    ]
    write_vectors(path, header_of(words), rows, batches)
    return vectors


def test_numbers_of_subwords_come_back_in_the_order_of_the_rows(tmp_path):
    words = make_words()
    layers = [{0: np.zeros((n, 2), dtype=np.float32)} for n in (2, 1)]
    batches = [(np.array([2, 0]), layers[0]), (np.array([1]), layers[1])]
    rows, n_subwords = np.array([0, 1, 3]), np.array([4, 1, 2], dtype=np.int32)

    write_vectors(tmp_path / "en.h5", header_of(words), rows, batches, n_subwords)
    write_some_vectors(tmp_path / "old.h5", words)

    with VectorFile.open(tmp_path / "en.h5", words) as vectors:
        assert vectors.rows.tolist() == [0, 1, 3]
        assert vectors.n_subwords.tolist() == [4, 1, 2]
    with (
        VectorFile.open(tmp_path / "old.h5", words) as vectors,
        pytest.raises(StoreError, match=r"old\.h5: no numbers of subwords; written by an older"),
    ):
        _ = vectors.n_subwords


def test_a_type_is_as_long_as_its_longest_word_with_a_vector(tmp_path):
    words = table("en", "a cat sat", "a dog", "A cat")
    # "cat" is cut once, "dog" has no vector, and so has the second "a".
    rows, n_subwords = np.array([0, 1, 2, 5, 6]), np.array([1, 1, 3, 1, 2], dtype=np.int32)
    batches = [(np.array([4, 3, 2, 1, 0]), {0: np.zeros((5, 2), dtype=np.float32)})]
    write_vectors(tmp_path / "en.h5", header_of(words), rows, batches, n_subwords)

    with VectorFile.open(tmp_path / "en.h5", words) as vectors:
        found = vectors.most_subwords(words)

    assert dict(zip(words.types, found.tolist(), strict=True)) == {
        "a": 1, "cat": 2, "sat": 3, "dog": 0, "A": 1,
    }  # fmt: skip


# --- word tables


def test_words_come_back_as_written(tmp_path):
    words = make_words()
    write_words(words, {"over the cap": 3}, tmp_path / "en.parquet")

    read = read_words(tmp_path / "en.parquet")

    assert read.types == words.types
    assert read.fingerprint == words.fingerprint
    np.testing.assert_array_equal(read.position, words.position)


def test_fingerprint_tells_tables_apart():
    base = make_words()

    assert make_words().fingerprint == base.fingerprint
    assert make_words(language="de").fingerprint != base.fingerprint
    assert make_words(spellings=("the", "dog", "the", "don't|||->")).fingerprint != base.fingerprint


def test_truncated_and_foreign_parquet_are_refused(tmp_path):
    path = tmp_path / "en.parquet"
    write_words(make_words(), {}, path)
    whole = path.read_bytes()

    path.write_bytes(whole[:-20])
    with pytest.raises(StoreError, match=r"en.parquet: truncated, or no Parquet file"):
        read_words(path)
    write_scores([], path)
    with pytest.raises(StoreError, match="found 'scores' version 1, needed a 'words' file"):
        read_words(path)


def test_selections_come_back_in_order_and_belong_to_their_tables(tmp_path):
    source, target = make_words("en"), make_words("de")
    selections = {
        ("calign", "published"): Selection(np.array([3, 0, 0]), np.array([1, 2, 2])),
        ("colap", "corrected"): Selection(np.array([0, 1]), np.array([3])),
    }
    path = tmp_path / "en-de.parquet"
    write_selections(selections, source, target, path)

    read = read_selections(path, source, target)

    assert list(read) == list(selections)
    for key, selection in selections.items():
        np.testing.assert_array_equal(read[key].source_rows, selection.source_rows)
        np.testing.assert_array_equal(read[key].target_rows, selection.target_rows)
    with pytest.raises(StoreError, match="another word table of language 'fr'"):
        read_selections(path, source, make_words("fr"))


# --- vectors


def test_vectors_come_back_by_row_of_the_word_table(tmp_path):
    words = make_words()
    vectors = write_some_vectors(tmp_path / "en.h5", words)

    with VectorFile.open(tmp_path / "en.h5", words) as file:
        read = file.read(0, np.array([3, 0, 3]))
        negative = file.read(4, np.array([1]))
        has = file.has(np.array([2, 3]))

        np.testing.assert_array_equal(read, vectors[[2, 0, 2]])
        np.testing.assert_array_equal(negative, -vectors[[1]])
        assert has.tolist() == [False, True]
        assert file.layers == (0, 4)
        assert file.header == header_of(words)


def test_a_word_without_vector_and_an_unknown_layer_are_refused(tmp_path):
    words = make_words()
    write_some_vectors(tmp_path / "en.h5", words)

    with VectorFile.open(tmp_path / "en.h5", words) as file:
        with pytest.raises(StoreError, match="row 2 of the word table has no vector"):
            file.read(0, np.array([0, 2]))
        with pytest.raises(StoreError, match=r"no layer 7; it holds \[0, 4\]"):
            file.read(7, np.array([0]))


def test_vectors_of_another_word_table_are_refused(tmp_path):
    write_some_vectors(tmp_path / "en.h5", make_words())
    other = make_words(spellings=("a", "cat", "the", "dog"))

    with (
        pytest.raises(StoreError, match="made from another word table of language 'en'"),
        VectorFile.open(tmp_path / "en.h5", other),
    ):
        pass


def test_vectors_of_an_older_version_are_refused(tmp_path):
    words = make_words()
    write_some_vectors(tmp_path / "v.h5", words)
    with h5py.File(tmp_path / "v.h5", "r+") as file:
        del file.attrs["given"], file.attrs["reading"]

    with (
        pytest.raises(StoreError, match=r"v.h5: no attributes \['given', 'reading'\]; .* older"),
        VectorFile.open(tmp_path / "v.h5", words),
    ):
        pass


@pytest.mark.parametrize("damage", ["truncated", "foreign"])
def test_damaged_hdf5_is_refused(tmp_path, damage):
    path = tmp_path / "en.h5"
    words = make_words()
    write_some_vectors(path, words)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        path.unlink()
        with h5py.File(path, "w") as file:
            file["x"] = 1
    expected = {"truncated": "truncated, or no HDF5 file", "foreign": "no mark of Polyconcept's"}

    with pytest.raises(StoreError, match=expected[damage]), VectorFile.open(path, words):
        pass


@pytest.mark.parametrize(("places", "times"), [([0, 1], 0), ([0, 1, 2, 1], 2)])
def test_every_row_must_be_written_once_and_nothing_is_left_otherwise(tmp_path, places, times):
    words = make_words()
    batches = [(np.array([place]), {0: np.ones((1, 2), np.float32)}) for place in places]

    with pytest.raises(ValueError, match=f"written {times} times"):
        write_vectors(tmp_path / "en.h5", header_of(words), np.array([0, 1, 3]), batches)
    assert list(tmp_path.iterdir()) == []


def test_no_space_leaves_nothing_and_says_where(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)

    with pytest.raises(OSError, match="No space left") as caught:
        write_some_vectors(tmp_path / "en.h5", make_words())
    assert list(tmp_path.iterdir()) == []
    assert "en.h5" in caught.value.__notes__[0]


def write_under_a_limit(folder: Path) -> None:
    """Write vectors and concepts where no file may exceed 20,000 bytes: HDF5 itself fails."""
    import resource  # POSIX only

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    def batches():
        for start in range(0, 4000, 1000):
            yield np.arange(start, start + 1000), {0: np.ones((1000, 16), dtype=np.float32)}

    words = make_words()
    selections = {("calign", "published"): Selection(np.arange(3), np.arange(3))}
    wide = KMeansClusters(
        cluster=np.zeros(3, dtype=np.int32),
        n_clusters=2,
        centers=np.ones((2, 1), dtype=np.float32),
        inertia=1.0,
        restart_inertias=np.ones(300),
        n_iterations=1,
    )
    found = [(ConceptKey(n, 1, "calign", "published", "source"), wide) for n in range(40)]

    with pytest.raises(OSError, match="File too large"):
        write_vectors(folder / "en.h5", header_of(words), np.arange(4000), batches())
    with pytest.raises(OSError, match="File too large"):
        write_concepts(folder / "en-de.h5", words, words, selections, found)


@pytest.mark.skipif(os.name != "posix", reason="needs the POSIX limit on file sizes")
def test_a_write_that_fails_inside_hdf5_is_one_plain_error(tmp_path, capfd):
    # In its own process: the limit would hold for pytest's output too, where that is a file.
    child = multiprocessing.get_context("spawn").Process(
        target=write_under_a_limit, args=(tmp_path,)
    )
    child.start()
    child.join()

    assert capfd.readouterr().err == ""  # HDF5 had nothing that it could not close
    assert child.exitcode == 0
    assert list(tmp_path.iterdir()) == []


# --- concepts


def make_clusters(labels):
    return KMeansClusters(
        cluster=np.array(labels, dtype=np.int32),
        n_clusters=2,
        centers=np.array([[0.5, 1.0], [2.0, 3.0]], dtype=np.float32),
        inertia=4.25,
        restart_inertias=np.array([5.0, 4.25]),
        n_iterations=7,
    )


def test_concepts_come_back_by_key(tmp_path):
    source, target = make_words("en"), make_words("de")
    key = ConceptKey(layer=3, seed=212, metric="calign", definition="published", part="source")
    selections = {("calign", "published"): Selection(np.array([0, 1]), np.array([2, 3]))}
    path = tmp_path / "en-de.h5"
    write_concepts(path, source, target, selections, [(key, make_clusters([1, 0]))])

    with ConceptFile.open(path, source, target) as file:
        read = file.clusters(key)

        assert (file.layers, file.seeds, file.definitions) == ((3,), (212,), ("published",))
        assert read.cluster.tolist() == [1, 0]
        assert (read.cluster.dtype, read.n_clusters) == (np.int32, 2)
        assert file.selection("calign", "published").target_rows.tolist() == [2, 3]
        other = ConceptKey(
            layer=0, seed=212, metric="calign", definition="published", part="source"
        )
        with pytest.raises(StoreError, match="holds no layer/0/seed/212/calign/published/source"):
            file.clusters(other)
    with (
        pytest.raises(StoreError, match="another word table of language 'it'"),
        ConceptFile.open(path, source, make_words("it")),
    ):
        pass


def test_concepts_say_of_how_many_subwords_words_are(tmp_path):
    words, key = make_words(), ConceptKey(0, 1, "calign", "published", "source")
    selections = {("calign", "published"): Selection(np.arange(2), np.arange(2))}
    most = np.array([1, 2, 0], dtype=np.int32), np.array([0, 3, 1], dtype=np.int32)
    of_pair = words, words, selections, [(key, make_clusters([1, 0]))]
    write_concepts(tmp_path / "new.h5", *of_pair, most)
    write_concepts(tmp_path / "old.h5", *of_pair)

    with ConceptFile.open(tmp_path / "new.h5", words, words) as file:
        assert [side.tolist() for side in file.most_subwords] == [[1, 2, 0], [0, 3, 1]]
    with (
        ConceptFile.open(tmp_path / "old.h5", words, words) as file,
        pytest.raises(StoreError, match=r"old\.h5: no numbers of subwords; written by an older"),
    ):
        _ = file.most_subwords


def test_a_way_without_centers_leaves_words_in_no_cluster(tmp_path):
    words, key = make_words(), ConceptKey(0, 1, "colap", "corrected", "pooled")
    selections = {("colap", "corrected"): Selection(np.arange(2), np.arange(1))}
    noisy = Clusters(np.array([2, -1, 0], dtype=np.int32), 4)
    write_concepts(tmp_path / "en-de.h5", words, words, selections, [(key, noisy)])

    with ConceptFile.open(tmp_path / "en-de.h5", words, words) as file:
        read = file.clusters(key)

    assert type(read) is Clusters
    assert (read.cluster.tolist(), read.cluster.dtype, read.n_clusters) == ([2, -1, 0], np.int32, 4)


def test_labels_take_no_more_bytes_than_their_number_needs_and_centers_none(tmp_path):
    words = make_words()
    selections = {("calign", "published"): Selection(np.arange(2), np.arange(2))}
    found = [
        (ConceptKey(0, 1, "calign", "published", "source"), make_clusters([1, 0])),
        (
            ConceptKey(0, 1, "calign", "published", "target"),
            Clusters(np.int32([40_000, -1]), 40_001),
        ),
        (ConceptKey(0, 1, "colap", "published", "pooled"), Clusters(np.int32([]), 1)),
    ]
    path = tmp_path / "en-de.h5"
    write_concepts(path, words, words, selections, found)

    with h5py.File(path) as file:
        first = file["layer/0/seed/1/calign/published/source"]
        assert (set(first), first["cluster"].dtype) == ({"cluster", "restart_inertias"}, np.int16)
    with ConceptFile.open(path, words, words) as file:
        for key, clusters in found:
            read = file.clusters(key)
            assert (read.cluster.tolist(), read.cluster.dtype) == (
                clusters.cluster.tolist(),
                np.int32,
            )


def test_concepts_of_version_1_are_read(tmp_path):
    words, key = make_words(), ConceptKey(0, 1, "calign", "published", "source")
    selections = {("calign", "published"): Selection(np.arange(2), np.arange(2))}
    path = tmp_path / "en-de.h5"
    write_concepts(path, words, words, selections, [(key, make_clusters([1, 0]))])
    with h5py.File(path, "r+") as file:
        # As version 1 was written: the number of clusters is that of the centers.
        file.attrs["format_version"] = 1
        group = file["layer/0/seed/1/calign/published/source"]
        group["centers"] = np.zeros((2, 2), dtype=np.float32)
        del group.attrs["n_clusters"]

    with ConceptFile.open(path, words, words) as file:
        read = file.clusters(key)
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 3

    assert (read.cluster.tolist(), read.n_clusters) == ([1, 0], 2)
    with (
        pytest.raises(StoreError, match=r"found 'concepts' version 3, .* of version 1 or 2"),
        ConceptFile.open(path, words, words),
    ):
        pass


# --- scores and JSON


def make_score(**fields):
    values = {
        "metric": "calign",
        "definition": "published",
        "over": "all",
        "model": "bert",
        "variant": "base",
        "side": "encoder",
        "corpus": "pud",
        "source": "en",
        "target": "de",
        "layer": 0,
        "seed": 212,
        "n_hit": 1,
        "n_total": 3,
        "value": 1 / 3,
        "zero_shot": None,
        "signature": "",
    }
    return Score(**values | fields)


def test_scores_come_back_and_csv_keeps_full_precision(tmp_path):
    task = make_score(metric="accuracy", layer=None, n_hit=None, zero_shot=True, value=0.1 + 0.2)
    scores = [make_score(), task, make_score(metric="bleu", signature="nrefs:1|tok:13a")]
    write_scores(scores, tmp_path / "a.parquet")
    write_scores_csv(scores, tmp_path / "a.csv")

    lines = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))

    assert read_scores([tmp_path / "a.parquet", tmp_path / "a.parquet"]) == scores * 2
    assert list(lines[0])[:4] == ["metric", "definition", "over", "model"]
    assert (lines[1]["value"], lines[1]["zero_shot"]) == ("0.30000000000000004", "True")
    assert (lines[1]["layer"], lines[1]["seed"], lines[1]["n_hit"]) == ("", "212", "")
    assert lines[2]["signature"] == "nrefs:1|tok:13a"


def late_columns():
    """Rows that fill some columns only after the first 10,000, as many as `datasets` reads."""
    summary = {"seed": None, "low": 0.25, "null_mean": 0.1}
    return [
        *(make_score(layer=n % 7) for n in range(10_000)),
        make_score(**summary, control="centred"),
        make_score(**summary, parameter="match", at=0.5),
        make_score(**summary, against="base", variant="ner"),
        *(make_score() for _ in range(10_000)),
        make_score(metric="accuracy", definition="", over="", layer=None, n_hit=None,
                   zero_shot=True, source="na"),
        make_score(metric="bleu", definition="", over="", layer=None, n_hit=None,
                   zero_shot=False, seen="fine-tuning", value=0.1 + 0.2,
                   signature="nrefs:1|tok:13a"),
    ]  # fmt: skip


def columns_of(table):
    return {name: table.column(name).to_pylist() for name in table.column_names}


def test_datasets_and_pandas_load_the_csv_as_the_parquet(tmp_path):
    scores = typed_first(late_columns())
    write_scores(scores, tmp_path / "a.parquet")
    write_scores_csv(late_columns(), tmp_path / "a.csv")
    wanted = pq.read_table(tmp_path / "a.parquet")
    code = (
        "import sys, datasets, pandas\n"
        "loaded = datasets.load_dataset('csv', data_files=sys.argv[1], cache_dir=sys.argv[2])\n"
        "loaded['train'].to_parquet(sys.argv[2] + '/datasets.parquet')\n"
        "pandas.read_csv(sys.argv[1]).to_parquet(sys.argv[2] + '/pandas.parquet')\n"
    )

    # In a process of its own: with the hub out of reach, and files that `datasets` leaves open.
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.csv"), str(tmp_path)],
        check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}, capture_output=True,
    )  # fmt: skip

    strings = {name for name in wanted.column_names if wanted.schema.field(name).type == "string"}
    for reader in ("datasets", "pandas"):
        found = pq.read_table(tmp_path / f"{reader}.parquet")
        assert found.column_names == wanted.column_names
        assert {n for n in strings if "string" not in str(found.schema.field(n).type)} == set()
        assert found.schema.field("zero_shot").type == "bool"
        for name, values in columns_of(found).items():
            told = ["" if value is None and name in strings else value for value in values]
            assert told == columns_of(wanted)[name], (reader, name)


def test_rows_that_fill_a_column_come_first_and_the_others_keep_their_order():
    plain, tuned = make_score(), make_score(against="base")
    task = make_score(zero_shot=True, layer=None)
    scores = [plain, make_score(layer=1), tuned, make_score(layer=2), task, make_score(layer=3)]

    ordered = typed_first(scores)

    assert ordered == [plain, tuned, task, *(make_score(layer=n) for n in (1, 2, 3))]
    assert typed_first(ordered) == ordered


def test_a_table_of_other_columns_is_refused(tmp_path):
    path = tmp_path / "old.parquet"
    write_table(pa.table({"metric": ["calign"], "mark": [1]}), "scores", {}, path)

    with pytest.raises(StoreError, match=r"old.parquet: it lacks .*'signature'.* has \['mark'\]"):
        read_scores([path])


def test_translations_are_written_as_objects_with_their_fields(tmp_path):
    pairs = [
        Translations("en", "ar", ("a cat", "no"), ("قطة", "لا"), ("كلب", "")),
        Translations("en", "de", ("a cat",), ("eine Katze",), ("ein Hund",)),
    ]
    write_json(pairs, tmp_path / "translations.json")

    assert read_json(tmp_path / "translations.json") == [
        {
            "source": "en",
            "target": "ar",
            "sentence": ["a cat", "no"],
            "reference": ["قطة", "لا"],
            "hypothesis": ["كلب", ""],
        },
        {
            "source": "en",
            "target": "de",
            "sentence": ["a cat"],
            "reference": ["eine Katze"],
            "hypothesis": ["ein Hund"],
        },
    ]


def test_what_json_has_no_form_of_is_refused(tmp_path):
    with pytest.raises(TypeError):
        write_json({"a": {1, 2}}, tmp_path / "a.json")

    assert not list(tmp_path.iterdir())


def test_examples_of_both_metrics_come_back(tmp_path):
    aligned = ConceptExample(("a", "b"), ("A",), (True, False), (True,), 0.25)
    mixed = OverlapExample(("a",), ("A", "B"), 3, 4)
    pairs = [
        PairExamples(
            AlignedConcepts("en", "de", 6, 7, 60, examples),
            OverlappingConcepts("en", "de", 6, 30, 80, (mixed,)),
        )
        for examples in ((aligned,), ())
    ]
    paths = [tmp_path / "1.json", tmp_path / "2.json"]
    for pair, path in zip(pairs, paths, strict=True):
        write_examples(pair, path)

    assert read_examples(paths) == pairs


def test_same_scores_give_the_same_bytes(tmp_path):
    for name in "ab":
        write_scores([make_score()], tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_broken_json_is_named_with_its_line(tmp_path):
    path = Path(tmp_path / "x.json")
    path.write_text('{"a": 1,\n "b": }\n')

    with pytest.raises(ValueError, match=r"x.json, line 2: not JSON"):
        read_json(path)
