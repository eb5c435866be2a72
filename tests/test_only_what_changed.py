"""What would run again after a change, on the finished demo: these jobs and no others."""

import json
import os
import re
import shutil

import pytest
import yaml
from demo_runs import ROOT, adopt, clone, jobs, need_demo

pytestmark = pytest.mark.demo

TABLE = {
    "merge_scores": 1,
    "state_claims": 1,
    "plot_figure": 12,
    "build_report": 1,
    "build_explorer": 1,
}
EXAMPLES = {"find_examples": 2, "plot_figure": 13}


@pytest.fixture(scope="module")
def demo_clone(tmp_path_factory):
    """A clone with the results copied in."""
    need_demo()
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def own_clone(demo_clone, tmp_path):
    """One that a test may edit: a copy with its times, as Snakemake takes 20 s to give new ones."""
    return shutil.copytree(demo_clone, tmp_path / "own", symlinks=True)


def planned(folder, change):
    """What would run after a change of the study."""
    # Through JSON: the YAML shares settings between tasks by reference.
    study = json.loads(json.dumps(yaml.safe_load((ROOT / "studies/demo.yaml").read_text())))
    change(study)
    (folder / "studies/changed.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return jobs(folder, study="studies/changed.yaml")


def scores(n, pairs=2):
    return {"score_concepts": n, "explore_pair": pairs} | TABLE


def test_results_that_were_adopted_by_a_fresh_clone_have_nothing_to_do(demo_clone):
    assert jobs(demo_clone) == {}


def test_a_touch_of_any_file_has_nothing_to_do(own_clone):
    results = own_clone / "results/demo"
    for path in [
        *results.glob("vectors/bert/base/**/*.h5"),
        *results.glob("corpora/**/*.txt"),
        *results.glob("tasks/**/*.conll"),
        *(own_clone / "workflow/scripts").glob("*.py"),
        *(own_clone / "polyconcept/builtin/models/bert").iterdir(),
        own_clone / "studies/demo.yaml",
    ]:
        os.utime(path)

    assert jobs(own_clone) == {}


def test_a_touch_of_a_models_folder_is_undone_by_adopting(own_clone):
    """Snakemake hashes files only."""
    for path in (own_clone / "results/demo/models").glob("*/base/.snakemake_timestamp"):
        os.utime(path)
    assert jobs(own_clone)["finetune"] == 3

    adopt(own_clone)
    assert jobs(own_clone) == {}


def change_seed(study):
    study["tasks"]["translation"]["finetuning"]["seed"] = 5


def change_threshold(study):
    study["colap"] = {"share": 0.2}


def swap_thresholds(study):
    study["calign"] = {"match": 0.6, "size_ratio": 0.8}


def change_retrieval(study):
    study["controls"] = study["controls"] | {"max_sentences": 50}


def change_k(study):
    study["clustering"]["n_clusters"] = 50


def add_seed(study):
    study["clustering"]["seeds"] = [212, 213, 214, 215]


def add_layer(study):
    study["models"]["mt5"]["layers"] = [0, 1, 2, 3]


def add_model(study):
    study["models"]["another"] = {"builtin": "xlmr"}


def add_task(study):
    study["models"]["xlmr"]["tasks"] = ["ner", "sentiment"]


def add_language(study):
    study["pairs"].append("en-fr")


def add_test_language(study):
    study["tasks"]["translation"]["test"]["languages"].append("it")


def change_one_figure(study):
    study["figures"]["over"] = "large"


CHANGES = {
    # mt5 alone: one variant, 2 pairs.
    change_seed: {"finetune": 1, "score_task": 1}
    | {"extract_vectors": 1, "cluster_words": 2}
    | scores(2),
    # Both metrics are one job, and examples are of both.
    change_threshold: scores(14) | EXAMPLES,
    swap_thresholds: scores(14) | EXAMPLES,
    # The rivals are scored where the vectors are read.
    change_retrieval: {"cluster_words": 14} | scores(14) | EXAMPLES,
    # Whether there are enough words is checked where they are selected.
    change_k: {"select_words": 2, "cluster_words": 14, "cluster_controls": 4, "mix_languages": 3}
    | scores(14)
    | EXAMPLES,
    # Controls are of the first seed.
    add_seed: {"cluster_words": 14, "mix_languages": 3} | scores(14) | EXAMPLES,
    # Its fine-tuning does not run again, nor any other model.
    add_layer: {"extract_vectors": 2, "cluster_words": 4} | scores(4),
    add_model: {"fetch_model": 1, "extract_vectors": 1, "cluster_words": 2} | scores(2),
    add_task: {"finetune": 1, "score_task": 1, "extract_vectors": 1, "cluster_words": 2}
    | scores(2),
    # The English word table holds what all pairs need: English vectors are read again, and with
    # them the other languages of each of the 7 runs.
    add_language: {
        "fetch_text": 1,
        "align_words": 1,
        "align_held_out": 1,
        "split_words": 2,
        "select_words": 3,
    }
    | {"extract_vectors": 7, "cluster_words": 21}
    | {"cluster_controls": 6, "mix_languages": 3}
    | scores(21, pairs=3)
    | {"find_examples": 3, "plot_figure": 13},
    add_test_language: {"fetch_text": 1, "score_task": 1} | TABLE,
    # COLAP knows no large clusters: CALIGN's four figures and the rivals.
    change_one_figure: {"plot_figure": 6, "build_report": 1},
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_study_reruns(demo_clone, change):
    assert planned(demo_clone, change) == CHANGES[change]


def edit(path, pattern, replacement):
    text = path.read_text()
    path.write_text(re.sub(pattern, replacement, text, count=1))
    assert path.read_text() != text


def test_a_colour_reruns_figures_only(own_clone):
    edit(own_clone / "polyconcept/figures/style.py", "#[0-9A-Fa-f]{6}", "#123456")

    assert jobs(own_clone) == {"plot_figure": 13, "build_report": 1}


def test_an_edit_of_a_figure_reruns_that_figure_only(own_clone):
    edit(own_clone / "polyconcept/figures/rivals.py", r"\Z", "\n_NEW = 1\n")

    assert jobs(own_clone) == {"plot_figure": 1, "build_report": 1}


@pytest.mark.parametrize(
    ("kind", "step", "rules"),
    [
        # One model is fine-tuned on each; reading both is another's work.
        ("sentiment", "train_classifier", {"finetune": 1, "score_task": 1}),
        ("entities", "train_classifier", {"finetune": 1, "score_task": 1}),
        ("sentiment", "train_writer", {}),
        ("sentiment", "score_classifier", {"score_task": 1}),
        ("translation", "score_writer", {"score_task": 1}),
    ],
)
def test_an_edit_of_a_kind_of_task_reruns_no_other_kind(own_clone, kind, step, rules):
    edit(own_clone / f"polyconcept/tasks/{kind}/{step}.py", r"\Z", "\n_NEW = 1\n")

    found = jobs(own_clone)
    assert {rule: found.get(rule, 0) for rule in ("finetune", "score_task")} == (
        {"finetune": 0, "score_task": 0} | rules
    )


def test_an_edit_of_clustering_reruns_clusters_and_below(own_clone):
    edit(own_clone / "polyconcept/clustering/lloyd.py", r"\Z", "\n_NEW = 1\n")

    assert jobs(own_clone) == (
        {"cluster_words": 14, "cluster_controls": 4, "mix_languages": 3} | scores(14) | EXAMPLES
    )


def test_a_comment_reruns_nothing(own_clone):
    edit(own_clone / "polyconcept/clustering/lloyd.py", r"\A", "# A comment.\n")
    edit(own_clone / "workflow/scripts/cluster_words.py", r"\Z", "# Another.\n")

    assert jobs(own_clone) == {}


def test_what_cannot_change_a_result_reruns_nothing(own_clone):
    edit(own_clone / "polyconcept/machine/logs.py", r"\Z", "\n_NEW = 1\n")

    assert jobs(own_clone) == {}


def test_a_changed_result_is_not_taken_for_touched(own_clone):
    """Its time is not set back: what was made of it is outdated."""
    path = own_clone / "results/demo/vectors/xlmr/base/encoder/de.h5"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    assert jobs(own_clone)["cluster_words"] == 1
