"""A small study made by hand for the explorer: English and Arabic, two runs, seeds, all layers."""

from dataclasses import replace

import numpy as np
from hand_concepts import Concepts, entries, table

from polyconcept.explorer.overview import overview
from polyconcept.explorer.page import explorer_page
from polyconcept.explorer.pair import pair_shards
from polyconcept.explorer.shards import shard_script
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.explored import ExploredRun, PairText
from polyconcept.records.scores import CalignRule, Run
from polyconcept.records.text import Selection, Sentences
from polyconcept.scoring.calign import calign
from polyconcept.scoring.calign_measure import calign_scores
from polyconcept.scoring.colap import colap
from polyconcept.scoring.colap_measure import colap_scores
from polyconcept.scoring.sentences import sentence_shares

EVIL = "<img/src=x/onerror=alert(1)>"
ENGLISH = ("cat", "dog", "Haus", "tree", "red", "blue", "İstanbul", "house", "cats", EVIL)
ARABIC = ("قط", "كلب", "بيت", "شجرة", "أحمر", "أزرق", "إسطنبول", "دار", "قطط", "سطر")
LAYERS, SEEDS, N_CLUSTERS = (0, 2), (212, 213), 4
RUNS = (("bert", "base", "encoder"), ("bert", "ner", "encoder"))
RULE = CalignRule("published", n=2, match=0.4, size_ratio=0.3, min_types=1)
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
    return PairText(
        tables,
        tuple(
            Sentences(words.language, tuple(tuple(line.split(" ")) for line in text))
            for words, text in zip(tables, texts, strict=True)
        ),
        (entries("en", "ar", *pairs), entries("ar", "en", *back)),
        {(metric, "published"): selected for metric in ("calign", "colap")},
    )


def made_run(text, name, seed):
    """Clusters that mostly follow the word, so that some align; the scores are the library's."""
    rng = np.random.default_rng(seed)
    source, target = text.words
    of_type = {words.language: word_places(words) % N_CLUSTERS for words in text.words}
    by_key = {}
    for layer in LAYERS:
        for one in SEEDS:
            labels = {}
            for words in text.words:
                noise = rng.random(words.n_words) < 0.05 * (1 + layer)
                moved = rng.integers(N_CLUSTERS, size=words.n_words)
                labels[words.language] = np.where(noise, moved, of_type[words.language])
            by_key[layer, one, "source"] = labels["en"]
            by_key[layer, one, "target"] = labels["ar"]
            by_key[layer, one, "pooled"] = np.concatenate([labels["en"], labels["ar"]])
    concepts = Concepts(source, target, by_key, N_CLUSTERS, definitions=("published",))
    run = Run(*name, corpus="made")
    alignments, overlaps, scores = {}, {}, []
    for layer in LAYERS:
        for one in SEEDS:
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


def write_study(folder, bundle):
    """Write the explorer of the study; return its score rows."""
    text, runs, scores = made_study()
    claims = {"least_effect": 0.01, "notes": [EVIL], "claims": []}
    about = {
        "name": EVIL,
        "definition": "published",
        "seed": SEEDS[0],
        "pairs": ["en-ar"],
        "calign": {name: value for name, value in vars(RULE).items() if name != "definition"},
        "colap": {"share": SHARE},
    }
    shards = [overview(scores, claims, **about)]
    shards += pair_shards(text, runs, definition="published", n=RULE.n)
    for shard in shards:
        path = folder / "data" / f"{shard.name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shard_script(shard))
    for file in bundle:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "index.html").write_text(explorer_page(EVIL, claims))
    return scores
