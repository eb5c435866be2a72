"""Bytes and time of the explorer of a large study: made data, of which nothing else is measured.

100,000 words a language, 600 clusters, 6 layers, 12 runs, 5 pairs. One pair is made; five such take
five times as much. Run it as `python benchmarks/explorer.py FOLDER`, which keeps the page.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import median

import numpy as np
from measuring import Figure, figure

from polyconcept.claims.state import state_claims
from polyconcept.explorer.overview import overview
from polyconcept.explorer.page import explorer_page, write_page
from polyconcept.explorer.pair import pair_shards
from polyconcept.explorer.shards import shard_script
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.arrays import ClusterOfWord, Int64
from polyconcept.records.concepts import Clusters, ConceptKey
from polyconcept.records.explored import ExploredRun, PairText
from polyconcept.records.scores import Score
from polyconcept.records.text import Definition, Dictionary, Selection, Sentences, Words

N_WORDS, N_CLUSTERS, LAYERS, N_PAIRS = 100_000, 600, (0, 1, 3, 6, 9, 12), 5
RUNS = [(f"model{m}", variant) for m in range(4) for variant in ("base", "ner", "sentiment")]
N_RUNS = len(RUNS)
SENTENCES, SENTENCE_WORDS, VOCABULARY = 6_500, 20, 12_000
# The five books of Moses have 100,000 English words of 5,000 types, 53,000 Arabic ones of 14,000;
# CALIGN clusters 60,000 of them, up to 15 of each pair of types, COLAP 27,000 to 41,000.
CAPS = {"calign": 400, "colap": 15}
STAYS, NEAR, NEAR_CLUSTERS = 0.6, 0.7, 6
"""Of a type's words, how many leave its cluster in the last layer; how many of these for one of a
few clusters."""


def made_words(language: str, alphabet: str, rng: np.random.Generator) -> Words:
    """Return a word table of types as frequent as Zipf has them."""
    weight = 1 / np.arange(1, VOCABULARY + 1)
    n_words = SENTENCES * SENTENCE_WORDS
    word_type = rng.choice(VOCABULARY, n_words, p=weight / weight.sum()).astype(np.int32)
    letters = rng.choice(list(alphabet), (VOCABULARY, 9))
    lengths = rng.integers(3, 10, VOCABULARY)
    types = tuple(
        f"{''.join(row[:length])}{number % 7}"
        for number, (row, length) in enumerate(zip(letters, lengths, strict=True))
    )
    sentence, position = np.divmod(np.arange(n_words, dtype=np.int32), SENTENCE_WORDS)
    return Words(language, sentence, position, word_type, types)


def selected(words: Words, cap: int, rng: np.random.Generator) -> Int64[np.ndarray, " word"]:
    """Return the rows that are clustered: some of each type, ascending."""
    shuffled = rng.permutation(words.n_words)
    order = shuffled[np.argsort(words.word_type[shuffled], kind="stable")]
    ordered = words.word_type[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    kept = rng.permutation(order[rank < cap])[:N_WORDS]
    return np.sort(kept)


def made_dictionary(source: Words, target: Words, rng: np.random.Generator) -> Dictionary:
    """Return 1 to 10 translations of each type, a few on average."""
    counts = np.minimum(rng.geometric(0.3, VOCABULARY), 10)
    word = np.repeat(np.arange(VOCABULARY), counts)
    first = np.cumsum(counts) - counts
    translation = rng.integers(VOCABULARY, size=len(word))
    translation[first] = np.arange(VOCABULARY)
    return Dictionary(
        source.language,
        target.language,
        tuple(source.types[i] for i in word),
        tuple(target.types[i] for i in translation),
        np.ones(len(word)),
        np.ones(len(word), dtype=np.int64),
    )


@dataclass
class MadeConcepts:
    """Clusterings that follow the type in layer 0, and less and less above."""

    text: PairText
    seed: int
    layers: tuple[int, ...] = LAYERS
    seeds: tuple[int, ...] = (212, 213)
    definitions: tuple[Definition, ...] = ("published",)

    @property
    def source(self) -> Words:
        """Words of the source language."""
        return self.text.words[0]

    @property
    def target(self) -> Words:
        """Words of the target language."""
        return self.text.words[1]

    def selection(self, metric: str, definition: Definition) -> Selection:
        """Return the words that were clustered."""
        return self.text.selections[metric, definition]

    def clusters(self, key: ConceptKey) -> Clusters:
        """Return a clustering."""
        chosen = self.selection(key.metric, key.definition)
        sides = {
            "source": (chosen.source_rows, self.source),
            "target": (chosen.target_rows, self.target),
        }
        parts = ["source", "target"] if key.part == "pooled" else [key.part]
        labels = [self._labels(sides[part][0], sides[part][1], key) for part in parts]
        return Clusters(np.concatenate(labels), N_CLUSTERS)

    def _labels(
        self, rows: Int64[np.ndarray, " word"], words: Words, key: ConceptKey
    ) -> ClusterOfWord:
        # Another generator for each run, layer and part; types have homes of their own in each.
        part = sum(map(ord, key.part + words.language))
        rng = np.random.default_rng([self.seed, key.layer, key.seed, part])
        homes = rng.integers(N_CLUSTERS, size=(VOCABULARY, NEAR_CLUSTERS + 1))
        word_type = words.word_type[rows]
        leaves = rng.random(len(rows)) < STAYS * LAYERS.index(key.layer) / (len(LAYERS) - 1)
        near = rng.random(len(rows)) < NEAR
        beside = homes[word_type, rng.integers(1, NEAR_CLUSTERS + 1, len(rows))]
        far = rng.integers(N_CLUSTERS, size=len(rows))
        found = np.where(leaves, np.where(near, beside, far), homes[word_type, 0])
        return found.astype(np.int32)


def made_run(text: PairText, number: int, rng: np.random.Generator) -> ExploredRun:
    """Return a run with scores of concepts that are drawn, not computed: their bytes count."""
    alignments, overlaps = {}, {}
    for layer in LAYERS:
        key: tuple[Definition, str, str, int, int] = "published", "en", "ar", layer, 212
        n_types = rng.integers(5, 60, N_CLUSTERS)
        matched = (n_types * rng.random(N_CLUSTERS)).astype(np.int64)
        alignments[key] = {
            "n_types": n_types,
            "best_target": rng.integers(N_CLUSTERS, size=N_CLUSTERS),
            "n_matched": matched,
            "n_targets": np.where(matched / n_types > 0.8, 1, 0),
            "sentence_share": rng.random(N_CLUSTERS),
        }
        counts = rng.integers(1, 400, (2, N_CLUSTERS))
        overlaps[key] = {
            "n_source": counts[0],
            "n_target": counts[1],
            "overlaps": counts.min(axis=0) / counts.sum(axis=0) > 0.3,
        }
    return ExploredRun(
        *RUNS[number],
        "encoder",
        MadeConcepts(text, number),
        alignments,
        overlaps,
    )


def made_text() -> PairText:
    """Return the text of a pair."""
    rng = np.random.default_rng(1)
    source = made_words("en", "abcdefghiklmnoprstuvw", rng)
    target = made_words("ar", "ابتثجحخدرزسشصطعغفقكلمنهوي", rng)
    sentences = [
        Sentences(
            words.language,
            tuple(
                tuple(words.types[i] for i in row)
                for row in words.word_type.reshape(SENTENCES, SENTENCE_WORDS)
            ),
        )
        for words in (source, target)
    ]
    selections: dict[tuple[str, Definition], Selection] = {
        (metric, "published"): Selection(selected(source, cap, rng), selected(target, cap, rng))
        for metric, cap in CAPS.items()
    }
    dictionaries = made_dictionary(source, target, rng), made_dictionary(target, source, rng)
    names = ("digits", "names", "other", "punctuation", "same_spelling")
    classes = {
        name: {
            words.language: rng.integers(len(names), size=VOCABULARY) == place
            for words in (source, target)
        }
        for place, name in enumerate(names)
    }
    return PairText(
        (source, target), (sentences[0], sentences[1]), dictionaries, selections, classes
    )


def made_scores(rng: np.random.Generator) -> list[Score]:
    """Return as many summaries as the score table has of all runs and five pairs."""
    definitions: tuple[Definition, ...] = ("published", "corrected")
    return [
        Score(
            metric=metric,
            definition=definition,
            over="all",
            model=model,
            variant=variant,
            side="encoder",
            corpus="made",
            source="en",
            target=f"{target}",
            layer=layer,
            seed=None,
            n_hit=None,
            n_total=None,
            value=rng.random(),
            low=rng.random(),
            high=rng.random(),
            null_mean=rng.random(),
            null_low=0.01,
            null_high=0.02,
            ceiling=rng.random(),
        )
        for metric in ("calign", "colap")
        for model, variant in RUNS
        for target in ("ar", "de", "fr", "es", "it")
        for layer in LAYERS
        for definition in definitions
    ]


def write_explorer(folder: Path, n_runs: int = N_RUNS) -> tuple[Counter[str], Counter[str]]:
    """Write the explorer of one pair; return bytes of each kind of shard, all and the largest."""
    text = made_text()
    rng = np.random.default_rng(2)
    runs = [made_run(text, number, rng) for number in range(n_runs)]
    scores = made_scores(rng)
    claims = asdict(state_claims(scores, [], least_effect=0.01, untrained=False))
    first = overview(
        scores,
        claims,
        name="made",
        definition="published",
        seed=212,
        pairs=["en-ar"],
        calign={"n": 10, "match": 0.8, "size_ratio": 0.6, "min_types": 5},
        colap={"share": 0.3},
        commit="0" * 40,
        scores_sha256="0" * 64,
    )
    sizes: Counter[str] = Counter()
    largest: Counter[str] = Counter()
    tops = []
    for shard in chain([first], pair_shards(text, runs, definition="published", n=10)):
        script = shard_script(shard)
        write_text_atomic(folder / "data" / f"{shard.name}.js", script)
        _, kind, *rest = shard.name.split("/") if "/" in shard.name else ("", shard.name)
        if kind == "concepts":
            kind += f".{rest[-1].split('.')[0]}"
        if kind == "top":
            tops.append(shard.about)
        sizes[kind] += len(script)
        largest[kind] = max(largest[kind], len(script))
    write_page(explorer_page("made", claims, tops), folder / "index.html")
    return sizes, largest


def page_bytes(folder: Path) -> int:
    """Return bytes of what every view needs."""
    names = ("index.html", "explorer.js", "explorer.css")
    return sum((folder / name).stat().st_size for name in names)


def first_view_bytes(folder: Path, largest: Counter[str]) -> int:
    """Return bytes of the page and of the concepts of a layer."""
    shards = sum(largest[kind] for kind in ("overview", "types", "links"))
    return page_bytes(folder) + shards + layer_bytes(largest)


def layer_bytes(largest: Counter[str]) -> int:
    """Return bytes of another layer's concepts."""
    return max(largest["concepts.calign"], largest["concepts.colap"])


def further_view_bytes(largest: Counter[str], n_runs: int) -> int:
    """Return bytes of the dearest view after the first: a layer, a concept or a word's trails."""
    concept = 2 * largest["places"] + 4 * largest["sentences"]
    # Trails hold every run.
    return max(layer_bytes(largest), concept, largest["trails"] * N_RUNS // n_runs)


def folder_bytes(folder: Path, sizes: Counter[str], n_runs: int) -> int:
    """Return bytes of five pairs of twelve runs."""
    of_runs = sizes["concepts.calign"] + sizes["concepts.colap"] + sizes["trails"]
    of_pair = sizes.total() - sizes["overview"] - of_runs + of_runs * N_RUNS // n_runs
    return N_PAIRS * of_pair + sizes["overview"] + page_bytes(folder)


SWITCH = """layer => new Promise(done => {
    const begun = performance.now();
    location.hash = location.hash.replace(/layer=[0-9]+/, `layer=${layer}`);
    const look = () => document.querySelector(`[data-of*="/${layer}/"]`)
        ? done(performance.now() - begun) : requestAnimationFrame(look);
    look();
})"""
SEARCH = """text => new Promise(done => {
    const field = document.querySelector('#search');
    const found = () => document.querySelector('.results');
    const type = letters => {
        field.value = letters;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    };
    const until = (test, then) => test() ? then() : requestAnimationFrame(() => until(test, then));
    // From an empty field: what an earlier search found must not count as found.
    type('');
    until(() => !found(), () => {
        const begun = performance.now();
        type(text);
        until(found, () => done(performance.now() - begun));
    });
})"""


def seconds_in_a_browser(address: str) -> tuple[float, float] | None:
    """Return the median seconds of another layer, and of a search; none without a browser."""
    chromium = shutil.which("chromium")
    if chromium is None or importlib.util.find_spec("playwright") is None:
        return None
    with importlib.import_module("playwright.sync_api").sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}#concepts?layer=0")
        page.wait_for_selector("#concepts")
        switches = [page.evaluate(SWITCH, layer) for layer in (1, 3, 6, 9, 12)]
        page.goto(f"{address}#word")
        page.wait_for_selector("#search")
        searches = [page.evaluate(SEARCH, text) for text in ("a", "ab", "bc", "\u0642", "a1")]
        browser.close()
    return median(switches) / 1000, median(searches) / 1000


def measure(quick: bool) -> dict[str, Figure]:
    """Measure bytes and, where there is a browser, times of the explorer of a large study."""
    n_runs = 1 if quick else N_RUNS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes, largest = write_explorer(folder, n_runs)
        lines = {
            "first view": (first_view_bytes(folder, largest), 1_000_000),
            "further view": (further_view_bytes(largest, n_runs), 600_000),
            "folder": (folder_bytes(folder, sizes, n_runs), 150_000_000),
        }
        seconds = seconds_in_a_browser((folder / "index.html").as_uri())
    found = {
        f"explorer, {what}": figure(size / 1e6, "MB", "<= 1", size / most, limit=most / 1e6)
        for what, (size, most) in lines.items()
    }
    if seconds is None:
        print("explorer: no chromium or no playwright here: no times", file=sys.stderr)
        return found
    return found | {
        f"explorer, {what}": figure(of_one, "s", "<= 1", of_one / most, limit=most)
        for (what, most), of_one in zip(
            (("another layer", 0.5), ("search", 0.1)), seconds, strict=True
        )
    }


def main() -> None:
    """Write the explorer and print what it takes."""
    begun = time.perf_counter()
    folder = Path(sys.argv[1])
    sizes, largest = write_explorer(folder)
    print(f"{time.perf_counter() - begun:.0f} s a pair, of which its made text is a part")
    for kind, size in sizes.most_common():
        print(f"{kind:16} {size:12,} bytes, the largest {largest[kind]:9,}")
    print(f"{N_PAIRS} pairs: {folder_bytes(folder, sizes, N_RUNS):,} bytes")


if __name__ == "__main__":
    main()
