"""Which files of a study go into its crate, and what is said of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from polyconcept.audit.crate_runs import CrateError
from polyconcept.audit.runs import FileState, RunRecord, record_path
from polyconcept.store.content import content_sha256, files_inside

# Folders of a study's results that are left out unless asked for, with the choice that asks.
LEFT_OUT = {
    "vectors": "vectors",
    "models": "vectors",
    "corpora": "text",
    "tasks": "text",
    "explorer": "text",
}
HDF5 = (".h5", ".hdf5")
FORMATS = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".rst": "text/x-rst",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
}
TEXT = (".conll", ".lock", ".smk", ".txt", "")


@dataclass(frozen=True)
class Choice:
    """What goes into the crate besides the results that are always there."""

    vectors: bool = False
    """Word vectors and models: large."""
    kept: bool = True
    """Whether the study keeps its vectors; those that were removed are named, and not packed."""
    text: bool = False
    """Corpora and labels, which may belong to others."""
    host: bool = False
    """Names of the machines, SLURM's job numbers."""


class FileIndex:
    """The files and folders of a study's crate: one entity for each path that a job names.

    Attributes:
        sources: where each file that is packed stands, by its path in the crate.
    """

    def __init__(self, crate: ROCrate, results: str, root: Path, choice: Choice) -> None:
        """Start without files; `results` is a folder such as ``results/demo``."""
        self.sources: dict[str, Path] = {}
        self._crate = crate
        self._results = f"{results}/"
        self._root = root
        # A user may keep results elsewhere, by a link that is theirs.
        homes = (root, root / "results", root / results)
        self._homes = tuple(home.resolve() for home in homes)
        self._choice = choice
        self._entities: dict[str, Entity] = {}

    def of(self, state: FileState) -> Entity:
        """Return the entity of what a job read or wrote."""
        key = f"{state.path} {state.sha256}"
        if key not in self._entities:
            self._entities[key] = self._new(state)
        return self._entities[key]

    def pack(self, path: str, properties: Mapping[str, object] | None = None) -> Entity:
        """Put a file of the project, such as a script, into the crate."""
        known = self._crate.get(quote(path))
        if known is not None:
            return known
        facts = self.take(path) | dict(properties or {})
        return self._crate.add_file(self.sources[path], dest_path=path, properties=facts)

    def take(self, path: str) -> dict[str, str]:
        """Let a file's bytes into the crate; gives its facts, for an entity that another adds."""
        source = self._source(path)
        self.sources[path] = source
        return {"name": path} | _facts(source)

    def record_sha256(self, run: RunRecord) -> str:
        """Return the SHA-256 of a job's run record."""
        return content_sha256(self._root / record_path(run.outputs[0].path))

    def _new(self, state: FileState) -> Entity:
        if not self._is_packed(state.path):
            return self._described(state)
        source = self._source(state.path)
        now = content_sha256(source)
        # The crate's graph says what made a file: that must be the file which is packed.
        if now != state.sha256:
            raise CrateError(
                f"{state.path}: its content has SHA-256 {now[:12]}..., its run record says "
                f"{state.sha256[:12]}...: it was changed after it was made"
            )
        if source.is_dir():
            return self._folder(state, source)
        known = {"identifier": _content_identifier(state)} if _is_hdf5(state.path) else {}
        return self.pack(state.path, known)

    def _source(self, path: str) -> Path:
        """Return where a file or folder of the project stands; refuse others."""
        source = (self._root / path).resolve()
        inside = any(source.is_relative_to(home) for home in self._homes)
        if ".." in PurePosixPath(path).parts or not inside:
            raise CrateError(f"{path}: lies outside of the project; only what is inside is packed")
        if not source.exists():
            raise CrateError(f"{path}: missing")
        return source

    def _is_packed(self, path: str) -> bool:
        """Return whether a path is one of the study's results that the choice lets in."""
        if not path.startswith(self._results):
            return False
        folder = path.removeprefix(self._results).split("/")[0]
        if folder == "vectors" and not self._choice.kept and not (self._root / path).exists():
            return False
        return folder not in LEFT_OUT or bool(getattr(self._choice, LEFT_OUT[folder]))

    def _described(self, state: FileState) -> Entity:
        """Return an entity with a local identifier, RO-Crate's way to name what is not packed."""
        path = _public_path(state)
        is_folder = (self._root / state.path).is_dir()
        properties = {
            "name": path,
            "description": "Not in this crate; known by its hash.",
            "contentSize": str(state.bytes),
        }
        # `sha256` means the bytes, which for HDF5 and folders is another hash than the record's.
        if is_folder or _is_hdf5(path):
            properties["identifier"] = _content_identifier(state)
        else:
            properties["sha256"] = state.sha256
        if not is_folder:
            properties["encodingFormat"] = _format_of(path)
        kind = "Dataset" if is_folder else "File"
        return add(self._crate, f"#{quote(path)}", kind, **properties)

    def _folder(self, state: FileState, source: Path) -> Entity:
        """Return a packed folder with its files, hidden ones left out as in its hash."""
        folder = self._crate.add_dataset(
            dest_path=state.path,
            properties={"name": state.path, "identifier": _content_identifier(state)},
        )
        for inside in files_inside(source):
            folder.append_to("hasPart", self.pack(f"{state.path}/{inside}"))
        return folder


def _facts(source: Path) -> dict[str, str]:
    """Return the size, format and SHA-256 of a file's bytes."""
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "contentSize": str(source.stat().st_size),
        "encodingFormat": _format_of(source.name),
        "sha256": digest,
    }


def _is_hdf5(path: str) -> bool:
    return path.endswith(HDF5)


def _format_of(path: str) -> str:
    suffix = PurePosixPath(path).suffix
    return FORMATS.get(suffix, "text/plain" if suffix in TEXT else "application/octet-stream")


def _content_identifier(state: FileState) -> str:
    """Return the hash of a run record, where it is not the one of the bytes."""
    return f"polyconcept-content-sha256:{state.sha256}"


def _public_path(state: FileState) -> str:
    """Return the path within the project; of one outside just the name, and what tells it apart.

    A path on someone's machine says who they are and means nothing elsewhere.
    """
    path = PurePosixPath(state.path)
    if path.is_absolute() or ".." in path.parts:
        return f"outside/{state.sha256[:12]}/{path.name}"
    return str(path)


def add(crate: ROCrate, identifier: str, kind: str, /, **properties: object) -> Entity:
    """Return the crate's entity of this identifier; a new one where there is none."""
    known = crate.get(identifier)
    if known is not None:
        return known
    entity = crate.add_jsonld({"@id": identifier, "@type": kind})
    for name, value in properties.items():
        entity[name] = value
    return entity


def distinct(entities: Iterable[Entity]) -> list[Entity]:
    """Return each entity once, in order of first appearance."""
    return list({entity.id: entity for entity in entities}.values())
