"""What each job uses of a study: computed without Snakemake, and nothing that it does not use."""

import re
from pathlib import Path

import pytest
import yaml

from polyconcept.study.jobs.table import job_settings
from polyconcept.study.parse import parse_study

ROOT = Path(__file__).parents[1]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
BLOCKS = re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", RULES, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo():
    return parse_study(yaml.safe_load((ROOT / "studies/demo.yaml").read_text()))


@pytest.mark.parametrize(("rule", "block"), BLOCKS, ids=[rule for rule, _ in BLOCKS])
def test_params_hold_one_dict_of_settings_and_the_code(rule, block):
    params = block.split("    params:\n")[1].split("\n    script:")[0]
    names = re.findall(r"^        (\w+)=", params, re.MULTILINE)

    assert f'settings=settings_of("{rule}")' in params
    assert set(names) <= {"settings", "code", "content", "checkpoints"}


def test_a_job_gets_its_own_settings_and_no_others(demo):
    found = job_settings("extract_vectors", demo, {"model": "mt5", "side": "encoder"})

    assert found == {
        **{"pooling": "last", "reading": None, "dtype": "float32", "token_budget": 8192},
        **{"layers": [0, 1, 3], "device": "auto"},
    }


def test_a_model_of_the_study_changes_no_other_models_jobs(demo):
    changed = demo.model_copy(
        update={"models": {**demo.models, "bert": demo.models["xlmr"]}, "layers": (0,)}
    )
    wildcards = {"model": "mt5", "variant": "translation", "side": "decoder"}

    for rule in ("check_model", "finetune_translation", "extract_vectors", "cluster_words"):
        assert job_settings(rule, changed, wildcards) == job_settings(rule, demo, wildcards)
    wildcards["model"] = "bert"
    assert job_settings("cluster_words", changed, wildcards)["layers"] == [0]


@pytest.mark.parametrize(
    ("rule", "wildcards", "message"),
    [
        ("cluster", {}, "no rule 'cluster'; the rules are align_words, check_model"),
        ("pretrain", {"model": "bert"}, r"'demo' has no job of pretrain with \{'model': 'bert'\}"),
        ("cluster_words", {"model": "x"}, "'demo' has no job of cluster_words with .* 'x'"),
        ("finetune_entities", {"model": "bert", "variant": "base"}, "no job of finetune_entities"),
    ],
)
def test_jobs_that_the_study_does_not_have_are_refused(demo, rule, wildcards, message):
    with pytest.raises(ValueError, match=message):
        job_settings(rule, demo, wildcards)
