"""The workflow, its scripts and steps, and what they take and give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from polyconcept.audit.code import code_fingerprint
from polyconcept.audit.crate_files import FileIndex, add
from polyconcept.audit.crate_runs import CrateError
from polyconcept.audit.places import script_name
from polyconcept.audit.runs import RunRecord

LICENSE = "https://spdx.org/licenses/Apache-2.0"
PYTHON = "https://www.python.org/"
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
SNAKEFILE = "Snakefile"
# What one needs, besides the scripts and what they import, to read the workflow and to run it.
ALONGSIDE = (
    "workflow/*.py",
    "workflow/rules/*.smk",
    "workflow/report/*.rst",
    "envs/environment.yaml",
    "envs/requirements.lock",
    "LICENSE",
    "CITATION.cff",
)


class Parameters:
    """Formal parameters of the workflow and its scripts, each with the values it had."""

    def __init__(self, crate: ROCrate) -> None:
        self._crate = crate
        self._linked: set[tuple[str, str]] = set()

    def link(self, owner: Entity, direction: str, name: str, value: Entity) -> None:
        """Say that a workflow or script took (``input``) or gave (``output``) a value."""
        # A setting and a file may have one name.
        group = "setting" if value.type == "PropertyValue" else direction
        identifier = f"#parameter/{owner['name']}/{group}/{name}"
        parameter = self._crate.get(identifier)
        if parameter is None:
            parameter = add(
                self._crate, identifier, "FormalParameter", name=name, additionalType=[]
            )
            owner.append_to(direction, parameter)
        if (identifier, value.id) in self._linked:
            return
        self._linked.add((identifier, value.id))
        kinds = value.type if isinstance(value.type, list) else [value.type]
        if kinds[0] not in parameter["additionalType"]:
            parameter.append_to("additionalType", kinds[0])
        parameter.append_to("workExample", value)
        value.append_to("exampleOfWork", parameter)


def add_workflow(
    crate: ROCrate,
    files: FileIndex,
    runs: Sequence[RunRecord],
    root: Path,
    authors: Iterable[Entity],
) -> Entity:
    """Add the Snakefile as main entity, and what lies alongside.

    Raises:
        CrateError: there is no Snakefile.
    """
    facts: dict[str, object] = dict(files.take(SNAKEFILE))
    facts |= {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "conformsTo": {"@id": BIOSCHEMAS},
        "license": {"@id": LICENSE},
        "author": list(authors),
        "version": _version(runs),
    }
    workflow = crate.add_workflow(
        files.sources[SNAKEFILE],
        dest_path=SNAKEFILE,
        main=True,
        lang="snakemake",
        lang_version=_one([run.packages.get("snakemake") for run in runs]),
        properties=facts,
    )
    for pattern in ALONGSIDE:
        for path in sorted(root.glob(pattern)):
            files.pack(path.relative_to(root).as_posix())
    return workflow


def add_tools(
    crate: ROCrate, files: FileIndex, workflow: Entity, runs: Sequence[RunRecord], root: Path
) -> dict[str, Entity]:
    """Add the script of each rule with the modules it needs, and the workflow's step for it.

    The scripts' entities come by rule, in the order in which their first jobs started.

    Raises:
        CrateError: a script is missing or is not the one that ran.
    """
    add(crate, PYTHON, "ComputerLanguage", name="Python", url=PYTHON)
    tools: dict[str, Entity] = {}
    for run in runs:
        if run.rule in tools:
            continue
        path = f"workflow/scripts/{script_name(run.rule)}"
        same = [rule for rule in tools if script_name(rule) == script_name(run.rule)]
        if same:
            tools[run.rule] = tools[same[0]]
            _add_step(crate, workflow, run.rule, tools)
            continue
        _check_code(run, path, root)
        properties = {
            "@type": ["File", "SoftwareSourceCode"],
            "name": run.rule,
            "version": _version([one for one in runs if one.rule == run.rule]),
            "programmingLanguage": {"@id": PYTHON},
            "license": {"@id": LICENSE},
        }
        tools[run.rule] = files.pack(path, properties)
        for module in sorted(run.code.files):
            files.pack(module)
        workflow.append_to("hasPart", tools[run.rule])
        _add_step(crate, workflow, run.rule, tools)
    return tools


def add_engine(crate: ROCrate, runs: Sequence[RunRecord]) -> Entity:
    """Add Snakemake as the program that organised the jobs."""
    version = _one([run.packages.get("snakemake") for run in runs])
    url = "https://pypi.org/project/snakemake/"
    properties = {"name": "Snakemake", "url": "https://snakemake.readthedocs.io"}
    if version is not None:
        url, properties["softwareVersion"] = f"{url}{quote(version)}/", version
    return add(crate, url, "SoftwareApplication", **properties)


def _add_step(crate: ROCrate, workflow: Entity, rule: str, tools: Mapping[str, Entity]) -> None:
    properties = {"name": rule, "position": str(len(tools)), "workExample": tools[rule]}
    workflow.append_to("step", add(crate, f"{SNAKEFILE}#{rule}", "HowToStep", **properties))


def _check_code(run: RunRecord, path: str, root: Path) -> None:
    """Refuse a script that means something else than the one that made the results."""
    if not (root / path).is_file():
        raise CrateError(f"{path}: missing; it made {run.outputs[0].path}")
    kinds = run.params.get("kinds", ())
    then, now = run.code.fingerprint, code_fingerprint(root / path, root, kinds)
    # A rule that does not run again for its code, such as a download, has no fingerprint.
    if then not in (None, now):
        commit = f" (commit {run.git.commit})" if run.git else ""
        raise CrateError(
            f"{run.outputs[0].path}: the code of rule {run.rule} is another one since it was made: "
            f"fingerprint {str(then)[:12]}...{commit}, now {now[:12]}...; run the study "
            f"again, or pack it from the code that made it"
        )


def _version(runs: Sequence[RunRecord]) -> str:
    """Return the commits that ran, in order of first use; "unknown" outside of a repository."""
    commits = [
        f"{run.git.commit}{' with uncommitted changes' if run.git.dirty else ''}"
        for run in runs
        if run.git is not None
    ]
    return ", ".join(dict.fromkeys(commits)) or "unknown"


def _one(versions: Sequence[str | None]) -> str | None:
    """Return all versions in use, mostly one."""
    return ", ".join(sorted({version for version in versions if version})) or None
