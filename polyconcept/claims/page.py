"""The verdicts as a page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from polyconcept.claims.state import TITLES, number
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
"""

_PAGE = """\
{% macro verdict(name) -%}
<span class="verdict {{ classes[name] }}">{{ name }}</span>
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
<p>Computed from the score table alone. A claim {{ verdict("holds") }} where the 95 % interval of
its effect lies above 0, it {{ verdict("does not hold") }} where the interval does not reach above
0, and is {{ verdict("undecided") }} otherwise, or where there are too few points. In brackets stand
the ends of the interval.</p>
{% for title, claims in by_claim %}
<h2>{{ loop.index }}. {{ title }}</h2>
<div class="scroll">
<table>
<thead><tr><th>by</th><th>verdict</th><th>effect</th><th>points</th><th>models</th>
<th>{{ "languages" if loop.index == 3 else "pairs" }}</th><th>layers</th>
<th>same verdict at</th></tr></thead>
<tbody>
{% for claim in claims %}
<tr><th>{{ names[claim.metric] }}, {{ claim.definition }}</th><td>{{ verdict(claim.verdict) }}</td>
<td class="number">{{ effect(claim) }}</td><td>{{ claim.n_points }}</td>
<td>{{ list(claim.models) }}</td><td>{{ list(claim.languages) }}</td>
<td>{{ list(claim.layers) }}</td>
<td>{% if claim.n_settings %}{{ claim.n_same }} of {{ claim.n_settings }} settings
{%- else %}–{% endif %}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
<ul>
{% for claim in claims %}<li>{{ claim.sentence }}</li>
{% endfor %}
</ul>
{% for claim in claims if claim.of_runs %}
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
<p>One setting differs in each row, all else is as in the study.</p>
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
<h2>Simple rivals: does clustering tell more?</h2>
{% if rivals %}
<p>Spearman's correlation of each metric with a measure that needs no clusters, over layers, pairs
and variants of a model. Near 1 the two rank them alike. Layers and variants of one model are not
independent, so the intervals are narrower, and p smaller, than of as many separate models.</p>
<div class="scroll">
<table>
<thead><tr><th>model</th><th>side</th><th>metric</th><th>rival</th><th>rank correlation</th>
<th>p</th><th>points</th></tr></thead>
<tbody>
{% for row in rivals %}
<tr><th>{{ row.model }}</th><td>{{ row.side }}</td>
<td>{{ names[row.metric] }}, {{ row.definition }}</td><td>{{ names[row.rival] }}</td>
<td class="number">{{ effect(row) }}</td>
<td>{% if row.p is none %}–{% else %}{{ "%.2g" | format(row.p) }}{% endif %}</td>
<td>{{ row.n_points }}</td></tr>
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
        titles=list(TITLES.values()),
        by_claim=[
            (title, list(group)) for title, group in groupby(claims.claims, attrgetter("title"))
        ],
        agreement=_agreement(claims.settings),
        rivals=claims.rivals,
    )


def _agreement(
    settings: Sequence[AtSetting],
) -> list[tuple[str, list[tuple[str, list[AtSetting]]]]]:
    """Return caption of a table -> label of a row -> the three verdicts."""
    tables = []
    for (metric, definition), rows in groupby(settings, lambda row: (row.metric, row.definition)):
        lines = [(label, list(cells)) for label, cells in groupby(rows, _label)]
        tables.append((f"{METRICS[metric].title}, {definition}", lines))
    return tables


def _label(row: AtSetting) -> str:
    if row.at is None:
        return "the study's own"
    return f"{row.parameter} = {row.at:g}"
