"""What rocrate-validator says of a crate, by each profile, without network; JSON on stdout.

Runs in the validator's own environment: `tools/check_crate.py` calls it.
"""

from __future__ import annotations

import io
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


class FromPackage(HTTPAdapter):
    """Answers each request with the JSON-LD context that the old rocrate brings."""

    def send(
        self,
        request: requests.PreparedRequest,
        *_: Any,  # noqa: ANN401 - how to send it
        **__: Any,  # noqa: ANN401 - as above
    ) -> requests.Response:
        """Return the response that the web would give."""
        body = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        if f'"@id": "{CONTEXT}"'.encode() not in body:
            sys.exit(f"rocrate's context is not {CONTEXT}: see envs/crate-validator.lock")
        raw = urllib3.HTTPResponse(
            io.BytesIO(body),
            headers={"Content-Type": "application/ld+json"},
            status=200,
            preload_content=False,
        )
        return self.build_response(request, raw)


def fill(cache: str) -> None:
    """Put RO-Crate 1.1's JSON-LD context into the validator's cache."""
    with CachedSession(cache, backend="sqlite", expire_after=-1) as session:
        session.mount(CONTEXT, FromPackage())
        session.get(CONTEXT).raise_for_status()


def judge(crate: str, cache: str, profile: str, severity: str) -> list[str]:
    """Return what is wrong with a crate, one line each."""
    settings = services.ValidationSettings(
        rocrate_uri=crate,
        profile_identifier=profile,
        requirement_severity=severity,
        cache_path=Path(cache),
        offline=True,
    )
    result = services.validate(settings)
    used = settings.profile_identifier
    if used != profile:
        sys.exit(f"rocrate-validator judged by {used}, not by {profile}")
    lines = [
        f"{one.check.identifier}: {one.violatingEntity}: {one.message}" for one in result.issues
    ]
    if result.passed() == bool(lines):
        sys.exit(f"rocrate-validator passed {result.passed()} with issues {lines}")
    return lines


def main(crate: str, cache: str, severity: str, *profiles: str) -> None:
    """Judge by each profile."""
    fill(cache)
    print(json.dumps({profile: judge(crate, cache, profile, severity) for profile in profiles}))


if __name__ == "__main__":
    main(*sys.argv[1:])
