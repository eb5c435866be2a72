"""Score tables that claims are tested by: a model's scores by layer, pair and variant."""

from polyconcept.claims import state
from polyconcept.records.scores import Score

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
