"""Score tables that claims are tested by: a model's scores by layer, pair and variant."""

from dataclasses import replace
from itertools import product

import numpy as np

from polyconcept.claims import state
from polyconcept.claims.rivals import rank_correlations
from polyconcept.records.metrics import DEFINITIONS, MAIN_METRICS, METRICS
from polyconcept.records.scores import Resamples, Score, ScoreKey

LANGUAGES = ("de", "fr", "es", "it", "ar")


def score(metric="calign", *, source="en", target="de", layer=1, value=0.0, **fields):
    columns = {
        "metric": metric,
        "definition": "published",
        "over": "all",
        "model": "bert",
        "variant": "base",
        "side": "encoder",
        "corpus": "opus",
        "seed": None,
        "n_hit": None,
        "n_total": None,
    }
    place = {"source": source, "target": target, "layer": layer, "value": float(value)}
    return Score(**columns | place | fields)


def task(target, value, *, metric="entity_f1", variant="ner", source="en", **fields):
    place = {"target": target, "layer": None, "value": value, "variant": variant}
    kind = {"definition": "", "over": "", "corpus": "task", "seed": 212, "zero_shot": True}
    return score(metric, source=source, **place | kind | fields)


def learnt(value, *, variant="ner", **fields):
    place = {"target": "", "layer": None, "value": value, "variant": variant}
    return score("learnt", **place | {"definition": "", "over": "", "corpus": "task"} | fields)


def layers(values, **fields):
    return [score(layer=n, value=value, **fields) for n, value in enumerate(values)]


def state_claims(rows, resamples=(), *, least_effect=0.01, untrained=False):
    return state.state_claims(rows, resamples, least_effect=least_effect, untrained=untrained)


def claim(rows, number, metric="calign", definition="published", **settings):
    [found] = [
        found
        for found in state_claims(rows, **settings).claims
        if (found.claim, found.metric, found.definition) == (number, metric, definition)
    ]
    return found


def deeper(rises, **fields):
    """One model for each rise; of six layers 0 and the middle one above it say nothing."""
    rows = []
    for number, rise in enumerate(rises):
        values = (0.9, 0.1, 0.3, 0.99, 0.2 + rise, 0.2 + rise)
        rows += layers(values, **{"model": f"m{number}"} | fields)
    return rows


def changed(changes, *, variant="ner", **fields):
    """One model for each change, the same in two layers after a larger and a smaller one."""
    rows = []
    for number, change in enumerate(changes):
        place = {"model": f"m{number}"} | fields
        rows += layers((0.3, 0.5), **place)
        rows += layers((0.31 + change, 0.49 + change), variant=variant, **place)
    return rows


def of_demo_size():
    """The claims of three models, two pairs and eleven swept settings, with all that is said."""
    settings = {
        "match": (0.5, 0.6, 0.7),
        "size_ratio": (0.4, 0.8),
        "min_types": (3, 10),
        "n": (1, 5),
        "n_clusters": (30, 120),
    }
    models = {"bert": ("ner", 0.02), "xlmr": ("sentiment", 0.05), "mt5": ("translation", -0.01)}
    rows = []
    for metric, definition in product(METRICS, DEFINITIONS):
        for (model, (variant, rise)), target in product(models.items(), ("de", "ar")):
            place = {"metric": metric, "definition": definition, "model": model, "target": target}
            base = (0.02, 0.05, 0.06, 0.08 + rise)
            own = layers(base, **place)
            own += layers([value + rise for value in base], **place | {"variant": variant})
            rows += own
            rows += [replace(row, seed=seed, n_total=60) for row in own for seed in (212, 213)]
            if not METRICS[metric].beside:
                rows += [
                    replace(row, parameter=parameter, at=float(at), value=row.value / at)
                    for row in own
                    for parameter, values in settings.items()
                    for at in values
                ]
    for model, (variant, _) in models.items():
        rows += layers((0.2, 0.3, 0.5, 0.6), metric="cka", definition="", over="", model=model)
        rows += [learnt(model != "xlmr", model=model, variant=variant)]
        rows += [task(code, 0.5, model=model, variant=variant) for code in ("de", "ar")]
    found = [resampled(row) for row in rows if row.metric in MAIN_METRICS and is_own(row)]
    return state_claims(rows + rank_correlations(rows), found)


def is_own(row):
    return row.seed is None and not row.parameter


def resampled(row):
    """Its score on six samples of the sentences, under two seeds."""
    names = ("model", "variant", "side", "corpus", "source", "target", "layer")
    key = ScoreKey(**{name: getattr(row, name) for name in names}, seed=None)
    values = row.value + np.array([-0.02, 0.01, 0.0, 0.02, -0.01, 0.01])
    seeds = np.array([0, 1] * 3)
    return Resamples(row.metric, row.definition, row.over, key, seeds, values)
