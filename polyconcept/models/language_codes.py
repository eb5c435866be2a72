"""The code of its language that some tokenizers write beside each text (NLLB, mBART, M2M-100)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

_CODES = """
    aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak
    be:bel bg:bul bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre
    cs:ces cu:chu cv:chv cy:cym da:dan de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa
    et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn
    gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina id:ind
    ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik
    kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat
    lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal
    mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor
    nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por
    qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk
    sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel
    tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig
    uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho
    zu:zul
"""
ISO_639_1 = dict(pair.split(":") for pair in _CODES.split())
"""Two letters -> three letters."""

_VARIETIES = """
    ara:arb aym:ayr aze:azj fas:pes ful:fuv lav:lvs mlg:plt mon:khk msa:zsm nep:npi ori:ory orm:gaz
    pus:pbt que:quy sqi:als swa:swh uzb:uzn yid:ydd
"""
STANDARD_VARIETY = dict(pair.split(":") for pair in _VARIETIES.split())
"""Languages of several varieties -> the one that is their usual written form, as FLORES-200 has
them. Languages with two written forms (nor: nob, nno; kur: kmr, ckb) have none."""

# A special token that names a language: eng_Latn (NLLB), en_XX (mBART), __en__ (M2M-100), <en>.
_CODE = re.compile(r"[^A-Za-z]*([a-z]{2,3})(?:_([A-Z][a-z]{3}|[A-Z]{2}))?[^A-Za-z]*")
# mBART's, the only ones that models have learnt to read after the text.
_MBART = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LanguageCode:
    """A language, as a tokenizer writes it beside a text."""

    name: str
    """As the vocabulary has it, such as ``deu_Latn``."""
    number: int
    """Its vocabulary number."""
    last: bool
    """Whether it follows the text, as in the first mBART, where a decoder begins with it;
    elsewhere it is the first that a decoder writes."""


def language_code(
    tokenizer: PreTrainedTokenizerBase, language: str, chosen: Mapping[str, str]
) -> LanguageCode | None:
    """Return a tokenizer's code for a language, and log it; None where it writes no such codes.

    `language` is our code, such as ``de``, ``deu`` or ``zh-Hans``, or the tokenizer's own; `chosen`
    has the tokenizer's codes of languages whose code cannot be told.

    Raises:
        ValueError: The tokenizer has no code for the language, or several; or a code is chosen
            that it does not have, or for a tokenizer that writes none.
    """
    known = _known_codes(tokenizer)
    before, after = _around_text(tokenizer)
    if not {*before, *after} & set(known.values()):
        if chosen:
            raise ValueError(
                f"`language_codes` is {dict(chosen)}, but this tokenizer writes no language code"
            )
        return None
    name = chosen.get(language, language)
    if language in chosen and name not in known:
        raise ValueError(
            f"`language_codes` names {name!r} for {language!r}, which is none of the tokenizer's "
            f"codes: {', '.join(sorted(known))}"
        )
    fitting = [name] if name in known else _fitting(name, known)
    if len(fitting) != 1:
        found = f"several ({', '.join(fitting)})" if fitting else "none"
        raise ValueError(
            f"language {name!r}: the tokenizer writes a language code beside each text and has "
            f"{found} for it; name the one under `language_codes` of the model; its codes: "
            f"{', '.join(sorted(known))}"
        )
    _log.info("%s: the tokenizer's language code is %s", language, fitting[0])
    last = bool(_MBART.fullmatch(fitting[0])) and not set(before) & set(known.values())
    return LanguageCode(fitting[0], known[fitting[0]], last)


def check_languages(
    tokenizer: PreTrainedTokenizerBase, languages: Iterable[str], chosen: Mapping[str, str]
) -> None:
    """Refuse languages that `language_code` finds no code for, before anything is trained."""
    for language in languages:
        language_code(tokenizer, language, chosen)


def special_subwords(
    tokenizer: PreTrainedTokenizerBase, code: LanguageCode | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what a tokenizer puts before and after each text, with this language code."""
    before, after = _around_text(tokenizer)
    if code is None:
        return before, after
    # Older files of NLLB have the code after the text, a fault that transformers corrects where it
    # builds the tokenizer itself: the model has learnt to read it first.
    codes = set(_known_codes(tokenizer).values())
    before = tuple(number for number in before if number not in codes)
    after = tuple(number for number in after if number not in codes)
    return (before, (*after, code.number)) if code.last else ((code.number, *before), after)


def text_end(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the special token that ends each text, apart from language codes; or nothing."""
    codes = _known_codes(tokenizer).values()
    return [number for number in _around_text(tokenizer)[1] if number not in codes][-1:]


def _around_text(
    tokenizer: PreTrainedTokenizerBase,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    encoded: Any = tokenizer("a")  # tokenizers.Encoding has no types
    [encoding] = encoded.encodings
    inside = [place for place, text in enumerate(encoding.sequence_ids) if text is not None]
    first, last = (inside[0], inside[-1] + 1) if inside else (len(encoding), len(encoding))
    return tuple(encoding.ids[:first]), tuple(encoding.ids[last:])


def _known_codes(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Return the special tokens that name a language, with their numbers."""
    special = (
        (token.content, number)
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special
    )
    return {name: number for name, number in special if _parts(name) is not None}


def _parts(token: str) -> tuple[str, str] | None:
    """Return the language that a special token names, and its script, its country or nothing."""
    match = _CODE.fullmatch(token)
    if match is None:
        return None
    language, more = match[1], match[2] or ""
    # <unk>, <bos> and the like have three letters but are not languages.
    bare = language in ISO_639_1 or token == f"__{language}__"
    return (language, more) if more or bare else None


def _fitting(language: str, known: Mapping[str, int]) -> list[str]:
    """Return the known codes that a language may mean: exactly, else its standard variety."""
    first, *rest = re.split("[-_]", language)
    details = {part.lower() for part in rest}
    three = ISO_639_1.get(first.lower(), first.lower())
    for names in ({first.lower(), three}, {STANDARD_VARIETY.get(three, three)}):
        found = []
        for code in known:
            own, more = _parts(code) or ("", "")
            if own in names and _agree(more.lower(), details):
                found.append(code)
        if found:
            return sorted(found)
    return []


def _agree(more: str, details: set[str]) -> bool:
    """Return whether a code's script or country is not at odds with those that a language names."""
    alike = {part for part in details if len(part) == len(more)}
    return not alike or more in alike or more == "xx"  # en_XX: of any country
