"""The jobs that Snakemake would run, each with its causes.

Commands import this when they are called: Snakemake takes longer to import than most of them take
to run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

import yaml
from snakemake.api import SnakemakeApi
from snakemake.exceptions import WorkflowError, print_exception
from snakemake.logging import LogEvent, logger
from snakemake.settings.enums import RerunTrigger
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    OutputSettings,
    ResourceSettings,
)

from polyconcept.audit.changes import first_few
from polyconcept.audit.code import KNOWN, recall
from polyconcept.audit.runs import RunRecord
from polyconcept.audit.why import Asked, Cause, Others, Plan, Planned, changes_since
from polyconcept.cli import project
from polyconcept.cli.asked import asked_of, records_in
from polyconcept.store.content import content_sha256
from polyconcept.study.jobs.paths import Files
from polyconcept.study.jobs.table import JOBS
from polyconcept.study.schema import Study

# Of a job that never ran, the first of these that is new says what was added to the study.
_NAMED = ("model", "variant", "task", "corpus", "data", "pair", "language")

Wildcards: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class _Job:
    """A job as Snakemake announces it."""

    rule: str
    wildcards: Wildcards
    outputs: tuple[str, ...]
    logs: tuple[str, ...]
    reason: str


class _Jobs(logging.Handler):
    """Keeps the jobs that Snakemake announces."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[_Job] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take in an event of Snakemake's log."""
        told = vars(record)
        if told.get("event") == LogEvent.JOB_INFO and told["rule_name"] in JOBS:
            outputs, logs = (tuple(map(str, told[kind])) for kind in ("output", "log"))
            wildcards = dict(told["wildcards"])
            self.jobs.append(_Job(told["rule_name"], wildcards, outputs, logs, told["reason"]))


def planned(study: Path, profile: Path | None = None) -> Plan:
    """Plan a study in the working directory as Snakemake would, and find each job's causes.

    The rerun triggers are those of `profile`, a folder; without one those of profiles/local.

    Raises:
        SystemExit: Snakemake cannot plan it, and has said why.
        SettingsError: The study's file cannot be read.
        OSError: There is no such profile, or no workflow.
        ValueError: The profile says nothing of rerun triggers.
    """
    snakefile, found = project.snakefile(), _Jobs()
    try:
        wanted = _settings_of((profile or project.ROOT / "profiles/local") / "config.yaml")
        settings = project.read_study(study)
        # Else Snakemake would keep a log of each time that one asks.
        with SnakemakeApi(OutputSettings(dryrun=True, enable_file_logging=False)) as api:
            for shown in logger.handlers:
                shown.setLevel(logging.WARNING)
            logger.addHandler(found)
            flow = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=[study]),
                snakefile=snakefile,
            )
            # Without a lock: nothing is written, and one may ask while the study runs.
            flow.dag(wanted).execute_workflow(
                executor="dryrun", execution_settings=ExecutionSettings(lock=False)
            )
    except WorkflowError as error:
        logging.getLogger("snakemake").setLevel(logging.ERROR)
        print_exception(error)
        raise SystemExit(1) from None
    return _Explained(settings, snakefile.parent, found.jobs).plan()


def _settings_of(profile: Path) -> DAGSettings:
    """Return how jobs are planned, by the file of a profile."""
    try:
        chosen = yaml.safe_load(profile.read_text(encoding="utf-8"))
        return DAGSettings(
            rerun_triggers=frozenset(RerunTrigger.parse_choices_set(chosen["rerun-triggers"])),
            max_checksum_file_size=int(chosen.get("max-checksum-file-size", 1_000_000)),
            # Files of an interrupted job are made again, as the profiles ask for.
            force_incomplete=True,
        )
    except (KeyError, TypeError, yaml.YAMLError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{profile}: needed a profile with `rerun-triggers`: {what}") from error


def new_part(own: Wildcards, seen: Sequence[Wildcards]) -> str:
    """Return the fewest wildcards of a job that no job that ran (`seen`) has together.

    Such as ``model bert, variant ner``.
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
    """The jobs of a plan, held against the records of those that ran."""

    def __init__(self, study: Study, root: Path, jobs: Sequence[_Job]) -> None:
        recall(KNOWN)
        self._study, self._root, self._folder = study, root, Path()
        stages = list(JOBS)
        # Of the register: before each job stand those that it needs.
        self._jobs = sorted(jobs, key=lambda job: (stages.index(job.rule), job.outputs))
        self._known = dict(self._known_jobs())
        self._ran = [
            record.wildcards
            for record, _ in self._known.values()
            if any(Path(made.path).exists() for made in record.outputs)
        ]

    def _known_jobs(self) -> Iterator[tuple[str, tuple[RunRecord, Asked]]]:
        """Yield first output, record, and what is asked now, of each job with a record."""
        for record in records_in(self._study, self._folder):
            with suppress(ValueError):  # of a job that the study no longer has
                asked = self._asked_of(record.rule, record.wildcards)
                yield record.outputs[0].path, (record, asked)

    def _asked_of(self, rule: str, names: Wildcards) -> Asked:
        return asked_of(self._study, rule, names, self._folder, self._root)

    def plan(self) -> Plan:
        """Return every planned job with its causes."""
        new = {job.outputs for job in self._jobs if self._never_ran(job)}
        others = Others(self._same_code(), {path for outputs in new for path in outputs})
        maker = {path: job.outputs[0] for job in self._jobs for path in job.outputs}
        asked_of = {job.outputs: self._asked_of(job.rule, job.wildcards) for job in self._jobs}
        readers: dict[str, list[str]] = {}
        for job in self._jobs:
            for path in asked_of[job.outputs].inputs:
                readers.setdefault(path, []).append(job.outputs[0])
        planned = []
        for job in self._jobs:
            asked = asked_of[job.outputs]
            after = tuple(dict.fromkeys(maker[path] for path in asked.inputs if path in maker))
            # What was removed on purpose is made again for those who read it.
            removed = [path for path in job.outputs if self._is_removed(path)]
            after += tuple(one for path in removed for one in readers.get(path, ()))
            if job.outputs in new:
                causes = [self._news(job)]
            else:
                causes = list(dict.fromkeys(self._causes(job, asked, others)))
            if not causes and not after:
                causes = [Cause("other", f"{job.outputs[0]}: {job.reason}")]
            planned.append(Planned(job.rule, job.wildcards, job.outputs, tuple(causes), after))
        ran = [record.wildcards for record, _ in self._known.values()]
        all_jobs = (*ran, *(job.wildcards for job in self._jobs))
        return Plan(self._study.name, tuple(planned), all_jobs)

    def _never_ran(self, job: _Job) -> bool:
        known = job.outputs[0] in self._known
        return not known and not any(Path(path).exists() for path in job.outputs)

    def _is_removed(self, path: str) -> bool:
        return Files(self._study).is_removed(path) and not Path(path).exists()

    def _causes(self, job: _Job, asked: Asked, others: Others) -> Iterator[Cause]:
        """Yield causes of its own.

        Snakemake looks for none in jobs behind one that runs; so each is looked at here.
        """
        if job.reason.startswith("Forced execution"):
            yield Cause("cut short", f"{', '.join(job.outputs)}: the run that made it was ended")
        elif missing := [
            path for path in job.outputs if not Path(path).exists() and not self._is_removed(path)
        ]:
            yield Cause("missing", first_few(missing))
        if job.outputs[0] in self._known:
            record, _ = self._known[job.outputs[0]]
            yield from changes_since(record, asked, self._folder, self._root, others)
        if "Software environment" in job.reason:
            yield Cause("software", f"{job.rule}: another conda environment")
        if "Updated input files" in job.reason:
            for path in asked.inputs:
                if path in job.reason:
                    yield Cause("file", f"{path}: {self._newer(path)}")

    def _news(self, job: _Job) -> Cause:
        """Return what is new of a job of which there is neither a record nor a result."""
        if not self._ran:
            return Cause("new", f"study {self._study.name}: never run")
        # A job that fails leaves nothing but its log.
        if any(Path(log).exists() for log in job.logs):
            return Cause("missing", f"{job.outputs[0]}: its job left nothing")
        new = new_part(job.wildcards, self._ran)
        return Cause("new", f"{new or job.outputs[0]}: never run")

    def _newer(self, path: str) -> str:
        """Return what is known of an input that is newer than an output."""
        for record, _ in self._known.values():
            for made in record.outputs:
                if made.path == path and content_sha256(Path(path)) != made.sha256:
                    return "changed after the job that made it"
        return "newer than what was made of it"

    def _same_code(self) -> set[tuple[str, str]]:
        """Return files of code, with the hashes they had, of jobs whose code did not change."""
        return {
            file
            for record, asked in self._known.values()
            if record.code.fingerprint == asked.code
            for file in record.code.files.items()
        }
