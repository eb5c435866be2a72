"""The report of a study: what it found, then the figures, then what that rests on."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from polyconcept.records.metrics import MAIN_METRICS, METRICS
from polyconcept.records.scores import Score
from polyconcept.report.html import render
from polyconcept.report.measured import measured


@dataclass(frozen=True)
class ShownFigure:
    """A figure of the study, with the words that go with it."""

    name: str
    """Of its files in ``figures/``."""
    category: str
    """Under which it stands; figures of one category follow each other."""
    shows: str
    """What it is a picture of."""
    caption: str
    """What stands under it."""
    size: tuple[int, int]
    """Width and height of its PNG in pixels."""


@dataclass(frozen=True)
class Made:
    """When and with what code the score table was made."""

    ended: str
    """Date and time, ISO 8601."""
    version: str
    """Of Polyconcept; empty where it was not installed."""
    commit: str | None
    """None where it was not recorded."""
    dirty: bool
    """Whether anything was not committed."""


_PAGE = """\
{% extends "page" %}
{% from "parts" import notes, sentence, verdict %}
{% block title %}{{ study }}{% endblock %}
{% block body %}
<h1>{{ study }}</h1>
<p>How far do these models share their concepts between languages? A <em>concept</em> is a cluster
of words whose hidden states lie close together in one layer. <em>CALIGN</em> is the share of one
language's concepts that have a counterpart in another language, by a dictionary; <em>COLAP</em> is
the share of concepts that two languages, clustered together, both make up.</p>
<p class="quiet"><a href="#measured">{{ n_models }}, {{ n_pairs }}, {{ n_seeds }}</a> ·
<a href="explorer/index.html">look at every concept</a> · <a href="claims.html">claims in detail</a>
· <a href="#files">tables and files</a></p>
<h2>What this study says of the paper's three claims</h2>
<p>{{ definitions[definition] }}</p>
{% for title, judged in by_claim %}
<section>
<h3>{{ loop.index }}. {{ title }} <a class="quiet" href="claims.html#claim-{{ loop.index }}">
more</a></h3>
{% for claim in judged %}
<p>{{ sentence(claim) }}</p>
{% endfor %}
</section>
{% endfor %}
<p class="quiet">A claim {{ verdict("holds") }} where the 95 % interval of its effect for other
models lies above {{ claims.least_effect }} (claim 3: for other languages, above 0), and
{{ verdict("does not hold") }} where it does not reach above that.</p>
{% if claims.notes %}
<div class="quiet">
<p>What weakens these verdicts:</p>
{{ notes(claims.notes) }}
</div>
{% endif %}
{% for category, figures in by_category %}
<h2>{{ category }}</h2>
{% if loop.first %}
<p>The hatched band is the <em>null</em>: what permuted input scores (a shuffled dictionary,
languages dealt out anew), and so what chance gives. The <em>ceiling</em>, a dotted line, is the
most that can be expected: a language under another seed agrees with itself no better.</p>
{% endif %}
{% for figure in figures %}
<figure id="{{ figure.name }}">
<h3>{{ figure.shows }}</h3>
<a href="figures/{{ figure.name }}.png"><img src="figures/{{ figure.name }}.png"
width="{{ figure.size[0] }}" height="{{ figure.size[1] }}" alt="{{ figure.shows }}"></a>
<figcaption>{{ figure.caption }}
<a href="figures/{{ figure.name }}.pdf">PDF</a></figcaption>
</figure>
{% endfor %}
{% endfor %}
<h2 id="measured">What was measured</h2>
<div class="scroll">
<table>
<thead><tr><th>model</th><th>variants</th><th>sides</th><th>layers</th></tr></thead>
<tbody>
{% for model in measured.models %}
<tr><th>{{ model.name }}</th><td>{{ model.variants | join(", ") }}</td>
<td>{{ model.sides | join(", ") }}</td><td>{{ model.layers }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
<ul>
<li>Language pairs: {{ measured.pairs | join(", ") }}; their text:
{{ measured.corpora | join(", ") }}.</li>
<li>Clusters with words in them: {{ measured.clusters | join("; ") }}.</li>
{% if measured.words %}
<li>Clustered words, of the language that has fewer: {{ measured.words }}.</li>
{% endif %}
<li>Seeds of the clustering: {{ measured.seeds | join(", ") }}. Layer 0 is the embedding
output.</li>
</ul>
<h2 id="files">Tables and files</h2>
<ul>
<li><a href="explorer/index.html">Explorer</a>: every concept with its words and sentences.</li>
<li><a href="claims.html">Claims</a>: by every metric and both definitions, and at other settings
(<a href="claims.json">JSON</a>).</li>
<li><a href="scores.csv">scores.csv</a>, <a href="scores.parquet">scores.parquet</a>: every number
behind the figures. Its column <em>normalised</em> is a score on a scale of what can be had: CALIGN
is 0 at the mean of the null and 1 at the ceiling, COLAP is 0 where nothing is shared and 1 at the
mean of the null.</li>
<li><a href="report.html">report.html</a>: how each file was made, from Snakemake. It is there once
<code>polyconcept run STUDY --report results/{{ study }}/report.html</code> has made it.</li>
<li><a href="../{{ study | urlencode }}.crate.zip">{{ study }}.crate.zip</a>: the study to hand in,
with where each number comes from. <code>polyconcept crate STUDY</code> makes it.</li>
</ul>
<footer class="quiet">
Study {{ study }}. The scores are of {{ made.ended[:10] }}, {{ made.ended[11:16] }} UTC, by
Polyconcept{{ " " + made.version if made.version }}
{%- if made.commit %}, commit {{ made.commit[:12] }}
{%- if made.dirty %} with changes that were not committed{% endif %}
{%- else %}; the commit was not recorded{% endif %}.
<code>polyconcept verify STUDY</code> checks every file behind this page.
</footer>
{% endblock %}
"""

_DEFINITIONS = {
    "published": (
        "By the definition published: the metrics as the paper's released code computes them. The "
        "other definition, corrected, repairs their biases."
    ),
    "corrected": (
        "By the definition corrected: the metrics with the biases of the paper's released code "
        "repaired. The other definition, published, is as that code computes them."
    ),
}


def report_page(
    study: str,
    claims: Mapping[str, Any],
    scores: Iterable[Score],
    figures: Sequence[ShownFigure],
    made: Made,
    *,
    definition: str,
) -> str:
    """Give the report of a study as one HTML page beside its files; all names are escaped.

    Args:
        study: Its name.
        claims: What ``claims.json`` holds.
        scores: The score table.
        figures: Its figures in the order of the page; those by layer of the metrics themselves
            come first in their category.
        made: When and with what the score table was made.
        definition: ``published`` or ``corrected``: which verdicts are shown.

    Raises:
        ValueError: The score table has no plain scores of the definition.
    """
    found = measured(scores, definition)
    first = {name: place for place, name in enumerate(MAIN_METRICS)}
    ordered = sorted(figures, key=lambda figure: first.get(figure.name, len(first)))
    categories = list(dict.fromkeys(figure.category for figure in ordered))
    return render(
        _PAGE,
        study=study,
        claims=claims,
        by_claim=[
            (title, [claim for claim in group if _is_shown(claim, definition)])
            for title, group in groupby(claims["claims"], lambda claim: claim["title"])
        ],
        by_category=[
            (category, [figure for figure in ordered if figure.category == category])
            for category in categories
        ],
        measured=found,
        n_models=_counted(len(found.models), "model"),
        n_pairs=_counted(len(found.pairs), "language pair"),
        n_seeds=_counted(len(found.seeds), "seed") + " of the clustering",
        definition=definition,
        definitions=_DEFINITIONS,
        made=made,
    )


def png_size(path: Path) -> tuple[int, int]:
    """Return width and height of a PNG in pixels.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no PNG.
    """
    with path.open("rb") as file:
        head = file.read(24)
    if len(head) < 24 or head[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path}: found no PNG, which a page of figures needs")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _is_shown(claim: Mapping[str, Any], definition: str) -> bool:
    return claim["definition"] == definition and not METRICS[claim["metric"]].beside


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
