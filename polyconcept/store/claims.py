"""What a study says of the paper's claims, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from polyconcept.records.verdicts import Claims
from polyconcept.store.json import write_json


def write_claims(claims: Claims, path: Path) -> None:
    """Write claims as an object with the fields of `Claims`, lists of objects inside."""
    write_json(asdict(claims), path)
