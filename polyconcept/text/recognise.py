"""Turn words and tags, from files or columns of the hub, into sentences in IOB2."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyconcept.records.text import Dropped, TaggedSentences
from polyconcept.text.schemes import Entity, Scheme, find_entities
from polyconcept.text.tag_spelling import Source

_LOG = logging.getLogger(__name__)
_CODE = r"[A-Za-z]{2,3}(?:[-_][A-Za-z]+)*"
# Of a file's words: from the first share on, a language code before them is a prefix; between
# the two shares the file is refused, for it may be half of another language.
_NEARLY_ALL = 0.9
_SOME = 0.5
# Most words of a file's only sentence.
_LONGEST = 1000


@dataclass(frozen=True)
class Token:
    """A word as it comes."""

    place: int
    """Its line or row."""
    word: str
    """Empty where nothing of it is visible: it is left out."""
    tags: tuple[str, ...]
    """One; several where its parts are tagged."""


@dataclass(frozen=True)
class Reading:
    """What a source of entities was found to be."""

    scheme: str
    """Of its tags, such as ``IOB1``."""
    style: str
    """How it writes the tag that begins an entity PER."""
    prefix: str
    """Taken off its words, such as ``en:``; else empty."""
    n_sentences: int
    n_words: int
    n_entities: int
    """With labels of the study."""
    changed: Dropped
    """What was left out or read otherwise, by reason."""
    layout: Mapping[str, Any]
    """Columns of a file, from 1; and what else was found in them."""


def recognise(
    source: Source,
    language: str,
    sentences: Sequence[Sequence[Token]],
    labels: Collection[str],
    *,
    ignored: Collection[str] = (),
    codes: Collection[str] = (),
    layout: Mapping[str, Any] | None = None,
    changed: Mapping[str, int] | None = None,
) -> tuple[TaggedSentences, Reading]:
    """Return sentences in IOB2, whatever scheme the tags are in, and what they were found to be.

    Tags with `ignored` labels become ``O``. `codes` are further codes of the language that may
    precede words (``en:Anna``); `layout` and `changed` go into the reading.

    Raises:
        ValueError: as `find_entities`; words of another language, or no words but numbers or
            copies of one word; no sentence or no entity is left.
    """
    counts: Counter[str] = Counter(changed or {})
    words, prefix = _without_prefix(source, {language, *codes}, sentences, counts)
    _check_words(source, words, sentences)
    tags = [[tag for token in tokens for tag in token.tags] for tokens in sentences]
    places = [[token.place for token in tokens for _ in token.tags] for tokens in sentences]
    scheme, spelling, entities, broken = find_entities(source, tags, places, labels, ignored)
    if broken:
        _report_broken(source, scheme, broken, places, counts)
    marked = _marks([e for e in entities if e.label not in ignored], tags)
    tagged = [_tagged(*each) for each in zip(sentences, words, marked, strict=True)]
    found = _with_words(source, language, tagged, counts)
    n_words = sum(map(len, found.words))
    n_entities = sum(tag.startswith("B-") for tags in found.tags for tag in tags)
    if not n_entities:
        raise ValueError(
            f"{source.name}: found no entity of {', '.join(sorted(labels))} in {n_words:,} words: "
            f"nothing to learn or to score; {source.advice}"
        )
    reading = Reading(
        scheme=scheme.name,
        style=spelling.style,
        prefix=prefix,
        n_sentences=len(found),
        n_words=n_words,
        n_entities=n_entities,
        changed=dict(counts),
        layout=dict(layout or {}),
    )
    _LOG.info("%s: %s", source.name, _describe(reading))
    return found, reading


def _without_prefix(
    source: Source,
    own: Collection[str],
    sentences: Sequence[Sequence[Token]],
    counts: Counter[str],
) -> tuple[list[list[str]], str]:
    """Return words without the code of their language, where nearly all have it (as in PAN-X)."""
    words = [[token.word for token in tokens] for tokens in sentences]
    visible = [word for row in words for word in row if word]
    ours = {form for code in own for form in _forms(code)}
    code = re.compile(rf"({'|'.join(map(re.escape, sorted(ours)))}|{_CODE}):", re.IGNORECASE)
    found = Counter(match[1] for word in visible if (match := code.match(word)))
    if not found or found.total() < _SOME * len(visible):
        return words, ""
    prefix, count = found.most_common(1)[0]
    if prefix.casefold() in ours and count >= _NEARLY_ALL * len(visible):
        counts[f"word with {prefix}: taken off"] = count
        short = [[word.removeprefix(f"{prefix}:") for word in row] for row in words]
        bare = sum(not word for row in short for word in row) - sum(not w for r in words for w in r)
        if bare:
            counts[f"word with nothing behind {prefix}:"] = bare
        return short, f"{prefix}:"
    # In so few words, "re:" and the like may be half of them.
    if len(visible) < 5 and prefix.casefold() not in ours:
        return words, ""
    first = next(t for tokens in sentences for t in tokens if t.word.startswith(f"{prefix}:"))
    shown = ", ".join(f"{code!r} in {n:,}" for code, n in found.most_common(3))
    raise ValueError(
        f"{source.at(first.place)}: found {first.word!r}; the language code before the words is "
        f"{shown} of {len(visible):,}; needed was {' or '.join(sorted(own))} before nearly all, or "
        "none; is it the file of another language?"
    )


def _forms(code: str) -> set[str]:
    """Return the ways to write a language code: ``pt_BR``, ``pt-br``, ``pt``."""
    plain = code.casefold().replace("_", "-").replace(".", "-")
    return {plain, plain.replace("-", "_"), plain.split("-")[0]}


def _check_words(
    source: Source, words: Sequence[Sequence[str]], sentences: Sequence[Sequence[Token]]
) -> None:
    """Refuse what is not text: counts, sentence numbers, names of documents."""
    n_words = sum(map(len, words))
    longer = [set(row) for row in words if len(row) > 2]
    what = ""
    if n_words >= 10 and all(re.search(r"\d", word) for row in words for word in row):
        what = "there is a number in every word"
    elif len(longer) > 2 and all(len(row) == 1 for row in longer):
        what = "all words of a sentence are the same"
    elif len(words) == 1 and n_words > _LONGEST:
        raise ValueError(
            f"{source.name}: found {n_words:,} words in one sentence; a blank line is needed after "
            "each sentence"
        )
    if what:
        first = sentences[0][0]
        raise ValueError(
            f"{source.at(first.place)}: found the word {first.word!r}; {what}; {source.advice}"
        )


def _report_broken(
    source: Source,
    scheme: Scheme,
    broken: Sequence[Entity],
    places: Sequence[Sequence[int]],
    counts: Counter[str],
) -> None:
    n_tags = sum(entity.end - entity.first for entity in broken)
    first = places[broken[0].sentence][broken[0].first]
    if scheme.name == "IOB2":
        counts["I- tag outside an entity, read as O"] = n_tags
        what = "I- tags follow no B- or I- tag of their label and are"
    else:
        counts["tag of an entity that is not whole, read as O"] = n_tags
        what = "tags make no whole entity and are"
    _LOG.warning(
        "%s: %d %s read as O (strict %s); the first is in %s %d",
        *(source.name, n_tags, what, scheme.name, source.unit, first),
    )


def _marks(
    entities: Sequence[Entity], tags: Sequence[Sequence[str]]
) -> list[list[tuple[int, str]]]:
    """Return the number and label of each tag's entity; number 0 outside."""
    marks = [[(0, "O")] * len(row) for row in tags]
    for number, entity in enumerate(entities, start=1):
        size = entity.end - entity.first
        marks[entity.sentence][entity.first : entity.end] = [(number, entity.label)] * size
    return marks


def _tagged(
    tokens: Sequence[Token], words: Sequence[str], marks: Sequence[tuple[int, str]]
) -> list[tuple[str, str]]:
    """Return visible words with IOB2 tags: the first visible word of an entity begins it."""
    found, place, before = [], 0, 0
    for token, word in zip(tokens, words, strict=True):
        own = marks[place : place + len(token.tags)]
        place += len(token.tags)
        if not word:
            continue
        # A word of several parts belongs to the entity of the first part that has one.
        number, label = next((mark for mark in own if mark[0]), (0, "O"))
        tag = f"{'I' if number == before else 'B'}-{label}" if number else "O"
        found.append((word, tag))
        before = number
    return found


def _with_words(
    source: Source,
    language: str,
    tagged: Sequence[Sequence[tuple[str, str]]],
    counts: Counter[str],
) -> TaggedSentences:
    """Return the sentences that have words left, and count the others."""
    kept = [row for row in tagged if row]
    if len(kept) < len(tagged):
        counts["sentence without words"] += len(tagged) - len(kept)
    if not kept:
        raise ValueError(f"{source.name}: no sentence is left ({_list(counts) or 'no rows'})")
    words, tags = zip(*(zip(*row, strict=True) for row in kept), strict=True)
    return TaggedSentences(language, words, tags)


def _describe(reading: Reading) -> str:
    parts = [
        f"{reading.n_sentences:,} sentences, {reading.n_words:,} words, "
        f"{reading.n_entities:,} entities",
        f"tags in {reading.scheme}" + (", read as IOB2" if reading.scheme != "IOB2" else ""),
    ]
    if reading.style not in ("B-PER", "PER"):
        parts.append(f"written like {reading.style}")
    parts += [
        key.replace("_", " ") + ("" if value is True else f" {value}")
        for key, value in reading.layout.items()
        if value
    ]
    return "; ".join([*parts, _list(reading.changed)] if reading.changed else parts)


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts.items())
