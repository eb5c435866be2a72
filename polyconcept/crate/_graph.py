"""The graph of a crate: who made what from what, when and with which settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from polyconcept.crate._entities import Entity, ROCrate, add, distinct
from polyconcept.crate._files import Choice, FileIndex
from polyconcept.crate._runs import FINAL_TABLES, Run
from polyconcept.crate._software import (
    LICENSE,
    Parameters,
    add_engine,
    add_tools,
    add_workflow,
)

__all__ = ["describe"]

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


def describe(
    study: str,
    study_file: str,
    runs: Sequence[Run],
    root: Path,
    *,
    citation: Mapping[str, Any],
    choice: Choice,
) -> tuple[ROCrate, FileIndex]:
    """The crate of a finished study, and the files it packs.

    Args:
        study: its name.
        study_file: its configuration, a path within `root`.
        runs: what `read_runs` gave.
        root: the project's folder.
        citation: the content of CITATION.cff.
        choice: what goes in besides what always does.

    Raises:
        CrateError: a file is missing or was changed after it was made; a script is not the one
            that ran.
    """
    crate = ROCrate(version=ROCRATE)
    crate.metadata.extra_terms.update(TERMS)
    authors = _describe_root(crate, study, runs, citation)
    files = FileIndex(crate, study, root, choice)
    workflow = add_workflow(crate, files, runs, root, authors)
    tools = add_tools(crate, files, workflow, runs, root)
    parameters = Parameters(crate)
    whole = _whole_run(crate, files, workflow, runs, (study, study_file), parameters)
    controls = []
    for run in runs:
        action = _action(crate, files, tools[run.rule], run, parameters, choice)
        controls.append(_control(crate, run, action))
        crate.root_dataset.append_to("mentions", action)
    add(
        crate,
        "#engine-run",
        "OrganizeAction",
        name=f"Snakemake runs study {study}",
        instrument=add_engine(crate, runs),
        object=controls,
        result=whole,
        **_times(runs),
    )
    return crate, files


def _describe_root(
    crate: ROCrate, study: str, runs: Sequence[Run], citation: Mapping[str, Any]
) -> list[Entity]:
    """Name, date, licence, paper and profiles of the crate; gives the authors of the workflow."""
    root = crate.root_dataset
    root["name"] = f"Polyconcept study {study}"
    root["description"] = (
        f"Results of study {study} ({len(runs)} jobs) and how each was made. {citation['abstract']}"
    )
    # The date of the results, not of the packing: the same study gives the same bytes.
    root["datePublished"] = max(run.ended for run in runs).date().isoformat()
    root["license"] = add(crate, LICENSE, "CreativeWork", name="Apache License 2.0", url=LICENSE)
    root["citation"] = [_paper(crate, paper) for paper in citation["references"]]
    root["conformsTo"] = [
        add(crate, uri, "CreativeWork", name=name, version=uri.rsplit("/", 1)[1])
        for uri, name in PROFILES.items()
    ]
    return [_author(crate, author) for author in citation["authors"]]


def _paper(crate: ROCrate, paper: Mapping[str, Any]) -> Entity:
    """An article named in CITATION.cff; known by its arXiv number where it has one."""
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
    """A person, or, where there is just one name, an organization."""
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
    runs: Sequence[Run],
    study: tuple[str, str],
    parameters: Parameters,
) -> Entity:
    """The run of the workflow as one: from the study's file to tables and figures."""
    name, path = study
    taken = files.pack(path)
    parameters.link(workflow, "input", "study", taken)
    tables = {f"results/{name}/{table}" for table in FINAL_TABLES}
    given = []
    for artifact in (output for run in runs for output in run.outputs):
        is_figure = artifact.path.startswith(f"results/{name}/figures/")
        if is_figure or artifact.path in tables:
            given.append(files.of(artifact))
            parameters.link(workflow, "output", "figures" if is_figure else "scores", given[-1])
    action = add(
        crate,
        "#workflow-run",
        "CreateAction",
        name=f"Study {name}",
        description=f"All {len(runs)} jobs of study {name}.",
        instrument=workflow,
        object=[taken],
        result=given,
        actionStatus=COMPLETED,
        **_times(runs),
    )
    crate.root_dataset.append_to("mentions", action)
    return action


def _action(
    crate: ROCrate, files: FileIndex, tool: Entity, run: Run, parameters: Parameters, choice: Choice
) -> Entity:
    """One job: its script, what it read and wrote, settings, packages, time and memory."""
    read = [(file.name, files.of(file)) for file in run.inputs]
    written = [(file.name, files.of(file)) for file in run.outputs]
    settings = [(key, _setting(crate, run.rule, key, value)) for key, value in _flat(run.settings)]
    for name, entity in (*read, *settings):
        parameters.link(tool, "input", name or "file", entity)
    for name, entity in written:
        parameters.link(tool, "output", name or "file", entity)
    wildcards = ", ".join(f"{key} {value}" for key, value in run.wildcards.items() if value)
    action = add(
        crate,
        f"#run/{quote(run.outputs[0].path)}",
        "CreateAction",
        name=f"{run.rule} {wildcards}".strip(),
        description=f"Rule {run.rule} makes {run.outputs[0].path}.",
        instrument=tool,
        object=distinct(entity for _, entity in (*read, *settings)),
        result=distinct(entity for _, entity in written),
        actionStatus=COMPLETED,
        environment=_environment(crate, run, choice),
        identifier=f"polyconcept-record-sha256:{run.sha256}",
        **_times([run]),
    )
    if run.peak_memory_mib is not None:
        action["resourceUsage"] = add(
            crate,
            f"#memory/{quote(run.outputs[0].path)}",
            "PropertyValue",
            name="peak memory",
            propertyID="peak-memory",
            value=run.peak_memory_mib,
            unitCode=MEBIBYTE,
            unitText="MiB",
        )
    return action


def _control(crate: ROCrate, run: Run, action: Entity) -> Entity:
    """Snakemake's part in a job: this step of the workflow became that run of a script."""
    return add(
        crate,
        f"#control/{quote(run.outputs[0].path)}",
        "ControlAction",
        name=f"orchestrate {action['name']}",
        instrument={"@id": f"Snakefile#{run.rule}"},
        object=action,
    )


def _setting(crate: ROCrate, rule: str, key: str, value: object) -> Entity:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    # Lists as text: a list of JSON-LD has no order.
    plain = value if isinstance(value, str | int | float) else text
    return add(
        crate, f"#setting/{rule}/{quote(key)}/{mark}", "PropertyValue", name=key, value=plain
    )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Settings by dotted key."""
    flat: list[tuple[str, object]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat += _flat(value, f"{prefix}{key}.")
        else:
            flat.append((f"{prefix}{key}", value))
    return flat


def _environment(crate: ROCrate, run: Run, choice: Choice) -> list[Entity]:
    """Python and packages, threads and device; the machine where it shall be named."""
    facts = {"python": run.python, **run.packages, "threads": run.threads}
    machine = DEVICE + (HOST if choice.host else ())
    facts |= {key: run.machine[key] for key in machine if run.machine.get(key) is not None}
    return [
        add(
            crate,
            f"#environment/{quote(name)}/{quote(str(value), safe='')}",
            "PropertyValue",
            name=name,
            value=value,
        )
        for name, value in facts.items()
    ]


def _times(runs: Sequence[Run]) -> dict[str, str]:
    def text(time: datetime) -> str:
        return time.isoformat(timespec="seconds")

    return {
        "startTime": text(min(run.started for run in runs)),
        "endTime": text(max(run.ended for run in runs)),
    }
