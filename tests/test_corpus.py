import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities

from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences
from polyconcept.text.conll import recognise_tagged
from polyconcept.text.labelled import read_labelled, write_labelled
from polyconcept.text.parallel import (
    read_joined,
    read_parallel,
    read_sentences,
    read_texts,
    write_sentences,
)
from polyconcept.text.tagged import iob2_tags, read_tagged, write_tagged

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
LABELS = ("PER", "LOC", "ORG")

# Words as users have them: no blank, no line end; anything else, "|||" and "->" too.
words = st.one_of(
    st.sampled_from(["a", "|||", "->", "#", "-", "1\u00a0000", "x\u2028y", "\u0085", "عام", "O"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\r\0"), min_size=1),
)
texts = st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=6).filter(
    lambda text: not text[0][0].startswith("\ufeff")
)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def frozen(rows):
    return tuple(tuple(row) for row in rows)


# --- sentences ---------------------------------------------------------------------------------


def test_words_are_cut_at_spaces_and_tabs_only(tmp_path):
    path = write(
        tmp_path / "fr.txt", "1\u00a0000 ans\u2028x\u0085y \t fin\r\n  a -> b|||c\x0b  \nz"
    )
    expected = (("1\u00a0000", "ans\u2028x\u0085y", "fin"), ("a", "->", "b|||c\x0b"), ("z",))

    assert read_sentences(path, "fr") == Sentences("fr", expected)


def test_a_byte_order_mark_is_taken_off_and_logged(tmp_path, caplog):
    path = write(tmp_path / "en.txt", b"\xef\xbb\xbfThe end\n")

    with caplog.at_level(logging.INFO):
        sentences = read_sentences(path, "en")

    assert sentences.words == (("The", "end"),)
    assert caplog.messages == [f"{path}: byte order mark at the start taken off"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "en.txt: the file is empty; at least one line was needed"),
        (b"\xef\xbb\xbf", "en.txt: the file is empty"),
        (b"\n", "blank line in .*en.txt, line 1;"),
        (b"a\n \t\nb\n\r\nc\n\n", "blank line in .*en.txt, line 2, 4, 6; every line needs"),
        (b"a\nb\xe9 c\n", "en.txt, line 2: byte 0xe9 at offset 3 of the file is not UTF-8"),
        (b"\xff\xfea\0", "en.txt, line 1: byte 0xff at offset 0"),
        ("ab\n".encode("utf-16-le"), r"en.txt, line 1: found a NUL character \(is it UTF-16\?\)"),
        (b"a\n\xed\xa0\x80\n", "en.txt, line 2: byte 0xed at offset 2"),
        (b"a\rb\rc\n", "en.txt, line 1: found a carriage return inside the line"),
    ],
)
def test_unusable_text_is_refused_with_file_and_line(tmp_path, content, message):
    path = write(tmp_path / "en.txt", content)

    with pytest.raises(ValueError, match=message):
        read_sentences(path, "en")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"en\.txt"):
        read_sentences(tmp_path / "en.txt", "en")


def test_parallel_files_of_unequal_length_are_all_listed(tmp_path):
    paths = {
        language: write(tmp_path / f"{language}.txt", "x\n" * n)
        for language, n in (("en", 2), ("de", 1200), ("ar", 2))
    }

    with pytest.raises(ValueError, match=r"en.txt has 2, .*de.txt has 1,200, .*ar.txt has 2$"):
        read_parallel(paths)


def test_a_line_empty_on_one_side_is_named(tmp_path):
    paths = {
        "en": write(tmp_path / "en.txt", "a\nb\nc\n"),
        "de": write(tmp_path / "de.txt", "a\n  \nc\n"),
        "ar": write(tmp_path / "ar.txt", "a\nb\n\n"),
    }

    with pytest.raises(ValueError, match=r"in \S*de.txt, line 2; \S*ar.txt, line 3; every line"):
        read_parallel(paths)


def test_parallel_files_keep_their_order(tmp_path):
    paths = {name: write(tmp_path / name, f"{name}1\n{name}2\n") for name in ("de", "ar")}
    expected = {
        "de": Sentences("de", (("de1",), ("de2",))),
        "ar": Sentences("ar", (("ar1",), ("ar2",))),
    }

    read = read_parallel(paths)

    assert read == expected
    assert list(read) == ["de", "ar"]
    assert read_texts(list(paths.values()), ["de", "ar"]) == list(expected.values())
    with pytest.raises(ValueError, match="no text files given"):
        read_parallel({})


def test_several_corpora_are_read_in_turn(tmp_path):
    files = [
        write(tmp_path / f"{i}", text) for i, text in enumerate(["a\n", "b\n", "c\nd\n", "e\nf\n"])
    ]

    read = read_texts([str(file) for file in files], ["en", "de"])

    assert [text.language for text in read] == ["en", "de", "en", "de"]
    assert [len(text) for text in read] == [1, 1, 2, 2]
    assert read_texts([], ["en", "de"]) == []
    with pytest.raises(ValueError, match="found 3 files for the languages en, de"):
        read_texts(files[:3], ["en", "de"])
    with pytest.raises(ValueError, match=r"0 has 1, .*2 has 2"):
        read_texts([files[0], files[2]], ["en", "de"])


@given(texts)
def test_sentences_come_back_as_they_were_written(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "round.txt"
    sentences = Sentences("de", frozen(text))

    write_sentences(path, sentences)

    assert read_sentences(path, "de") == sentences


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ((), "no sentence to write"),
        ((("a",), ()), "line 2: the sentence has no words"),
        ((("a", "b c"),), "line 1: found the word 'b c'; a word is not"),
        ((("a", ""),), "the word ''; a word is not empty"),
        ((("a\nb",),), r"the word 'a\\nb'"),
        ((("\ufeffa",),), "U\\+FEFF"),
    ],
)
def test_what_would_be_read_otherwise_is_not_written(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        write_sentences(tmp_path / "en.txt", Sentences("en", text))

    assert list(tmp_path.iterdir()) == []


# --- tagged ------------------------------------------------------------------------------------

CONLL = """-DOCSTART- -X- O

# text = Anna Berg fuhr
Anna\tB-PER
Berg\tI-PER
fuhr\tO

#\tB-ORG
1\u00a0000\tI-ORG
"""


def test_a_conll_file_is_read(tmp_path):
    path = write(tmp_path / "de.conll", CONLL)
    expected = TaggedSentences(
        "de",
        (("Anna", "Berg", "fuhr"), ("#", "1\u00a0000")),
        (("B-PER", "I-PER", "O"), ("B-ORG", "I-ORG")),
    )

    assert recognise_tagged(path, "de", LABELS)[0] == expected


@pytest.mark.parametrize(
    "content",
    [
        "U.N. NNP I-NP B-ORG\nofficial NN I-NP O\n\n\n\n# NN I-NP O\nnext JJ I-NP O",
        "\nU.N.  B-ORG\r\nofficial O \r\n \t\r\n# text = Vitamin O\r\n# O\r\nnext O\r\n",
        "# newdoc\nU.N. B-ORG\nofficial O\n\n# newdoc\n# sent_id = 2 O\n# O\nnext O\n",
        "-DOCSTART-\tO\nU.N.\tx\tB-ORG\nofficial\t\tO\n-DOCSTART-\tO\n#\tx\tO\nnext\tx\tO \n",
    ],
)
def test_columns_comments_and_line_ends_vary(tmp_path, content):
    path = write(tmp_path / "x.conll", content)

    read = recognise_tagged(path, "en", LABELS)[0]

    assert read.words == (("U.N.", "official"), ("#", "next"))
    assert read.tags == (("B-ORG", "O"), ("O", "O"))


def test_i_tags_outside_entities_are_o_and_counted_once(tmp_path, caplog):
    tags = ["B-LOC", "I-PER", "I-LOC", "I-LOC", "", "I-ORG", "B-PER", "I-PER", "O", "I-PER"]
    # As many good entities as make the 4 that are lost a few per cent.
    lines = [f"w\t{tag}" if tag else "" for tag in tags] + ["", "w\tB-LOC"] * 80
    path = write(tmp_path / "x.conll", "\n".join(lines))
    expected = (("B-LOC", "O", "O", "O"), ("O", "B-PER", "I-PER", "O", "O"))

    read = recognise_tagged(path, "en", LABELS)[0]

    assert read.tags[:2] == expected
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages == [
        f"{path}: 5 I- tags follow no B- or I- tag of their label and are read as O "
        "(strict IOB2); the first is in line 2"
    ]


@given(
    st.lists(
        st.sampled_from(["O", *(f"{p}-{label}" for p in "BI" for label in "XYZ")]),
        min_size=1,
        max_size=12,
    )
)
def test_the_entities_are_those_of_seqeval_in_strict_mode(tmp_path_factory, tags):
    path = tmp_path_factory.getbasetemp() / "strict.conll"
    good = "\n" + "w\tB-X\n" * 20 * len(tags)
    write(path, "".join(f"w\t{tag}\n" for tag in tags) + good)
    expected = [entity.to_tuple()[1:] for entity in Entities([tags], IOB2).entities[0]]

    read, *_ = recognise_tagged(path, "en", "XYZ")[0].tags
    lenient = [(label, start, end + 1) for label, start, end in get_entities(list(read))]

    # Read leniently too the result has the strict entities: the repair leaves nothing to interpret.
    assert lenient == expected
    assert [
        entity.to_tuple()[1:] for entity in Entities([list(read)], IOB2).entities[0]
    ] == expected


def test_ignored_labels_are_o_and_end_an_entity(tmp_path, caplog):
    tags = ["B-PER", "B-MISC", "I-MISC", "I-PER"]
    content = "".join(f"w\t{tag}\n" for tag in tags) + "\nw\tB-PER\n" * 20
    path = write(tmp_path / "x.conll", content)

    read = recognise_tagged(path, "ar", LABELS, ignored=["MISC"])[0]

    assert read.tags[0] == ("B-PER", "O", "O", "O")
    assert "1 I- tags" in caplog.text
    assert "line 4" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.conll: the file is empty"),
        ("\n\n# a comment\n\n", "x.conll: no sentence found; lines 'word<TAB>tag' were needed"),
        ("-DOCSTART-\tO\n\n", "no sentence found"),
        ("a\nb\n", "x.conll, line 1: found one column in 'a'"),
        ("a\tO\nb\n", r"x.conll, line 2: found 1 columns in 'b'; .* has 2, separated by tabs"),
        ("a\tO\nb\tx\tO\n", "line 2: found 3 columns"),
        ("a O\nNew York B-LOC\n", "line 2: found 3 columns"),
        ("a\tO\nNew York\tB-LOC\n", "line 2: found the word 'New York'; a word"),
        ("a\tO\n\tB-LOC\n", "line 2: found the word ''"),
        ("a O\n# text = b O\n", r"line 2: found 5 columns .* has 2, separated by spaces"),
        ("a\tO\n#b\n", "line 2: found 1 columns in '#b'"),
        (
            "a\tB-PRE\nb\tI-PRE\n\nc\tPER\nd\tB-PER\ne\tI-PRE\nf\tI-PRE\ng\tS-PER\nh\tB-\ni\tb-PER\n",
            r"x.conll: unknown label 'PRE' \(4x, first in line 1\); "
            r"malformed tag 'PER' \(1x, first in line 4\); "
            r"malformed tag 'B-' \(1x, .* line 9\); "
            r"malformed tag 'b-PER' .*; needed were O, .* labels LOC, ORG, PER",
        ),
        (b"a\tO\nb\xff\tO\n", "x.conll, line 2: byte 0xff at offset 5"),
    ],
)
def test_unusable_conll_is_refused_with_file_and_line(tmp_path, content, message):
    path = write(tmp_path / "x.conll", content)

    with pytest.raises(ValueError, match=message):
        recognise_tagged(path, "en", LABELS)


@given(texts, st.data())
def test_tagged_sentences_come_back_as_they_were_written(tmp_path_factory, text, data):
    path = tmp_path_factory.getbasetemp() / "round.conll"
    tag = st.sampled_from(["O", "B-PER", "B-LOC"])
    tags = [data.draw(st.lists(tag, min_size=len(row), max_size=len(row))) for row in text]
    sentences = TaggedSentences("de", frozen(text), frozen(tags))

    write_tagged(path, sentences)

    assert read_tagged(path, "de", LABELS) == sentences


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tO\n\nb\n", "x.conll, line 3: found 'b'; needed a word, a tab and its tag: O, B-LOC"),
        ("a O\n", "x.conll, line 1: found 'a O'"),
        ("a\tO\tO\n", "x.conll, line 1"),
        ("a\tB-XYZ\n", "x.conll, line 1: found 'a\\\\tB-XYZ'"),
        ("\tO\n", "x.conll, line 1"),
        ("\n\n", "x.conll: no sentence found"),
    ],
)
def test_only_what_was_written_is_read_back(tmp_path, content, message):
    path = write(tmp_path / "x.conll", content)

    with pytest.raises(ValueError, match=message):
        read_tagged(path, "en", sorted(LABELS))


@pytest.mark.parametrize(
    ("text", "tags", "message"),
    [
        ((), (), "no sentence to write"),
        ((("a", "b"),), (("O",),), "sentence 0: 2 words and 1 tags"),
        (((),), ((),), "0 words and 0 tags"),
        ((("a b",),), (("O",),), "found the word 'a b'; a word is not"),
        ((("-DOCSTART-",),), (("O",),), "marks documents"),
    ],
)
def test_unreadable_tagged_sentences_are_not_written(tmp_path, text, tags, message):
    with pytest.raises(ValueError, match=message):
        write_tagged(tmp_path / "x.conll", TaggedSentences("en", text, tags))

    assert list(tmp_path.iterdir()) == []


# --- labelled ----------------------------------------------------------------------------------

SENTIMENT = {"0": "negative", "1": "positive"}


def test_a_file_in_the_layout_of_sst2_is_read(tmp_path):
    path = write(
        tmp_path / "en.tsv", 'sentence\tlabel\nhide new " secretions \t0\nso\u00a0good\t1\r\n'
    )
    expected = LabelledSentences(
        "en", (("hide", "new", '"', "secretions"), ("so\u00a0good",)), ("negative", "positive")
    )

    assert read_labelled(path, "en", SENTIMENT) == expected


def test_columns_may_stand_in_any_order_and_labels_be_spelt_out(tmp_path):
    path = write(tmp_path / "en.tsv", "label\tindex\tsentence\npositive\t7\tgood stuff\n")
    expected = LabelledSentences("en", (("good", "stuff"),), ("positive",))

    assert read_labelled(path, "en", ["negative", "positive"]) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "en.tsv: the file is empty"),
        ("good\t1\nbad\t0\n", r"en.tsv, line 1: found the header 'good\\t1'; the columns"),
        ("sentence label\na\t1\n", "line 1: found the header"),
        ("sentence\tlabel\tlabel\na\t1\t1\n", "line 1: found the header"),
        ("sentence\tlabel\n", "there is only the header"),
        ("sentence\tlabel\na\t1\n\nb\t0\n", "en.tsv, line 3: the line is blank"),
        (
            "sentence\tlabel\na\n",
            "line 2: found 1 columns in 'a'; the header has 2: sentence, label",
        ),
        ("sentence\tlabel\na\tb\t1\n", "line 2: found 3 columns"),
        ("sentence\tlabel\na\t1\n \t1\n", "line 3: the sentence has no words"),
        (
            "sentence\tlabel\na\t1\nb\t2\nc\t0\nd\t2\n",
            "en.tsv, line 3, 5: unknown label '2'; known are 0, 1",
        ),
        ("sentence\tlabel\na\t\n", "line 2: unknown label ''"),
        (b"sentence\tlabel\n\xe9\t1\n", "line 2: byte 0xe9 at offset 15"),
    ],
)
def test_unusable_labels_are_refused_with_file_and_line(tmp_path, content, message):
    path = write(tmp_path / "en.tsv", content)

    with pytest.raises(ValueError, match=message):
        read_labelled(path, "en", SENTIMENT)


@given(texts, st.data())
def test_labelled_sentences_come_back_as_they_were_written(tmp_path_factory, text, data):
    path = tmp_path_factory.getbasetemp() / "round.tsv"
    names = ["negative", "very positive"]
    label = data.draw(st.lists(st.sampled_from(names), min_size=len(text), max_size=len(text)))
    sentences = LabelledSentences("de", frozen(text), tuple(label))

    write_labelled(path, sentences)

    assert read_labelled(path, "de", names) == sentences


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ((), (), "no sentence to write"),
        (((),), ("1",), "line 2: the sentence has no words"),
        ((("a",),), ("1\t2",), "a word is not empty and holds no"),
        ((("a",),), ("",), "a word is not empty and holds no"),
    ],
)
def test_unreadable_labels_are_not_written(tmp_path, text, label, message):
    with pytest.raises(ValueError, match=message):
        write_labelled(tmp_path / "x.tsv", LabelledSentences("en", text, label))

    assert list(tmp_path.iterdir()) == []


# --- real text ---------------------------------------------------------------------------------


def shared(folder):
    if not (DATA / folder).is_dir():
        pytest.skip(f"the real text of ../shared/data/{folder} is not here")
    return DATA / folder


@pytest.mark.realtext
@pytest.mark.parametrize(
    ("folder", "languages", "n_sentences"),
    [("pud", "en de fr es it ar", 1000), ("bible", "en de fr es ar", 5197)],
)
def test_real_parallel_text_is_read(tmp_path, folder, languages, n_sentences):
    files = {name: shared(folder) / f"{name}.txt" for name in languages.split()}

    texts = read_parallel(files)
    write_sentences(tmp_path / "en.txt", texts["en"])

    assert {len(text) for text in texts.values()} == {n_sentences}
    assert (tmp_path / "en.txt").read_bytes() == files["en"].read_bytes()


@pytest.mark.realtext
@pytest.mark.parametrize(
    ("file", "n_sentences", "n_entities"),
    # Counts of blank lines and of B-PER, B-LOC and B-ORG by grep.
    [
        ("ner_uner_pud/en", 1000, 1075),
        ("ner_uner_pud/de", 1000, 1039),
        ("ner/ar/train", 1658, 1811),
        ("ner/ar/dev", 440, 94),
        ("ner/ar/test", 579, 1411),
    ],
)
def test_real_entities_are_read_without_a_warning(file, n_sentences, n_entities, caplog):
    path = shared(Path(file).parent) / f"{Path(file).name}.conll"

    read, _ = recognise_tagged(path, "xx", LABELS, ignored=["MISC"])

    assert len(read) == n_sentences
    assert sum(tag.startswith("B-") for tags in read.tags for tag in tags) == n_entities
    assert caplog.messages == []


def test_joined_corpora_follow_each_other(tmp_path):
    for name, lines in {"a.en": "x\n", "a.de": "y\n", "b.en": "v w\n", "b.de": "z\n"}.items():
        (tmp_path / name).write_text(lines)
    paths = [tmp_path / name for name in ("a.en", "a.de", "b.en", "b.de")]

    joined = read_joined(paths, ["en", "de"])

    assert joined["en"].words == (("x",), ("v", "w"))
    assert joined["de"].words == (("y",), ("z",))


def test_tags_of_labels():
    assert iob2_tags(["PER", "LOC"]) == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
