"""A crate on disk: a folder, and a zip of it with the same bytes each time."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rocrate.rocrate import ROCrate

from polyconcept.audit.crate_files import Choice
from polyconcept.audit.crate_graph import FinishedStudy, describe
from polyconcept.audit.crate_runs import CrateError
from polyconcept.machine.atomic import atomic_directory, atomic_path

METADATA = "ro-crate-metadata.json"
# The first moment that zip knows.
MOMENT = (1980, 1, 1, 0, 0, 0)
# Type and rights as Unix has them, in the upper 16 bits; 0x10 says "folder" to MS-DOS (APPNOTE.TXT,
# 4.4.15). Without them some programs unpack files that nobody may read.
PLAIN_FILE = 0o100644 << 16
PLAIN_FOLDER = 0o040755 << 16 | 0x10


@dataclass(frozen=True)
class CratePaths:
    """Where a crate stands."""

    folder: Path
    """The crate as a folder."""
    zip: Path
    """The same, as one file."""


def pack(study: FinishedStudy, root: Path, choice: Choice) -> CratePaths:
    """Write ``results/{study}.crate`` and ``results/{study}.crate.zip`` in the project's folder.

    Raises:
        CrateError: a file is missing or was changed after it was made; a script is not the one
            that ran; something else than a crate stands in the way.
        OSError: as raised by the system.
    """
    folder = root / "results" / f"{study.name}.crate"
    if folder.exists() and not (folder / METADATA).is_file():
        raise CrateError(
            f"results/{folder.name}: no crate of ours (it has no {METADATA}); move it away first"
        )
    crate, files = describe(study, root, choice)
    with atomic_directory(folder) as new:
        (new / METADATA).write_text(_metadata_text(crate), encoding="utf-8", newline="")
        for path, source in files.sources.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, new / path)
    archive = folder.with_name(f"{folder.name}.zip")
    with atomic_path(archive) as temporary:
        _zip(folder, temporary)
    return CratePaths(folder=folder, zip=archive)


def _metadata_text(crate: ROCrate) -> str:
    """Return RO-Crate's JSON: its own two entities first, the others in order of name."""
    document = crate.metadata.generate()
    first = (METADATA, "./")
    document["@graph"] = [
        {key: _compact(value) for key, value in entity.items()} for entity in document["@graph"]
    ]
    # RO-Crate asks for no order; a fixed one gives the same study the same bytes.
    document["@graph"].sort(key=lambda one: (one["@id"] not in first, one["@id"]))
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _compact(value: object) -> object:
    """Return a list of one as that one: RO-Crate 1.1's way to write it."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _zip(folder: Path, path: Path) -> None:
    """Write folders and files in order of name, without times, rights or compression.

    Compressed bytes differ between builds of zlib; stored ones do not. Folders have entries of
    their own: a reader that looks for a model's folder finds it by that.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for inside in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
            name = inside.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(f"{name}/" if inside.is_dir() else name, MOMENT)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = PLAIN_FOLDER if inside.is_dir() else PLAIN_FILE
            if inside.is_dir():
                archive.writestr(entry, b"")
                continue
            # Told before: by it zipfile decides whether the entry needs ZIP64 (above 2 GiB).
            entry.file_size = inside.stat().st_size
            with inside.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
