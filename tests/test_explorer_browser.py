"""The explorer in a real browser, opened as a file: `make test-browser`."""

import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from unicodedata import normalize

import chromium
import numpy as np
import pytest
from explorer_study import (
    ARABIC,
    ENGLISH,
    EVIL,
    LAYERS,
    N_CLUSTERS,
    RUNS,
    SWEPT,
    made_run,
    made_study,
    made_text,
    write_study,
)
from firefox import Firefox

from polyconcept.interop.clusters import cluster_file, pool, write_clusters
from polyconcept.records.concepts import ClusteredWords

ROOT = Path(__file__).parents[1]
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
AXE = ROOT / "explorer/node_modules/axe-core/axe.min.js"
# Of each view an address that shows most of it.
VIEWS = {
    "answer": {},
    "concepts": {},
    "concept": {
        "run": "bert/base/encoder",
        "layer": 0,
        "gloss": 1,
        "run2": "bert/ner/encoder",
        "layer2": 2,
    },
    "word": {"side": 0, "type": "cat"},
    "compare": {},
    "audit": {},
}
DEMO = ROOT / "results/demo/explorer/index.html"

pytestmark = chromium.MARKS
browser = chromium.browser


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    return folder, write_study(folder)


@pytest.fixture
def page(browser):
    """A page whose every fault in console, script or request fails the test."""
    found, faults = browser.new_page(), []
    found.set_default_timeout(90_000)  # machines that test are busy
    found.on(
        "console",
        lambda message: (
            faults.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    found.on("pageerror", lambda error: faults.append(str(error)))
    # What was still on its way when a test left the page is no fault: chromium says ERR_ABORTED,
    # and Firefox NS_BINDING_ABORTED.
    found.on(
        "requestfailed",
        lambda request: (
            None
            if "ABORTED" in (request.failure or "")
            else faults.append(f"{request.url}: {request.failure}")
        ),
    )
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
    evil = {"side": 0, "type": EVIL.replace("=", "%3D")}
    for view in VIEWS:
        show(page, address, view=view, run="bert/base/encoder", layer=0, **evil)
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


def test_no_letter_is_lost_however_fast_one_types(page, address):
    show(page, address, view="word")
    page.wait_for_selector("#search:focus")
    # The next letter comes after the page is drawn anew, and before what it does once that is seen.
    shown = page.evaluate(
        """async () => {
            const field = document.querySelector("#search"), shown = [];
            const turn = async () => { for (let i = 0; i < 20; i++) await null; };
            for (const letter of "jkjk") {
                field.value += letter;
                field.dispatchEvent(new InputEvent("input", { bubbles: true }));
                await turn();
                shown.push(field.value);
            }
            return shown;
        }"""
    )
    assert shown == ["j", "jk", "jkj", "jkjk"]


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
    for view, at in VIEWS.items():
        show(page, address, view=view, **at)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
    page.close()


# --- every action


def saved(page, button, nth=0):
    """Text of the file that a button hands over."""
    with page.expect_download() as found:
        page.locator(f"main button:has-text('{button}')").nth(nth).click()
    return Path(found.value.path()).read_text(encoding="utf-8")


def exported(tmp_path, metric):
    """The file or files that `polyconcept export` writes of the second run's first layer."""
    text, runs, _ = made_study()
    concepts = runs[1].concepts
    sides = ClusteredWords.of_pair(concepts, metric, "published", layer=0, seed=212)
    files = [
        cluster_file(words, np.arange(words.n_words), clustered)
        for words, clustered in zip(text.words, sides, strict=True)
    ]
    if metric == "colap":
        files = [pool(*files, n_sentences=len(text.sentences[0]))]
    for number, file in enumerate(files):
        write_clusters(file, tmp_path / f"{number}.txt")
    return [(tmp_path / f"{number}.txt").read_text() for number in range(len(files))]


@pytest.mark.parametrize("metric", ["calign", "colap"])
def test_conceptx_files_are_those_that_are_exported(page, address, tmp_path, metric):
    show(page, address, run="bert/ner/encoder", layer=0, metric=metric)
    page.wait_for_selector("#concepts")

    found = [saved(page, "ConceptX", nth) for nth in range(page.locator("button.conceptx").count())]

    assert found == exported(tmp_path, metric)


def test_conceptx_files_hold_the_concepts_that_are_shown(page, address, tmp_path):
    every, _ = exported(tmp_path, "calign")
    show(page, address, view="concept", run="bert/ner/encoder", layer=0, cluster=2)
    assert saved(page, "ConceptX") == "".join(
        line for line in every.splitlines(keepends=True) if line.endswith("|||2\n")
    )

    here = {"run": "bert/ner/encoder", "layer": 0, "run2": "bert/base/encoder", "layer2": 0}
    show(page, address, view="compare", **here)
    page.wait_for_selector("a.row")
    assert saved(page, "ConceptX before") == every


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_its_table_as_csv(page, address, view):
    show(page, address, view=view, **VIEWS[view])
    page.wait_for_selector("main button:has-text('CSV')")

    head, *rows = saved(page, "CSV").splitlines()

    assert rows
    assert "," in head
    assert all(len(row) for row in rows)


def test_concepts_are_filtered_by_the_class_of_most_of_their_words(page, address):
    show(page, address, run="bert/base/encoder", layer=0)
    page.wait_for_selector("#concepts")
    mostly = page.locator("#concepts tbody tr").locator("td:nth-child(7)").all_inner_texts()
    kinds = {text.rsplit(" ", 2)[0] for text in mostly}
    assert kinds == {"names", "other words"}  # of concept 2 most words are Haus and İstanbul

    page.select_option("label:has-text('Mostly') select", "names")
    page.wait_for_function("document.querySelectorAll('#concepts tbody tr').length < 4")

    assert page.locator("#concepts tbody tr").count() == sum("names" in one for one in mostly)
    page.select_option("label:has-text('Mostly') select", "digits")
    page.wait_for_selector("#nothing")
    assert "None of the 4 concepts is so" in page.inner_text("#nothing")


def test_a_word_has_the_number_of_its_concept_in_every_run_and_layer(page, address):
    show(page, address, view="word", side=0, type="dog")
    page.wait_for_selector("table.grid")
    cells = page.locator("table.grid td a")
    assert cells.count() == len(RUNS) * len(LAYERS)
    for place in range(0, cells.count(), 2):
        number = cells.nth(place).inner_text().split()[1]
        cells.nth(place).click()
        page.wait_for_selector(f"main h1:has-text('Concept {number}')")
        page.wait_for_selector("ul.words[data-side='0'] >> text=dog")
        page.go_back()
        page.wait_for_selector("table.grid")


def test_everything_is_done_by_keyboard(page, address):
    show(page, address, run="bert/base/encoder", layer=0)
    page.wait_for_selector("#concepts")
    keys = page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "To the content"
    keys.press("Enter")
    assert page.evaluate("document.activeElement.localName") == "main"
    # Whatever can be clicked is a link, a button, a control or a summary; so Tab comes to it.
    page.evaluate("document.querySelectorAll('[data-reached]').length")
    expected = page.locator("main a, main button, main select, main summary").count()
    reached = set()
    for _ in range(expected):
        keys.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid"
    assert len(reached) == expected

    page.focus("th a:has-text('Stability')")
    keys.press("Enter")
    page.wait_for_selector("th[aria-sort=descending]:has-text('Stability')")
    keys.press("j")
    keys.press("Enter")
    page.wait_for_selector("ul.words")
    assert page.evaluate("document.activeElement.localName") == "main"
    page.focus("ul.words[data-side='0'] li.matched a")
    assert page.locator("ul.words[data-side='0'] li.lit").count() == 1
    assert page.locator("ul.words[data-side='1'] li.lit").count() == 1
    page.focus("label:has-text('Layer') select")
    keys.press("ArrowDown")
    page.wait_for_function("location.hash.includes('layer=2')")

    show(page, address, view="audit", run="bert/base/encoder", layer=0)
    page.focus(".audit li:nth-child(1) input")
    keys.press("Space")
    page.wait_for_selector("#audit:has-text('1 of 1 labelled')")


def test_the_answer_has_random_weights_and_both_directions(page, address):
    show(page, address, view="answer")
    assert page.locator("figure").count() == 1
    assert page.locator("figure a path.cross").count() == len(LAYERS)
    assert page.locator("figure a circle").count() == 2 * len(LAYERS)
    # Of claim 2 by CALIGN alone there is an effect: its verdict at two other settings.
    assert page.locator(".strip rect").count() == len(SWEPT)
    assert page.locator(".strip").get_attribute("aria-label") == (
        "undecided at 2 of 2 swept settings"
    )

    # The effect of all models, and that of the one model and pair: without resampled scores, and of
    # one model, there is no interval.
    assert page.locator("table.effects th").all_inner_texts() == ["bert, ner, en-ar"]
    charts = page.locator(".interval").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert len(charts) == 2
    assert len(set(charts)) == 1
    assert re.fullmatch(r"effect [−]?0\.\d{3}, no interval", charts[0])

    page.select_option("label:has-text('Definition') select", "corrected")
    page.wait_for_function("document.querySelectorAll('figure').length === 2")

    assert page.locator("figcaption").all_inner_texts() == [
        "bert, encoder, English → Arabic",
        "bert, encoder, Arabic → English",
    ]
    assert page.locator("figure a").count() == 0  # the page has no corrected concepts
    assert page.locator("details.scores tbody tr").count() == 2 * len(RUNS) * len(LAYERS)
    # The axis goes from chance to ceiling, further only where a score is outside.
    labels = page.locator("figure").nth(0).locator("text").all_text_contents()
    assert float(labels[len(LAYERS)]) <= 0.1
    assert float(labels[-1]) >= 0.9


def test_the_footer_says_what_the_page_was_made_of(page, address):
    show(page, address)
    assert page.inner_text("#commit") == "0123456789abcdef0123456789abcdef01234567"
    assert page.inner_text("#hash") == "ab" * 32
    links = page.eval_on_selector_all("footer a", "all => all.map(one => one.getAttribute('href'))")
    assert links == ["../index.html", "../scores.csv", "../claims.html"]


def test_without_scripts_the_best_concepts_are_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("table tbody tr").count() == N_CLUSTERS
    assert page.locator("td [lang=ar][dir=rtl]").count() == N_CLUSTERS
    assert EVIL in page.inner_text("table")
    assert page.locator("img").count() == 0
    context.close()


# --- what can go wrong


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("nowhere", "there is no view “nowhere”"),
        ("%E0%A4%A", "there is no view “%E0%A4%A”"),
        ("concepts?pair=xx-yy", "pair “xx-yy”; needed: en-ar"),
        ("concepts?run=bert", "run “bert”; needed: bert/base/encoder"),
        ("concepts?layer=99&metric=acc", "layer “99”; needed: 0, 2"),
        ("concepts?sort=beauty&show=best", "show “best”; needed: aligned, near, none"),
        ("concepts?class=verbs", "class “verbs”; needed: digits, names"),
        ("concept?cluster=two", "cluster “two”; needed: a whole number"),
        ("concept?cluster=1&target=-3", "target “-3”; needed: a whole number"),
        ("word?side=7&type=cat", "side “7”; needed: 0, 1"),
        ("compare?run2=x&layer2=y", "run2 “x”"),
        ("compare?run2=bert/ner/encoder&layer2=7", "layer2 “7”; needed: 0, 2"),
        ("concepts?constructor=1&__proto__=2&layer=x", "layer “x”; needed: 0, 2"),
        ("audit?seed=1e99&rater=3", "rater “3”; needed: 1, 2"),
        ("answer?definition=mine", "definition “mine”; needed: published, corrected"),
    ],
)
def test_an_address_that_asks_for_what_is_not_here_is_told_of(page, address, asked, told):
    page.goto(f"{address}#{asked}")
    page.wait_for_selector("main h1")
    assert told in page.inner_text("#faults")


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ({"cluster": 77}, "There is no concept 77 with words in layer 2"),
        ({"type": "zebra"}, "“zebra” is in no concept in layer 2"),
    ],
)
def test_a_concept_that_is_not_there_is_told_of(page, address, at, told):
    show(page, address, view="concept", **at)
    assert told in page.inner_text("[role=alert]")
    page.click("text=All concepts of this layer")
    page.wait_for_selector("#concepts")


def hits(scores):
    """Concepts that align of the one run, layer and seed that the scores are of."""
    [row] = [row for row in scores if (row.metric, row.over) == ("calign", "all")]
    return row.n_hit


def test_a_study_of_one_run_layer_and_seed_without_hits_has_all_views(page, tmp_path):
    text = made_text()
    made = (made_run(text, RUNS[2], seed, layers=(0,), seeds=(212,)) for seed in range(20))
    run, scores = next(found for found in made if not hits(found[1]))
    write_study(tmp_path, (text, [run], scores))
    own = (tmp_path / "index.html").as_uri()

    for view in VIEWS:
        show(page, own, view=view, show="aligned" if view == "concepts" else "")
        page.wait_for_timeout(100)
        assert page.locator("[role=alert]").count() == 0, view
    show(page, own, view="concepts", show="aligned")
    page.wait_for_selector("#nothing")
    assert page.inner_text("#count") == "0 of 4 align"
    show(page, own, view="audit")
    assert "there is nothing to label" in page.inner_text("main")
    show(page, own, view="concepts")
    assert page.locator("#concepts tbody td:nth-child(5)").all_inner_texts() == ["–"] * 4


def test_a_layer_whose_words_are_all_noise_is_told_of(page, tmp_path):
    text, [run, *others], scores = made_study()
    for key in run.concepts.by_key:
        if key[0] == 0:
            run.concepts.by_key[key] = np.full_like(run.concepts.by_key[key], -1)
    columns = run.alignments["published", "en", "ar", 0, 212]
    nothing = {"n_types": 0, "n_matched": 0, "n_targets": 0, "best_target": -1}
    columns.update({name: np.full(N_CLUSTERS, value) for name, value in nothing.items()})
    columns["sentence_share"] = np.full(N_CLUSTERS, np.nan)
    write_study(tmp_path, (text, [run, *others], scores))
    own = (tmp_path / "index.html").as_uri()

    for view in ("concepts", "compare", "audit"):
        show(page, own, view=view, layer=0)
        page.wait_for_timeout(100)
        assert page.locator("[role=alert]").count() == 0, view
    show(page, own, layer=0)
    assert page.inner_text("#count") == "0 of 0 align"
    assert "No word has a concept in this layer" in page.inner_text("main")
    show(page, own, view="concept", layer=0)
    assert "no word is in a concept" in page.inner_text("[role=alert]")
    show(page, own, view="word", side=0, type="cat")
    page.wait_for_selector("table.grid")
    assert page.locator("table.grid td:has-text('in none')").count() == 1


def test_a_page_recovers_from_a_file_that_is_missing(browser, study, tmp_path):
    shutil.copytree(study[0], tmp_path / "copy")
    (tmp_path / "copy/data/en-ar/concepts/bert/base/encoder/calign.0.js").unlink()
    page, own = browser.new_page(), (tmp_path / "copy/index.html").as_uri()
    show_missing = f"{own}#concepts?run=bert/base/encoder&layer=0"
    page.goto(f"{own}#concepts?layer=2")
    page.wait_for_selector("#concepts")
    page.goto(show_missing)
    page.wait_for_selector("[role=alert]")
    assert "calign.0.js cannot be read" in page.inner_text("[role=alert]")
    page.go_back()
    page.wait_for_selector("#concepts")
    page.close()


# --- who sees it, and in what


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make explorer")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, address, scheme):
    page = browser.new_page(color_scheme=scheme)
    found = []
    for view, at in VIEWS.items():
        page.goto("about:blank")
        show(page, address, view=view, **at)
        page.wait_for_timeout(200)
        page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate("axe.run()")
        assert len(result["passes"]) > 10
        found += [
            (view, fault["id"], [node["html"][:200] for node in fault["nodes"][:3]])
            for fault in result["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
    page.close()
    assert found == []


def test_forced_colours_and_stillness_are_respected(browser, address):
    page = browser.new_page(forced_colors="active", reduced_motion="reduce")
    show(page, address, view="answer")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    # Marks are told by their shape; strokes take the reader's colour.
    strokes = page.eval_on_selector_all(
        "figure .cross, figure .hollow", "all => all.map(one => getComputedStyle(one).stroke)"
    )
    text = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert set(strokes) == {text}
    show(page, address)
    moving = """() => [...document.querySelectorAll('*')].filter(one => {
        const style = getComputedStyle(one);
        return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0
    page.close()


@pytest.mark.skipif(FIREFOX is None, reason="no firefox here")
def test_firefox_opens_it_from_the_disk(study, address, tmp_path):
    shown = "document.querySelector({!r})?.{}"
    with Firefox(FIREFOX, tmp_path) as firefox:
        for view, at in VIEWS.items():
            query = "&".join(f"{key}={value}" for key, value in at.items())
            firefox.open(f"{address}#{view}?{query}")
            firefox.wait(shown.format(f"#view-{view}[aria-current], #previous, #next", "id"))
            firefox.wait(shown.format("main h1", "innerText"))
        rows = [row for row in study[1] if row.seed == 212 and row.over == "all"]
        for row in rows[::3]:
            run = f"{row.model}/{row.variant}/{row.side}"
            firefox.open(f"{address}#concepts?run={run}&layer={row.layer}&metric={row.metric}")
            name = f"en-ar/{run}/{row.layer}/{row.metric}"
            firefox.wait(shown.format(f'[data-of="{name}"]', "dataset.total"))
            marks = "document.querySelectorAll('td.status.aligned').length"
            assert firefox.evaluate(marks) == row.n_hit
        assert firefox.faults == []


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
    # 2 pairs, 2 metrics: bert's 3 variants in 5 layers, xlmr's and mt5's 2 in 3.
    assert len(rows) == 2 * 2 * (3 * 5 + 2 * 3 + 2 * 3)

    for row in rows:
        assert shown_hits(page, DEMO.as_uri(), row) == (row.n_hit, row.n_hit, row.n_total), row
