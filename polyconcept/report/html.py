"""What the pages share: one sheet of styles, and how text becomes HTML. No script runs in them."""

from __future__ import annotations

from jinja2 import DictLoader, Environment, StrictUndefined

from polyconcept.records.verdicts import signed

_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --back: #ffffff; --line: #c9c9c9;
  --quiet: #555555; --link: #00539b; --holds: #00664b; --fails: #9b3a00; --open: #4f4f4f; }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e8e8e8; --back: #161616;
  --line: #4a4a4a; --quiet: #b0b0b0; --link: #8cc4ff;
  --holds: #5fd3ad; --fails: #ffab7a; --open: #c4c4c4; } }
* { box-sizing: border-box; }
body { color: var(--text); background: var(--back); font: 16px/1.5 system-ui, sans-serif;
  max-width: 64rem; margin: 1.5rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; margin-bottom: 0.5rem; }
h1 { margin-top: 0; overflow-wrap: anywhere; }
h2 { margin-top: 2rem; }
h3 { margin-top: 1.2rem; font-size: 1.05rem; }
p, ul { margin: 0.5rem 0; }
p, li, figcaption { max-width: 56rem; overflow-wrap: break-word; }
a { color: var(--link); }
code { font-size: 0.9em; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; }
li { margin-bottom: 0.3rem; }
summary { cursor: pointer; color: var(--link); padding: 0.15rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9em; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.8rem 0 0.3rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.8rem 0.25rem 0;
  border-bottom: 1px solid var(--line); }
.verdict { font-weight: 600; white-space: nowrap; }
.holds { color: var(--holds); } .fails { color: var(--fails); } .open { color: var(--open); }
.number { white-space: nowrap; }
.quiet { color: var(--quiet); font-size: 0.9em; } h3 .quiet { font-weight: normal; }
.beside { font-size: 0.9em; } .beside th { padding-left: 1rem; font-weight: normal; }
figure { margin: 1rem 0 2rem; }
figure img { display: block; max-width: 100%; height: auto; background: #ffffff; }
figcaption { margin-top: 0.4rem; }
footer { margin: 2.5rem 0 1rem; padding-top: 0.6rem; border-top: 1px solid var(--line); }
@media print { body { max-width: none; margin: 0; font-size: 10pt; }
  figure, tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %}</title>
<style>{{ style }}</style>
</head>
<body>
{% block body %}
{% endblock %}
</body>
</html>
"""

_PARTS = """\
{% set classes = {"holds": "holds", "does not hold": "fails", "undecided": "open"} %}
{% macro verdict(name) -%}
<span class="verdict {{ classes[name] }}">{{ name }}</span>
{%- endmacro %}
{# A sentence begins with its verdict. #}
{% macro sentence(claim) -%}
{% set first = claim.verdict | capitalize %}
<span class="verdict {{ classes[claim.verdict] }}">{{ first }}</span>
{{- claim.sentence[first | length:] }}
{%- endmacro %}
{% macro notes(told) %}
{% if told %}
<ul>
{% for note in told %}
<li>{{ note }}</li>
{% endfor %}
</ul>
{% endif %}
{% endmacro %}
"""


def render(template: str, **values: object) -> str:
    """Return a page from a template that extends ``page``; all text is escaped.

    Raises:
        jinja2.UndefinedError: The template names a value that is not given.
    """
    # Strict: a misspelt name in the template is an error, and no empty cell.
    environment = Environment(
        loader=DictLoader({"page": _PAGE, "parts": _PARTS}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["signed"] = signed
    return environment.from_string(template).render(style=_STYLE, **values)
