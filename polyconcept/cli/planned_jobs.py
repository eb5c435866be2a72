"""The jobs that Snakemake would run, each with its causes."""

from __future__ import annotations

import ast
import logging
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from snakemake.api import SnakemakeApi
from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError
from snakemake.jobs import Job
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    OutputSettings,
    ResourceSettings,
)
from snakemake.workflow import Workflow

from polyconcept.audit.runs import RecordError, RunRecord, read_record, record_path
from polyconcept.audit.watch import script_of
from polyconcept.audit.why import Cause, Planned, Present, changes_since, setting_changes
from polyconcept.cli.planned import Plan, Wildcards
from polyconcept.cli.yaml_file import read_yaml
from polyconcept.store.content import content_sha256

_MOST_NAMED = 3
# Of a job that never ran, the first of these that is new says what was added to the study.
_NAMED = ("model", "variant", "task", "corpus", "data", "pair", "language")


def planned_jobs(study: Path, profile: Path, root: Path) -> Plan:
    """Plan a study in the working directory as Snakemake would, and find each job's causes.

    Args:
        study: The study's configuration file.
        profile: Folder of the profile whose rerun triggers count.
        root: The project's root.

    Raises:
        WorkflowError: Snakemake cannot plan it.
        SettingsError: The study's file cannot be read.
        OSError: There is no such profile.
        ValueError: It says nothing of rerun triggers.
    """
    triggers = _triggers(profile / "config.yaml")
    read_yaml(study)  # before Snakemake, which has no lines in its messages
    # Where a plan is all that is wanted, Snakemake stops at one that is to be quiet about the jobs.
    quiet = OutputSettings(
        dryrun=True,
        quiet=frozenset({Quietness.RULES, Quietness.PROGRESS}),
        log_level_override=logging.WARNING,
        enable_file_logging=False,
    )
    with SnakemakeApi(quiet) as api:
        flow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[study]),
            snakefile=root / "Snakefile",
        )
        # Files of an interrupted job are made again, as the message of a run without it asks for.
        wanted = DAGSettings(rerun_triggers=triggers, force_incomplete=True)
        flow.dag(wanted).execute_workflow(
            executor="dryrun", execution_settings=ExecutionSettings(lock=False)
        )
        return _Explained(flow._workflow, root).plan()


def _triggers(profile: Path) -> frozenset[RerunTrigger]:
    """What makes a job run again, as the file of a profile says."""
    try:
        chosen = yaml.safe_load(profile.read_text(encoding="utf-8"))
        return frozenset(RerunTrigger.parse_choices_set(chosen["rerun-triggers"]))
    except (KeyError, TypeError, yaml.YAMLError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{profile}: needed a profile with `rerun-triggers`: {what}") from error


def new_part(own: Wildcards, seen: Sequence[Wildcards]) -> str:
    """The fewest wildcards of a job that none has together that ran: ``model bert, variant ner``.

    Args:
        own: The job's wildcards.
        seen: Those of the jobs that have run.
    """
    own = {key: value for key, value in own.items() if value}
    keys = sorted(own, key=lambda key: _NAMED.index(key) if key in _NAMED else len(_NAMED))
    for n in range(1, len(keys) + 1):
        for some in combinations(keys, n):
            values = {key: own[key] for key in some}
            if not any(values.items() <= wildcards.items() for wildcards in seen):
                return ", ".join(f"{key} {value.rstrip('/')}" for key, value in values.items())
    return ""


class _Explained:
    """A planned workflow."""

    def __init__(self, workflow: Workflow, root: Path) -> None:
        self._dag: DAG = workflow.dag
        self._memory, self._root = workflow.persistence, root
        self._records: dict[Path, RunRecord | None] = {}
        self._study = str(workflow.globals["config"]["name"])
        self._triggers: Collection[RerunTrigger] = workflow.rerun_triggers
        self._jobs = [job for job in self._dag.jobs if not job.rule.norun]
        needed = set(self._dag.needrun_jobs(exclude_finished=False))
        rules = {rule.name: place for place, rule in enumerate(workflow.rules)}
        order = [
            job
            for level in self._dag.toposorted()
            for job in sorted(level, key=lambda job: (rules[job.rule.name], list(job.output)))
        ]
        self._planned = [job for job in order if job in needed and not job.rule.norun]
        self._to_run = frozenset(self._planned)
        self._seen = [
            dict(job.wildcards_dict)
            for job in self._jobs
            if any(Path(path).exists() for path in job.output)
        ]

    def plan(self) -> Plan:
        """Every planned job with its causes."""
        new = {job for job in self._planned if self._never_ran(job)}
        planned = []
        for job in self._planned:
            after = tuple(_first(parent) for parent in self._parents(job))
            causes = dict.fromkeys(self._causes(job, new))
            if not causes and not after:
                causes = {Cause("other", str(self._dag.reason(job))): None}
            outputs = tuple(map(str, job.output))
            planned.append(
                Planned(job.rule.name, dict(job.wildcards_dict), outputs, tuple(causes), after)
            )
        all_jobs = tuple(dict(job.wildcards_dict) for job in self._jobs)
        return Plan(self._study, tuple(planned), all_jobs)

    def _parents(self, job: Job) -> Iterator[Job]:
        """Planned jobs that make this one run again."""
        for parent, files in self._dag.dependencies[job].items():
            old = all(file.is_ancient and Path(file).exists() for file in files)
            if parent in self._to_run and not old:
                yield parent

    def _causes(self, job: Job, new: Collection[Job]) -> Iterator[Cause]:
        """Causes of its own.

        Snakemake looks for none in jobs behind one that runs; so each is looked at here.
        """
        reason = self._dag.reason(job)
        if job in new:
            yield Cause("new", self._news(job))
            return
        if reason.forced:
            yield Cause("cut short", f"{', '.join(job.output)}: the run that made it was ended")
        elif missing := [path for path in job.output if not Path(path).exists()]:
            yield Cause("missing", _named(missing))
        if RerunTrigger.PARAMS in self._triggers and self._memory.params_changed(job):
            yield from self._changes(job)
        if RerunTrigger.INPUT in self._triggers and any(self._memory.input_changed(job)):
            yield from self._input_changes(job, new)
        if RerunTrigger.SOFTWARE_ENV in self._triggers and any(
            self._memory.software_stack_changed(job)
        ):
            yield Cause("software", f"{job.rule.conda_env}: another environment")
        for path in sorted(reason.updated_input):
            yield Cause("file", f"{path}: {self._newer(path)}")

    def _never_ran(self, job: Job) -> bool:
        known = any(self._memory.metadata(path) is not None for path in job.output)
        return not known and not any(Path(path).exists() for path in job.output)

    def _news(self, job: Job) -> str:
        """What is new of a job that never ran."""
        if not self._seen:
            return f"study {self._study}: never run"
        new = new_part(job.wildcards_dict, self._seen)
        return f"{new}: never run" if new else f"{_first(job)}: never made"

    def _newer(self, path: str) -> str:
        """What is known of an input that is newer than an output."""
        for job in self._jobs:
            record = self._record(job) if path in job.output else None
            for made in record.outputs if record else ():
                if made.path == path and content_sha256(Path(path)) != made.sha256:
                    return "changed after the job that made it"
        return "newer than what was made of it"

    def _changes(self, job: Job) -> Iterator[Cause]:
        """What changed in the params: by the run record, else by what Snakemake kept."""
        params = dict(job.params.items())
        settings, code = params.pop("settings", {}), params.pop("code", None)
        script = script_of(job.rule.name, self._root / "workflow" / "scripts")
        found: list[Cause] = []
        record = self._record(job)
        if record is not None:
            present = Present(settings, params, code, script, self._same_code)
            found = changes_since(record, present, Path.cwd(), self._root)
        yield from found or self._kept_changes(job, settings, code)

    @cached_property
    def _same_code(self) -> set[tuple[str, str]]:
        """Files of code, with the hashes that they had, of jobs whose code did not change."""
        return {
            file
            for job in self._jobs
            if (record := self._record(job))
            and record.code.fingerprint == dict(job.params.items()).get("code")
            for file in record.code.files.items()
        }

    def _record(self, job: Job) -> RunRecord | None:
        path = record_path(job.output[0])
        if path not in self._records:
            try:
                self._records[path] = read_record(path)
            except FileNotFoundError:
                self._records[path] = None
            except RecordError as error:
                print(f"not believed: {error}", file=sys.stderr)
                self._records[path] = None
        return self._records[path]

    def _kept_changes(self, job: Job, settings: dict[str, Any], code: str | None) -> list[Cause]:
        """What Snakemake's own notes, which have no names, say of the settings and the code."""
        kept = [text for path in job.output for text in self._memory.params(path) or ()]
        found: list[Cause] = []
        if code is not None and repr(code) not in kept:
            found.append(
                Cause("source", f"{job.rule.name}: its code changed; no record says which file")
            )
        before = next((text for text in kept if text.startswith("{")), None)
        if before is not None and before != repr(settings):
            texts = setting_changes(_literal(before, job), settings)
            found += [Cause("setting", text) for text in texts]
        unnamed = Cause("other", f"{job.rule.name}: params changed; no record says which")
        return found or [unnamed]

    def _input_changes(self, job: Job, new: Collection[Job]) -> Iterator[Cause]:
        """Files that the job now reads, or no longer does."""
        kept = {path for output in job.output for path in self._memory.input(output) or ()}
        now = set(map(str, job.input))
        # Those that new jobs make are named with these.
        made = {path for parent in new for path in parent.output}
        if came := sorted(now - kept - made):
            yield Cause("input", f"{_named(came)}: now read")
        if went := sorted(kept - now):
            yield Cause("input", f"{_named(went)}: no longer read")


def _literal(text: str, job: Job) -> dict[str, Any]:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise WorkflowError(
            f".snakemake/metadata: of {_first(job)}: params: found {text!r}, needed a dict"
        ) from error
    return dict(found)


def _first(job: Job) -> str:
    return str(job.output[0])


def _named(files: Sequence[str]) -> str:
    more = len(files) - _MOST_NAMED
    return ", ".join(files[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")
