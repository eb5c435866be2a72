"""The verdicts as a page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from polyconcept.claims.intervals import LEAST_FOR_CORRELATION, LEAST_FOR_MEAN
from polyconcept.claims.sentences import number
from polyconcept.claims.state import TITLES
from polyconcept.records.metrics import METRICS, RIVALS
from polyconcept.records.verdicts import AtSetting, Claims

_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --back: #ffffff; --line: #c9c9c9;
  --quiet: #555555; --holds: #00664b; --fails: #9b3a00; --open: #4f4f4f; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8e8; --back: #161616; --line: #4a4a4a;
  --quiet: #b0b0b0; --holds: #5fd3ad; --fails: #ffab7a; --open: #c4c4c4; } }
body { color: var(--text); background: var(--back); font: 16px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; }
p { max-width: 45rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 1.2rem 0 0.3rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.8rem 0.25rem 0;
  border-bottom: 1px solid var(--line); }
.verdict { font-weight: 600; white-space: nowrap; }
.holds { color: var(--holds); } .fails { color: var(--fails); } .open { color: var(--open); }
.number { white-space: nowrap; }
.quiet { color: var(--quiet); }
li { margin-bottom: 0.5rem; }
.beside { font-size: 0.8rem; } .beside th { padding-left: 1rem; font-weight: normal; }
"""

_PAGE = """\
{% macro verdict(name) -%}
<span class="verdict {{ classes[name] }}">{{ name }}</span>
{%- endmacro %}
{% macro range(low, high) -%}
{% if low is none or high is none %}–{% else %}{{ low | number }} to {{ high | number }}{% endif %}
{%- endmacro %}
{% macro effect(found) -%}
{% if found.effect is none %}–{% else %}{{ found.effect | number }}
{%- if found.low is not none and found.high is not none %}
 [{{ found.low | number }}, {{ found.high | number }}]{% endif %}{% endif %}
{%- endmacro %}
{% macro list(items) %}{{ items | join(", ") or "–" }}{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Claims</title>
<style>{{ style }}</style>
</head>
<body>
<h1>Do the claims hold in this study?</h1>
<p>Claims 1 and 2 are about differences of scores. One {{ verdict("holds") }} where the 95 %
interval of its effect lies above {{ claims.least_effect }}, the smallest difference that counts in
this study; it {{ verdict("does not hold") }} where the interval does not reach above that, and is
{{ verdict("undecided") }} otherwise. Claim 3 is about a correlation, and judged against 0.</p>
<p>The interval of claims 1 and 2 is for <em>other models</em>, of which those of the study are a
sample: at least {{ least_models }} are needed. Beside it stands the range <em>for these
models</em>: where the effect would lie on other sentences and under other seeds. The interval of
claim 3 is for other languages, of which at least {{ least_languages }} are needed.</p>
{% if claims.notes %}
<ul>
{% for note in claims.notes %}<li>{{ note }}</li>
{% endfor %}
</ul>
{% endif %}
{% for title, judged in by_claim %}
<h2>{{ loop.index }}. {{ title }}</h2>
<div class="scroll">
<table>
<thead><tr><th>by</th><th>verdict</th><th>effect</th>
{% if loop.index == 3 %}<th>for other languages</th><th>languages</th><th>models</th>
{% else %}<th>for other models</th><th>for these models</th><th>models</th><th>pairs</th>
{% endif %}<th>layers</th><th>same verdict at</th></tr></thead>
<tbody>
{% for claim in judged %}
<tr{% if metrics[claim.metric].beside %} class="beside"{% endif %}>
<th>{{ names[claim.metric] }}, {{ claim.definition }}</th><td>{{ verdict(claim.verdict) }}</td>
<td class="number">{{ "–" if claim.effect is none else claim.effect | number }}</td>
<td class="number">{{ range(claim.low, claim.high) }}</td>
{% if claim.claim == 3 %}<td>{{ list(claim.languages) }}</td><td>{{ list(claim.models) }}</td>
{% else %}<td class="number">{{ range(claim.precision_low, claim.precision_high) }}</td>
<td>{{ list(claim.models) }}</td><td>{{ list(claim.languages) }}</td>
{% endif %}<td>{{ list(claim.layers) }}</td>
<td>{% if claim.n_settings %}{{ claim.n_same }} of {{ claim.n_settings }} settings
{%- else %}–{% endif %}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
<ul>
{% for claim in judged if not metrics[claim.metric].beside %}<li>{{ claim.sentence }}</li>
{% endfor %}
</ul>
<details>
<summary>In words, by what stands beside {{ names["calign"] }}</summary>
<ul>
{% for claim in judged if metrics[claim.metric].beside %}<li>{{ claim.sentence }}</li>
{% endfor %}
</ul>
</details>
{% for claim in judged if claim.of_runs and not metrics[claim.metric].beside %}
<div class="scroll">
<table>
<caption>Inside single runs, {{ names[claim.metric] }} ({{ claim.definition }})</caption>
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
{% endfor %}
{% endfor %}
<h2>Agreement: the same at other settings?</h2>
<p>One setting differs in each row, all else is as in the study. In brackets stand the ends of the
interval for other models, of claim 3 for other languages.</p>
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
{% else %}
<p>No setting was swept.</p>
{% endfor %}
<h2>Simple rivals: does clustering tell more?</h2>
{% if claims.rivals %}
<p>Descriptive: Spearman's correlation of each metric with a measure that needs no clusters, over
layers, pairs and variants of a model. Near 1 the two rank them alike. These points are not
independent of each other, so that no interval or p would be right.</p>
<div class="scroll">
<table>
<thead><tr><th>model</th><th>side</th><th>metric</th><th>rival</th><th>rank correlation</th>
<th>points</th></tr></thead>
<tbody>
{% for row in claims.rivals %}
<tr><th>{{ row.model }}</th><td>{{ row.side }}</td>
<td>{{ names[row.metric] }}, {{ row.definition }}</td><td>{{ names[row.rival] }}</td>
<td class="number">{{ row.effect | number }}</td><td>{{ row.n_points }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% else %}
<p>The score table has no rank correlations.</p>
{% endif %}
</body>
</html>
"""


def claims_page(claims: Claims) -> str:
    """Give the claims as one HTML page; names from the study are escaped."""
    # Here, because the score table needs the claims and no page: jobs should not wait for it.
    from jinja2 import Environment, StrictUndefined

    # Strict: a misspelt name in the template is an error, and no empty cell.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    return environment.from_string(_PAGE).render(
        style=_STYLE,
        classes={"holds": "holds", "does not hold": "fails", "undecided": "open"},
        names={name: metric.title for name, metric in METRICS.items()}
        | {name: rival.title for name, rival in RIVALS.items()},
        metrics=METRICS,
        least_models=LEAST_FOR_MEAN,
        least_languages=LEAST_FOR_CORRELATION,
        titles=list(TITLES.values()),
        by_claim=[
            (title, list(group)) for title, group in groupby(claims.claims, attrgetter("title"))
        ],
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
