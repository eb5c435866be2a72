"""What each job uses of a study: computed without Snakemake, and nothing that it does not use."""

import re
from pathlib import Path

import pytest
import yaml

from polyconcept.study.jobs.job import Job
from polyconcept.study.jobs.table import JOBS, job_settings
from polyconcept.study.models import Model
from polyconcept.study.parse import parse_study
from polyconcept.study.schema import Claims

ROOT = Path(__file__).parents[1]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
BLOCKS = re.findall(
    r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n(.*?)(?=^\S|\Z)", RULES, re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def demo():
    return parse_study(yaml.safe_load((ROOT / "studies/demo.yaml").read_text()))


@pytest.mark.parametrize(("rule", "block"), BLOCKS, ids=[rule for rule, _ in BLOCKS])
def test_params_hold_one_dict_of_settings_and_the_code(rule, block):
    params = block.split("    params:\n")[1].split("\n    script:")[0]
    names = re.findall(r"^        (\w+)=", params, re.MULTILINE)

    assert f'settings=settings_of("{rule}")' in params
    assert set(names) <= {"settings", "code", "behind", "kinds", "content", "checkpoints"}
    # What a job loads by name counts as its code.
    assert ("kinds" in names) == (JOBS[rule].kinds is not Job.kinds)
    assert ("content" in names) == bool(JOBS[rule].sources)
    assert ("code" in names) == JOBS[rule].has_code
    # What is asked of the jobs before it counts as asked of it.
    assert (f'behind=behind_of("{rule}")' in params) == JOBS[rule].has_code
    assert ("    localrule: True\n" in block) == JOBS[rule].local


def test_a_job_gets_its_own_settings_and_no_others(demo):
    names = {"model": "mt5", "variant": "base", "side": "encoder"}

    assert job_settings("extract_vectors", demo, names) == {
        **{"pooling": "last", "reading": None, "dtype": "float32", "token_budget": 8192},
        **{"layers": [0, 1, 3], "device": "auto", "store": "float32"},
    }


def test_the_seed_of_random_weights_concerns_their_own_extraction_alone(demo):
    study = demo.model_copy(update={"controls": demo.controls.model_copy(update={"seed": 9})})
    names = {"model": "bert", "side": "encoder", "pair": "en-de"}

    found = job_settings("extract_vectors", study, names | {"variant": "random"})
    assert found["random_weights"] == {"seed": 9}
    for variant in ("base", "sentiment"):
        own = names | {"variant": variant}
        before, after = (job_settings("extract_vectors", one, own) for one in (demo, study))
        assert before == after
        assert "random_weights" not in after


def test_columns_of_a_file_concern_the_job_that_reads_it_alone(demo):
    ner = demo.tasks["ner"]
    own = {"builtin": None, "languages": (), "files": {"en": "data/en.conll"}}
    train = ner.train.model_copy(update=own | {"columns": {"word": 2, "tag": "NER"}})
    study = demo.model_copy(
        update={"tasks": demo.tasks | {"ner": ner.model_copy(update={"train": train})}}
    )
    job = {"variant": "ner", "model": "bert"}

    found = job_settings("fetch_labels", study, {"data": "ner/train", "language": "en"})
    assert found["columns"] == {"word": 2, "tag": "NER"}
    for rule in ("finetune", "score_task"):
        assert job_settings(rule, study, job) == job_settings(rule, demo, job)


def test_a_model_of_the_study_changes_no_other_models_jobs(demo):
    other = demo.models["xlmr"].model_copy(update={"layers": None})  # those of the study
    changed = demo.model_copy(
        update={"models": {**demo.models, "bert": other}, "layers": (0,)},
    )
    wildcards = {"model": "mt5", "variant": "translation", "side": "decoder"}

    for rule in ("check_model", "finetune", "extract_vectors", "cluster_words"):
        assert job_settings(rule, changed, wildcards) == job_settings(rule, demo, wildcards)
    wildcards["model"] = "bert"
    assert job_settings("cluster_words", changed, wildcards)["layers"] == [0]


def test_how_claims_are_judged_concerns_their_own_job_alone(demo):
    study = demo.model_copy(update={"claims": Claims(least_effect=0.05, untrained=True)})
    job = {"model": "bert", "variant": "ner", "side": "encoder", "pair": "en-de"}
    job |= {"data": "ner/train", "language": "en", "figure": "rivals", "corpus": "demo"}
    found = {"least_effect": 0.05, "untrained": True}

    assert job_settings("state_claims", study, {}) == found
    for rule in ("cluster_words", "finetune", "score_concepts", "merge_scores", "plot_figure"):
        assert job_settings(rule, study, job) == job_settings(rule, demo, job)


@pytest.mark.parametrize(
    ("rule", "wildcards", "message"),
    [
        ("cluster", {}, "no rule 'cluster'; the rules are align_held_out, align_words"),
        ("pretrain", {"model": "bert"}, r"'demo' has no job of pretrain with \{'model': 'bert'\}"),
        ("cluster_words", {"model": "x"}, "'demo' has no job of cluster_words with .* 'x'"),
        ("finetune", {"model": "bert", "variant": "base"}, "no job of finetune"),
    ],
)
def test_jobs_that_the_study_does_not_have_are_refused(demo, rule, wildcards, message):
    with pytest.raises(ValueError, match=message):
        job_settings(rule, demo, wildcards)


def test_codes_of_languages_reach_every_job_that_reads_text_and_no_other(demo):
    codes = {"it": "ita_Latn"}
    data = {"directory": "nllb", "family": "encoder-decoder", "language_codes": codes}
    nllb = Model.model_validate(data | {"tasks": ("translation", "ner")})
    study = demo.model_copy(update={"models": {**demo.models, "nllb": nllb}})
    names = {"side": "decoder", "source": "en", "target": "it"}
    reading = ("check_model", "extract_vectors", "extract_vectors__pair", "finetune", "score_task")

    for variant in ("translation", "ner"):
        own = {"model": "nllb", "variant": variant, **names}
        other = own | {"model": "mt5"}
        for rule in reading:
            assert job_settings(rule, study, own)["language_codes"] == codes
            assert "language_codes" not in job_settings(rule, study, other)
        assert "language_codes" not in job_settings("cluster_words", study, own)
        checked = job_settings("check_model", study, own)["languages"]
        # The languages of the pairs, and those that are translated into.
        assert set(checked) >= {*study.languages, *study.tasks["translation"].test.of_languages}
        assert "languages" not in job_settings("check_model", study, other)
