"""The report and the page of the claims in a real browser, opened as files: `make test-browser`."""

import shutil

import pytest
from claim_tables import of_demo_size

from polyconcept.report.claims import claims_page

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: make test-browser"
)

CHROMIUM = shutil.which("chromium")
SCREEN = {"width": 1366, "height": 768}
NARROW = {"width": 390, "height": 800}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
    # Playwright leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    path = tmp_path_factory.mktemp("claims") / "claims.html"
    path.write_text(claims_page(of_demo_size()))
    return path.as_uri()


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
