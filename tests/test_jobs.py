"""The register of jobs: against a list written by hand, and against what the rules make."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from polyconcept.machine.kinds import load_kind
from polyconcept.study.jobs.table import JOBS, check_files, final_files, flat, job_inputs, job_kinds
from polyconcept.study.parse import parse_study

ROOT = Path(__file__).parents[1]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
NAMED = {"own_folder": r"|[^/]+-[^/]+/", "data": "[^/]+/[^/]+"}
"""Wildcards that are no plain name."""

# --- by hand, of one small study


def small():
    labels = {"files": {"en": "own/en.conll"}}
    return parse_study(
        {
            "name": "small",
            "corpus": "text",
            "corpora": {
                "text": {"directory": "own"},
                "more": {"builtin": {"n_sentences": 9}},
                "opus": {
                    "pairwise": True,
                    "hub": {"dataset": "a/opus", "files": "{pair}/{language}"},
                },
            },
            "pairs": ["en-de"],
            "layers": [0, 1],
            "word_links": {"extra_corpora": ["more"]},
            "tasks": {
                "ner": {"kind": "entities", "train": labels, "test": labels},
                "mt": {
                    "kind": "translation",
                    "source": "en",
                    "train": {"corpus": "opus", "languages": ["de"]},
                    "test": {"corpus": "opus", "languages": ["de", "fr"]},
                },
            },
            "models": {
                "bert": {"builtin": "bert", "tasks": ["ner"]},
                "mt5": {"hub": {"model": "a/mt5"}, "family": "encoder-decoder", "tasks": ["mt"]},
            },
            "controls": {"models": ["bert"]},
            "figures": {"examples": {"model": "bert", "layer": 1}},
        }
    )


R = "results/small"
BERT, MT5 = {"model": "bert"}, {"model": "mt5"}
TABLES = [f"{R}/words/text/en.parquet", f"{R}/words/text/de.parquet"]
TEXTS = [f"{R}/corpora/text/en.txt", f"{R}/corpora/text/de.txt"]
BOTH_WAYS = [f"{R}/dictionaries/en-de/{name}.tsv" for name in ("forward", "backward", "coverage")]
HELD_OUT = [
    f"{R}/dictionaries/en-de/held_out/{name}"
    for name in ("forward.tsv", "backward.tsv", "parts.txt")
]
CONCEPTS = f"{R}/concepts/bert/base/encoder/en-de"
OPUS = f"{R}/corpora/opus"
BY_HAND = [
    ("fetch_text", {"corpus": "text", "own_folder": "", "language": "en"}, ["own/en.txt"]),
    ("fetch_text", {"corpus": "more", "own_folder": "", "language": "en"}, []),
    (
        "fetch_text",
        {"corpus": "opus", "own_folder": "en-de/", "language": "en"},
        [f"{R}/hub/datasets--a--opus@latest/source.json"],
    ),
    (
        "align_words",
        {"pair": "en-de"},
        [*TEXTS, f"{R}/corpora/more/en.txt", f"{R}/corpora/more/de.txt"],
    ),
    (
        "split_words",
        {"own_folder": "", "language": "de"},
        [*TEXTS, f"{R}/dictionaries/en-de/links.txt"],
    ),
    ("select_words", {"pair": "en-de"}, [*TEXTS, *TABLES, f"{R}/dictionaries/en-de/links.txt"]),
    ("fetch_labels", {"data": "ner/test", "language": "en", "suffix": "conll"}, ["own/en.conll"]),
    ("fetch_model", BERT, ["polyconcept/builtin/models/bert"]),
    ("fetch_model", MT5, [f"{R}/hub/models--a--mt5@latest/source.json"]),
    ("check_model", BERT, [f"{R}/models/bert/base"]),
    (
        "finetune",
        MT5 | {"variant": "mt"},
        [f"{R}/models/mt5/base", f"{OPUS}/en-de/en.txt", f"{OPUS}/en-de/de.txt"],
    ),
    (
        "score_task",
        BERT | {"variant": "ner"},
        [f"{R}/models/bert/ner", f"{R}/tasks/ner/test/en.conll"],
    ),
    (
        "extract_vectors",
        BERT | {"variant": "random", "side": "encoder"},
        # Random weights are drawn for the architecture and the tokenizer of the base model.
        [f"{R}/models/bert/base", *TEXTS, *TABLES],
    ),
    # Forced with one language, its encoder reads the other.
    (
        "extract_vectors__pair",
        MT5 | {"variant": "base", "side": "decoder", "source": "en", "target": "de"},
        [f"{R}/models/mt5/base", *TEXTS, *TABLES],
    ),
    (
        "cluster_words",
        MT5 | {"variant": "mt", "side": "encoder-decoder", "pair": "en-de"},
        [
            *(*TABLES, f"{R}/selections/en-de.parquet", f"{R}/vectors/mt5/mt/encoder/en.h5"),
            f"{R}/vectors/mt5/mt/decoder/en-de/de.h5",
        ],
    ),
    (
        "score_concepts",
        BERT | {"variant": "base", "side": "encoder", "pair": "en-de"},
        [*TABLES, *BOTH_WAYS, *HELD_OUT, f"{CONCEPTS}.h5", f"{CONCEPTS}.controls.h5"],
        # No vectors: another threshold needs none.
    ),
    ("find_examples", {"pair": "en-de"}, [*TABLES, *BOTH_WAYS, f"{CONCEPTS}.h5"]),
    (
        "explore_pair",
        {"pair": "en-de"},
        [*TEXTS, *TABLES, f"{R}/selections/en-de.parquet"]
        + [f"{R}/dictionaries/en-de/{way}.tsv" for way in ("forward", "backward")]
        + [
            f"{R}/{kind}/{run}/en-de.{ending}"
            for run in (
                *(f"bert/{variant}/encoder" for variant in ("base", "random", "ner")),
                *(
                    f"mt5/{variant}/{side}"
                    for variant in ("base", "mt")
                    for side in ("encoder", "decoder", "encoder-decoder")
                ),
            )
            for kind, ending in (
                ("concepts", "h5"),
                ("scores", "calign_concepts.parquet"),
                ("scores", "colap_concepts.parquet"),
            )
        ],
    ),
    (
        "build_explorer",
        {},
        [f"{R}/scores.parquet", f"{R}/claims.json", f"{R}/explorer/data/en-de"],
    ),
    (
        "build_report",
        {},
        [f"{R}/scores.parquet", f"{R}/claims.json"]
        + [
            f"{R}/figures/{metric}{kind}.png"
            for metric in ("calign", "colap")
            for kind in ("", "_change", "_curves", "_controls")
        ]
        + [
            f"{R}/figures/{name}.png"
            for name in ("calign_auc", "matched_fraction", "rivals", "tasks", "examples")
        ],
    ),
    ("plot_figure", {"figure": "calign_curves"}, [f"{R}/scores.parquet"]),
    ("plot_figure", {"figure": "examples"}, [f"{R}/examples/en-de.json"]),
    ("pin_repository", {"pin": "models--a--mt5@latest"}, []),
]


@pytest.mark.parametrize(("rule", "names", "files"), BY_HAND, ids=lambda value: str(value)[:40])
def test_inputs_are_those_written_by_hand(rule, names, files):
    found = set(flat(job_inputs(rule, small(), names)))

    assert found == set(files)


def test_the_table_of_scores_reads_every_run_in_order():
    runs = [("bert", ("base", "random", "ner"), ("encoder",))]
    runs += [("mt5", ("base", "mt"), ("encoder", "decoder", "encoder-decoder"))]
    places = [f"{m}/{v}/{side}/en-de" for m, vs, ss in runs for v in vs for side in ss]
    found = job_inputs("merge_scores", small(), {})

    assert found == {
        "runs": [
            f"{R}/{folder}/{place}.{name}.parquet"
            for place in places
            for folder, name in (
                ("scores", "calign"),
                ("scores", "colap"),
                ("concepts", "similarity"),
            )
        ],
        "resamples": [
            f"{R}/scores/{place}.{name}_resamples.parquet"
            for place in places
            for name in ("calign", "colap")
        ],
        "mixed": [],
        "tasks": [f"{R}/scores/bert/ner/task.parquet", f"{R}/scores/mt5/mt/task.parquet"],
    }
    assert job_inputs("state_claims", small(), {}) == {
        "scores": f"{R}/scores.parquet",
        "resamples": found["resamples"],
    }


# --- against the outputs in the rules


def patterns(study):
    """Rule -> a regular expression of each of its outputs, as its text has them."""
    blocks = re.findall(
        r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n(.*?)(?=^\S|\Z)", RULES, re.M | re.S
    )
    for rule, block in blocks:
        outputs = block.split("    output:\n")[1].split("\n    log:")[0]
        for text in re.findall(r'"(<results>/[^"]+)"', outputs):
            text = text.replace("<results>", f"results/{study.name}")
            text = re.sub(r"\{+(\w+)\}+", r"{\1}", text.replace("{STUDY.corpus}", study.corpus))
            # Names at the odd places, what stands between at the even ones.
            pieces = re.split(r"\{(\w+)\}", text)
            pieces[::2] = map(re.escape, pieces[::2])
            names = pieces[1::2]
            named = NAMED | {"pair": "|".join(study.pairs)}
            pieces[1::2] = [group_of(name, names[:i], named) for i, name in enumerate(names)]
            yield rule, re.compile("".join(pieces))


def group_of(name, before, named):
    """A wildcard; the same as before where it stands again."""
    if name in before:
        return f"(?P={name})"
    return f"(?P<{name}>{named.get(name, '[^/]+')})"


def maker_of(path, known, study):
    """The one job that makes a file: its rule and wildcards."""
    found = set()
    for rule, pattern in known:
        match = pattern.fullmatch(path)
        if not match:
            continue
        names = match.groupdict()
        if rule.startswith("extract_vectors"):
            names.pop("language", None)  # all languages at once
        try:
            job_inputs(rule, study, names)
            job_kinds(rule, study, names)
        except ValueError:
            continue
        found.add((rule, tuple(names.items())))
    assert len(found) == 1, f"{path}: {found}"
    return found.pop()


def jobs_of(study):
    """Every job behind the last files of a study."""
    known = list(patterns(study))
    jobs, waiting, seen = set(), [*final_files(study), *check_files(study)], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith(f"results/{study.name}/"):
            continue
        seen.add(path)
        rule, names = maker_of(path, known, study)
        jobs.add((rule, names))
        waiting += flat(job_inputs(rule, study, dict(names)))
    return jobs


@pytest.mark.parametrize(
    ("file", "n_jobs"), [("studies/demo.yaml", 106), ("config.yaml", 415)], ids=["demo", "full"]
)
def test_a_rule_makes_what_the_register_says_others_read(file, n_jobs):
    study = parse_study(yaml.safe_load((ROOT / file).read_text()))
    jobs = jobs_of(study)

    # As many as Snakemake plans, besides its own `all`.
    assert len(jobs) == n_jobs, Counter(rule for rule, _ in jobs)


def test_fine_tuned_models_can_be_spared_the_controls():
    settings = yaml.safe_load((ROOT / "studies/demo.yaml").read_text())
    settings["controls"] = {"finetuned": False, "cluster_factors": [0.5]}
    jobs = jobs_of(parse_study(settings))

    controlled = {dict(names)["variant"] for rule, names in jobs if rule == "cluster_controls"}
    assert controlled == {"base"}


# What a module that is loaded by name must have, by the rule that loads it.
PROTOCOL = {
    "fetch_text": [{"text"}],
    "fetch_labels": [
        {"labels"},
        {"COLUMNS", "from_file", "from_builtin", "from_columns", "write"},
    ],
    "fetch_model": [{"folder_of"}],
    "finetune": [{"read", "load", "examples"}],
    "score_task": [{"read", "load", "evaluate", "SIDE"}],
    "plot_figure": [{"draw"}, set()],
    "cluster_words": [{"cluster_seeds", "check_memory"}],
    "cluster_controls": [{"cluster_seeds", "check_memory"}],
    "mix_languages": [{"cluster_seeds", "check_memory"}],
}


def names_in(module):
    """What a module defines, without the import of what it imports."""
    found = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {
                name.id
                for target in node.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            }
    return found


@pytest.mark.parametrize("file", ["studies/demo.yaml", "config.yaml"])
def test_modules_of_kinds_have_what_their_rule_calls(file):
    study = parse_study(yaml.safe_load((ROOT / file).read_text()))
    kinds_seen = set()
    for rule, names in jobs_of(study):
        kinds = job_kinds(rule, study, dict(names))
        assert len(kinds) == len(PROTOCOL.get(rule, []))
        for kind, needed in zip(kinds, PROTOCOL.get(rule, []), strict=True):
            assert needed <= names_in(ROOT.joinpath(*kind.split(".")).with_suffix(".py"))
            kinds_seen.add(kind)

    assert len(kinds_seen) > 10


def test_a_kind_of_another_room_is_refused():
    with pytest.raises(ValueError, match=r"found 'json', needed a module of polyconcept\.figures"):
        load_kind("json", "figures")


def test_every_rule_makes_something_and_is_in_the_register():
    assert {rule for rule, _ in patterns(small())} == set(JOBS)
