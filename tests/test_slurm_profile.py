"""The profile: what it must ask for, and traps of Snakemake and its SLURM plugin."""

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from warm_python import warm_python

from polyconcept.audit.places import script_name
from polyconcept.study.jobs.table import JOBS

ROOT = Path(__file__).parents[1]
FILE = ROOT / "profiles/slurm/config.yaml"
PROFILE = yaml.safe_load(FILE.read_text())
MANY_PAIRS = yaml.safe_load((ROOT / "profiles/many_pairs/config.yaml").read_text())
# cluster.smk has no rules, and speaks of what the others must not.
RULE_FILES = set((ROOT / "workflow/rules").glob("*.smk")) - {ROOT / "workflow/rules/cluster.smk"}
RULES = "".join(path.read_text() for path in RULE_FILES)
SCRIPTS = {path.stem: path.read_text() for path in (ROOT / "workflow/scripts").glob("*.py")}
GPU_RULES = {rule for rule, job in JOBS.items() if job.gpu}


def test_the_profile_is_found_from_the_root_by_its_name():
    link = ROOT / "slurm"

    assert link.is_symlink()
    assert link.readlink() == Path("profiles/slurm")
    # It would override this one without a word.
    assert not (ROOT / "profiles/default").exists()


def test_rules_that_choose_a_device_ask_for_a_gpu_and_no_others():
    assert {"extract_vectors", "cluster_words", "pretrain", "finetune"} <= GPU_RULES
    choosing = {name for name, text in SCRIPTS.items() if "choose_device(" in text}
    assert {script_name(rule).removesuffix(".py") for rule in GPU_RULES} == choosing
    assert set(PROFILE["set-resources"]) == GPU_RULES
    for resources in PROFILE["set-resources"].values():
        assert resources["gpu"] == 1
        assert {"slurm_partition", "gpu_model"} <= set(resources)


def test_groups_of_many_pairs_ask_for_a_gpu_or_for_none():
    groups = MANY_PAIRS["groups"]
    members = {name: {rule for rule in groups if groups[rule] == name} for name in groups.values()}

    assert groups.keys() <= JOBS.keys() - {rule for rule, job in JOBS.items() if job.local}
    assert all(len({rule in GPU_RULES for rule in rules}) == 1 for rules in members.values())
    assert MANY_PAIRS["group-components"].keys() == members.keys() - {"run"}
    # This list takes the place of the other.
    assert set(PROFILE["resources"]) < set(MANY_PAIRS["resources"])


def test_memory_and_time_grow_with_each_attempt():
    for resources in (PROFILE["default-resources"], *PROFILE["set-resources"].values()):
        assert "attempt" in resources["mem_mb"]
        assert "attempt" in resources["runtime"]


def test_what_a_site_sets_stands_in_one_block_and_only_there():
    used = {
        value
        for resources in (PROFILE["default-resources"], *PROFILE["set-resources"].values())
        for key, value in resources.items()
        if key != "gpu"
    }

    assert used == set(PROFILE["site"].values())
    below = FILE.read_text().split("\nexecutor:")[1]
    assert "partition: *" in below
    assert not re.search(r"(partition|account|gpu_model|mem_mb|runtime): [^*\n]", below)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("configfile", "a scalar: Snakemake splits it into letters; and it would bind a study"),
        ("configfiles", "as above"),
        ("slurm-array-jobs", "plugin 2.8.0 deletes finished outputs"),
        ("groups", "jobs of a group share one allocation and its GPU"),
        ("slurm-qos", "an empty one becomes the profile's folder"),
        ("workflow-profile", "it would override this one"),
    ],
)
def test_the_profile_leaves_out(key, reason):
    assert key not in PROFILE, reason


def test_no_job_asks_for_tasks():
    # The plugin hands it to sbatch as --ntasks-per-gpu, which many sites refuse.
    text = yaml.safe_dump(PROFILE)

    assert not re.search(r"^\s*(tasks|tasks_per_gpu|ntasks):", text, re.MULTILINE)


def test_only_the_profile_retries():
    # Those of a rule run again inside the allocation, and multiply with the profile's.
    assert PROFILE["retries"] >= 1
    assert not re.search(r"^\s+retries:", RULES, re.MULTILINE)


def test_code_is_no_trigger_and_what_was_killed_is_done_again():
    assert PROFILE["rerun-triggers"] == ["mtime", "params", "input", "software-env"]
    assert PROFILE["rerun-incomplete"] is True
    assert 30 <= PROFILE["latency-wait"] <= 300
    assert 5 <= PROFILE["slurm-init-seconds-before-status-checks"] <= 60


def test_rules_leave_gpus_to_the_profile():
    assert not re.search(r"^\s+(gpu|gpus|gres|gpu_model)\s*=", RULES, re.MULTILINE)


def test_the_plugin_is_the_one_whose_traps_are_known():
    assert metadata.version("snakemake-executor-plugin-slurm") == "2.8.0"
    lock = (ROOT / "envs/requirements.lock").read_text()
    assert "snakemake-executor-plugin-slurm==2.8.0\n" in lock
    assert "snakemake-executor-plugin-slurm-jobstep==" in lock


def test_a_dry_run_with_the_profile_shows_what_jobs_ask_for(tmp_path):
    command = [warm_python(), "-m", "snakemake", "--profile", "slurm", "-n"]
    study = ["--configfile", "studies/demo.yaml", "--directory", str(tmp_path)]
    run = subprocess.run([*command, *study], cwd=ROOT, capture_output=True, text=True, check=False)
    output = run.stdout + run.stderr

    assert run.returncode == 0, output[-2000:]
    assert re.search(r"^cluster_controls +\d+$", output, re.MULTILINE)
    assert "gpu=1" in output
    assert "slurm_partition=gpu" in output
