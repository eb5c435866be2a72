"""Types that all settings share: names that may become parts of paths, counts, shares."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    WithJsonSchema,
)
from pydantic_core import core_schema

from polyconcept.records.cluster_counts import AUTO
from polyconcept.records.repositories import check_repository, check_revision

# 64 characters: a pair's two names and an ending stay a name that Linux takes (255 bytes). Names on
# the hub have 96 at most (`validate_repo_id` of huggingface_hub).
NAME = r"[A-Za-z0-9][A-Za-z0-9_.]{0,63}"
PAIR = f"{NAME}-{NAME}"
REPOSITORY = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,95}"
_NO_TEXT = {"NA", "NULL", "None", "null", "true", "false", "True", "False", "TRUE", "FALSE"}
"""Besides numbers, what readers of CSV do not take for text (pandas, pyarrow, R)."""


def _stays_text(name: str) -> str:
    """Return a name, or the two of a pair, that any reader of the score table takes for text."""
    for part in name.split("-"):
        if part in _NO_TEXT or _is_number(part):
            raise ValueError(
                f"'{part}' is read as a number, a truth value or a missing one where the score "
                f"table is loaded; choose a name such as '{part}_'"
            )
    return name


def _at_home(place: str) -> str:
    """Return a path with the user's home in place of ``~``, as a shell gives it."""
    found = os.path.expanduser(place)  # noqa: PTH111 - Path would drop a ./ that the file has
    if found.startswith("~"):
        name = found.split("/")[0]
        raise ValueError(f"found {place!r}: there is no home of {name}; ./{name} is a name with ~")
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text  # 1_000 is a number in Python alone


Folder = Annotated[str, Field(pattern=f"^{NAME}$")]
"""A name that becomes part of a path: no separator, no hyphen (pairs are joined by one)."""
Name = Annotated[Folder, AfterValidator(_stays_text)]
"""A name that stands in the score table as well."""
Place = Annotated[str, Field(min_length=1), AfterValidator(_at_home)]
"""Where a file or folder of the user stands; an empty one would be the root of the disk."""
Pair = Annotated[str, Field(pattern=f"^{PAIR}$"), AfterValidator(_stays_text)]
Repository = Annotated[str, Field(pattern=f"^{REPOSITORY}$"), AfterValidator(check_repository)]
"""Name of a repository on the hub, ``owner/name``."""
Revision = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$"), AfterValidator(check_revision)
]
"""A branch, tag, pull request (``refs/pr/1``) or commit."""


def _no_truth(value: object) -> object:
    """Refuse true and false, which Python would count as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(
            f"needed a number, found {str(value).lower()} (YAML reads yes, no, on and off so)"
        )
    return value


def _no_negative_zero(value: float) -> float:
    """Return 0.0 for -0.0, which is equal and yet another setting to a job."""
    return value + 0.0


MOST = 10**9
"""More of anything is a slip of the hand: no machine holds so many words, layers or steps."""
_Number = Annotated[
    float, BeforeValidator(_no_truth), Field(allow_inf_nan=False), AfterValidator(_no_negative_zero)
]
Count = Annotated[int, BeforeValidator(_no_truth), Field(ge=1, le=MOST)]
CountOrAuto = Annotated[
    int | Literal["auto"],
    # A plain union would name both of its kinds in the message of one fault.
    GetPydanticSchema(
        lambda _, schema_of: core_schema.no_info_wrap_validator_function(
            lambda value, count_of: AUTO if value == AUTO else count_of(value),
            schema_of(Count),
            serialization=core_schema.simple_ser_schema("any"),
        )
    ),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST}, {"const": "auto"}]}
    ),
]
"""A count, or ``auto``."""
Start = Annotated[int, BeforeValidator(_no_truth), Field(ge=0, le=MOST)]
Layer = Annotated[int, BeforeValidator(_no_truth), Field(ge=0, le=1000)]
Share = Annotated[_Number, Field(ge=0, le=1)]
Positive = Annotated[_Number, Field(gt=0, le=1e6)]
# As NumPy's and scikit-learn's.
Seed = Annotated[int, BeforeValidator(_no_truth), Field(ge=0, lt=2**32)]


class Frozen(BaseModel):
    """Settings that cannot change once read; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def needs_one_of(settings: Any, *names: str) -> None:  # noqa: ANN401 - any settings class
    """Refuse settings where not exactly one of the keys `names` is given.

    Raises:
        ValueError: Naming the keys and those that are given.
    """
    given = [name for name in names if getattr(settings, name) is not None]
    if len(given) != 1:
        *first, last = [f"`{name}`" for name in names]
        raise ValueError(
            f"needs exactly one of {', '.join(first)} and {last}, has {given or 'none'}"
        )
