"""Adding an entity to a crate once."""

from __future__ import annotations

from collections.abc import Iterable

from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate


def add(crate: ROCrate, identifier: str, kind: str, /, **properties: object) -> Entity:
    """The crate's entity of this identifier; a new one where there is none."""
    known = crate.get(identifier)
    if known is not None:
        return known
    entity = crate.add_jsonld({"@id": identifier, "@type": kind})
    for name, value in properties.items():
        entity[name] = value
    return entity


def distinct(entities: Iterable[Entity]) -> list[Entity]:
    """Each entity once, in order of first appearance."""
    return list({entity.id: entity for entity in entities}.values())
