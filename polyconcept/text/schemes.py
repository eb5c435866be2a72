"""Tagging schemes: what the tags of a whole file mean, and the entities that they mark.

Neighbouring words whose tags have the same label belong to one entity unless a tag parts them: one
that begins an entity (``B``, ``S``, ``U``, ``W``) on the second word, or one that ends it (``E``,
``L``, ``S``, ``U``, ``W``) on the first. This holds in every scheme, so a file that keeps to any of
them has the same entities, whichever that is. The scheme says which entities are whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from polyconcept.text.lines import few
from polyconcept.text.tag_spelling import BLANK, Parsed, Source, Spelling, spellings_of, unreadable

MOST_LOST = 0.05
"""Share of a file's entities that may be read as none because their tags break the scheme."""

# B begins, E and L end an entity; S, U and W are an entity of one word (BIOES, BILOU, BMEWO).
_BEGINS, _ENDS = frozenset("BSUW"), frozenset("ELSUW")
_NAMES = {"BIES": "BIOES", "BILU": "BILOU", "BMES": "BMES", "BMEW": "BMEWO"}


@dataclass(frozen=True)
class Scheme:
    """Which tags make a whole entity."""

    name: str
    whole: re.Pattern[str]
    """Matches the kinds of an entity's words, such as ``BII``."""


@dataclass(frozen=True)
class Entity:
    """Words that are named together: ``first`` to ``end - 1`` of a sentence."""

    sentence: int
    first: int
    end: int
    label: str
    kinds: str
    """A letter for each word."""


def find_entities(
    source: Source,
    sentences: Sequence[Sequence[str]],
    places: Sequence[Sequence[int]],
    labels: Collection[str],
    ignored: Collection[str],
) -> tuple[Scheme, Spelling, list[Entity], list[Entity]]:
    """Return the entities that the tags of a file mark, in whichever scheme it keeps to.

    `places` has the line or row of each tag.

    Returns:
        The scheme; the spelling of its tags; the whole entities, ignored ones too; and those whose
        tags break the scheme.

    Raises:
        ValueError: a tag that is none, an unknown label, no tags at all, tags of two schemes, or
            too many entities that break the scheme.
    """
    distinct = dict.fromkeys(tag for tags in sentences for tag in tags)
    if set(distinct) <= {BLANK, "", "-"}:
        raise ValueError(
            f"{source.at(places[0][0])}: found no entity tags: every one is "
            f"{next(iter(distinct))!r}; {source.advice}"
        )
    fitting = spellings_of(distinct, [*labels, *ignored])
    if not fitting:
        raise ValueError(unreadable(source, sentences, places, labels, ignored))
    if len(fitting) > 1:
        raise ValueError(
            f"{source.name}: the tags {few([*distinct])} can be read like "
            f"{' and like '.join(each.style for each in fitting)}; write them like B-PER"
        )
    (spelling,) = fitting
    parsed = [[spelling.tags[tag] for tag in tags] for tags in sentences]
    entities = list(_entities(parsed, bare=spelling.style == "PER"))
    scheme = _scheme(source, entities, parsed, places, bare=spelling.style == "PER")
    broken = [entity for entity in entities if not scheme.whole.fullmatch(entity.kinds)]
    # A few are slips of annotators. If there are more, the scheme is another one.
    if len(broken) > MOST_LOST * len(entities):
        raise ValueError(_too_many(source, scheme, entities, broken, parsed, places))
    whole = [entity for entity in entities if scheme.whole.fullmatch(entity.kinds)]
    return scheme, spelling, whole, broken


def _entities(sentences: Sequence[Sequence[Parsed]], *, bare: bool) -> Iterator[Entity]:
    """Cut the words of each sentence into entities, as the module's docstring says."""
    for number, tags in enumerate(sentences):
        start, before = 0, None
        for place, tag in enumerate([*tags, None]):
            goes_on = (
                tag is not None
                and before is not None
                and tag[1] == before[1]
                and (bare or (tag[0] not in _BEGINS and before[0] not in _ENDS))
            )
            if not goes_on:
                if before is not None:
                    kinds = "".join(each[0] for each in tags[start:place] if each)
                    yield Entity(number, start, place, before[1], kinds)
                start = place
            before = tag


def _scheme(
    source: Source,
    entities: Sequence[Entity],
    sentences: Sequence[Sequence[Parsed]],
    places: Sequence[Sequence[int]],
    *,
    bare: bool,
) -> Scheme:
    """Return the scheme that the tags of the file keep to, or come nearest to."""
    kinds = {kind for entity in entities for kind in entity.kinds}
    if bare:
        return Scheme("IO, tags alone", re.compile("I+"))
    # IOB1 and IOE1 mark a border only between two entities of one label, IOB2 and IOE2 every border
    # (Tjong Kim Sang & Veenstra 1999, Representing Text Chunks, section 2).
    if kinds <= {"B", "I"}:
        iob1 = any(entity.kinds[0] == "I" for entity in entities)
        iob1 = iob1 and _apart(entities, sentences) is None
        return Scheme("IOB1", re.compile("[BI]I*")) if iob1 else Scheme("IOB2", re.compile("BI*"))
    if kinds <= {"I", "E"}:
        parted = all(
            _is_followed(entity, sentences) for entity in entities if entity.kinds[-1] == "E"
        )
        return Scheme("IOE1", re.compile("I*E?")) if parted else Scheme("IOE2", re.compile("I*E"))
    # Two letters that mean the same, each in a scheme of its own.
    for pair in ("IM", "EL", "SU", "SW", "UW"):
        if kinds >= set(pair):
            one, other = (_first(entities, kind, places) for kind in pair)
            raise ValueError(
                f"{source.at(other)}: found a tag of the kind {pair[1]}-, but {source.unit} {one} "
                f"has one of the kind {pair[0]}-, which means the same in another scheme; write "
                "the tags in one scheme, such as IOB2"
            )
    letters = _letters(kinds)
    return Scheme(_NAMES.get(letters, letters), re.compile("[SUW]|B[IM]*[EL]"))


def _apart(entities: Sequence[Entity], sentences: Sequence[Sequence[Parsed]]) -> Entity | None:
    """Return the first entity that begins with B- though it follows no other: IOB1 has none."""
    for entity in entities:
        before = sentences[entity.sentence][entity.first - 1] if entity.first else None
        if entity.kinds[0] == "B" and before is None:
            return entity
    return None


def _letters(kinds: Collection[str]) -> str:
    """Return a scheme's letters for begin, inside, end, single; the usual ones where unused."""
    single = next((kind for kind in "UWS" if kind in kinds), "U" if "L" in kinds else "S")
    end = next((kind for kind in "LE" if kind in kinds), "L" if single == "U" else "E")
    inside = next((kind for kind in "MI" if kind in kinds), "M" if single == "W" else "I")
    return f"B{inside}{end}{single}"


def _is_followed(entity: Entity, sentences: Sequence[Sequence[Parsed]]) -> bool:
    """Return whether an entity of the same label begins right behind this one."""
    tags = sentences[entity.sentence]
    after = tags[entity.end] if entity.end < len(tags) else None
    return after is not None and after[1] == entity.label


def _first(entities: Sequence[Entity], kind: str, places: Sequence[Sequence[int]]) -> int:
    entity = next(entity for entity in entities if kind in entity.kinds)
    return places[entity.sentence][entity.first + entity.kinds.index(kind)]


def _too_many(
    source: Source,
    scheme: Scheme,
    entities: Sequence[Entity],
    broken: Sequence[Entity],
    sentences: Sequence[Sequence[Parsed]],
    places: Sequence[Sequence[int]],
) -> str:
    first = broken[0]
    where = source.at(places[first.sentence][first.first])
    found = f"{len(broken)} of {len(entities)} entities"
    advice = "correct the tags, or write them all in IOB2: B- on the first word of every entity"
    if scheme.name != "IOB2":
        kinds = "-, ".join(first.kinds)
        return (
            f"{where}: found {found} that are not whole in {scheme.name}, here {kinds}-; {advice}"
        )
    apart = _apart(entities, sentences)
    if apart is None:
        raise AssertionError("such tags are IOB1")
    line = places[apart.sentence][apart.first]
    return (
        f"{where}: found {found} that begin with I-, but B- begins the one in {source.unit} "
        f"{line}, which follows no other: neither IOB2 nor IOB1, and more than {MOST_LOST:.0%} "
        f"would be lost; {advice}"
    )
