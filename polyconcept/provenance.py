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

__all__ = ["code_files", "code_fingerprint"]

PACKAGE = "polyconcept"


def code_fingerprint(script: Path, root: Path) -> str:
    """SHA-256 (hex) over the script and all modules of the package that it can import.

    Comments and blank lines do not count: what is hashed is the syntax tree.

    Args:
        script: A Python file.
        root: The folder that holds the package.
    """
    digest = hashlib.sha256()
    for path in code_files(script, root):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        digest.update(f"{name}\n{_syntax(path)}\n".encode())
    return digest.hexdigest()


def code_files(script: Path, root: Path) -> tuple[Path, ...]:
    """The script and the package's modules that it imports, directly or not, in order of path."""
    reached: set[Path] = set()
    waiting = [script.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _imported_files(path, root.resolve())
    return tuple(sorted(reached))


@cache
def _syntax(path: Path) -> str:
    return ast.dump(ast.parse(path.read_text(encoding="utf-8")))


@cache
def _imported_files(path: Path, root: Path) -> tuple[Path, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {module for node in ast.walk(tree) for module in _modules_of(node)}
    files = {file for module in modules for file in _files_of(module, root)}
    return tuple(sorted(files))


def _modules_of(node: ast.AST) -> Iterator[str]:
    """Names of the package's modules that an import statement may mean."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The module's file and those of the packages it stands in, which are run with it."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:length])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                yield candidate
