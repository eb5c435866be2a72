"""From files of data sets to columns, and from columns to sentences."""

import gzip
import json

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences
from polyconcept.sources.columns import parallel_from_columns, sentences_from_column
from polyconcept.sources.entity_labels import tagged_from_columns
from polyconcept.sources.hub import fill_codes
from polyconcept.sources.sentiment_labels import labelled_from_columns
from polyconcept.store.datasets import existing_column, read_columns
from polyconcept.store.faults import StoreError
from polyconcept.text.labelled import read_labelled, write_labelled
from polyconcept.text.parallel import write_sentences
from polyconcept.text.tagged import read_tagged, write_tagged

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
FEATURES = datasets.Features(
    {
        "tokens": datasets.List(datasets.Value("string")),
        "ner_tags": datasets.List(datasets.ClassLabel(names=TAGS)),
        "label": datasets.ClassLabel(names=["negative", "positive"]),
        "translation": datasets.Translation(languages=["de", "en"]),
    }
)
ROWS = {
    "tokens": [["Anna", "Blum", "lebt"], ["Berlin"]],
    "ner_tags": [[1, 2, 0], [3]],
    "label": [1, -1],
    "translation": [{"de": "Haus", "en": "house"}, {"de": "Baum", "en": "tree"}],
}


@pytest.fixture(autouse=True)
def quiet():
    datasets.disable_progress_bars()


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "train.parquet"
    datasets.Dataset.from_dict(ROWS, features=FEATURES).to_parquet(path)
    return path


def numbers(path, n_rows, group=10, start=0):
    table = pa.table({"n": list(range(start, start + n_rows))})
    pq.write_table(table, path, row_group_size=group)
    return path


# --- columns ----------------------------------------------------------------------------------


def test_class_numbers_come_back_as_their_names_also_inside_lists(parquet):
    columns = {"words": "tokens", "tags": "ner_tags", "label": "label"}

    assert read_columns([parquet], columns) == {
        "words": ROWS["tokens"],
        "tags": [["B-PER", "I-PER", "O"], ["B-LOC"]],
        "label": ["positive", "-1"],  # hidden: no name stands for it
    }


def test_a_field_inside_a_column_is_read_by_its_dotted_name(parquet):
    columns = {"en": "translation.en", "de": "translation.de"}

    assert read_columns([parquet], columns) == {"en": ["house", "tree"], "de": ["Haus", "Baum"]}


def test_parquet_agrees_with_the_datasets_library(parquet, tmp_path):
    theirs = datasets.load_dataset(
        "parquet", data_files=[str(parquet)], cache_dir=str(tmp_path / "c"), split="train"
    )

    ours = read_columns([parquet], {"t": "tokens", "n": "ner_tags"})

    assert ours["t"] == theirs["tokens"][:]
    assert ours["n"] == [[TAGS[tag] for tag in row] for row in theirs["ner_tags"]]


@pytest.mark.parametrize(
    ("first", "n_rows"), [(0, None), (0, 1), (9, 2), (10, 10), (24, 3), (25, 7), (3, 40), (49, 1)]
)
def test_rows_are_counted_over_files_and_row_groups(tmp_path, first, n_rows):
    paths = [numbers(tmp_path / "a.parquet", 25), numbers(tmp_path / "b.parquet", 25, 7, 25)]
    stop = None if n_rows is None else first + n_rows

    found = read_columns(paths, {"n": "n"}, first=first, n_rows=n_rows)

    assert found == {"n": list(range(50))[first:stop]}


def test_no_more_row_groups_are_read_than_needed(tmp_path, monkeypatch):
    path = numbers(tmp_path / "a.parquet", 1_000, group=100)
    asked = []
    original = pq.ParquetFile.iter_batches

    def spy(self, *args, row_groups, **options):
        asked.append(row_groups)
        return original(self, *args, row_groups=row_groups, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    assert read_columns([path], {"n": "n"}, first=250, n_rows=100)["n"] == list(range(250, 350))
    assert asked == [[2, 3]]


def write(path, text):
    path.write_bytes(text.encode())
    return path


def test_csv_fields_may_be_quoted_and_words_are_never_missing_values(tmp_path):
    path = write(tmp_path / "a.csv", '\ufeffen,de\r\n"a, ""b""\nc",NA\r\nnull,\r\n')

    assert read_columns([path], {"x": "en", "y": "de"}) == {
        "x": ['a, "b"\nc', "null"],
        "y": ["NA", ""],
    }


def test_quotation_marks_are_plain_in_tsv(tmp_path):
    path = write(tmp_path / "a.tsv", 'sentence\tlabel\n"Gut" ja\t1\n"halb\t0\n')

    found = read_columns([path], {"s": "sentence", "l": "label"}, first=1)

    assert found == {"s": ['"halb'], "l": ["0"]}


def test_text_and_json_lines(tmp_path):
    text = [write(tmp_path / "a.txt", "eins\u2028zwei\r\ndrei\n"), write(tmp_path / "b.txt", "x")]
    rows = write(tmp_path / "a.jsonl", '{"t": {"en": "a"}, "n": [1]}\n{"t": {"en": "b"}, "n": []}')

    assert read_columns(text, {"t": "text"}) == {"t": ["eins\u2028zwei", "drei", "x"]}
    assert read_columns([rows], {"e": "t.en", "n": "n"}) == {"e": ["a", "b"], "n": [[1], []]}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.jsonl", '{"de": "a"}\n{"de": "b"}\n\n', ["a", "b"]),
        ("a.jsonl", '\ufeff{"de": "a"}\r\n{"de": "b"}\r\n \r\n\r\n', ["a", "b"]),
        ("a.jsonl", '{"de": "\\ud83d\\ude00"}\n', ["\U0001f600"]),
        ("a.csv", "en,de\r\nx,a\r\ny,b\r\n\r\n\r\n", ["a", "b"]),
        ("a.csv", f'en,de\nx,"{"a" * 200_000}"\n', ["a" * 200_000]),
        ("a.tsv", f"en\tde\nx\t{'a' * 200_000}\n", ["a" * 200_000]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_blank_lines_at_the_end_and_long_fields_are_read(tmp_path, name, text, expected, packed):
    path = write(tmp_path / name, text)
    if packed:
        path = tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress(text.encode()))

    assert read_columns([path], {"x": "de"}) == {"x": expected}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b'{"de": "a"}\n' * 99)[:-20], "de.jsonl.gz: cannot be unpacked with gzip"),
        (b'{"de": "a"}\n', "de.jsonl.gz: cannot be unpacked with gzip: Not a gzipped file"),
        (gzip.compress(b'{"de": "a"}\n{"de": "\xfc"}\n'), "de.jsonl.gz, line 2: not UTF-8"),
    ],
    ids=["cut off", "not packed", "Latin-1"],
)
def test_damaged_packed_files_are_refused_by_name(tmp_path, data, message):
    path = tmp_path / "de.jsonl.gz"
    path.write_bytes(data)

    with pytest.raises(StoreError, match=message):
        read_columns([path], {"x": "de"})


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array(["a", "b", "a"], pa.large_string()),
        pa.array(["a", "b", "a"], pa.string_view()),
    ],
)
def test_text_is_read_however_parquet_keeps_it(tmp_path, column):
    pq.write_table(pa.table({"de": column[:0]}), tmp_path / "0.parquet")
    pq.write_table(
        pa.table({"de": column, "t": pa.StructArray.from_arrays([column], ["de"])}),
        tmp_path / "1.parquet",
    )

    both = read_columns([tmp_path / "0.parquet", tmp_path / "1.parquet"], {"x": "de"})

    assert both == read_columns([tmp_path / "1.parquet"], {"x": "t.de"}) == {"x": ["a", "b", "a"]}


def with_features(path, columns, features):
    about = features if isinstance(features, str) else json.dumps({"info": {"features": features}})
    pq.write_table(pa.table(columns).replace_schema_metadata({"huggingface": about}), path)
    return path


CLASSES = {"_type": "ClassLabel", "names": TAGS}


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": CLASSES, "length": -1, "_type": "Sequence"},  # datasets 1 to 3
        {"feature": CLASSES, "_type": "List"},  # 4 and 5
        {"feature": CLASSES, "_type": "LargeList"},
        [CLASSES],
    ],
)
def test_lists_of_classes_are_known_in_all_spellings_beside_unknown_features(tmp_path, feature):
    others = {"scan": {"_type": "Hologram"}, "scans": {"feature": {}, "_type": "Bag"}}
    path = with_features(tmp_path / "a.parquet", {"n": [[1, 2, 0], []]}, {"n": feature} | others)

    assert read_columns([path], {"n": "n"}) == {"n": [["B-PER", "I-PER", "O"], []]}


def test_classes_inside_structures_are_named_and_other_features_change_nothing(tmp_path):
    entities = {"feature": {"tag": CLASSES}, "_type": "Sequence"}  # a structure of lists
    columns = {"e": [{"tag": [3, 0]}], "feature": [{"feature": 1}], "odd": ["x"], "none": [7]}
    features = {"e": entities, "feature": {"feature": CLASSES}, "odd": {"_type": "Hologram"}}
    path = with_features(tmp_path / "a.parquet", columns, features)

    found = read_columns([path], {"a": "e.tag", "b": "feature.feature", "c": "odd", "d": "none"})

    assert found == {"a": [["B-LOC", "O"]], "b": ["B-PER"], "c": ["x"], "d": [7]}


def test_features_that_cannot_be_read_are_refused_by_file(tmp_path):
    path = with_features(tmp_path / "a.parquet", {"n": [1]}, "{not JSON")

    with pytest.raises(StoreError, match=r"a.parquet: its note on features is not as `datasets`"):
        read_columns([path], {"n": "n"})


def test_the_first_name_of_a_column_that_is_there_is_taken(tmp_path, parquet):
    pair = write(tmp_path / "a.jsonl", '{"ru-en": {"ru": "a"}}\n')

    assert existing_column([pair], ["en-ru.ru", "ru-en.ru"]) == "ru-en.ru"
    assert existing_column([parquet], ["de", "translation.de"]) == "translation.de"
    assert existing_column([pair], ["x", "y"]) == "x"
    with pytest.raises(StoreError, match="line 1: not JSON"):
        existing_column([write(tmp_path / "b.jsonl", "{")], ["x", "y"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "en,de\nx\n", "a.csv, line 2: found 1 fields, needed 2 as in the header"),
        ("a.csv", "en,fr\nx,y\n", "a.csv: column 'de' is not there; there are en, fr"),
        ("a.csv", "de,de\nx,y\n", "a.csv: column 'de' is twice there"),
        ("a.csv", 'de\n"x\n', "a.csv, line 2: unexpected end of data"),
        ("a.csv", "", "a.csv: column 'de' is not there; there are none"),
        ("a.csv", "de\n", "a.csv: found 0 rows, needed rows from 0 on"),
        ("a.txt", "x\n", "a.txt: column 'de' is not there; there are text"),
        ("a.jsonl", '{"en": 1}\n', "a.jsonl, line 1: column 'de' is not there; there are en"),
        ("a.jsonl", '{"de": null}\n', "a.jsonl, line 1: a value of column 'de' is missing"),
        ("a.jsonl", '{"de": ["x", null]}\n', "a.jsonl, line 1: a value of column 'de' is missing"),
        ("a.jsonl", "[1]\n", r"a.jsonl, line 1: needed one object a line, found '\[1\]'"),
        ("a.jsonl", "{\n", "a.jsonl, line 1: not JSON"),
        (
            "a.jsonl",
            '{"de": "a"}\n\n{"de": "b"}',
            "a.jsonl, line 2: the line is blank, and rows fo",
        ),
        ("a.jsonl", '{"de": "a", "de": "b"}', "line 1: not JSON .the name 'de' stands twice"),
        ("a.jsonl", '{"de": ["\\ud83d"]}', r"line 1: found '\\ud83d', half of a character alone"),
        ("a.jsonl", "[" * 100_000, "a.jsonl, line 1: not JSON .maximum recursion"),
        ("a.jsonl", "", "a.jsonl: the file is empty"),
        ("a.csv", "de,en\na,b\n\nc,d\n", "a.csv, line 3: the line is blank, and rows follow"),
        ("a.csv", "de\nA\0n\0n\0a\0\n", r"a.csv, line 2: found a NUL character \(is it UTF-16\?"),
        ("a.csv", 'de\n"a"b\n', "a.csv, line 2: ',' expected after"),
        ("a.csv.zst", "de\n", "a.csv.zst: found the formats .zst; needed one of"),
        ("a.parquet", "PAR?", "a.parquet: cannot be read as Parquet"),
        ("a.xls", "de\n", "found the formats .xls; needed one of .parquet, .csv"),
    ],
)
def test_unusable_files_are_refused_by_name_and_place(tmp_path, name, text, message):
    with pytest.raises(StoreError, match=message):
        read_columns([write(tmp_path / name, text)], {"de": "de"})


def test_missing_columns_and_values_of_parquet_are_named(tmp_path, parquet):
    pq.write_table(pa.table({"de": ["a", None]}), tmp_path / "null.parquet")

    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["de", "de"])
    pq.write_table(table, tmp_path / "twice.parquet")
    raw = pa.array([b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"de": raw}), tmp_path / "latin.parquet")

    with pytest.raises(StoreError, match=r"twice.parquet: column 'de' is twice there"):
        read_columns([tmp_path / "twice.parquet"], {"de": "de"})
    with pytest.raises(
        StoreError, match=r"latin.parquet: cannot be read as Parquet: 'utf-8' codec"
    ):
        read_columns([tmp_path / "latin.parquet"], {"de": "de"})
    with pytest.raises(
        StoreError, match=r"column 'translation.fr' is not there; there are .*translation.de"
    ):
        read_columns([parquet], {"fr": "translation.fr"})
    with pytest.raises(StoreError, match=r"null.parquet, row 1: a value of column 'de' is missing"):
        read_columns([tmp_path / "null.parquet"], {"de": "de"})


def test_an_empty_split_and_too_few_rows_are_refused_with_numbers(tmp_path):
    empty = numbers(tmp_path / "empty.parquet", 0)
    short = numbers(tmp_path / "short.parquet", 30)

    with pytest.raises(StoreError, match=r"empty.parquet: found 0 rows, needed rows from 0 on"):
        read_columns([empty], {"n": "n"})
    with pytest.raises(StoreError, match=r"short.parquet: found 30 rows, needed rows 20 to 40"):
        read_columns([short], {"n": "n"}, first=20, n_rows=20)
    with pytest.raises(FileNotFoundError, match=r"gone.parquet: no such file"):
        read_columns([tmp_path / "gone.parquet"], {"n": "n"})


# --- parallel text ----------------------------------------------------------------------------


def test_a_pair_with_an_empty_side_is_left_out_and_counted(tmp_path):
    lines = {"de": ["Ein\u00a0Haus .", "", "\u200e \n", "Ja"], "en": ["A house .", "x", "y", " "]}

    found, dropped = parallel_from_columns(lines)

    assert found == {
        "de": Sentences("de", (("Ein", "Haus", "."),)),
        "en": Sentences("en", (("A", "house", "."),)),
    }
    assert dropped == {"no words in de": 2, "no words in en": 1}
    write_sentences(tmp_path / "de.txt", found["de"])


def test_moses_cuts_punctuation_off_words_without_html_escapes():
    lines = {"fr": ["C'est « vrai » & bon\u00a0!"], "de": ['Das ist z.B. "wahr", oder?\u2028Ja.']}

    found, dropped = parallel_from_columns(lines, tokenizer="moses")

    assert found["fr"].words == (("C'", "est", "«", "vrai", "»", "&", "bon", "!"),)
    assert found["de"].words[0][:8] == ("Das", "ist", "z.B.", '"', "wahr", '"', ",", "oder")
    assert dropped == {}


def test_unusable_parallel_columns_are_refused():
    with pytest.raises(ValueError, match=r"lengths \{'de': 1, 'en': 2\}"):
        parallel_from_columns({"de": ["a"], "en": ["a", "b"]})
    with pytest.raises(ValueError, match=r"en, lines: found \['a'\] at 0, needed str"):
        parallel_from_columns({"de": ["a"], "en": [["a"]]})
    with pytest.raises(ValueError, match=r"de-en: no sentence is left \(no words in en: 1\)"):
        parallel_from_columns({"de": ["a"], "en": [""]})


# --- entities ---------------------------------------------------------------------------------


def test_tags_are_read_as_from_a_conll_file(tmp_path):
    words = [["Anna", "Blum", "in", "Rom"], ["er", "lebt"]] + [["Anna"]] * 20
    tags = [["B-PER", "I-PER", "O", "B-LOC"], ["I-PER", "O"]] + [["B-PER"]] * 20

    found, reading = tagged_from_columns("de", words, tags, ["PER"], ignored=["LOC"])

    strict = (("B-PER", "I-PER", "O", "O"), ("O", "O"), *[("B-PER",)] * 20)
    assert found == TaggedSentences("de", tuple(map(tuple, words)), strict)
    assert reading.scheme == "IOB2"
    assert reading.changed == {"I- tag outside an entity, read as O": 1}
    write_tagged(tmp_path / "de.conll", found)
    assert read_tagged(tmp_path / "de.conll", "de", ["PER"]) == found


def test_odd_words_are_mended_or_left_out_and_counted(tmp_path):
    words = [["\u200e", "Anna", "New  York", "\ufeff"], ["\u200b"], ["-DOCSTART-"], []]
    tags = [["B-PER", "I-PER", "B-LOC", "I-LOC"], ["O"], ["O"], []]

    found, reading = tagged_from_columns("en", words, tags, ["PER", "LOC"])

    assert found == TaggedSentences("en", (("Anna", "New\u00a0York"),), (("B-PER", "B-LOC"),))
    assert reading.changed == {
        "word with nothing visible": 3,
        "word with blanks inside, kept as one": 1,
        "sentence without words": 2,
        "sentence with -DOCSTART-": 1,
    }
    write_tagged(tmp_path / "en.conll", found)
    assert read_tagged(tmp_path / "en.conll", "en", ["PER", "LOC"]) == found


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["B-ORG", "O"], r"it: unknown label 'ORG' \(1x, first in row 0\); needed were O, .*PER"),
        (["B-PER", "PER"], r"it: malformed tag 'PER' \(1x, first in row 0\)"),
        (
            ["O", "O"],
            "it: found no entity of PER in 2 words: nothing to learn or to score; .*`tags`",
        ),
        (["O", "7"], "it, row 0: found the tag '7'; needed names"),
        ([1, 0], "it, row 0: found the tag 1; needed names such as 'B-PER'"),
        (["O"], "it, row 0: 2 words and 1 tags; needed one tag per word"),
    ],
)
def test_unusable_tags_are_refused_with_the_language(tags, message):
    with pytest.raises(ValueError, match=message):
        tagged_from_columns("it", [["a", "b"]], [tags], ["PER"])


def test_running_text_is_no_column_of_words():
    with pytest.raises(ValueError, match="it, words: found 'a b' at 0, needed list"):
        tagged_from_columns("it", ["a b"], [["O", "O"]], ["PER"])


# --- sentiment --------------------------------------------------------------------------------


def test_labels_are_spelled_as_the_study_has_them_and_ignored_ones_left_out(tmp_path):
    texts = ["gut !", "na ja", "mies", "\n"]

    found, dropped = labelled_from_columns(
        "de", texts, [1, 2, 0, 1], {"0": "negative", "1": "positive"}, ignored=["2"]
    )

    assert found == LabelledSentences("de", (("gut", "!"), ("mies",)), ("positive", "negative"))
    assert dropped == {"label '2' is ignored": 1, "no words": 1}
    write_labelled(tmp_path / "de.tsv", found)
    assert read_labelled(tmp_path / "de.tsv", "de", ["negative", "positive"]) == found


def test_unknown_and_hidden_labels_are_refused_with_those_found():
    with pytest.raises(
        ValueError,
        match=r"fr: unknown label '-1', 'neutral' in row 0, 2; known are 0, 1 \(-1 stands for hid",
    ):
        labelled_from_columns("fr", ["a", "b", "c"], ["-1", "1", "neutral"], {"0": "n", "1": "p"})
    with pytest.raises(ValueError, match="fr: 1 rows of text, 2 of labels"):
        labelled_from_columns("fr", ["a"], ["1", "1"], {"1": "p"})
    with pytest.raises(ValueError, match=r"fr: no sentence is left \(label '1' is ignored: 1\)"):
        labelled_from_columns("fr", ["a"], ["1"], {"0": "p"}, ignored=["1"])


def test_numbers_of_tags_get_the_names_that_the_study_gives_them():
    tags = ["O", "B-PER", "I-PER"]
    rows = [["Ada", "Lovelace", "wrote"]], [[1, 2, 0]]

    found, _ = tagged_from_columns("en", *rows, ["PER"], classes=tags)

    assert found.tags == (("B-PER", "I-PER", "O"),)
    with pytest.raises(ValueError, match=r"en, row 0: found the tag 2; .* name them in `classes`"):
        tagged_from_columns("en", *rows, ["PER"], classes=tags[:2])


def test_a_row_that_other_languages_share_cannot_be_left_out():
    found, _ = sentences_from_column("fr", ["un\u00a0chat", " deux "])

    assert found.words == (("un", "chat"), ("deux",))
    with pytest.raises(ValueError, match=r"fr: no words in row 1 \(0-based\); .* `pairwise`"):
        sentences_from_column("fr", ["un", " \u200b", "deux"])
    with pytest.raises(ValueError, match="fr: no words in any row"):
        sentences_from_column("fr", [])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{pair}/train-*.parquet", "deu-en/train-*.parquet"),
        ("{language}.tsv", "deu.tsv"),
        ("translation.{language}", "translation.deu"),
        ("data/{language}/{pair}", "data/deu/deu-en"),
    ],
)
def test_codes_of_the_data_set_stand_in_a_pattern(pattern, expected):
    filled = fill_codes(pattern, "de", pair=("en", "de"), codes={"de": "deu"})

    assert filled == expected
