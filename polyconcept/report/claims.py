"""The verdicts as a page: what each claim comes to, and the tables behind it folded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from polyconcept.records.metrics import METRICS, RIVALS
from polyconcept.records.verdicts import (
    LEAST_FOR_CORRELATION,
    LEAST_FOR_MEAN,
    AtSetting,
    Claims,
)
from polyconcept.report.html import render

_PAGE = """\
{% extends "page" %}
{% from "parts" import notes, sentence, verdict %}
{% macro range(low, high) -%}
{% if low is none or high is none %}–{% else %}{{ low | signed }} to {{ high | signed }}{% endif %}
{%- endmacro %}
{% macro effect(found) -%}
{% if found.effect is none %}–{% else %}{{ found.effect | signed }}
{%- if found.low is not none and found.high is not none %}
 [{{ found.low | signed }}, {{ found.high | signed }}]{% endif %}{% endif %}
{%- endmacro %}
{% macro list(items) -%}
{% for item in items %}<span class="number">{{ item }}</span>{{ ", " if not loop.last }}
{%- else %}–{% endfor %}
{%- endmacro %}
{% block title %}Claims{% endblock %}
{% block body %}
<h1>Do the claims hold in this study?</h1>
<p>A claim {{ verdict("holds") }} where the 95 % interval of its effect lies above
{{ claims.least_effect }}, the smallest difference that counts in this study; it
{{ verdict("does not hold") }} where the interval does not reach above that, and is
{{ verdict("undecided") }} otherwise. Claim 3, a correlation, is judged against 0. Each is judged
under two definitions: <em>published</em>, as the released code computes a metric, and
<em>corrected</em>, with its biases repaired.</p>
<p>The interval is for <em>other models</em>, of which those of the study are a sample: at least
{{ least_models }} are needed. Of claim 3 it is for other languages, at least
{{ least_languages }}. <em>For these models</em> is where the effect would lie on other sentences
and under other seeds.</p>
{{ notes(claims.notes) }}
{% for title, judged in by_claim %}
<section id="claim-{{ loop.index }}">
<h2>{{ loop.index }}. {{ title }}</h2>
<ul>
{% for claim in judged if not metrics[claim.metric].beside %}
<li>{{ sentence(claim) }}</li>
{% endfor %}
</ul>
<details>
<summary>All metrics in numbers, with models, languages and layers</summary>
<div class="scroll">
<table>
<thead><tr><th>by</th><th>verdict</th><th>effect</th>
{% if loop.index == 3 %}
<th>for other languages</th><th>languages</th><th>models</th>
{% else %}
<th>for other models</th><th>for these models</th><th>models</th><th>pairs</th>
{% endif %}
<th>layers</th><th>same verdict at</th></tr></thead>
<tbody>
{% for claim in judged %}
<tr{% if metrics[claim.metric].beside %} class="beside"{% endif %}>
<th>{{ names[claim.metric] }}, {{ claim.definition }}</th><td>{{ verdict(claim.verdict) }}</td>
<td class="number">{{ "–" if claim.effect is none else claim.effect | signed }}</td>
<td class="number">{{ range(claim.low, claim.high) }}</td>
{% if claim.claim == 3 %}
<td>{{ list(claim.languages) }}</td><td>{{ list(claim.models) }}</td>
{% else %}
<td class="number">{{ range(claim.precision_low, claim.precision_high) }}</td>
<td>{{ list(claim.models) }}</td><td>{{ list(claim.languages) }}</td>
{% endif %}
<td>{{ list(claim.layers) }}</td>
<td>{% if claim.n_settings %}{{ claim.n_same }} of {{ claim.n_settings }} settings
{%- else %}–{% endif %}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
<p>In words, by what stands beside {{ names["calign"] }}:</p>
<ul>
{% for claim in judged if metrics[claim.metric].beside %}
<li>{{ sentence(claim) }}</li>
{% endfor %}
</ul>
</details>
{% for claim in judged if claim.of_runs and not metrics[claim.metric].beside %}
<details>
<summary>Inside single runs, {{ names[claim.metric] }} ({{ claim.definition }})</summary>
<div class="scroll">
<table>
<thead><tr><th>model</th><th>fine-tuned on</th><th>score</th><th>rank correlation</th>
<th>languages</th></tr></thead>
<tbody>
{% for run in claim.of_runs %}
<tr><th>{{ run.model }}</th><td>{{ run.variant }}</td><td>{{ run.task_metric }}</td>
<td class="number">{{ effect(run) }}</td><td>{{ run.n_points }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
</details>
{% endfor %}
</section>
{% endfor %}
<h2>Is it the same at other settings?</h2>
{% if agreement %}
<details>
<summary>Verdicts where one setting differs: {{ agreement | map("first") | join("; ") }}</summary>
<p>One setting differs in each row, all else is as in the study. In brackets stand the ends of the
interval.</p>
{% for caption, rows in agreement %}
<div class="scroll">
<table>
<caption>{{ caption }}</caption>
<thead><tr><th>setting</th>{% for title in titles %}<th>{{ loop.index }}. {{ title }}</th>
{%- endfor %}</tr></thead>
<tbody>
{% for label, cells in rows %}
<tr><th>{{ label }}</th>
{%- for cell in cells %}<td>{{ verdict(cell.verdict) }}<br>
<span class="number quiet">{{ effect(cell) }}</span></td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
</details>
{% else %}
<p>No setting was swept.</p>
{% endif %}
<h2>Does clustering tell more than simple measures?</h2>
{% if claims.rivals %}
<details>
<summary>{{ claims.rivals | length }} rank correlations with measures without clusters</summary>
<p>Spearman's correlation of each metric with a measure that needs no clusters, over layers, pairs
and variants of a model. Near 1 the two rank them alike. These points are not independent of each
other, so that no interval or p would be right.</p>
<div class="scroll">
<table>
<thead><tr><th>model</th><th>side</th><th>metric</th><th>rival</th><th>rank correlation</th>
<th>points</th></tr></thead>
<tbody>
{% for row in claims.rivals %}
<tr><th>{{ row.model }}</th><td>{{ row.side }}</td>
<td>{{ names[row.metric] }}, {{ row.definition }}</td><td>{{ names[row.rival] }}</td>
<td class="number">{{ row.effect | signed }}</td><td>{{ row.n_points }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
</details>
{% else %}
<p>The score table has no rank correlations.</p>
{% endif %}
{% endblock %}
"""


def claims_page(claims: Claims) -> str:
    """Give the claims as one HTML page; names from the study are escaped."""
    by_claim = [
        (title, list(group)) for title, group in groupby(claims.claims, attrgetter("title"))
    ]
    return render(
        _PAGE,
        names={name: metric.title for name, metric in METRICS.items()}
        | {name: rival.title for name, rival in RIVALS.items()},
        metrics=METRICS,
        least_models=LEAST_FOR_MEAN,
        least_languages=LEAST_FOR_CORRELATION,
        titles=[title for title, _ in by_claim],
        by_claim=by_claim,
        agreement=_agreement(claims.settings),
        claims=claims,
    )


def _agreement(
    settings: Sequence[AtSetting],
) -> list[tuple[str, list[tuple[str, list[AtSetting]]]]]:
    """Return caption of a table -> label of a row -> the three verdicts; where any was swept."""
    tables = []
    for (metric, definition), rows in groupby(settings, lambda row: (row.metric, row.definition)):
        lines = [(label, list(cells)) for label, cells in groupby(rows, _label)]
        if len(lines) > 1:
            tables.append((f"{METRICS[metric].title}, {definition}", lines))
    return tables


def _label(row: AtSetting) -> str:
    if row.at is None:
        return "the study's own"
    return f"{row.parameter} = {row.at:g}"
