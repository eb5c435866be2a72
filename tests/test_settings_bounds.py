"""Numbers, names and lists of a study that would go wrong later: refused with their key."""

import re
from pathlib import Path

import pytest

from polyconcept.study.names import _BESIDE
from polyconcept.study.parse import SettingsError, parse_study

ROOT = Path(__file__).parents[1]
FILES = {"files": {"en": "x.conll"}}


def study(**changes):
    return {
        "name": "mine",
        "corpus": "news",
        "corpora": {"news": {"directory": "text"}},
        "pairs": ["en-de"],
        "layers": [0, 2],
        "models": {"tiny": {"directory": "tiny"}},
    } | changes


def task(kind="entities", **keys):
    return {"kind": kind, "train": FILES, "test": FILES, **keys}


def finetuning(**keys):
    return {"tasks": {"it": task(finetuning=keys)}}


def recipe(**keys):
    parts = {"tokenizer": {"kind": "wordpiece"}, "model": {"architecture": "bert"}}
    recipe = {"corpora": ["news"], "languages": ["en", "de"], **parts, **keys}
    return {"models": {"tiny": {"pretrain": recipe}}}


def training(**keys):
    return recipe(training=keys)


def hub(**keys):
    hub = {"dataset": "a/b", "files": "{language}.txt", **keys}
    return {"corpora": {"news": {"hub": hub}}}


def refused(message, **changes):
    with pytest.raises(SettingsError) as caught:
        parse_study(study(**changes))
    _, *faults = str(caught.value).splitlines()
    assert any(re.search(message, fault) for fault in faults), faults
    assert all(len(fault) < 400 for fault in faults)


NUMBERS = {
    "tasks.it.finetuning.epochs": lambda x: finetuning(epochs=x),
    "tasks.it.finetuning.learning_rate": lambda x: finetuning(learning_rate=x),
    "tasks.it.finetuning.warmup_share": lambda x: finetuning(warmup_share=x),
    "models.tiny.pretrain.training.learning_rate": lambda x: training(learning_rate=x),
    "models.tiny.pretrain.training.weight_decay": lambda x: training(weight_decay=x),
    "models.tiny.pretrain.training.warmup_share": lambda x: training(warmup_share=x),
    "models.tiny.pretrain.model.dropout": lambda x: recipe(
        model={"architecture": "bert", "dropout": x}
    ),
    "models.tiny.pretrain.mixture.mask_share": lambda x: recipe(mixture={"mask_share": x}),
    "models.tiny.pretrain.mixture.language_weights.en": lambda x: recipe(
        mixture={"language_weights": {"en": x}}
    ),
    "clustering.tolerance": lambda x: {"clustering": {"tolerance": x}},
    "calign.match": lambda x: {"calign": {"match": x}},
    "colap.share": lambda x: {"colap": {"share": x}},
    "statistics.sweeps.size_ratio.0": lambda x: {"statistics": {"sweeps": {"size_ratio": [x]}}},
    "controls.cluster_factors.0": lambda x: {"controls": {"cluster_factors": [x]}},
}
WHOLE = {
    "clustering.n_clusters": lambda x: {"clustering": {"n_clusters": x}},
    "clustering.seeds.0": lambda x: {"clustering": {"seeds": [x]}},
    "calign.min_types": lambda x: {"calign": {"min_types": x}},
    "words.cap": lambda x: {"words": {"cap": x}},
    "layers.0": lambda x: {"layers": [x]},
    "extraction.token_budget": lambda x: {"extraction": {"token_budget": x}},
    "tasks.it.finetuning.batch_size": lambda x: finetuning(batch_size=x),
    "models.tiny.pretrain.mixture.short_batches": lambda x: recipe(mixture={"short_batches": x}),
    "corpora.news.hub.first": lambda x: hub(first=x),
}
INFINITE = [float("inf"), float("-inf"), float("nan"), ".inf", "nan"]


@pytest.mark.parametrize("value", [*INFINITE, 1e300], ids=str)
@pytest.mark.parametrize("key", NUMBERS)
def test_no_number_is_without_end(key, value):
    refused(
        rf"^  {re.escape(key)}: .*(finite|number|less than|greater than)", **NUMBERS[key](value)
    )


@pytest.mark.parametrize("value", [10**30, float("inf"), -(10**30), 1e30], ids=str)
@pytest.mark.parametrize("key", WHOLE)
def test_no_count_is_more_than_a_machine_can_hold(key, value):
    refused(rf"^  {re.escape(key)}: .*(less than|greater than|integer|finite)", **WHOLE[key](value))


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("key", [*NUMBERS, *WHOLE])
def test_true_and_false_are_no_numbers(key, value):
    found = f"needed a number, found {str(value).lower()} "

    refused(rf"^  {re.escape(key)}: {found}", **(NUMBERS | WHOLE)[key](value))


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        (r"it.finetuning.warmup_share: .*less than 1, found 1\.0", finetuning(warmup_share=1.0)),
        (r"training.warmup_share: .*less than 1, found 1\.0", training(warmup_share=1.0)),
        (r"finetuning.learning_rate: .*less than or equal to 1", finetuning(learning_rate=5)),
        (r"mixture.mask_share: .*greater than 0, found 0", recipe(mixture={"mask_share": 0})),
        (r"model.dropout: .*less than 1", NUMBERS["models.tiny.pretrain.model.dropout"](1.0)),
    ],
)
def test_a_training_that_cannot_learn_is_refused(message, changes):
    refused(message, **changes)


def test_yaml_reads_1e_3_as_text_and_the_settings_as_a_number():
    tuned = parse_study(study(**finetuning(learning_rate="1e-3"))).tasks["it"].finetuning

    assert tuned.learning_rate == 0.001


def test_a_negative_zero_is_zero():
    found = parse_study(study(calign={"match": -0.0}, clustering={"tolerance": -0.0}))

    assert [str(found.calign.match), str(found.clustering.tolerance)] == ["0.0", "0.0"]


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        (r"layers: \[0\] stands more than once", {"layers": [0, 2, 0]}),
        (
            r"models.tiny.layers: \[2\] stands more than once",
            {"models": {"tiny": {"directory": "x", "layers": [2, 2]}}},
        ),
        (
            r"models.tiny.layers: .*at least 1",
            {"models": {"tiny": {"directory": "x", "layers": []}}},
        ),
        (r"statistics.sweeps.n: \[3\] stands", {"statistics": {"sweeps": {"n": [3, 5, 3]}}}),
        (
            r"sweeps.size_ratio: \[0.5\] stands",
            {"statistics": {"sweeps": {"size_ratio": [0.5, "0.50"]}}},
        ),
        (r"sweeps.min_types: \[0\] stands", {"statistics": {"sweeps": {"min_types": [0, 0]}}}),
        (
            r"sweeps.n: 10 is `calign.n`, which is scored anyway",
            {"statistics": {"sweeps": {"n": [3, 10]}}},
        ),
        (
            r"cluster_factors: 2.0001 x 600 clusters is 1200: no other number",
            {"controls": {"cluster_factors": [2.0, 2.0001]}},
        ),
        (r"tasks.it.ignored: \['X'\] stands", {"tasks": {"it": task(ignored=["X", "X"])}}),
        (
            r"`codes` gives \['en', 'de'\] the same text",
            hub(codes={"en": "a", "de": "a", "fr": "b"}),
        ),
        (
            r"language_weights: unknown language 'ar'; known: \['de', 'en'\]",
            recipe(mixture={"language_weights": {"ar": 2.0}}),
        ),
        (r"corpora.news.directory: .*at least 1 char", {"corpora": {"news": {"directory": ""}}}),
        (r"train.files: .*at least 1 item", {"tasks": {"it": task(train={"files": {}})}}),
    ],
)
def test_what_stands_twice_or_is_empty_is_refused(message, changes):
    refused(message, **changes)


def test_a_setting_may_be_one_of_the_values_that_are_tried_unless_said():
    assert parse_study(study(calign={"n": 5})).statistics.sweeps.n == (1, 3, 5, 20)


@pytest.mark.parametrize(
    ("message", "keys"),
    [
        ("`O` is the tag of words that are no entity", {"labels": ["PER", "O"]}),
        ("found the tag 'B-PER'; needed its label, 'PER'", {"labels": ["B-PER", "LOC"]}),
        ("needed a label without blank, `:` and `;`", {"labels": ["a person", "LOC"]}),
        ("needed a label without blank, `:` and `;`", {"labels": ["PER:", "LOC"]}),
        (r"labels.0: found 'a\\tb'; needed a label without tabs", {"labels": ["a\tb", "c"]}),
        (r"labels.1: found ' c'; needed a label without", {"labels": ["a", " c"]}),
        (r"labels.0: .*at least 1 char", {"labels": ["", "c"]}),
        (r"\['LOC'\] stand both among `labels` and `ignored`", {"ignored": ["LOC"]}),
    ],
)
def test_labels_that_no_file_can_tell_apart_are_refused(message, keys):
    refused(message, tasks={"it": task(**keys)})


def test_a_spelling_does_not_turn_a_label_into_another():
    spellings = {"negative": "positive", "pos": "positive", "positive": "positive"}

    refused(
        r"`spellings` turns \['negative'\], among `labels`, into another",
        tasks={"it": task("sentiment", spellings=spellings)},
    )


# --- names that become those of files


def models(*names):
    return {"models": {name: {"directory": name} for name in names}}


def tasks(*names):
    return {"tasks": {name: task() for name in names}}


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        ("tasks: `base` names the variant that is not fine-tuned", tasks("base")),
        ("tasks: `Random` names the variant with random weights", tasks("Random")),
        ("tasks: `checked.json` names the file that says", tasks("checked.json")),
        ("tasks: `ner.run.json` ends in .run.json, as the record", tasks("ner.run.json")),
        ("models: `changes.parquet` names the table of changes", models("changes.parquet")),
        ("models: `Bert` and `BERT` are one file on some machines", models("Bert", "BERT")),
        ("tasks: `ner` and `NER` are one file on some machines", tasks("ner", "NER")),
        ("languages: `en` and `EN` are one file", {"pairs": ["en-de", "de-EN"]}),
        ("languages: `de.controls` ends in .controls", {"pairs": ["en-de", "en-de.controls"]}),
        ("name: `demo.crate` ends in .crate, as a packed study does", {"name": "demo.crate"}),
        (
            "models.tiny.hub.model: found 'a--b/c'; needed",
            {"models": {"tiny": {"hub": {"model": "a--b/c"}}}},
        ),
        (
            "models.tiny.hub.model: found 'a/..b'; needed",
            {"models": {"tiny": {"hub": {"model": "a/..b"}}}},
        ),
    ],
)
def test_names_that_would_share_a_file_are_refused(message, changes):
    refused(message, **changes)


@pytest.mark.parametrize(
    "revision", ["a/../../../x", "..", "a..b", "refs//pr", "a/.b", "a/", "/a", "a/-b", "-a", "a b"]
)
def test_a_revision_that_is_a_path_is_refused(revision):
    refused(
        "models.tiny.hub.revision: found",
        models={"tiny": {"hub": {"model": "a/b", "revision": revision}}},
    )
    refused("corpora.news.hub.revision: found", **hub(revision=revision))


def test_revisions_of_git_are_accepted():
    for revision in ("main", "v1.0", "refs/pr/1", "refs/convert/parquet", "0" * 40, "a-b_c/d.e"):
        parse_study(study(models={"tiny": {"hub": {"model": "a/b", "revision": revision}}}))


def test_two_revisions_never_share_a_file():
    first, second = ({"hub": {"model": "a/b", **keys}} for keys in ({}, {"revision": "latest"}))
    refused("hub: .* would have one file, models--a--b@latest", models={"x": first, "y": second})
    both = [{"hub": {"model": "a/b", "revision": name}} for name in ("pr/1", "pr--1")]
    refused("hub: .* would have one file", models=dict(zip("xy", both, strict=True)))


def outputs():
    """Paths that the rules write, from the folder of the results."""
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    found = re.findall(r'"<results>/([^"]+)"', rules)
    return {tuple(path.split("/")) for path in found if path.count("/")}


@pytest.mark.parametrize(
    ("wildcard", "key"), [("{variant}", "tasks"), ("{model}", "models"), ("{corpus}", "corpora")]
)
def test_every_file_beside_a_folder_of_the_users_name_is_known(wildcard, key):
    """Derived from the rules: what stands literally where another rule has the wildcard."""
    places = {path[:i] for path in outputs() for i, part in enumerate(path) if part == wildcard}
    beside = {
        path[len(place)]
        for path in outputs()
        for place in places
        if path[: len(place)] == place and "{" not in path[len(place)]
    }

    # The variant of random weights has runs, and no model folder that a rule would name.
    of_runs = {"tasks": {"random"}}.get(key, set())
    assert beside | of_runs == set(_BESIDE.get(key, {}))
