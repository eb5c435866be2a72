"""Begin a study: its file, and a schema by which editors complete its keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from polyconcept.cli import project
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.study.base import Name
from polyconcept.study.schema import Study

SCHEMA = "study.schema.json"


def init(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the study and of its results.")
    ],
) -> None:
    """Begin a study on your own files: studies/NAME.yaml, to fill in.

    Beside it stands the schema by which editors complete its keys and mark what is wrong. A study
    that is there already is left as it is.
    """
    with project.faults_told():
        path = begin_study(name.removesuffix(".yaml"), Path("studies"))
    project.say(f"{path}: put your paths in, then: polyconcept check {path}")


def begin_study(name: str, folder: Path) -> Path:
    """Write the file of a study on a user's own files, and the schema beside it; return the file.

    Raises:
        ValueError: It is no name of a study.
        FileExistsError: There is such a file already.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        [fault, *_] = error.errors()
        said = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "string_pattern_mismatch":
            said = (
                "needed letters, digits, `_` and `.`, and no folder: the file is studies/NAME.yaml"
            )
        raise ValueError(f"found {name!r} as the name of a study; {said}") from None
    path = folder / f"{name}.yaml"
    if path.exists():
        raise FileExistsError(f"{path}: is there already; choose another name, or move it")
    text = (project.ROOT / "studies/local.yaml").read_text(encoding="utf-8")
    # Replaced in the text: YAML read and written again would lose the comments.
    text = re.sub(r"^name: .*$", f"name: {name}", text, count=1, flags=re.MULTILINE)
    folder.mkdir(parents=True, exist_ok=True)
    schema = json.dumps(Study.model_json_schema(), indent=1) + "\n"
    write_text_atomic(folder / SCHEMA, schema)
    write_text_atomic(path, f"# yaml-language-server: $schema={SCHEMA}\n{text}")
    return path
