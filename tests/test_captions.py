"""What stands under the figures: one text for Snakemake's report and for ours."""

import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from polyconcept.figures.captions import caption
from polyconcept.study.jobs.figures import FIGURES
from polyconcept.study.parse import parse_study

ROOT = Path(__file__).parents[1]
STUDY = parse_study(yaml.safe_load((ROOT / "studies/demo.yaml").read_text()))
METRIC = {"metric": "calign", "definition": "corrected", "over": "all"}


def caption_of(name):
    figure = FIGURES[name]
    return caption(figure.module, figure.captioned(STUDY))


def paragraphs(text):
    """The text of each paragraph of a reStructuredText; any fault in its markup is an error."""
    body = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    # Markup inside of a paragraph would be a tag too.
    return re.findall("<p>(.*?)</p>", body, re.DOTALL)


@pytest.mark.parametrize("name", FIGURES)
def test_a_caption_is_plain_sentences_the_first_of_which_is_short(name):
    text = caption_of(name).text
    first = re.split(r"[.:;] ", text)[0]

    assert [unescape(found).replace("\n", " ") for found in paragraphs(text)] == [text]
    assert text.endswith(".")
    assert len(first.split()) <= 25
    assert len(text.split()) <= 110
    assert ("By the published definition." in text) == (
        "definition" in FIGURES[name].settings(STUDY)
    )


def test_no_two_figures_show_the_same():
    shown = [caption_of(name).shows for name in FIGURES]

    assert len(set(shown)) == len(FIGURES)


def test_a_caption_names_the_metric_definition_and_clusters():
    large = caption("layers", METRIC | {"over": "large"})

    assert large.shows == "CALIGN by layer"
    assert "share of large concepts" in large.text
    assert "share of concepts" in caption("layers", METRIC).text
    assert large.text.endswith("By the corrected definition.")
    assert "changes in COLAP" in caption("change", METRIC | {"metric": "colap"}).text


def test_a_metric_of_ones_own_has_a_caption_by_layer():
    own = caption("layers", METRIC | {"metric": "purity"})

    assert own.shows == "purity by layer"
    assert own.text.startswith("purity, layer by layer. The hatched band")


def test_a_figure_without_a_caption_is_an_error_that_says_where_it_belongs():
    needed = r"polyconcept/figures/captions\.py has no caption of 'heatmap'.* layers, change, "
    with pytest.raises(ValueError, match=needed):
        caption("heatmap", METRIC)


@pytest.mark.parametrize("name", ["figure", "workflow"])
def test_the_captions_of_snakemakes_report_are_a_paragraph_of_valid_markup(name):
    """As Snakemake renders them, with what the rules put into the config."""
    text = (ROOT / f"workflow/report/{name}.rst").read_text()
    given = SimpleNamespace(
        config={"captions": {"calign": caption_of("calign").text}},
        wildcards=SimpleNamespace(figure="calign"),
    )
    rendered = Environment(undefined=StrictUndefined).from_string(text).render(snakemake=given)

    [found] = paragraphs(rendered)
    if name == "figure":
        assert unescape(found).replace("\n", " ") == caption_of("calign").text
