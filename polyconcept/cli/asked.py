"""What a study asks of its jobs now, and what the records say of those that ran."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from polyconcept.audit.code import CodeError, code_fingerprint
from polyconcept.audit.places import locate, script_of
from polyconcept.audit.runs import SUFFIX, RecordError, RunRecord, read_record
from polyconcept.audit.sources import content_hash
from polyconcept.audit.why import Asked, changes_since
from polyconcept.store.content import result_files
from polyconcept.study.jobs.table import JOBS, flat, job_inputs, job_kinds, job_settings
from polyconcept.study.schema import Study


def asked_of(study: Study, rule: str, names: Mapping[str, str], folder: Path, root: Path) -> Asked:
    """Return what a study asks now of one job, by its rule and wildcards.

    Snakemake runs in `folder`; `root` is the project's.

    Raises:
        ValueError: The study has no such job.
        OSError: A file of the user's is not there.
        CodeError: No fingerprint can be taken of the code.
    """
    job, kinds = JOBS[rule], job_kinds(rule, study, names)
    inputs = job_inputs(rule, study, names, folder)
    params: dict[str, object] = {"kinds": list(kinds)} if kinds else {}
    if job.sources:
        own = [str(inputs[name]) for name in job.sources if name in inputs]
        params["content"] = content_hash(locate(place, folder, root) for place in own)
    script = script_of(rule, root / "workflow" / "scripts")
    return Asked(
        settings=job_settings(rule, study, names),
        params=params,
        inputs=flat(inputs),
        code=code_fingerprint(script, root, kinds) if job.has_code else None,
        script=script,
    )


def is_asked(record: RunRecord, study: Study, folder: Path, root: Path) -> bool:
    """Return whether a job ran as the study asks for now, the contents of its inputs apart.

    Raises:
        OSError: A file of the user's is not there.
        CodeError: No fingerprint can be taken of the code.
    """
    try:
        asked = asked_of(study, record.rule, record.wildcards, folder, root)
    except CodeError:  # a ValueError as well, but not one that says this
        raise
    except ValueError:  # of a job that the study does not have
        return False
    return not changes_since(record, asked, folder, root)


def records_in(study: Study, folder: Path) -> Iterator[RunRecord]:
    """Yield the records in a study's results; say which cannot be believed."""
    results = folder / f"results/{study.name}"
    for name in result_files(results):
        if name.endswith(SUFFIX):
            try:
                yield read_record(results / name)
            except RecordError as error:
                result = f"results/{study.name}/{name.removesuffix(SUFFIX)}"
                sys.stderr.write(
                    f"not believed: {error}; the option --forcerun {result} of `polyconcept run` "
                    "makes it anew with its results\n"
                )
