"""How much text a plan counts on: by hand, and beside what jobs make of real text."""

from pathlib import Path

import pytest

from polyconcept.study.text_sizes import (
    TextSize,
    assumed_text,
    count_text,
    labelled_sentences,
    tagged_sentences,
)
from polyconcept.text.align import align_words
from polyconcept.text.parallel import read_texts
from polyconcept.text.selection import choose_words
from polyconcept.text.word_table import split_words

DATA = Path(__file__).parents[2] / "shared/data"


def test_the_first_few_words_of_each_spelling_count():
    found = count_text(["a b a", "a c", "a a a"], cap=3)

    # a six times, of which 3 count; b and c once.
    assert found == TextSize(3, 8, 5, 3, ("a b a", "a c", "a a a"))


def test_part_of_a_text_is_scaled_up_to_the_whole():
    found = count_text(["a b", "a c"], cap=15, n_sentences=20)

    assert found is not None
    # a twenty times, b and c ten times each.
    assert (found.n_sentences, found.n_words, found.n_capped) == (20, 40, 15 + 10 + 10)


def test_text_without_words_has_no_size():
    assert count_text(["", "  "], cap=3) is None


def test_words_that_no_cap_leaves_out_are_nearly_all_in_the_table():
    size = TextSize(10, 100, 100, 10)

    assert size.n_linked == 100
    assert size.n_rows(1) == pytest.approx(90)
    assert size.n_rows(4) == pytest.approx(100 * (1 - 0.1 ** (4**0.7)))


def test_sentences_of_tagged_and_labelled_files_are_read(tmp_path):
    (tmp_path / "a.conll").write_text("# text\nAnna B-PER\nruns O\n\n1\tBonn\tB-LOC\n2\t.\tO\n")
    (tmp_path / "a.tsv").write_text("sentence\tlabel\nfine weather today\tpositive\n")

    assert list(tagged_sentences(tmp_path / "a.conll")) == ["Anna runs", "Bonn ."]
    assert list(labelled_sentences(tmp_path / "a.tsv")) == ["fine weather today"]


def test_an_assumed_text_follows_zipf():
    found = assumed_text(1000, 20.0, 15)

    # 14 x 20,000^.6 = 5,331 types; H = ln 5,331 + .577 = 9.158, so that the type of rank r occurs
    # 2,184 / r times: 146 types more than 15 times. 15 x 146 + 2,184 x ln(5,331 / 146).
    assert found.n_capped == pytest.approx(10_046, rel=1e-3)
    assert (found.n_sentences, found.n_words) == (1000, 20_000)


@pytest.mark.parametrize("n_sentences", [1, 50, 20_000, 1_000_000])
def test_an_assumed_text_has_no_more_capped_words_than_words(n_sentences):
    found = assumed_text(n_sentences, 20.0, 15)

    assert 0 < found.n_capped <= found.n_words == 20 * n_sentences
    assert found.n_capped > assumed_text(n_sentences, 20.0, 8).n_capped * 0.99


@pytest.mark.skipif(not (DATA / "pud").is_dir(), reason="needs the shared real text")
@pytest.mark.parametrize(
    ("folder", "languages", "n_sentences"),
    [("pud", ("en", "de"), 1000), ("bible", ("en", "de"), 1500), ("bible", ("en", "ar"), 1500)],
)
@pytest.mark.parametrize("cap", [8, 15])
def test_the_rule_of_thumb_holds_on_real_text(folder, languages, n_sentences, cap):
    read = read_texts([DATA / folder / f"{code}.txt" for code in languages], list(languages))
    texts = [type(text)(text.language, text.words[:n_sentences]) for text in read]
    links = align_words(*texts)
    chosen = choose_words(*texts, links, cap=cap)["calign", "published"]
    sizes = [count_text([" ".join(words) for words in text.words], cap) for text in texts]

    rows = [split_words(text.language, dict(zip(languages, texts, strict=True)), [links], cap=cap)
            for text in texts]  # fmt: skip

    linked = sum(size.n_linked for size in sizes)
    assert 1 / 1.5 < linked / (2 * len(chosen.source.places)) < 1.5
    for size, (table, _) in zip(sizes, rows, strict=True):
        assert 1 / 1.5 < size.n_rows(1) / len(table.sentence) < 1.5


@pytest.mark.skipif(not (DATA / "pud").is_dir(), reason="needs the shared real text")
def test_a_text_of_news_is_as_assumed():
    text = (DATA / "pud/en.txt").read_text(encoding="utf-8").splitlines()
    counted = count_text(text, 15)

    found = assumed_text(counted.n_sentences, counted.n_words / counted.n_sentences, 15)

    assert 1 / 1.4 < found.n_capped / counted.n_capped < 1.4
