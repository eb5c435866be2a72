"""Settings, paths, wildcard constraints and code fingerprints that all rules use."""

import hashlib
import json
from functools import cache
from pathlib import Path

from polyconcept.audit.code import KNOWN, code_fingerprint, recall
from polyconcept.audit.hashes import stamp
from polyconcept.audit.places import script_of
from polyconcept.audit.plans import NotAskedError, plan_in_force, read_plan
from polyconcept.audit.sources import content_hash
from polyconcept.store.content import MOVABLE, links_out_of_results
from polyconcept.study.checks import cautions
from polyconcept.study.jobs.paths import SPLITS, Files
from polyconcept.study.jobs.table import (
    JOBS,
    check_files,
    final_files,
    flat,
    job_inputs,
    job_kinds,
    job_settings,
)
from polyconcept.study.kinds import TASK_KINDS
from polyconcept.study.parse import SettingsError, parse_study

# A job's own process, as SLURM starts it, works from the study as it was planned: its file may have
# been edited while the job waited.
PLANNED = {}
"""The jobs of the plan by their first output, in a job's own process."""
if not workflow.is_main_process and plan_in_force():
    try:
        as_planned = read_plan(plan_in_force())
    except (NotAskedError, ValueError) as error:
        raise WorkflowError(str(error))
    config.clear()
    config.update(as_planned.config)
    PLANNED = as_planned.jobs
# The study alone: captions for the report join `config` later.
STUDY_CONFIG = dict(config)

try:
    STUDY = parse_study(
        STUDY_CONFIG, where=", ".join(map(str, workflow.configfiles)) or "config"
    )
except SettingsError as error:
    raise WorkflowError(str(error))

RESULTS = Path("results") / STUDY.name
# Only where jobs are planned: their own processes read the same file.
if workflow.is_main_process and (links := links_out_of_results(RESULTS)):
    raise WorkflowError(
        f"{RESULTS}/{links[0]}: a link that leads out of the results, where a job would write or "
        f"delete what is not its own; remove it (the whole folder {RESULTS} may be a link, and in it "
        f"{', '.join(MOVABLE)})"
    )

# Not `workflow.basedir`, which is another's folder where this workflow is a `module:`.
ROOT = Path(workflow.current_basedir).parents[1]
if not (ROOT / "polyconcept").is_dir():
    raise WorkflowError(
        f"{ROOT}: not a clone of Polyconcept, whose library its scripts need; clone it and name "
        "its workflow/Snakefile in the `module:`"
    )
BUILTIN_MODELS = ROOT / "polyconcept" / "builtin" / "models"
recall(KNOWN)
SIDES = ("encoder", "decoder", "encoder-decoder")


def one_of(names):
    """A wildcard constraint that matches just these names; nothing where there is none."""
    return "|".join(sorted(map(re.escape, names))) or "(?!)"


def models_from(source):
    return [
        name
        for name, model in STUDY.models.items()
        if getattr(model, source) is not None
    ]


pathvars:
    results=f"results/{STUDY.name}",
    logs="<results>/logs",


wildcard_constraints:
    corpus=one_of(STUDY.corpora),
    language=r"[A-Za-z0-9_.]+",
    source=r"[A-Za-z0-9_.]+",
    target=r"[A-Za-z0-9_.]+",
    # Where each pair has sentences of its own, files stand in a folder per pair.
    own_folder=r"|[A-Za-z0-9_.]+-[A-Za-z0-9_.]+/",
    pair=one_of(STUDY.pairs),
    data=one_of(f"{task}/{split}" for task in STUDY.tasks for split in SPLITS),
    model=one_of(STUDY.models),
    variant=one_of(["base", "random", *STUDY.tasks]),
    side=one_of(SIDES),


# --- What the register says of a job


def located(path):
    """Where a file stands: the project's own beside the Snakefile, all others as they are."""
    if Path(path).parts[0] != "polyconcept":
        return path
    place, here = ROOT / path, Path.cwd()
    # The same in every clone that runs in its own folder.
    return str(place.relative_to(here) if place.is_relative_to(here) else place)


@cache
def files_read(rule, names):
    """What a job reads, by keyword; `names` are the items of its wildcards."""
    return job_inputs(rule, STUDY, dict(names))


def inputs_of(rule):
    """The files that a job reads, by keyword.

    Of files that come from outside, their content counts and not their time: a clone has new times,
    and a file put in place of another may be older.
    """

    def inputs(wildcards):
        found = files_read(rule, frozenset(wildcards.items()))
        own = [name for name in JOBS[rule].sources if name in found]
        return {**found, **{name: ancient(located(found[name])) for name in own}}

    return inputs


def settings_of(rule):
    """One plain dict of just what a job uses: a change of any other setting does not rerun it."""
    return lambda wildcards: job_settings(rule, STUDY, dict(wildcards.items()))


def kinds_of(rule):
    """Modules that a job's script loads by name: those of the kinds that this job uses."""
    return lambda wildcards: list(job_kinds(rule, STUDY, dict(wildcards.items())))


@cache
def fingerprint(rule, kinds):
    return code_fingerprint(script_of(rule, ROOT / "workflow" / "scripts"), ROOT, kinds)


def code_of(rule):
    """Content hash of a job's script, what it imports, and the modules of its kinds."""
    return lambda wildcards: fingerprint(rule, tuple(kinds_of(rule)(wildcards)))


def source_files(rule, wildcards):
    """What a job reads from outside the study."""
    found = files_read(rule, frozenset(wildcards.items()))
    return tuple(located(found[name]) for name in JOBS[rule].sources if name in found)


@cache
def folder_stamps(files):
    """What tells, later, that a folder among these was written since its content was looked at."""
    return {file: stamp(Path(file)) for file in files if Path(file).is_dir()}


@cache
def content(files):
    # Once for each: Snakemake asks again before a job starts, which is to do what was planned.
    folder_stamps(files)
    return content_hash(map(Path, files))


def content_of(rule):
    """Content hash of what a job reads from outside the study."""
    return lambda wildcards: content(source_files(rule, wildcards))


@cache
def makers():
    """The rules, each with what the names of its results begin with."""
    return [
        (rule, tuple(one.constant_prefix() for one in rule.output))
        for rule in workflow.rules
        if rule.name in JOBS
    ]


@cache
def maker_of(path):
    """The rule that makes a result of the study, and the wildcards of its job."""
    # To match a name is dear, and there are as many questions as files.
    [rule] = [
        one
        for one, begins in makers()
        if path.startswith(begins) and one.is_producer(path)
    ]
    return rule.name, frozenset(rule.get_wildcards(path).items())


@cache
def asked_before(rule, names):
    """Hash of what is asked of the jobs whose results a job reads, and of those before them.

    `names` are the items of its wildcards.
    """
    read = flat(files_read(rule, names))
    before = {maker_of(path) for path in read if path.startswith(f"{RESULTS}/")}
    return hashlib.sha256(
        "".join(sorted(all_asked(*maker) for maker in before)).encode()
    ).hexdigest()


@cache
def all_asked(rule, names):
    """Hash of everything that is asked of a job, and of those before it."""
    wildcards, ways = dict(names), {"settings": settings_of, "kinds": kinds_of}
    ways |= {"code": code_of} if JOBS[rule].has_code else {}
    ways |= {"content": content_of} if JOBS[rule].sources else {}
    asked = {name: way(rule)(wildcards) for name, way in ways.items()}
    everything = [rule, sorted(names), asked, asked_before(rule, names)]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def behind_of(rule):
    """What stands behind a job's inputs, as if it were asked of the job itself.

    A job that fails leaves no results, and Snakemake makes what is not there only for a job that has
    to run: without this, what was made of the former results would count as done.
    """

    def behind(wildcards):
        # Not by an argument `output`: of params that depend on more than wildcards Snakemake keeps
        # no note.
        [own] = [one for one in workflow.rules if one.name == rule]
        planned = PLANNED.get(own.output[0].apply_wildcards(wildcards))
        # A job's own process is not to look at all that other jobs read.
        if planned:
            return planned.params["behind"]
        return asked_before(rule, frozenset(wildcards.items()))

    return behind


# Where vectors are not kept, few jobs make or read them at once (`vector_jobs` in the profiles), and
# those that can read, and what these wait for, go before those that make more.
VECTOR_JOBS = 0 if STUDY.vectors.keep else 1
READ_FIRST = 0 if STUDY.vectors.keep else 2
EXTRACTIONS = list(
    dict.fromkeys(
        (run["model"], run["variant"], *pair.split("-"))
        for run in Files(STUDY).runs()
        for pair in STUDY.pairs
    )
)


def kept_or_not(vectors):
    """Files of vectors; where the study says so, Snakemake removes them once all jobs have read them."""
    return vectors if STUDY.vectors.keep else temp(vectors)


def extraction_priority(wildcards):
    """Between 0 and 1, by place in the study: one after the other.

    Both sides of a model follow each other: what compares them waits for the vectors of both.
    """
    if STUDY.vectors.keep:
        return 0
    own = (wildcards.model, wildcards.variant)
    own += (wildcards.source, wildcards.target) if "source" in wildcards.keys() else ()
    place = [one[: len(own)] for one in EXTRACTIONS].index(own)
    return 1 - place / len(EXTRACTIONS)


def checkpoint_folder(wildcards):
    """Where a fine-tuning keeps its checkpoints."""
    return f"results/{STUDY.name}/checkpoints/{wildcards.model}/{wildcards.variant}"


def finetuning_threads(wildcards):
    return STUDY.tasks[wildcards.variant].finetuning.n_threads


def pretraining_threads(wildcards):
    return STUDY.models[wildcards.model].pretrain.training.n_threads
