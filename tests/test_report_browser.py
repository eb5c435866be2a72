"""The report and the page of the claims in a real browser, opened as files: `make test-browser`."""

import json

import chromium
import pytest
from claim_tables import layers, of_demo_size
from PIL import Image

from polyconcept.figures.captions import caption
from polyconcept.report.claims import claims_page
from polyconcept.report.page import Made, ShownFigure, png_size, report_page
from polyconcept.store.json import write_json

SCREEN = {"width": 1366, "height": 768}
NARROW = {"width": 390, "height": 800}

pytestmark = chromium.MARKS
browser = chromium.browser


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    path = tmp_path_factory.mktemp("claims") / "claims.html"
    path.write_text(claims_page(of_demo_size()))
    return path.as_uri()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report beside two figures of other shapes than the screen, claims and a table."""
    folder, figures = tmp_path_factory.mktemp("report"), []
    (folder / "figures").mkdir()
    for name, shape in (("calign", (1000, 640)), ("colap", (430, 650))):
        path = folder / f"figures/{name}.png"
        Image.new("RGB", shape, "white").save(path)
        said = caption("layers", {"metric": name, "definition": "published", "over": "all"})
        figures.append(
            ShownFigure(name, "Alignment by layer", said.shows, said.text, png_size(path))
        )
    write_json(of_demo_size(), folder / "claims.json")
    claims = json.loads((folder / "claims.json").read_text())
    rows = layers((0.1, 0.2, 0.3), model="a-model-with-a-name-that-is-much-longer-than-most-are")
    made = Made("2026-12-01T23:59:30+00:00", "0.1.0", "0123456789abcdef", dirty=True)
    page = report_page("demo", claims, rows, figures, made, definition="published")
    (folder / "index.html").write_text(page)
    return (folder / "index.html").as_uri()


def size(page):
    """Width and height of all of a page, in pixels."""
    whole = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    return page.evaluate(whole)


def test_the_claims_of_a_study_such_as_the_demo_fill_three_screens(browser, claims):
    page = browser.new_page(viewport=SCREEN)
    page.goto(claims)

    assert size(page)[1] <= 3 * SCREEN["height"]
    assert page.locator("table:visible").count() == 0
    page.locator("summary").first.click()
    assert page.locator("table:visible").count() == 1
    page.close()


def test_the_claims_fit_a_narrow_screen_folded_and_unfolded(browser, claims):
    page = browser.new_page(viewport=NARROW)
    page.goto(claims)

    assert size(page)[0] <= NARROW["width"]
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert size(page)[0] <= NARROW["width"]
    page.close()


@pytest.mark.parametrize("width", [1366, 390])
def test_the_report_fits_its_screen_and_nothing_moves_once_the_figures_are_there(
    browser, report, width
):
    heights, faults = [], []
    for loaded in (False, True):
        page = browser.new_page(viewport={"width": width, "height": 768})
        page.on("pageerror", lambda error: faults.append(str(error)))
        if loaded:
            page.on("requestfailed", lambda request: faults.append(request.url))
        else:
            page.route("**/*.png", lambda route: route.abort())
        page.goto(report)
        assert size(page)[0] <= width
        heights.append(size(page)[1])
        page.close()

    assert faults == []
    assert heights[0] == heights[1]


def test_the_verdicts_are_read_without_scrolling_past_two_screens(browser, report):
    page = browser.new_page(viewport=SCREEN)
    page.goto(report)
    verdicts = page.locator("section .verdict")

    assert verdicts.count() == 6
    assert verdicts.nth(0).bounding_box()["y"] < SCREEN["height"]
    assert page.locator("img").nth(0).bounding_box()["y"] < 2 * SCREEN["height"]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_of_the_report_can_be_read(browser, report, scheme):
    """4.5 to 1 between text and ground, as WCAG 2.2 asks for."""
    page = browser.new_page(viewport=SCREEN, color_scheme=scheme)
    page.goto(report)
    ratios = page.evaluate(
        """() => {
        const light = colour => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map(n => {
                const c = n / 255;
                return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const back = light(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll("body *")].map(one => {
            const both = [light(getComputedStyle(one).color), back].sort((a, b) => b - a);
            return (both[0] + 0.05) / (both[1] + 0.05);
        });
    }"""
    )

    assert len(ratios) > 50
    assert min(ratios) >= 4.5
    page.close()
