"""A small study made by hand for the explorer: English and Arabic, two runs, seeds, all layers."""

from dataclasses import asdict, replace

import numpy as np
from hand_concepts import Concepts, entries, table

from polyconcept.claims.state import state_claims
from polyconcept.explorer.overview import overview
from polyconcept.explorer.page import explorer_page, write_page
from polyconcept.explorer.pair import pair_shards
from polyconcept.explorer.shards import shard_about, shard_script
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.explored import ExploredRun, PairText
from polyconcept.records.scores import CalignRule, Run
from polyconcept.records.text import Selection, Sentences
from polyconcept.scoring.calign import calign
from polyconcept.scoring.calign_measure import calign_scores
from polyconcept.scoring.colap import colap
from polyconcept.scoring.colap_measure import colap_scores
from polyconcept.scoring.sentences import sentence_shares
from polyconcept.scoring.word_classes import classes_of_pair

LONG = "x" * 150
EVIL = "<img/src=x/onerror=alert(1)>"
ENGLISH = ("cat", "dog", "Haus", "tree", "red", "blue", "İstanbul", "house", "cats", EVIL, LONG)
ARABIC = ("قط", "كلب", "بيت", "شجرة", "أحمر", "أزرق", "إسطنبول", "دار", "قطط", "سطر", "ط" * 150)
LAYERS, SEEDS, N_CLUSTERS = (0, 2), (212, 213), 4
SWEPT = (0.5, 0.9)
NOISE = {0: 0.006, 2: 0.003}
"""Share of the words that are in any cluster, by layer."""
RUNS = (("bert", "base", "encoder"), ("bert", "ner", "encoder"), ("bert", "random", "encoder"))
RULE = CalignRule("published", n=2, match=0.8, size_ratio=0.3, min_types=1)
SHARE = 0.3


def made_text(n_sentences=150):
    """Sentences of random words; word i of both languages translates the other."""
    rng = np.random.default_rng(7)
    drawn = rng.integers(len(ENGLISH), size=(n_sentences, 6))
    texts = [[" ".join(words[i] for i in row) for row in drawn] for words in (ENGLISH, ARABIC)]
    tables = table("en", *texts[0]), table("ar", *texts[1])
    pairs = [f"{a} {b}" for a, b in zip(ENGLISH, ARABIC, strict=True)]
    back = [f"{b} {a}" for a, b in zip(ENGLISH, ARABIC, strict=True)]
    rows = [np.arange(words.n_words) for words in tables]
    selected = Selection(*rows)
    dictionaries = entries("en", "ar", *pairs), entries("ar", "en", *back)
    return PairText(
        tables,
        tuple(
            Sentences(words.language, tuple(tuple(line.split(" ")) for line in text))
            for words, text in zip(tables, texts, strict=True)
        ),
        dictionaries,
        {(metric, "published"): selected for metric in ("calign", "colap")},
        classes_of_pair(*tables, dictionaries),
    )


def made_run(text, name, seed, layers=LAYERS, seeds=SEEDS):
    """Clusters that mostly follow the word, so that some align; the scores are the library's."""
    rng = np.random.default_rng(seed)
    source, target = text.words
    # Random weights know nothing of translations.
    shift = {
        "en": 0,
        "ar": rng.integers(N_CLUSTERS, size=len(ENGLISH)) if name[1] == "random" else 0,
    }
    of_type = {}
    for words in text.words:
        places = word_places(words)
        moved = np.resize(shift[words.language], len(ENGLISH))[places]
        of_type[words.language] = (places + moved) % N_CLUSTERS
    by_key = {}
    for layer in layers:
        for one in seeds:
            labels = {}
            for words in text.words:
                noise = rng.random(words.n_words) < NOISE[layer]
                moved = rng.integers(N_CLUSTERS, size=words.n_words)
                labels[words.language] = np.where(noise, moved, of_type[words.language])
            by_key[layer, one, "source"] = labels["en"]
            by_key[layer, one, "target"] = labels["ar"]
            by_key[layer, one, "pooled"] = np.concatenate([labels["en"], labels["ar"]])
    concepts = Concepts(source, target, by_key, N_CLUSTERS, definitions=("published",))
    run = Run(*name, corpus="made")
    alignments, overlaps, scores = {}, {}, []
    for layer in layers:
        for one in seeds:
            key = "published", "en", "ar", layer, one
            sides = ClusteredWords.of_pair(concepts, "calign", "published", layer=layer, seed=one)
            found = calign(*sides, text.dictionaries[0], RULE)
            alignments[key] = {
                "n_types": found.n_types,
                "best_target": found.best_target,
                "n_matched": found.n_matched,
                "n_targets": found.n_targets,
                "sentence_share": sentence_shares(sides[0]),
            }
            pooled = ClusteredWords.of_pair(concepts, "colap", "published", layer=layer, seed=one)
            shared = colap(
                *(side.cluster for side in pooled),
                n_clusters=N_CLUSTERS,
                share=SHARE,
                definition="published",
            )
            overlaps[key] = {
                name: getattr(shared, name) for name in ("n_source", "n_target", "overlaps")
            }
            place = replace(run.key("en", "ar", layer), seed=one)
            scores += [*calign_scores(found, place), *colap_scores(shared, place)]
    return ExploredRun(*name, concepts, alignments, overlaps), scores


def word_places(words):
    """Number of the word of each row in the list of its language."""
    known = ENGLISH if words.language == "en" else ARABIC
    return np.array([known.index(words.types[i]) for i in words.word_type])


def made_study():
    """The text, the runs, and the score rows of every seed."""
    text = made_text()
    made = [made_run(text, name, seed) for seed, name in enumerate(RUNS)]
    return text, [run for run, _ in made], [row for _, rows in made for row in rows]


def summaries(scores):
    """Means of all seeds with made intervals, of both definitions; the corrected one both ways."""
    found = []
    for row in scores:
        if row.seed != SEEDS[0] or row.over not in ("all", ""):
            continue
        low, high = max(row.value - 0.1, 0.0), min(row.value + 0.05, 1.0)
        made = {"low": low, "high": high, "null_mean": 0.1, "ceiling": 0.9}
        mean = replace(row, seed=None, n_hit=None, n_total=None, **made)
        corrected = replace(mean, definition="corrected")
        back = replace(corrected, source=row.target, target=row.source, value=row.value / 2)
        found += [mean, corrected, *([back] if row.metric == "calign" else [])]
        found += [replace(mean, value=at * row.value, parameter="match", at=at) for at in SWEPT]
    return found


def write_study(folder, made=None):
    """Write the explorer of the study; return its score rows."""
    text, runs, scores = made or made_study()
    summary = summaries(scores)
    claims = asdict(state_claims(summary, [], least_effect=0.01, untrained=False))
    claims["notes"] = [EVIL]
    about = {
        "name": EVIL,
        "definition": "published",
        "seed": SEEDS[0],
        "pairs": ["en-ar"],
        "calign": {name: value for name, value in vars(RULE).items() if name != "definition"},
        "colap": {"share": SHARE},
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "scores_sha256": "ab" * 32,
    }
    scripts = {}
    for shard in [
        overview(summary, claims, **about),
        *pair_shards(text, runs, definition="published", n=RULE.n),
    ]:
        scripts[shard.name] = shard_script(shard)
        path = folder / "data" / f"{shard.name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(scripts[shard.name])
    tops = [shard_about(scripts["en-ar/top"])]
    write_page(explorer_page(EVIL, claims, tops), folder / "index.html")
    return scores
