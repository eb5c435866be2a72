"""The explorer in a real browser, opened as a file: `make test-browser`."""

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from unicodedata import normalize

import pytest
from explorer_study import ARABIC, ENGLISH, EVIL, RUNS, write_study

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: make test-browser"
)

ROOT = Path(__file__).parents[1]
BUNDLE = sorted((ROOT / "polyconcept/explorer/bundle").glob("explorer.*"))
CHROMIUM = shutil.which("chromium")
DEMO = ROOT / "results/demo/explorer/index.html"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
    # Playwright leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    return folder, write_study(folder, BUNDLE)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page whose every fault in console, script or request fails the test."""
    found, faults = browser.new_page(), []
    found.on(
        "console",
        lambda message: (
            faults.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    found.on("pageerror", lambda error: faults.append(str(error)))
    found.on("requestfailed", lambda request: faults.append(request.url))
    found.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield found
    found.close()
    assert faults == []


@pytest.fixture
def address(study):
    return (study[0] / "index.html").as_uri()


def show(page, address, **at):
    view = at.pop("view", "concepts")
    query = "&".join(f"{key}={value}" for key, value in at.items())
    page.goto(f"{address}#{view}?{query}")
    page.wait_for_selector("main h1")


def shown_hits(page, address, score):
    """How many concepts a page shows as aligned, row by row, where it says so of a score."""
    pair, run = f"{score.source}-{score.target}", f"{score.model}/{score.variant}/{score.side}"
    show(page, address, pair=pair, run=run, layer=score.layer, metric=score.metric)
    page.wait_for_selector(f"[data-of='{pair}/{run}/{score.layer}/{score.metric}']")
    while page.query_selector("text=/^More of/"):
        page.click("text=/^More of/")
    header = page.locator("#count")
    return (
        page.locator("td.status.aligned").count(),
        int(header.get_attribute("data-hit")),
        int(header.get_attribute("data-total")),
    )


def test_every_score_row_has_as_many_aligned_concepts_as_it_counts(page, study, address):
    rows = [row for row in study[1] if row.seed == 212 and row.over == "all"]
    assert len(rows) == len(RUNS) * 2 * 2
    assert {row.n_hit for row in rows} != {0}

    for row in rows:
        assert shown_hits(page, address, row) == (row.n_hit, row.n_hit, row.n_total), row


def test_a_concept_has_as_many_matched_types_as_were_scored(page, address):
    show(page, address, run="bert/base/encoder", layer=0)
    counts = page.eval_on_selector_all(
        "#concepts tbody tr",
        "rows => rows.map(row => [row.cells[0].innerText.trim(), row.cells[3].innerText])",
    )
    for cluster, matched in counts:
        page.goto("about:blank")
        show(page, address, view="concept", run="bert/base/encoder", layer=0, cluster=cluster)
        assert page.get_attribute("#matched", "data-matched") == matched.split(" of ")[0]
        assert page.locator("ul.words[data-side='0'] li.matched").count() == int(
            matched.split(" of ")[0]
        )


@pytest.mark.parametrize(
    "text", ["cat", "CATS", "haus", "i", "o", "بيت", "ق", "<img", "i̇stanbul", "nothing"]
)
def test_search_finds_what_python_finds(page, address, text):
    def folded(word):
        return normalize("NFC", word).lower()

    def rank(word):
        place = folded(word).find(folded(text))
        return 2 if place else 0 if folded(word) == folded(text) else 1

    show(page, address, view="word")
    page.fill("#search", text)
    page.wait_for_selector("[data-side='1'] h2")

    for side, words in enumerate((ENGLISH, ARABIC)):
        found = page.eval_on_selector_all(
            f".results[data-side='{side}'] li", "all => all.map(one => one.innerText)"
        )
        expected = [word for word in words if folded(text) in folded(word)]
        assert sorted(found) == sorted(expected)
        assert [rank(word) for word in found] == sorted(map(rank, expected))


def test_the_first_arabic_word_is_rightmost(page, address):
    show(page, address, view="concept", run="bert/base/encoder", layer=0)
    page.wait_for_selector(".sentence")
    words = page.locator("ul.words[data-side='1'] bdi.word")
    first, second = words.nth(0).bounding_box(), words.nth(1).bounding_box()
    assert first["x"] > second["x"]
    assert words.nth(0).get_attribute("lang") == "ar"

    sentence = page.locator(".sentence[lang='ar']").nth(0)
    assert sentence.evaluate("one => getComputedStyle(one).direction") == "rtl"
    place = """one => {
        const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), boxes = [];
        for (let node; (node = walker.nextNode()); ) if (node.data.trim()) {
            const range = document.createRange();
            range.selectNodeContents(node);
            boxes.push(range.getBoundingClientRect().right);
        }
        return [boxes[0], Math.max(...boxes)];
    }"""
    right, rightmost = sentence.evaluate(place)
    assert right == rightmost


def test_words_of_the_corpus_are_never_markup(page, address):
    for view in ("answer", "concepts", "concept", "word", "compare", "audit"):
        show(
            page,
            address,
            view=view,
            run="bert/base/encoder",
            layer=0,
            side=0,
            type=EVIL.replace("=", "%3D"),
        )
        page.wait_for_timeout(100)
        assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    show(page, address, view="concept", run="bert/base/encoder", layer=0, cluster=1)
    page.wait_for_selector(".sentence")
    assert page.locator("text=onerror").count() > 0


def test_an_address_comes_back_to_its_state(page, browser, address):
    show(page, address, run="bert/ner/encoder", layer=2, sort="-stability", show="aligned")
    page.click("a.row >> nth=0")
    page.wait_for_selector("main h1:has-text('Concept')")
    here, text = page.url, page.inner_text("main h1")

    other = browser.new_page()
    other.goto(here)
    other.wait_for_selector("main h1")
    assert other.inner_text("main h1") == text
    other.close()
    page.go_back()
    page.wait_for_selector("#count")
    assert "sort=-stability" in page.url
    assert page.locator("#concepts tbody tr").count() == page.locator("td.status.aligned").count()


def test_keys_go_through_concepts_and_search(page, address):
    show(page, address, run="bert/base/encoder", layer=0)
    page.wait_for_selector("#concepts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.innerText")
    assert second == page.locator("a.row").nth(1).inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"main h1:has-text('Concept {second}')")
    page.keyboard.press("k")
    page.wait_for_selector(f"main h1:not(:has-text('Concept {second}'))")
    page.keyboard.press("/")
    page.wait_for_selector("#search")
    page.wait_for_selector("#search:focus")
    page.keyboard.type("jk")
    assert page.input_value("#search") == "jk"


def test_labels_of_two_raters_are_kept_and_compared(page, address):
    show(page, address, view="audit", run="bert/base/encoder", layer=0)
    page.wait_for_selector(".audit li")
    page.locator(".audit li").nth(0).locator("input").nth(0).check()
    # 1 of 1 convincing: (1 + z²/2 ± z sqrt(z²/4)) / (1 + z²) is 1 / (1 + z²) = 0.21 to 1.
    assert "1 of 1 labelled concepts are convincing (95 % interval 0.21 to 1.00" in page.inner_text(
        "#audit"
    )
    page.select_option("label:has-text('Rater') select", "2")
    page.wait_for_selector("#audit:has-text('0 of 0 labelled')")
    page.locator(".audit li").nth(0).locator("input").nth(2).check()
    page.wait_for_selector("#audit:has-text('agree on 0 of 1')")


def test_a_missing_file_is_named(browser, study, tmp_path):
    shutil.copytree(study[0], tmp_path / "copy")
    (tmp_path / "copy/data/en-ar/concepts/bert/base/encoder/calign.0.js").unlink()
    page = browser.new_page()
    page.goto(f"{(tmp_path / 'copy/index.html').as_uri()}#concepts?run=bert/base/encoder&layer=0")
    page.wait_for_selector("[role=alert]")
    assert "calign.0.js cannot be read" in page.inner_text("[role=alert]")
    page.close()


def test_it_opens_from_a_web_host(page, study):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=study[0])) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        show(page, f"http://127.0.0.1:{server.server_port}/index.html")
        page.wait_for_selector("#concepts")
        assert page.locator("#concepts tbody tr").count() > 0
        server.shutdown()


def test_it_fits_a_narrow_screen(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    for view in ("answer", "concepts", "concept", "word", "compare", "audit"):
        show(page, address, view=view)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
    page.close()


@pytest.mark.demo
@pytest.mark.skipif(not DEMO.exists(), reason="the explorer of the demo has not been built")
def test_every_score_row_of_the_demo_has_its_aligned_concepts(page):
    from polyconcept.store.scores import read_scores

    rows = [
        row
        for row in read_scores([ROOT / "results/demo/scores.parquet"])
        if row.is_plain
        and row.metric in ("calign", "colap")
        and (row.definition, row.over, row.seed) == ("published", "all", 212)
    ]
    assert len(rows) == 168

    for row in rows:
        assert shown_hits(page, DEMO.as_uri(), row) == (row.n_hit, row.n_hit, row.n_total), row
