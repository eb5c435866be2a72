"""Draw which rooms of the package import which, and put the picture into docs/ARCHITECTURE.md."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
PACKAGE = "polyconcept"
BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)
EVERYWHERE = ("machine", "records")
"""Rooms that nearly all others import: their arrows would hide the rest."""


def imported_rooms(package: Path) -> dict[str, set[str]]:
    """Return the other rooms that the modules of each room, a folder of the package, import."""
    found: dict[str, set[str]] = {}
    for path in sorted(package.glob("*/**/*.py")):
        room = path.relative_to(package).parts[0]
        names = {name for node in ast.walk(ast.parse(path.read_text())) for name in _names(node)}
        rooms = {name.split(".")[1] for name in names if name.startswith(f"{package.name}.")}
        found.setdefault(room, set()).update(rooms - {room})
    return found


def picture(rooms: dict[str, set[str]]) -> str:
    """Return the arrows between rooms as a Mermaid block."""
    arrows = [
        f"  {room} --> {' & '.join(shown)}"
        for room in sorted(rooms)
        if room not in EVERYWHERE and (shown := sorted(rooms[room].difference(EVERYWHERE)))
    ]
    drawn = " ".join(arrows).split()
    alone = [f"  {room}" for room in sorted(rooms) if room not in (*drawn, *EVERYWHERE)]
    return "\n".join(["```mermaid", "graph LR", *arrows, *alone, "```"])


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the whole names that an import statement may mean."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def main() -> None:
    """Replace the picture in the page; fail where the page has none."""
    drawn = picture(imported_rooms(ROOT / PACKAGE))
    text, n_found = BLOCK.subn(lambda _: drawn, PAGE.read_text())
    if n_found != 1:
        sys.exit(f"{PAGE}: found {n_found} Mermaid blocks, needed 1")
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
