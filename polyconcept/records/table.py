"""Rows of the score table, chosen and grouped by their columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeAlias

from polyconcept.records.scores import Score

Column: TypeAlias = str | Callable[[Score], Any]
"""The name of a column or property of `Score`, or what is computed of a row."""

_NAMES = {field.name for field in fields(Score)} | {"is_plain", "pair", "languages"}


@dataclass(frozen=True, init=False)
class ScoreTable(Collection[Score]):
    """Some rows of a score table, in their order."""

    rows: tuple[Score, ...]
    """The rows."""

    def __init__(self, rows: Iterable[Score] = ()) -> None:
        object.__setattr__(self, "rows", tuple(rows))

    def __iter__(self) -> Iterator[Score]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row: object) -> bool:
        return row in self.rows

    @property
    def first(self) -> Score:
        """The first row, for the columns that all rows share."""
        return self.rows[0]

    def where(self, *tests: Callable[[Score], bool], **wanted: Any) -> ScoreTable:  # noqa: ANN401 - values of any column
        """Return the rows that pass all tests and have all wanted values.

        Args:
            tests: Functions that say of a row whether it is kept.
            wanted: Column -> its value, a collection of values, or a function that says of a
                value whether it is kept.

        Raises:
            ValueError: There is no such column.
        """
        kept = self.rows
        for name, value in wanted.items():
            get = _getter(name)
            if callable(value):
                kept = tuple(row for row in kept if value(get(row)))
            elif isinstance(value, Collection) and not isinstance(value, str):
                kept = tuple(row for row in kept if get(row) in value)
            else:
                kept = tuple(row for row in kept if get(row) == value)
        for test in tests:
            kept = tuple(row for row in kept if test(row))
        return ScoreTable(kept)

    def by(self, *columns: Column) -> dict[Any, ScoreTable]:
        """Return the rows of each value of a column, in order of first appearance.

        Of several columns a key is the tuple of their values.

        Raises:
            ValueError: There is no such column.
        """
        key = _key(columns)
        found: dict[Any, list[Score]] = {}
        for row in self.rows:
            found.setdefault(key(row), []).append(row)
        return {name: ScoreTable(rows) for name, rows in found.items()}

    def one_by(
        self, *columns: Column, twice: Callable[[Score], str] | None = None
    ) -> dict[Any, Score]:
        """Return the only row of each value, in order of first appearance; keys as of `by`.

        Args:
            columns: What no two rows may have in common.
            twice: What an error says of the second such row.

        Raises:
            ValueError: Two rows have the same values, or there is no such column.
        """
        key = _key(columns)
        found: dict[Any, Score] = {}
        for row in self.rows:
            name = key(row)
            if name in found:
                raise ValueError((twice or _twice)(row))
            found[name] = row
        return found

    def values(self, column: Column = "value") -> tuple[Any, ...]:
        """Return a column."""
        return tuple(map(_key((column,)), self.rows))

    def unique(self, *columns: Column) -> tuple[Any, ...]:
        """Return the values of a column, each once, in order of first appearance."""
        key = _key(columns)
        return tuple(dict.fromkeys(key(row) for row in self.rows))

    def parts_of_means(self, *columns: str) -> dict[tuple[Any, ...], str]:
        """Return columns and single fine-tuning -> its mean with others, where both have rows."""
        runs = set(self.unique(*columns, "variant"))
        return {
            (*place, part): mean
            for *place, mean in sorted(runs)
            if "+" in mean
            for part in mean.split("+")
            if (*place, part) in runs
        }


def known(value: object) -> bool:
    """Return whether a value is given: what `where` keeps of a column that may be none."""
    return value is not None


def _key(columns: tuple[Column, ...]) -> Callable[[Score], Any]:
    """Return what gives a row's key, a tuple where there are several columns."""
    getters = [column if callable(column) else _getter(column) for column in columns]
    if len(getters) == 1:
        return getters[0]
    return lambda row: tuple(get(row) for get in getters)


def _getter(name: str) -> Callable[[Score], Any]:
    if name not in _NAMES:
        raise ValueError(f"a score has no column {name}; there are: {', '.join(sorted(_NAMES))}")
    return attrgetter(name)


def _twice(row: Score) -> str:
    return f"two rows of {row.metric} differ in nothing but their value: {row}"
