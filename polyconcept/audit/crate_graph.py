"""The graph of a crate: who made what from what, when and with which settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from polyconcept.audit.crate_files import Choice, FileIndex, add, distinct
from polyconcept.audit.crate_software import (
    LICENSE,
    Parameters,
    add_engine,
    add_tools,
    add_workflow,
)
from polyconcept.audit.runs import RunRecord, record_path

# The profiles build on this version; they do not know later ones.
ROCRATE = "1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# Terms of the profiles that RO-Crate's own context lacks; written out so that a reader needs
# no second file from the network.
TERMS = {
    name: f"https://w3id.org/ro/terms/workflow-run#{name}"
    for name in ("environment", "resourceUsage", "sha256")
}
COMPLETED = "http://schema.org/CompletedActionStatus"
MEBIBYTE = "https://qudt.org/vocab/unit/MebiBYTE"
DEVICE = ("device", "device_name", "driver")
HOST = ("host", "system", "cpu_count", "slurm_job_id")


@dataclass(frozen=True)
class FinishedStudy:
    """What is packed."""

    name: str
    file: str
    """Its configuration, a path within the project."""
    finals: tuple[str, ...]
    """The tables and figures that it ends in."""
    runs: tuple[RunRecord, ...]
    """What `read_runs` gave."""
    citation: Mapping[str, Any]
    """The content of CITATION.cff."""


def describe(study: FinishedStudy, root: Path, choice: Choice) -> tuple[ROCrate, FileIndex]:
    """Return the crate of a finished study, and the files it packs; `root` is the project's folder.

    Raises:
        CrateError: a file is missing or was changed after it was made; a script is not the one
            that ran.
    """
    crate = ROCrate(version=ROCRATE)
    crate.metadata.extra_terms.update(TERMS)
    authors = _describe_root(crate, study)
    files = FileIndex(crate, f"results/{study.name}", root, choice)
    workflow = add_workflow(crate, files, study.runs, root, authors)
    tools = add_tools(crate, files, workflow, study.runs, root)
    parameters = Parameters(crate)
    whole = _whole_run(crate, files, workflow, study, parameters)
    controls = []
    for run in study.runs:
        action = _action(crate, files, tools[run.rule], run, parameters)
        action["environment"] = _environment(crate, run, choice)
        if choice.host:
            action["subjectOf"] = files.pack(str(record_path(run.outputs[0].path)))
        controls.append(_control(crate, run, action))
    # Process Run Crate 0.5: the root mentions every action.
    crate.root_dataset["mentions"] = [whole, *(control["object"] for control in controls)]
    # Provenance Run Crate 0.5: the engine organises, and each control is a step that became a run.
    add(
        crate,
        "#engine-run",
        "OrganizeAction",
        name=f"Snakemake runs study {study.name}",
        instrument=add_engine(crate, study.runs),
        object=controls,
        result=whole,
        **_times(study.runs),
    )
    return crate, files


def _describe_root(crate: ROCrate, study: FinishedStudy) -> list[Entity]:
    """Name, date, licence, paper and profiles of the crate; gives the authors of the workflow."""
    root, citation = crate.root_dataset, study.citation
    root["name"] = f"Polyconcept study {study.name}"
    root["description"] = (
        f"Results of study {study.name} ({len(study.runs)} jobs) and how each was made. "
        f"{citation['abstract']}"
    )
    # The date of the results, not of the packing: the same study gives the same bytes.
    root["datePublished"] = _times(study.runs)["endTime"][:10]
    root["license"] = add(crate, LICENSE, "CreativeWork", name="Apache License 2.0", url=LICENSE)
    root["citation"] = [_paper(crate, paper) for paper in citation["references"]]
    root["conformsTo"] = [
        add(crate, uri, "CreativeWork", name=name, version=uri.rsplit("/", 1)[1])
        for uri, name in PROFILES.items()
    ]
    return [_author(crate, author) for author in citation["authors"]]


def _paper(crate: ROCrate, paper: Mapping[str, Any]) -> Entity:
    """Return an article named in CITATION.cff; known by its arXiv number where it has one."""
    numbers = [one["value"] for one in paper.get("identifiers", ())]
    arxiv = [number.removeprefix("arXiv:") for number in numbers if number.startswith("arXiv:")]
    identifier = f"https://arxiv.org/abs/{arxiv[0]}" if arxiv else f"#{quote(paper['title'])}"
    return add(
        crate,
        identifier,
        "ScholarlyArticle",
        name=paper["title"],
        author=[_author(crate, author) for author in paper["authors"]],
        datePublished=str(paper["year"]),
    )


def _author(crate: ROCrate, author: Mapping[str, str]) -> Entity:
    """Return a person, or, where there is just one name, an organization."""
    if "name" in author:
        return add(crate, f"#{quote(author['name'])}", "Organization", name=author["name"])
    name = f"{author['given-names']} {author['family-names']}"
    return add(
        crate,
        f"#{quote(name)}",
        "Person",
        name=name,
        givenName=author["given-names"],
        familyName=author["family-names"],
    )


def _whole_run(
    crate: ROCrate,
    files: FileIndex,
    workflow: Entity,
    study: FinishedStudy,
    parameters: Parameters,
) -> Entity:
    """Return the run of the workflow as one: from the study's file to tables and figures."""
    taken = files.pack(study.file)
    parameters.link(workflow, "input", "study", taken)
    given = []
    for state in (output for run in study.runs for output in run.outputs):
        if state.path in study.finals:
            given.append(files.of(state))
            folder = PurePosixPath(state.path).parent.name
            kind = folder if folder in ("figures", "explorer") else "scores"
            parameters.link(workflow, "output", kind, given[-1])
    return add(
        crate,
        "#workflow-run",
        "CreateAction",
        name=f"Study {study.name}",
        description=f"All {len(study.runs)} jobs of study {study.name}.",
        instrument=workflow,
        object=taken,
        result=given,
        actionStatus=COMPLETED,
        **_times(study.runs),
    )


def _action(
    crate: ROCrate, files: FileIndex, tool: Entity, run: RunRecord, parameters: Parameters
) -> Entity:
    """Return one job: its script, what it read and wrote, settings, time and memory."""
    read = [(file.name, files.of(file)) for file in run.inputs]
    written = [(file.name, files.of(file)) for file in run.outputs]
    settings = [(key, _setting(crate, run.rule, key, value)) for key, value in _flat(run.settings)]
    for name, entity in (*read, *settings):
        parameters.link(tool, "input", name or "file", entity)
    for name, entity in written:
        parameters.link(tool, "output", name or "file", entity)
    wildcards = ", ".join(f"{key} {value}" for key, value in run.wildcards.items() if value)
    memory = add(
        crate,
        f"#memory/{quote(run.outputs[0].path)}",
        "PropertyValue",
        name="peak memory",
        propertyID="peak-memory",
        value=run.peak_memory_mib,
        unitCode=MEBIBYTE,
        unitText="MiB",
    )
    return add(
        crate,
        f"#run/{quote(run.outputs[0].path)}",
        "CreateAction",
        name=f"{run.rule} {wildcards}".strip(),
        description=f"Rule {run.rule} makes {run.outputs[0].path}.",
        instrument=tool,
        object=distinct(entity for _, entity in (*read, *settings)),
        result=distinct(entity for _, entity in written),
        actionStatus=COMPLETED,
        identifier=f"polyconcept-record-sha256:{files.record_sha256(run)}",
        resourceUsage=memory,
        **_times([run]),
    )


def _control(crate: ROCrate, run: RunRecord, action: Entity) -> Entity:
    """Return Snakemake's part in a job: this step of the workflow became that run of a script."""
    return add(
        crate,
        f"#control/{quote(run.outputs[0].path)}",
        "ControlAction",
        name=f"orchestrate {action['name']}",
        instrument={"@id": f"Snakefile#{run.rule}"},
        object=action,
    )


def _setting(crate: ROCrate, rule: str, key: str, value: object) -> Entity:
    # Lists as text: a list of JSON-LD has no order.
    plain = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
    identifier = f"#setting/{rule}/{quote(key)}/{_mark(value)}"
    return add(crate, identifier, "PropertyValue", name=key, value=plain)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Return settings by dotted key."""
    flat: list[tuple[str, object]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat += _flat(value, f"{prefix}{key}.")
        else:
            flat.append((f"{prefix}{key}", value))
    return flat


def _environment(crate: ROCrate, run: RunRecord, choice: Choice) -> list[Entity]:
    """Return Python and packages, threads and device; the machine where it shall be named."""
    machine = asdict(run.machine)
    shown = DEVICE + (HOST if choice.host else ())
    facts = {"python": run.python, "threads": run.threads}
    facts |= {key: machine[key] for key in shown if machine[key] is not None}
    # One text for all packages, as pip reads it: a hundred entities a job would hide the rest.
    facts["packages"] = "\n".join(f"{name}=={run.packages[name]}" for name in sorted(run.packages))
    return [
        add(crate, f"#environment/{name}/{_mark(value)}", "PropertyValue", name=name, value=value)
        for name, value in facts.items()
    ]


def _mark(value: object) -> str:
    """Return a short name for a value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _times(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Start and end in whole seconds of UTC: the profiles want no finer."""
    started = min(datetime.fromisoformat(run.started) for run in runs)
    ended = max(datetime.fromisoformat(run.ended) for run in runs)
    return {
        "startTime": started.astimezone(UTC).isoformat(timespec="seconds"),
        "endTime": ended.astimezone(UTC).isoformat(timespec="seconds"),
    }
