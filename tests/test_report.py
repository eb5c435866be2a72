"""The report page: what it says, worked out by hand of a small study."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from claim_tables import changed, deeper, layers, state_claims
from PIL import Image

from polyconcept.figures.captions import caption
from polyconcept.records.metrics import MAIN_METRICS
from polyconcept.report.measured import measured
from polyconcept.report.page import Made, ShownFigure, png_size, report_page
from polyconcept.store.json import write_json
from polyconcept.study.jobs.figures import FIGURES, figure_names
from polyconcept.study.jobs.table import job_inputs, job_settings
from polyconcept.study.parse import parse_study

EVIL = "<b>&'\"%"
MADE = Made("2026-12-01T23:59:30.123+00:00", "0.1.0", "0123456789abcdef", dirty=False)
SETTINGS = {"metric": "calign", "definition": "published", "over": "all"}


def shown(name, category="Alignment by layer", *, size=(1000, 650)):
    said = caption("layers", SETTINGS | {"metric": name})
    return ShownFigure(name, category, said.shows, said.text, size)


@pytest.fixture
def rows():
    """Two models of three and four layers, two pairs, two seeds."""
    found = []
    for metric in MAIN_METRICS:
        for model, values in (("bert", (0.1, 0.2, 0.3)), ("xlmr", (0.1, 0.2, 0.4, 0.5))):
            for target in ("de", "ar"):
                place = {"metric": metric, "model": model, "target": target}
                found += layers(values, **place, n_words=400)
                found += layers(values, **place, seed=212, n_total=58)
                found += layers(values, **place, seed=213, n_total=60)
    found += layers((0.1, 0.2, 0.3), variant="random", model="bert")
    found += layers((0.1, 0.2, 0.3), variant="ner", model="bert", n_words=1200)
    found += layers((0.1, 0.2, 0.3), variant="ner+ner_2", model="bert")
    return found


@pytest.fixture
def claims(tmp_path):
    """As the page gets them: from the file."""
    stated = state_claims(
        deeper([0.18, 0.2, 0.22]) + changed([-0.05, -0.06, -0.07], metric="colap")
    )
    write_json(stated, tmp_path / "claims.json")
    return json.loads((tmp_path / "claims.json").read_text())


def page_of(rows, claims, *figures, study="small", made=MADE, definition="published"):
    figures = figures or [shown("colap"), shown("calign")]
    return report_page(study, claims, rows, figures, made, definition=definition)


class Text(HTMLParser):
    """The words of a page, and that every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.words, self.open, self.tags = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def test_it_opens_with_the_claims_and_then_the_figures_by_layer(rows, claims):
    text = Text(page_of(rows, claims)).text
    said = [claim for claim in claims["claims"] if claim["definition"] == "published"]
    by_hand = [claim["sentence"] for claim in said]

    assert by_hand[0].startswith("Holds by CALIGN (published): on average the upper half")
    assert [text.count(sentence) for sentence in by_hand] == [
        # What stands beside CALIGN is for the page of the claims.
        int(f"by {name} (" in sentence)
        for sentence, name in zip(by_hand, ("CALIGN", "-", "-", "COLAP") * 3, strict=True)
    ]
    assert "(corrected)" not in text
    places = [text.index(what) for what in (
        "1. Deeper layers are better aligned", by_hand[0], "2. Fine-tuning raises", "3. Alignment",
        "Alignment by layer", "CALIGN by layer", "COLAP by layer", "What was measured",
    )]  # fmt: skip
    assert places == sorted(places)


def test_the_other_definition_is_shown_where_the_study_asks_for_it(rows, claims):
    corrected = rows + layers((0.1, 0.2), definition="corrected")
    text = Text(page_of(corrected, claims, definition="corrected")).text

    assert "by CALIGN (corrected)" in text
    assert "by CALIGN (published)" not in text
    assert "By the definition corrected: the metrics with the biases" in text


def test_words_of_art_are_explained_where_they_stand(rows, claims):
    text = Text(page_of(rows, claims)).text

    for word, meaning in {
        "published": "as the paper's released code computes them",
        "corrected": "repairs their biases",
        "null": "what permuted input scores",
        "ceiling": "the most that can be expected",
        "normalised": "0 at the mean of the null and 1 at the ceiling",
    }.items():
        assert 0 <= text.index(meaning, text.index(word)) - text.index(word) < 120, word


def test_what_was_measured_is_read_off_the_scores(rows):
    found = measured(rows, "published")

    assert [(model.name, model.layers) for model in found.models] == [
        ("bert", "0 to 2"),
        ("xlmr", "0 to 3"),
    ]
    assert found.models[0].variants == ("base", "random weights", "fine-tuned: ner")
    assert found.models[1].variants == ("base",)
    assert found.pairs == ("en-de", "en-ar")
    assert found.seeds == (212, 213)
    assert found.clusters == (
        "58 to 60 of the source language (CALIGN)",
        "58 to 60 of both languages together (COLAP)",
    )
    assert found.words == "400 to 1,200"
    with pytest.raises(ValueError, match="no plain corrected scores of CALIGN or COLAP"):
        measured(rows, "corrected")


def test_layers_that_do_not_follow_each_other_are_listed():
    found = measured([row for row in layers((0.1,) * 13) if row.layer in (0, 6, 12)], "published")

    assert (found.models[0].layers, found.words, found.clusters) == ("0, 6, 12", "", ())


def test_the_counts_stand_on_top_in_words(rows, claims):
    text = Text(page_of(rows, claims)).text
    one = Text(page_of(layers((0.1, 0.2)), claims)).text

    assert "2 models, 2 language pairs, 2 seeds of the clustering" in text
    assert "1 model, 1 language pair, 0 seeds of the clustering" in one


def test_a_figure_keeps_its_place_and_says_what_it_shows(rows, claims):
    page = Text(page_of(rows, claims, shown("calign", size=(800, 320))))
    [picture] = [attributes for tag, attributes in page.tags if tag == "img"]

    assert picture == {
        "src": "figures/calign.png", "width": "800", "height": "320", "alt": "CALIGN by layer",
    }  # fmt: skip
    assert caption("layers", SETTINGS).text in page.text


def test_no_name_becomes_markup(rows, claims):
    evil = json.loads(json.dumps(claims).replace("m0", json.dumps(EVIL)[1:-1]))
    evil["notes"] = [EVIL]
    named = [*rows, *layers((0.1, 0.2), model=EVIL, corpus=EVIL)]
    page = page_of(named, evil, study=EVIL, made=Made(MADE.ended, EVIL, EVIL, dirty=True))
    plain = Text(page_of(rows, claims))
    parsed = Text(page)

    assert parsed.text.count(EVIL) >= 6
    assert {tag for tag, _ in parsed.tags} == {tag for tag, _ in plain.tags}
    assert not [name for _, attributes in parsed.tags for name in attributes if "on" in name[:2]]
    assert ("a", {"href": "../%3Cb%3E%26%27%22%25.crate.zip"}) in parsed.tags


def test_nothing_is_loaded_from_elsewhere_and_no_script_runs(rows, claims):
    page = page_of(rows, claims)
    links = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert "<script" not in page
    assert "url(" not in page
    assert [link for link in links if "://" in link or link.startswith("/")] == []
    assert {"explorer/index.html", "claims.html", "scores.csv", "scores.parquet"} <= set(links)
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_the_foot_says_when_and_with_what_the_scores_were_made(rows, claims):
    def foot(made):
        return Text(page_of(rows, claims, made=made)).text.split(" Study ")[-1]

    assert foot(MADE).startswith("small. The scores are of 2026-12-01, 23:59 UTC, by ")
    assert "by Polyconcept 0.1.0, commit 0123456789ab. " in foot(MADE)
    dirty = dataclasses.replace(MADE, dirty=True)
    assert "commit 0123456789ab with changes that were not committed. " in foot(dirty)
    unknown = dataclasses.replace(MADE, version="", commit=None)
    assert "by Polyconcept; the commit was not recorded. " in foot(unknown)


def test_a_picture_has_its_size_read(tmp_path):
    Image.new("RGB", (300, 120)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")

    assert png_size(tmp_path / "a.png") == (300, 120)
    with pytest.raises(ValueError, match=r"b\.png: found no PNG"):
        png_size(tmp_path / "b.png")


# --- the job


def without_examples():
    return parse_study(
        {
            "name": "small",
            "corpus": "text",
            "corpora": {"text": {"builtin": {"n_sentences": 9}}},
            "pairs": ["en-de"],
            "layers": [0, 1],
            "models": {"bert": {"builtin": "bert"}},
        }
    )


def test_every_figure_of_the_study_is_on_it_and_no_other():
    study = without_examples()
    settings, inputs = (ask("build_report", study, {}) for ask in (job_settings, job_inputs))

    figures = settings["figures"]
    assert list(figures) == figure_names(study)
    assert "examples" not in figures
    assert "calign_change" not in figures
    assert inputs["figures"] == [f"results/small/figures/{name}.png" for name in figures]
    assert {figure["category"] for figure in figures.values()} == {
        "Alignment by layer",
        "Controls",
    }
    # A threshold is no word of a caption: another one is nothing new to say.
    assert figures["calign_curves"]["settings"] == SETTINGS
    for name, figure in figures.items():
        said = caption(figure["module"], figure["settings"])
        assert said == caption(figure["module"], FIGURES[name].settings(study))
