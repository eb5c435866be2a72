"""Labelled files as people have them: each is read as its clean twin, or refused in one line."""

import logging
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from seqeval.scheme import BILOU, IOB1, IOBES, IOE2, Entities

from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.sources.entity_labels import tagged_from_columns
from polyconcept.sources.sentiment_labels import labelled_from_columns
from polyconcept.text.conll import recognise_tagged
from polyconcept.text.labelled import read_labelled
from polyconcept.text.tagged import write_tagged

LABELS = ("PER", "LOC", "ORG")
CASES = Path(__file__).parents[1] / "../shared/cases"

# Three entities of one label side by side, two labels side by side, several words, one word.
TWIN = TaggedSentences(
    "de",
    (
        ("Anna", "Berg", "Max", "Otto", "sah", "Rom"),
        ("in", "Bad", "Ems", "Nord", "Siemens", ":"),
        ("nur", "Worte"),
    ),
    (
        ("B-PER", "I-PER", "B-PER", "B-PER", "O", "B-LOC"),
        ("O", "B-LOC", "I-LOC", "I-LOC", "B-ORG", "O"),
        ("O", "O"),
    ),
)
APART = TaggedSentences(
    "de",
    (("Anna", "Berg", "sah", "Rom"), ("in", "Bad", "Ems", "Siemens"), ("nur", "Worte")),
    (("B-PER", "I-PER", "O", "B-LOC"), ("O", "B-LOC", "I-LOC", "B-ORG"), ("O", "O")),
)
"""No two entities of one label side by side, which tags alone cannot tell apart."""


def write(path, content):
    path.write_text(content)
    return path


def lines_of(sentences, line):
    """A file of sentences; `line` makes one of the number of a word, the word and its tag."""
    blocks = []
    for words, tags in zip(sentences.words, sentences.tags, strict=True):
        rows = zip(range(1, len(words) + 1), words, tags, strict=True)
        blocks.append("".join(f"{line(*row)}\n" for row in rows))
    return "\n".join(blocks)


def read(tmp_path, content, **options):
    return recognise_tagged(write(tmp_path / "x.conll", content), "de", LABELS, **options)


# --- schemes


def spans(tags):
    """Label, first word and end of each entity of an IOB2 sentence."""
    found = []
    for place, tag in enumerate(tags):
        if tag[0] == "B":
            found.append([tag[2:], place, place + 1])
        elif tag[0] == "I":
            found[-1][2] = place + 1
    return found


def encoded(tags, begin, inside, end, single, *, parts=""):
    """An IOB2 sentence in another scheme.

    `parts`: that entities of IOB1 (`B`) and IOE1 (`E`) are marked only beside one of their label.
    """
    out = ["O"] * len(tags)
    entities = spans(tags)
    for label, first, stop in entities:
        kinds = [begin, *[inside] * (stop - first - 2), end] if stop - first > 1 else [single]
        if parts == "B" and any(other[0] == label and other[2] == first for other in entities):
            kinds[0] = "B"
        if parts == "E" and any(other[0] == label and other[1] == stop for other in entities):
            kinds[-1] = "E"
        out[first:stop] = [f"{kind}-{label}" for kind in kinds]
    return out


SCHEMES = {
    "IOB1": ("I", "I", "I", "I", "B"),
    "IOE1": ("I", "I", "I", "I", "E"),
    "IOE2": ("I", "I", "E", "E", ""),
    "BIOES": ("B", "I", "E", "S", ""),
    "BILOU": ("B", "I", "L", "U", ""),
    "BMES": ("B", "M", "E", "S", ""),
    "BMEWO": ("B", "M", "E", "W", ""),
}
# Not IOE1, of which seqeval 1.2 does not see an entity of one word that is marked E-.
TRUSTED = {"IOB1": IOB1, "IOE2": IOE2, "BIOES": IOBES, "BILOU": BILOU}


def converted(sentences, scheme):
    *kinds, parts = SCHEMES[scheme]
    tags = tuple(tuple(encoded(row, *kinds, parts=parts)) for row in sentences.tags)
    return TaggedSentences(sentences.language, sentences.words, tags)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_is_read_as_its_iob2_twin(tmp_path, scheme, caplog):
    content = lines_of(converted(TWIN, scheme), lambda _, word, tag: f"{word}\t{tag}")

    with caplog.at_level(logging.INFO):
        found, reading = read(tmp_path, content)

    assert found == TWIN
    assert reading.scheme == scheme
    assert f"tags in {scheme}, read as IOB2" in caplog.text


def test_iob1_of_conll_2003_by_hand(tmp_path):
    content = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-LOC
British JJ I-NP B-LOC

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
"""
    found, reading = read(tmp_path, content)

    assert found.words == (("EU", "rejects", "German", "British"), ("Peter", "Blackburn"))
    assert found.tags == (("B-ORG", "O", "B-LOC", "B-LOC"), ("B-PER", "I-PER"))
    assert (reading.scheme, reading.layout["tag_column"]) == ("IOB1", 4)


labels = st.sampled_from(["X", "Y"])
entities = st.lists(st.tuples(labels, st.integers(0, 3)), min_size=1, max_size=6)


@given(entities, st.sampled_from(list(TRUSTED)))
def test_entities_are_those_of_seqeval_in_every_scheme(tmp_path_factory, drawn, scheme):
    assume(any(size for _, size in drawn))  # a file without entities is refused
    iob2 = [
        tag
        for label, size in drawn
        for tag in ([f"B-{label}", *[f"I-{label}"] * (size - 1)] if size else ["O"])
    ]
    *kinds, parts = SCHEMES[scheme]
    tags = encoded(iob2, *kinds, parts=parts)
    expected = [entity.to_tuple()[1:] for entity in Entities([tags], TRUSTED[scheme]).entities[0]]
    path = tmp_path_factory.getbasetemp() / f"{scheme}.conll"
    write(path, "".join(f"w\t{tag}\n" for tag in tags))

    (found,) = recognise_tagged(path, "en", "XY")[0].tags

    assert [tuple(span) for span in spans(found)] == expected


@pytest.mark.parametrize(
    ("spell", "style"),
    [
        (lambda tag: tag[2:] or "O", "PER"),
        (lambda tag: tag.replace("-", "_"), "B_PER"),
        (lambda tag: "-".join(reversed(tag.split("-"))), "PER-B"),
        (lambda tag: "_".join(reversed(tag.split("-"))), "PER_B"),
        (str.lower, "B-PER"),
        (lambda tag: tag.title() if tag != "O" else tag, "B-PER"),
        (lambda tag: "_" if tag == "O" else tag, "B-PER"),
    ],
)
def test_tags_written_otherwise_are_read(tmp_path, spell, style):
    content = lines_of(APART, lambda _, word, tag: f"{word}\t{spell(tag)}")

    found, reading = read(tmp_path, content)

    assert found == APART
    assert reading.style == style


def test_one_label_side_by_side_is_one_entity_where_tags_stand_alone(tmp_path):
    found, reading = read(tmp_path, "Anna\tPER\nBerg\tPER\nRom\tLOC\nsah\tO\nMax\tPER\n")

    assert found.tags == (("B-PER", "I-PER", "B-LOC", "O", "B-PER"),)
    assert reading.scheme == "IO, tags alone"


def test_a_label_may_have_a_hyphen_or_look_like_a_prefix(tmp_path):
    path = write(tmp_path / "x.conll", "a\tB-E-MAIL\nb\tI-E-MAIL\nc\tB-S\nd\tO\n")
    alone = write(tmp_path / "y.conll", "a\tE-MAIL\nb\tE-MAIL\nc\tS\nd\tO\n")

    for file in (path, alone):
        found, _ = recognise_tagged(file, "en", ["E-MAIL", "S"])
        assert found.tags == (("B-E-MAIL", "I-E-MAIL", "B-S", "O"),)


@pytest.mark.parametrize(("n_broken", "lost"), [(5, False), (6, True)])
@pytest.mark.parametrize(
    ("good", "bad", "refusal"),
    [
        (
            "w\tB-PER\n",
            "w\tI-LOC\n",
            "begin with I-, but B- begins the one in line 1, which follows",
        ),
        ("w\tB-PER\nw\tE-PER\n", "w\tB-LOC\n", "that are not whole in BIOES, here B-;"),
        ("w\tU-PER\n", "w\tB-LOC\nw\tI-LOC\n", "that are not whole in BILOU, here B-, I-;"),
    ],
    ids=["IOB2", "BIOES", "BILOU"],
)
def test_a_few_broken_entities_are_none_and_more_are_an_error(
    tmp_path, caplog, n_broken, lost, good, bad, refusal
):
    content = f"{good}\n" * (100 - n_broken) + f"{bad}\n" * n_broken

    if lost:
        with pytest.raises(ValueError, match=rf"x.conll, line \d+: found 6 of 100 .*{refusal}"):
            read(tmp_path, content)
    else:
        found, reading = read(tmp_path, content)
        assert reading.n_entities == 95
        assert {*found.tags[-1]} == {"O"}
        assert list(reading.changed.values()) == [5 * bad.count("\n")]
        assert "read as O (strict" in caplog.text


def test_iob1_with_one_b_that_follows_nothing_is_not_emptied(tmp_path):
    content = "".join(f"w\tI-{label}\n\n" for label in LABELS * 20) + "w\tO\nw\tB-PER\n"

    with pytest.raises(ValueError, match=r"line 1: found 60 of 61 .* the one in line 122, which"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a\tS-PER\n\nb\tU-LOC\n",
            r"line 3: found a tag of the kind U-, but line 1 has .* S-, which",
        ),
        (
            "a\tB-PER\nb\tI-PER\nc\tM-PER\nd\tE-PER\n",
            "line 3: found a tag of the kind M-, but line 2",
        ),
        ("a\tPER\nb\tB-PER\n", r"malformed tag 'PER' \(1x, first in line 1\)"),
        ("a\tPERSON\nb\tO\n", r"unknown label 'PERSON' \(1x, first in line 1\).*`ignored`"),
        ("a\tO\nb\t0\n", r"malformed tag '0' \(1x, first in line 2\)"),
        ("a\tO\nb\t_\nc\tB-PER\n", r"malformed tag '_' \(1x, first in line 2\)"),
        ("a\t_\nb\t_\n", "line 1: found no entity tags: every one is '_'; .* `columns`"),
        ("a\tO\nb\tO\n", "found no entity of LOC, ORG, PER in 2 words"),
        ("a\t(PER*\nb\t*)\n", r"malformed tag '\(PER\*'|unknown label '\(PER\*'"),
    ],
)
def test_tags_that_cannot_be_decided_are_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=f"x.conll.*{message}"):
        read(tmp_path, content)


def test_tags_that_two_spellings_read_otherwise_are_refused(tmp_path):
    path = write(tmp_path / "x.conll", "x\tB_I\ny\tI_B\n")

    with pytest.raises(ValueError, match="B_I, I_B can be read like B_PER and like PER_B"):
        recognise_tagged(path, "en", ["B", "I"])


# --- the language before the words


def test_the_own_language_before_words_is_taken_off_and_counted(tmp_path, caplog):
    content = lines_of(TWIN, lambda _, word, tag: f"de:{word}\t{tag}")

    with caplog.at_level(logging.INFO):
        found, reading = read(tmp_path, content)

    assert found == TWIN  # its word ":" too
    assert (reading.prefix, reading.changed) == ("de:", {"word with de: taken off": 14})
    assert "word with de: taken off: 14" in caplog.text


@pytest.mark.parametrize(
    ("language", "prefix"), [("simple", "simple"), ("pt_BR", "pt"), ("be_x_old", "be-x-old")]
)
def test_a_language_may_have_a_longer_code(tmp_path, language, prefix):
    path = write(tmp_path / "x.conll", f"{prefix}:Anna\tB-PER\n{prefix}:sees\tO\n")

    found, _ = recognise_tagged(path, language, LABELS)

    assert found.words == (("Anna", "sees"),)


def test_a_prefix_with_nothing_behind_it_is_no_word(tmp_path):
    found, reading = read(tmp_path, "de:\tB-PER\nde:Anna\tI-PER\nde:a:b\tO\n\nde:\tO\n")

    assert found == TaggedSentences("de", (("Anna", "a:b"),), (("B-PER", "O"),))
    assert reading.changed["word with nothing behind de:"] == 2
    assert reading.changed["sentence without words"] == 1


def test_words_with_colons_of_their_own_are_kept(tmp_path):
    words = ["de:Anna", "um", "12:30", "re:", ":", "Uhr"]
    found, reading = read(tmp_path, "".join(f"{word}\tB-PER\n" for word in words))

    assert found.words == (tuple(words),)
    assert reading.prefix == ""


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (["en"] * 10, "line 1: found 'en:w'; .*'en' in 10 of 10; needed was de before nearly all"),
        (["de"] * 6 + ["en"] * 4, "'de' in 6, 'en' in 4 of 10; needed was de"),
    ],
)
def test_words_of_another_language_are_refused(tmp_path, codes, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, "".join(f"{code}:w\tB-PER\n" for code in codes))


# --- columns


def conllu(number, word, tag, misc="_"):
    return f"{number}\t{word}\tl\tNOUN\t_\t_\t0\tdep\t{misc}\t{tag}"


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        (lambda n, word, tag: f"{n}\t{word}\t{tag}", (2, 3)),
        (lambda n, word, tag: f"{n - 1} {word} {tag}", (2, 3)),
        (lambda n, word, tag: f"{n}\t{word}\t{tag}\t-\tan annotator", (2, 3)),
        (lambda n, word, tag: f"{n}\t{word}\t{tag}\tO", (2, 3)),
        (lambda _, word, tag: f"{word} NN I-NP {tag}", (1, 4)),
        (lambda _, word, tag: f"{word}\t{tag}\tNN", (1, 2)),
        (lambda _, word, tag: f"{word}\t{tag}\t", (1, 2)),
        (lambda _, word, tag: f"{word} {tag}  ", (1, 2)),
        (lambda _, word, tag: f"{tag}\t{word}", (2, 1)),
        (lambda _, word, tag: f"{word}\tO\t{tag}\tO", (1, 3)),
        (conllu, (2, 10)),
    ],
)
def test_word_and_tag_are_found_in_any_layout(tmp_path, line, layout):
    found, reading = read(tmp_path, lines_of(TWIN, line))

    assert found == TWIN
    assert (reading.layout["word_column"], reading.layout["tag_column"]) == layout


def test_a_count_may_go_on_through_the_file(tmp_path):
    numbers = iter(range(1, 100))
    found, _ = read(
        tmp_path, lines_of(TWIN, lambda _, word, tag: f"{next(numbers)}\t{word}\t{tag}")
    )

    assert found == TWIN


def test_germeval_with_its_comments_and_entities_inside_entities(tmp_path):
    content = (
        "#\thttp://de.example.org/wiki/Rom\t[2009-10-17]\n"
        "1\tBayern\tB-ORG\tB-LOC\n2\tMünchen\tI-ORG\tB-LOC\n3\tsiegt\tO\tO\n\n"
        "#\thttp://de.example.org/wiki/Ems\t[2009-10-17]\n"
        "1\tAnna\tB-PER\tO\n"
    )
    found, reading = read(tmp_path, content)

    assert found.words == (("Bayern", "München", "siegt"), ("Anna",))
    assert found.tags == (("B-ORG", "I-ORG", "O"), ("B-PER",))
    assert reading.layout["columns_of_nested_entities"] == [4]
    inner, _ = read(tmp_path, content, columns={"tag": 4})
    assert inner.tags == (("B-LOC", "B-LOC", "O"), ("O",))


@pytest.mark.parametrize(
    "header", ["Token\tPOS\tNER", "word\tpos\ttag", "\ufeffwords\tx\tner_tags"]
)
def test_a_header_is_no_word(tmp_path, header):
    content = lines_of(TWIN, lambda _, word, tag: f"{word}\tNN\t{tag}")

    found, reading = read(tmp_path, f"{header}\n{content}")

    assert found == TWIN
    assert reading.layout["header"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"word": 3, "tag": 4}, "B-PER"),
        ({"word": 3, "tag": 5}, "B-LOC"),
        ({"word": "text", "tag": "fine"}, "B-LOC"),
        ({"tag": "coarse", "word": 3}, "B-PER"),
    ],
)
def test_the_study_settles_any_layout(tmp_path, columns, expected):
    content = "doc\tid\ttext\tcoarse\tfine\n" * any(isinstance(c, str) for c in columns.values())
    content += "d1\t7\tAnna\tB-PER\tB-LOC\nd1\t9\tsah\tO\tO\n"

    found, _ = read(tmp_path, content, columns=columns)

    assert found == TaggedSentences("de", (("Anna", "sah"),), ((expected, "O"),))


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("a\tx\tO\n", {"tag": 4}, r"line 1: found 3 columns; needed column 4, which `columns.tag`"),
        ("a\tx\tO\n", {"tag": "ner"}, "found no header; needed the column 'ner', once, which"),
        ("word\tpos\ttag\na\tx\tO\n", {"tag": "ner"}, "found the columns word, pos, tag; needed"),
        (
            "a\tB-PER\tB-LOC\nb\tO\tO\n",
            {},
            r"line 1: found entity tags in the columns 2, 3; say which",
        ),
        ("B-PER\ta\tx\nO\tb\tx\n", {}, "line 1: found column 1 to be the tag where the word was"),
        ("a\tB-PER\nb\tO\n", {"word": 2, "tag": "2"}, "found column 2 to be the tag where"),
        ("word\ttag\na\tB-PER\n", {"word": 2, "tag": "tag"}, "found column 2 to be the tag where"),
        ("d1-1\tB-PER\nd1-2\tO\n" * 5, {}, "the word 'd1-1'; there is a number in every word"),
        ("1-1\t0-4\tAnna\tB-PER\n1-2\t5-6\ta\tO\n", {}, "the range '1-1', followed by 1-2; needed"),
        ("1\tB-PER\n2\tO\n" * 5, {}, "line 1: found the word '1'; there is a number in every word"),
        (
            "7\ta\tB-PER\n9\tb\tO\n",
            {},
            "line 1: found '7' in a first column of numbers that do not",
        ),
        (
            "1\ta\tB-PER\n3\tb\tO\n",
            {},
            "line 2: found '3' in a first column of numbers that do not",
        ),
        ("d\ta\tB-PER\nd\tb\tO\nd\tc\tO\n\n" * 3, {}, "the word 'd'; all words of a sentence are"),
        ("w\tB-PER\n" * 1001, {}, "found 1,001 words in one sentence; a blank line is needed"),
    ],
)
def test_columns_that_cannot_be_decided_are_refused(tmp_path, content, columns, message):
    with pytest.raises(ValueError, match=f"x.conll.*{message}"):
        read(tmp_path, content, columns=columns)


# --- CoNLL-U

TREE = """# newdoc id = 1
# text = zum Bad Ems
1-2\tzum\t_\t_\t_\t_\t_\t_\t_\t{}
1\tzu\tzu\tADP\t_\t_\t3\tcase\t_\t{}
2\tdem\tder\tDET\t_\t_\t3\tdet\t_\t{}
3\tBad\tBad\tPROPN\t_\t_\t0\troot\t_\tNER=B-LOC|SpaceAfter=No
3.1\tX\tX\tPROPN\t_\t_\t_\t_\t0:x\tNER=B-PER
4\tEms\tEms\tPROPN\t_\t_\t3\tflat\t_\tNER=I-LOC

# text = Rom
1\tRom\tRom\tPROPN\t_\t_\t0\troot\t_\tNER=B-LOC
2\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_
"""


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("_", "_", "_"), ("O", "B-LOC", "I-LOC")),
        (("NER=B-PER", "_", "_"), ("B-PER", "B-LOC", "I-LOC")),
        (("_", "NER=B-PER", "NER=I-PER"), ("B-PER", "B-LOC", "I-LOC")),
        (("SpaceAfter=No", "_", "NER=B-PER"), ("B-PER", "B-LOC", "I-LOC")),
        (("NER=O", "NER=O", "NER=B-PER"), ("B-PER", "B-LOC", "I-LOC")),
        (("NER=B-PER", "NER=O", "NER=O"), ("B-PER", "B-LOC", "I-LOC")),
        (("NER=O", "_", "_"), ("O", "B-LOC", "I-LOC")),
    ],
)
def test_conllu_is_read_as_surface_words(tmp_path, tags, expected):
    found, reading = read(tmp_path, TREE.format(*tags), columns={"word": 2, "tag": "MISC.NER"})

    assert found.words == (("zum", "Bad", "Ems"), ("Rom", "."))
    assert found.tags == (expected, ("B-LOC", "O"))
    assert reading.changed["surface word of several, which are not read"] == 1
    assert reading.changed["word that is not written, left out"] == 1


def test_an_entity_goes_on_from_a_part_of_a_word(tmp_path):
    # In BIOES, where the part that ends the entity is inside another word than the one that begins.
    content = (
        "1-2\tdellaRoma\t_\n1\tdella\tO\n2\tRoma\tB-LOC\n"
        "3-4\tAntica\t_\n3\tAn\tI-LOC\n4\ttica\tE-LOC\n"
    )

    found, reading = read(tmp_path, content)

    assert found == TaggedSentences("de", (("dellaRoma", "Antica"),), (("B-LOC", "I-LOC"),))
    assert reading.scheme == "BIOES"


def test_columns_of_conllu_plus_have_their_names(tmp_path):
    content = "# global.columns = ID FORM UPOS X:NE\n1\tRom\tPROPN\tB-LOC\n2\tist\tAUX\tO\n"

    found, _ = read(tmp_path, content, columns={"word": "FORM", "tag": "X:NE"})

    assert found == TaggedSentences("de", (("Rom", "ist"),), (("B-LOC", "O"),))


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (TREE.format(*"___").replace("NER=", "X="), {}, "found 10 columns, none with entity tags"),
        (TREE.format(*"___"), {"tag": "MISC.NE"}, "no word has NE= in column 10"),
        (TREE.format(*"___"), {"tag": "FEATS"}, "line 3: found no entity tags: every one is '_'"),
        (TREE.format(*"___").replace("\n2\tdem", "\n5\tdem"), {}, "line 5: found '5' in a first"),
        ("1\ta\tB-PER\n2-3\tbc\tO\n2\tb\tO\n", {}, "line 2: found the range '2-3', followed by 2;"),
    ],
)
def test_conllu_that_cannot_be_read_is_refused(tmp_path, content, columns, message):
    with pytest.raises(ValueError, match=f"x.conll.*{message}"):
        read(tmp_path, content, columns=columns)


# --- columns of the hub


@pytest.mark.parametrize("scheme", SCHEMES)
def test_hub_columns_are_read_in_every_scheme(scheme):
    other = converted(TWIN, scheme)
    words = [[f"deu:{word}" for word in row] for row in other.words]

    found, reading = tagged_from_columns(
        "de", words, [list(row) for row in other.tags], LABELS, codes=["deu"]
    )

    assert found == TWIN
    assert (reading.scheme, reading.prefix) == (scheme, "deu:")


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        (
            ["1", "2"] * 5,
            ["B-PER", "O"] * 5,
            "de, row 0: found the word '1'; there is a number in every word",
        ),
        (["en:a"] * 10, ["B-PER"] * 10, "de, row 0: found 'en:a'; .* needed was de before nearly"),
        (["a", "b"], ["B-PER", "PER"], r"de: malformed tag 'PER' \(1x, first in row 0\)"),
        (["a", "b", "c"], ["O", "B-PER", "I-LOC"], "de, row 0: found 1 of 2 entities that begin"),
    ],
)
def test_hub_columns_that_cannot_be_decided_are_refused(words, tags, message):
    with pytest.raises(ValueError, match=message):
        tagged_from_columns("de", [words], [tags], LABELS)


# --- sentiment

MOODS = {"0": "negative", "1": "positive"}
GOOD = LabelledSentences("en", (("good", "film"), ("bad", "one")), ("positive", "negative"))


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("Sentence\tLabel\ngood film\t1\nbad one\t0\n", {}),
        ("text\tmood\ngood film\t1\nbad one\t0\n", {"sentence": "text", "label": "mood"}),
        ("id\tmood\ttext\n1\t1\tgood film\n2\t0\tbad one\n", {"sentence": 3, "label": 2}),
        ("1\tgood film\n0\tbad one\n", {"sentence": 2, "label": 1}),
    ],
)
def test_the_study_settles_any_layout_of_sentences(tmp_path, content, columns):
    path = write(tmp_path / "x.tsv", content)

    assert read_labelled(path, "en", MOODS, columns=columns) == GOOD


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("text\tlabel\na\t1\n", {}, r"line 1: found the header 'text\\tlabel'; .*`columns`"),
        ("sentence,label\na,1\n", {}, "line 1: found the header 'sentence,label'"),
        ("a\tb\na\t1\n", {"sentence": 1, "label": 3}, "the columns 1 and 3, separated by a tab"),
        ("label\tsentence\na\t1\n", {"sentence": 1}, "as sentence and as label"),
        (
            'sentence\tlabel\n"a ""b"" c"\t1\nd\t0\n',
            {},
            "a field in CSV's quotation marks; .*QUOTE_NONE",
        ),
        ('sentence\tlabel\n"a"\t1\n"d, e"\t0\n', {}, "found '\"a\"', a field in CSV's quotation"),
        (
            "sentence\tlabel\n" + "".join(f"{n}\t1\n" for n in range(10)),
            {},
            "column 1: found numbers",
        ),
        (
            "sentence\tlabel\n" + "a b\t1\n" * 10,
            {},
            "column 1: found 'a b' as every sentence; is it",
        ),
        ("sentence\tlabel\na\t1.0\n", {}, "line 2: unknown label '1.0'; known are 0, 1"),
    ],
)
def test_sentences_that_would_be_read_wrong_are_refused(tmp_path, content, columns, message):
    path = write(tmp_path / "x.tsv", content)

    with pytest.raises(ValueError, match=message):
        read_labelled(path, "en", MOODS, columns=columns)


def test_a_hub_column_of_numbers_is_no_column_of_sentences():
    with pytest.raises(ValueError, match="en, texts: found numbers in the place of sentences"):
        labelled_from_columns("en", [str(n) for n in range(10)], ["1"] * 10, MOODS)


def test_quotation_marks_of_the_text_are_words(tmp_path):
    path = write(tmp_path / "x.tsv", 'sentence\tlabel\n"good" film\t1\n"bad one"\t0\n')

    found = read_labelled(path, "en", MOODS)

    assert found.words == (('"good"', "film"), ('"bad', 'one"'))


# --- the cases


@pytest.mark.realtext
@pytest.mark.parametrize("case", ["iob1", "bioes", "panx", "counter"])
def test_every_case_is_written_as_its_clean_twin(tmp_path, case):
    if not CASES.is_dir():
        pytest.skip("the labelled files of ../shared/cases are not here")
    files = sorted((CASES / case).glob("*.conll"))
    for file in files:
        language = file.name[:2]
        found = {}
        for name, path in (("twin", CASES / "iob2" / file.name), ("case", file)):
            sentences, _ = recognise_tagged(path, language, LABELS)
            write_tagged(tmp_path / name, sentences)
            found[name] = (tmp_path / name).read_bytes()
        assert found["case"] == found["twin"], file
        # The twin itself was IOB2: nothing in it was touched.
        assert found["twin"].split() == (CASES / "iob2" / file.name).read_bytes().split()

    assert len(files) >= 2
