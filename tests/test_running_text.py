"""Words of running text: nothing is torn, nothing is lost, and Moses' escapes are read."""

import logging
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacremoses import MosesTokenizer

from polyconcept.records.text import Sentences
from polyconcept.sources.columns import parallel_from_columns, sentences_from_column
from polyconcept.sources.sentiment_labels import labelled_from_columns
from polyconcept.text.escapes import unescaped
from polyconcept.text.moses import moses_splitter

DATA = Path(__file__).parents[2] / "shared" / "data"
ZWNJ, ZWJ, SOFT, RTL, VOWEL = "\u200c", "\u200d", "\u00ad", "\u200f", "\u180e"

# Words as a reader sees them, punctuation apart.
WORDS = {
    "Latin, Yoruba": ("yo", "Ọmọ náà ń sọ̀rọ̀ ẹ̀kọ́ ."),
    "Latin, Vietnamese": ("vi", "Tiếng Việt , được viết ."),
    "Latin, French": ("fr", "L' été , c' est la forêt ."),
    "Latin, phonetic": ("ipa", "t͡ʃa˥˩ ˈkɪŋ̊ , ʔãː ."),
    "Greek": ("el", "τῷ ἀνθρώπῳ , ἀλλ᾽ ἐγώ"),
    "Cyrillic": ("ru", "за́мок и замо́к , ёж !"),
    "Armenian": ("hy", "Ինչպե՞ս ես , Աննա ։"),
    "Georgian": ("ka", "ᲥᲐᲠᲗᲣᲚᲘ ენა , კი ?"),
    "Hebrew": ("he", "בְּרֵאשִׁית , בָּרָא !"),
    "Arabic": ("ar", f"كِتَابٌ جَدِيدٌ{RTL} ، نَعَم ؟"),
    "Arabic, Persian": ("fa", f"می{ZWNJ}خواهم کتاب{ZWNJ}ها ، بله ."),
    "Syriac": ("syr", "ܫܠܳܡܳܐ ܠܳܟ݂ ."),
    "Thaana": ("dv", "ދިވެހި ބަސް ، އާން ؟"),
    "N'Ko": ("nqo", "ߒߞߏ߫ ߞߊ߲ ߸ ߌ߬"),
    "Devanagari": ("hi", f"क्षत्रिय क्{ZWJ}ष हिंदी , में ।"),
    "Bengali": ("bn", f"বাংলা র{ZWJ}্যাব , ভাষা ।"),
    "Gurmukhi": ("pa", "ਪੰਜਾਬੀ , ਗੁਰੂ ।"),
    "Gujarati": ("gu", "ગુજરાતી , ભાષા ."),
    "Tamil": ("ta", "தமிழ் , மொழி ."),
    "Telugu": ("te", "తెలుగు , భాష ."),
    "Kannada": ("kn", "ಕನ್ನಡ , ಭಾಷೆ ."),
    "Malayalam": ("ml", f"മലയാളം അവന്{ZWJ} , ഭാഷ ."),
    "Sinhala": ("si", f"ශ්{ZWJ}රී ලංකාව , සිංහල ."),
    "Thai": ("th", "ที่นี่ น้ำ , ครับ ."),
    "Lao": ("lo", "ສະບາຍດີ ບໍ່ , ແມ່ນ ."),
    "Khmer": ("km", "ភាសាខ្មែរ ក្រុម ។"),
    "Burmese": ("my", "မြန်မာဘာသာ ပါ ။"),
    "Tibetan": ("bo", "བོད ་ སྐད །"),
    "Mongolian": ("mn", f"ᠮᠣᠩᠭᠣᠯ{VOWEL}ᠠ ᠪᠢᠴᠢᠭ ᠃"),
    "Ethiopic": ("am", "አማርኛ ቋንቋ ፣ ነው ።"),
    "Hangul": ("ko", "한국어 한글 , 말 ."),
    "Hangul under another code": ("kor", "한국어 한글 , 말 ."),
    "Han under another code": ("zh_cn", "我爱北京 ， 好 。"),
    "Kana": ("jpn", "がぎ コーヒー 、 です 。"),
    "Cherokee": ("chr", "Ꮳꮃꭹ ꭶꮼꮒꭿꮝꮧ , ꭵ !"),
    "Osage": ("osa", "𐓏𐓘𐓻𐓘𐓻𐓟 𐒻𐓟 ."),
    "Adlam": ("ff", "𞤆𞤵𞤤𞤢𞤪 𞤆𞤵𞤤𞤢𞥄𞤪 ."),
    "emoji": ("en", f"ok 👩🏽{ZWJ}🚀 👍🏽 🇩🇪 🇫🇷 ❤️ 1️⃣ !"),
    "flags of regions": (
        "en",
        "go 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f !",
    ),
    "soft hyphen": ("de", f"Donau{SOFT}dampf{SOFT}schiff , ja !"),
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("language", "words"), WORDS.values(), ids=WORDS)
def test_no_letter_is_parted_from_what_belongs_to_it(language, words, form):
    expected = unicodedata.normalize(form, words).split(" ")
    text = ""
    for word in expected:  # punctuation stands at its word, as people write it
        glued = unicodedata.category(word[0])[0] == "P" or text.endswith(("'", "་"))
        blank = "" if not text or glued else " "
        text += blank + word

    assert moses_splitter(language)(text) == expected


def test_what_is_written_without_blanks_is_one_word():
    assert moses_splitter("th")("ภาษาไทยเขียนติดกัน") == ["ภาษาไทยเขียนติดกัน"]
    assert moses_splitter("km")("ភាសាខ្មែរសរសេរ") == ["ភាសាខ្មែរសរសេរ"]


def test_a_mark_without_a_letter_stays_where_it_is():
    assert moses_splitter("en")(f"a \u0301 {ZWNJ}b, \u0301c") == [
        "a",
        "\u0301",
        f"{ZWNJ}b",
        ",",
        "\u0301c",
    ]


def test_names_that_sacremoses_uses_inside_are_words():
    text = "DOTMULTI a...b DOTDOTMULTI .. THISISPROTECTED000"
    expected = ["DOTMULTI", "a", "...", "b", "DOTDOTMULTI", "..", "THISISPROTECTED000"]

    assert moses_splitter("en")(text) == expected


PARTS = (
    "aZé'\"`-,.…5²&<|@%ßıǅ日한ꭰ👩🚀🇩🇪 "
    "\u0301\u0323\u094d\u05bc\u200c\u200d\ufe0f\u20e3\u00ad\u0600\U0001f3fd\u1160\u11a8\x01\u202e"
)


@pytest.fixture(scope="module")
def splitters():
    return [moses_splitter(language) for language in ("en", "fr", "de", "ko")]


@given(text=st.text(st.sampled_from(PARTS), max_size=30) | st.text(max_size=20))
@settings(max_examples=300)
def test_pieces_joined_are_the_text_and_none_begins_with_a_mark(splitters, text):
    for cut in splitters:
        pieces = cut(text)

        assert "".join(pieces) == "".join(text.split())
        starts = {word[0] for word in text.split()}
        for piece in pieces:
            rides = unicodedata.category(piece[0]) in {"Mn", "Mc", "Me", "Cf"}
            assert not rides or piece[0] in starts


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the real text beside the checkout")
@pytest.mark.parametrize("file", ["pud/en", "pud/de", "pud/fr", "pud/es", "pud/it", "bible/ar"])
def test_text_without_marks_is_cut_as_sacremoses_cuts_it(file):
    language = file[-2:]
    lines = (DATA / f"{file}.txt").read_text(encoding="utf-8").splitlines()[:500]
    # As people write it: the files have their punctuation apart.
    lines = [line.replace(" ,", ",").replace(" .", ".").replace(" '", "'") for line in lines]
    moses, ours = MosesTokenizer(language), moses_splitter(language)

    assert [ours(line) for line in lines] == [moses.tokenize(line, escape=False) for line in lines]


# --- escapes ----------------------------------------------------------------------------------

ESCAPED = "l &apos; eau : &quot; A &amp; B &lt; C &gt; &#124; &#91; 1 &#93; &quot;"
PLAIN = 'l \' eau : " A & B < C > | [ 1 ] "'


def test_what_moses_escapes_is_read_back():
    moses = MosesTokenizer("en")
    text = 'Don\'t say "A & B" <b>|[1]'

    found, n = unescaped(Sentences("en", (tuple(moses.tokenize(text, escape=True)),)))

    assert found == Sentences("en", (tuple(moses.tokenize(text, escape=False)),))
    assert n == 9


def test_an_escape_is_read_once_and_others_are_text(caplog):
    caplog.set_level(logging.INFO, "polyconcept.text")
    words = ("&amp;lt;", "&nbsp;", "&AMP;", "&amp", "AT&amp;T", "&#39;")

    found, n = unescaped(Sentences("de", (words, ("&quot;",), ("ohne",))))

    once = ("&lt;", "&nbsp;", "&AMP;", "&amp", "AT&T", "&#39;")
    assert found == Sentences("de", (once, ('"',), ("ohne",)))
    assert n == 3
    assert "de: 3 escapes such as &apos; read as the characters they stand for (lines: 2)" in (
        caplog.text
    )


@pytest.mark.parametrize("tokenizer", ["none", "moses"])
def test_escapes_of_columns_are_read_before_words_are_cut(tokenizer):
    expected = tuple(PLAIN.split())

    pair, counts = parallel_from_columns({"en": [ESCAPED], "de": ["ja"]}, tokenizer=tokenizer)
    alone, n = sentences_from_column("en", [ESCAPED], tokenizer=tokenizer)
    labelled, dropped = labelled_from_columns(
        "en", [ESCAPED], ["1"], {"1": "p"}, tokenizer=tokenizer
    )

    assert pair["en"].words == alone.words == labelled.words == (expected,)
    assert counts == dropped == {"escape read in en": 9}
    assert n == 9
