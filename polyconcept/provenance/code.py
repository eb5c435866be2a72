"""Fingerprints of the code behind a result.

Snakemake does not see edits in modules that a script imports, and judges a script by its time
stamp; so each rule carries the content hash of everything of ours that its script can reach.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["DATA_FILES", "UNCOUNTED", "CodeError", "code_files", "code_fingerprint"]

PACKAGE = "polyconcept"

UNCOUNTED = ("polyconcept.jobs", "polyconcept.logs", "polyconcept.provenance")
"""Modules that only watch a job: they cannot change a result, so no import of them is followed."""

DATA_FILES = {"polyconcept/builtin/_lexicon.py": "lexicon/*.tsv"}
"""Module -> pattern, from its folder, of the data files that it reads as if they were code."""


class CodeError(ValueError):
    """Code that no fingerprint can be taken of."""


def code_fingerprint(script: Path, root: Path) -> str:
    """SHA-256 (hex) over the script and all modules of the package that it can import.

    Comments and blank lines do not count: of Python files, what is hashed is the syntax tree.

    Args:
        script: A Python file.
        root: The folder that holds the package.

    Raises:
        CodeError: As `code_files`.
    """
    digest = hashlib.sha256()
    for path in code_files(script, root):
        top = root.resolve()
        name = path.relative_to(top).as_posix() if path.is_relative_to(top) else path.name
        digest.update(f"{name}\n{_meaning(path)}\n".encode())
    return digest.hexdigest()


def code_files(script: Path, root: Path) -> tuple[Path, ...]:
    """The script, the package's modules that it imports, directly or not, and data that they read.

    Args:
        script: A Python file.
        root: The folder that holds the package.

    Returns:
        The files in order of path.

    Raises:
        CodeError: A file has a syntax error, or imports by a relative name; with file and line.
        FileNotFoundError: There is no such script.
    """
    reached: set[Path] = set()
    waiting = [script.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _files_behind(path, root.resolve())
    return tuple(sorted(reached))


# Snakemake asks for each rule's code once at its start: what does not change is read once.
@cache
def _meaning(path: Path) -> str:
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return ast.dump(_parsed(path))


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise CodeError(f"{path}, line {error.lineno}: no valid Python: {error.msg}") from error


@cache
def _files_behind(path: Path, root: Path) -> tuple[Path, ...]:
    if path.suffix != ".py":
        return ()
    modules = {module for node in ast.walk(_parsed(path)) for module in _modules_of(node, path)}
    files = {file for module in modules for file in _files_of(module, root)}
    for module, pattern in DATA_FILES.items():
        if path == root / module:
            files.update(path.parent.glob(pattern))
    return tuple(sorted(files))


def _modules_of(node: ast.AST, path: Path) -> Iterator[str]:
    """Names of the package's modules that an import statement may mean."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level or not node.module:
            raise CodeError(
                f"{path}, line {node.lineno}: a relative import; needed the module's whole name, "
                f"such as {PACKAGE}.records: fingerprints follow those only"
            )
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The module's file and those of the packages it stands in, which are run with it."""
    parts = module.split(".")
    if parts[0] != PACKAGE or ".".join(parts[:2]) in UNCOUNTED:
        return
    for length in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:length])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                yield candidate
