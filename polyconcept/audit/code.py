"""Fingerprints of the code behind a result.

Snakemake does not see edits in modules that a script imports, and judges a script by its time
stamp; so each rule carries the content hash of everything of ours that its script can reach.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from polyconcept.audit.notes import read_note, write_note

PACKAGE = "polyconcept"

KNOWN = Path("results/.code.json")
"""Where Snakemake and its jobs tell each other what they have found out of the code."""

UNCOUNTED = ("polyconcept.audit", "polyconcept.machine.logs", "polyconcept.store.results")
"""Modules that only watch a job, or open its results for a reader (`polyconcept.load`).

They cannot change a result, so no import of them is followed.
"""

DATA_FILES = {
    "polyconcept/builtin/read_lexicon.py": "lexicon/*.tsv",
    "polyconcept/explorer/page.py": "bundle/explorer.*",
}
"""Module -> pattern, from its folder, of the data files that it reads as if they were code."""


class CodeError(ValueError):
    """Code that no fingerprint can be taken of."""


@dataclass(frozen=True)
class _Facts:
    """What counts of a file, which follows from its bytes."""

    meaning: str
    """SHA-256 of the syntax tree, or of the bytes where it is no Python."""
    modules: tuple[str, ...]
    """Names of the package's modules that its import statements may mean."""


_known: dict[str, _Facts] = {}
"""By SHA-256 of a file's bytes."""


def recall(place: Path) -> None:
    """Learn from a file that `keep` wrote what other processes have found out of the same code.

    To parse all that a script imports takes longer than many jobs. It is known of the content of
    files, so that it is never out of date. A file that is not there or not readable teaches
    nothing.
    """
    _known.update(_kept(place))


def keep(place: Path) -> None:
    """Write what is known of code to a file, for `recall`, where the file does not say all of it.

    Raises:
        OSError: As `write_note`.
    """
    before = _kept(place)
    if _known.keys() <= before.keys():
        return
    files = {key: asdict(facts) for key, facts in sorted((before | _known).items())}
    write_note({"python": platform.python_version(), "files": files}, place)


def _kept(place: Path) -> dict[str, _Facts]:
    try:
        found = read_note(place)
        if found["python"] != platform.python_version():  # others have other syntax trees
            return {}
        files = found["files"].items()
        return {key: _Facts(f["meaning"], tuple(f["modules"])) for key, f in files}
    except (KeyError, TypeError, AttributeError):
        # It only saves time: what is not known is parsed.
        return {}


def code_fingerprint(script: Path, root: Path, kinds: Iterable[str] = ()) -> str:
    """Return the SHA-256 (hex) over the script and all modules of the package that it can import.

    Comments and blank lines do not count: of Python files, what is hashed is the syntax tree.
    Arguments and errors are those of `code_files`.
    """
    digest = hashlib.sha256()
    for path in code_files(script, root, kinds):
        top = root.resolve()
        name = path.relative_to(top).as_posix() if path.is_relative_to(top) else path.name
        digest.update(f"{name}\n{_facts(path).meaning}\n".encode())
    return digest.hexdigest()


def code_files(script: Path, root: Path, kinds: Iterable[str] = ()) -> tuple[Path, ...]:
    """Return the script, the modules of the package behind it, and data that they read, by path.

    Args:
        script: A Python file.
        root: The folder that holds the package.
        kinds: Names of modules that it loads by name (`polyconcept.machine.kinds`).

    Raises:
        CodeError: A file has a syntax error, or imports by a relative name; with file and line.
        FileNotFoundError: There is no such script, or no module of that name.
    """
    reached: set[Path] = set()
    waiting = [script.resolve()]
    for kind in kinds:
        found = list(_files_of(kind, root.resolve()))
        if not found or found[-1].stem != kind.rpartition(".")[2]:
            raise FileNotFoundError(f"{kind}: no such module below {root}")
        waiting += found
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _files_behind(path, root.resolve())
    # By path: a fingerprint does not depend on the order of imports.
    return tuple(sorted(reached))


# Snakemake asks for each rule's code once at its start: what does not change is read once.
@cache
def _facts(path: Path) -> _Facts:
    content = path.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    if path.suffix != ".py":
        return _Facts(key, ())
    if key not in _known:
        # Without the places of the nodes, which `dump` leaves out: moved code means the same.
        tree = _parsed(path, content)
        modules = {module for node in ast.walk(tree) for module in _modules_of(node, path)}
        meaning = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
        _known[key] = _Facts(meaning, tuple(sorted(modules)))
    return _known[key]


def _parsed(path: Path, content: bytes) -> ast.Module:
    try:
        return ast.parse(content)
    except SyntaxError as error:
        raise CodeError(f"{path}, line {error.lineno}: no valid Python: {error.msg}") from error


def read_anew() -> None:
    """Forget which files of code were read, so that the next fingerprint is of what they hold."""
    _facts.cache_clear()
    _files_behind.cache_clear()


@cache
def _files_behind(path: Path, root: Path) -> tuple[Path, ...]:
    files = {file for module in _facts(path).modules for file in _files_of(module, root)}
    for module, pattern in DATA_FILES.items():
        if path == root / module:
            files.update(path.parent.glob(pattern))
    return tuple(sorted(files))


def _modules_of(node: ast.AST, path: Path) -> Iterator[str]:
    """Yield the names of the package's modules that an import statement may mean."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        if node.level or not node.module:
            raise CodeError(
                f"{path}, line {node.lineno}: a relative import; needed the module's whole name, "
                f"such as {PACKAGE}.records: fingerprints follow those only"
            )
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        return
    yield from (name for name in names if name.split(".")[0] == PACKAGE)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """Yield the module's file and those of the packages it stands in, which are run with it."""
    parts = module.split(".")
    if parts[0] != PACKAGE or f"{module}.".startswith(tuple(f"{name}." for name in UNCOUNTED)):
        return
    for length in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:length])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                yield candidate
