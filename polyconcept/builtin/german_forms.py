"""German word forms: tables of determiners and endings, forms of nouns and verbs."""

from __future__ import annotations

from functools import cache

from polyconcept.builtin.read_lexicon import Entry
from polyconcept.builtin.realiser import split_government

# Rows by case, columns m f n plural.
DER = {
    "nom": ("der", "die", "das", "die"),
    "acc": ("den", "die", "das", "die"),
    "dat": ("dem", "der", "dem", "den"),
    "gen": ("des", "der", "des", "der"),
}
RELATIVE = {**DER, "dat": ("dem", "der", "dem", "denen")}
DIESER = {
    "nom": ("er", "e", "es", "e"),
    "acc": ("en", "e", "es", "e"),
    "dat": ("em", "er", "em", "en"),
    "gen": ("es", "er", "es", "er"),
}
EIN = {**DIESER, "nom": ("", "e", "", "e"), "acc": ("en", "e", "", "e")}
WEAK = {
    "nom": ("e", "e", "e", "en"),
    "acc": ("en", "e", "e", "en"),
    "dat": ("en", "en", "en", "en"),
    "gen": ("en", "en", "en", "en"),
}
MIXED = {**WEAK, "nom": ("er", "e", "es", "en"), "acc": ("en", "e", "es", "en")}
STRONG = DIESER


@cache
def noun_forms(entry: Entry) -> tuple[str, dict[tuple[str, bool], str]]:
    """Return the gender, and the form of every (case, plural)."""
    gender, singular, plural = entry.cells["de"].split()
    forms = {(case, False): singular for case in DER} | {(case, True): plural for case in DER}
    if not plural.endswith(("n", "s")):
        forms["dat", True] = plural + "n"
    if gender.endswith("!"):
        forms |= {(case, False): plural for case in ("acc", "dat", "gen")}
    elif gender != "f":
        long = singular.endswith(("s", "ß", "z", "x", "sch", "st", "d", "nn", "zt"))
        forms["gen", False] = singular + ("es" if long else "s")
    return gender[0], forms


@cache
def stem(entry: Entry) -> str:
    """Return the stem of an adjective before its ending."""
    return entry.cells["de"].split()[-1].removesuffix("e")


@cache
def verb_forms(entry: Entry) -> tuple[str, str, str, str, bool]:
    """Return prefix, infinitive without it, third person, participle, and whether "sein"."""
    forms, _ = split_government(entry.cells["de"])
    prefix, _, stem = forms[0].rpartition("=")
    return prefix, stem, forms[1], forms[2], forms[-1] == "s"


@cache
def government(entry: Entry) -> tuple[str, str]:
    """Return the preposition and case of the object."""
    mark = split_government(entry.cells["de"])[1]
    return ("", mark) if mark == "dat" else (mark, "acc")
