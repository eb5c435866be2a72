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
BUNDLE = Path(__file__).with_name("bundle")
"""Script and style of the page, made from ``explorer/``."""
_WORDS = 8
"""Words of a concept that are shown where no script runs."""


def explorer_page(
    study: str, claims: Mapping[str, Any], tops: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Return the page, which says the claims and the top concepts where no script runs.

    Args:
        study: Its name.
        claims: What ``claims.json`` holds.
        tops: Of each pair, what its shard `top` says (`pair_shards`).
    """
    sentences = "\n".join(f"<li>{escape(claim['sentence'])}</li>" for claim in claims["claims"])
    tables = "\n".join(map(_top_table, tops))
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
<p>This page needs JavaScript to show every concept. The <a href="../index.html">report</a> and
the <a href="../scores.csv">score table</a> do without. What the study found:</p>
<ul>
{sentences}
</ul>
{tables}
</noscript>
<script src="explorer.js"></script>
</body>
</html>
"""


def _top_table(top: Mapping[str, Any]) -> str:
    """Return the top concepts of a pair as a table."""
    rows = "\n".join(
        f'<tr><th scope="row">{concept["cluster"]}</th>'
        + "".join(
            f"<td>{_words(words, *side)}</td>"
            for words, *side in zip(
                concept["words"], top["languages"], top["directions"], strict=True
            )
        )
        + f"<td>{concept['n_matched']} of {concept['n_types']}</td>"
        + f"<td>{'aligns' if concept['aligned'] else 'does not align'}</td></tr>"
        for concept in top["concepts"]
    )
    source, target = map(escape, top["languages"])
    return f"""<h2>{source}–{target}: top concepts</h2>
<p>{top["n_aligned"]} of {top["n_concepts"]} concepts of {source} align (CALIGN) in layer
{top["layer"]} of {escape(top["run"])}. Matched: word types with a translation in the concept of
{target} that fits best.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Concept</th><th scope="col">{source}</th><th scope="col">{target}</th>
<th scope="col">Matched</th><th scope="col">Verdict</th></tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""


def _words(words: Sequence[str], language: str, direction: str) -> str:
    """Return the commonest words of a concept, of so many as have room."""
    shown = " ".join(f"<bdi>{escape(word)}</bdi>" for word in words[:_WORDS])
    more = f' <bdi dir="ltr">+{len(words) - _WORDS}</bdi>' if len(words) > _WORDS else ""
    return f'<span lang="{escape(language)}" dir="{direction}">{shown or "–"}{more}</span>'


def write_page(page: str, path: Path) -> None:
    """Write a page with the files of its bundle beside it."""
    for file in sorted(BUNDLE.glob("explorer.*")):
        write_text_atomic(path.with_name(file.name), file.read_text(encoding="utf-8"))
    write_text_atomic(path, page)
