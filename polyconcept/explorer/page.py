"""The page that loads the shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from polyconcept.machine.atomic import write_text_atomic

# Nothing may be loaded but the files beside the page; `file:` is what 'self' is there.
_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def explorer_page(study: str, claims: Mapping[str, Any]) -> str:
    """Return the page, which says what the claims come to where no script runs."""
    sentences = "\n".join(f"<li>{escape(claim['sentence'])}</li>" for claim in claims["claims"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>Concepts of {escape(study)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="explorer.css">
</head>
<body>
<div id="explorer"></div>
<noscript>
<h1>Concepts of {escape(study)}</h1>
<p>This page needs JavaScript to show single concepts. What the study found:</p>
<ul>
{sentences}
</ul>
</noscript>
<script src="explorer.js"></script>
</body>
</html>
"""


def write_page(page: str, bundle: Sequence[Path], path: Path) -> None:
    """Write a page with the files of its bundle beside it."""
    for file in bundle:
        write_text_atomic(path.with_name(file.name), file.read_text(encoding="utf-8"))
    write_text_atomic(path, page)
