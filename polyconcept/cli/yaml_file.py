"""A study's file as keys and values: what YAML would pass over in silence is refused with its line.

A file that repeats itself without end would hang YAML's own reader, and Snakemake would run the
code in one with `__use_yte__`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from polyconcept.study.parse import SettingsError

# Far more than the full study has: 12 kB, 400 values, 6 levels.
MOST_BYTES = 2**20
MOST_FAULTS = 20
MOST_LEVELS = 30
MOST_VALUES = 100_000
"""Where every alias is replaced by what it stands for."""
_TAG = "tag:yaml.org,2002:"
_KINDS = {"bool": "true or false", "null": "nothing", "int": "a number", "float": "a number"}
_KINDS |= {"timestamp": "a date"}
# Plain in other programs, but numbers of another base to YAML 1.1.
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SIXTIES = re.compile(r"[-+]?[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?")
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# So many characters of text count as one more value.
_VALUE_LENGTH = 64


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the keys and values of a study's file, in UTF-8; aliases and merge keys are followed.

    Raises:
        SettingsError: There is no such file, it cannot be read, or it is no single mapping with
            text as keys, each of them once; one line for each fault, with file and line.
    """
    reader = _Reader(path, _text_of(path))
    try:
        reader.check_size()
        node = reader.composed()
        # An alias brings the same fault again; the first few are enough to go by.
        if faults := list(islice(dict.fromkeys(reader.faults_of(node)), MOST_FAULTS)):
            raise SettingsError("\n".join(faults))
        return reader.built(node)
    except yaml.reader.ReaderError as error:
        line = len(_LINE_END.findall(reader.text, 0, error.position)) + 1
        raise reader.error(line, f"the character U+{error.character:04X} is not allowed") from None
    except yaml.MarkedYAMLError as error:
        raise reader.error(*_place_and_problem(error)) from None


def _text_of(path: Path) -> str:
    try:
        # To open a pipe is to wait for its writer.
        if path.exists() and not path.is_file():
            found = "a folder" if path.is_dir() else "something else"
            raise SettingsError(f"{path}: found {found}, needed the file of a study")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file; needed the file of a study") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{path}: found more than {MOST_BYTES:,} bytes; no study has so many")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{data[error.start]:02x}"
        raise SettingsError(f"{path}, line {line}: not UTF-8: found {found}") from None


class _Reader:
    """One file, read three times: for its size, for its structure, for its values."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def error(self, line: int, what: str) -> SettingsError:
        return SettingsError(self.at(line, what))

    def at(self, line: int, what: str) -> str:
        return f"{self.path}, line {line}: {what}"

    def check_size(self) -> None:
        """Refuse what would take too long to follow, from the events alone: nothing is built.

        Raises:
            SettingsError: Nested too deeply, an alias inside what it names, too many values, a
                second document.
        """
        # What each anchor stands for, in values; None while its node is still open.
        sizes: dict[str, int | None] = {}
        levels: list[tuple[str | None, int]] = [(None, 0)]
        n_documents = 0
        for event in yaml.parse(self.text, yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                n_documents += 1
                if n_documents > 1:
                    raise self.error(line, "a second document begins; needed one study a file")
            size = 0
            if isinstance(event, yaml.CollectionStartEvent):
                levels.append((event.anchor, 1))
                sizes[event.anchor or ""] = None
                if len(levels) > MOST_LEVELS + 1:
                    raise self.error(line, f"nested more than {MOST_LEVELS} levels deep")
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = levels.pop()
                sizes[anchor or ""] = size
            elif isinstance(event, yaml.ScalarEvent):
                size = sizes[event.anchor or ""] = 1 + len(event.value) // _VALUE_LENGTH
            elif isinstance(event, yaml.AliasEvent):
                found = sizes.get(event.anchor or "", 1)
                if found is None:
                    raise self.error(line, f"*{event.anchor} stands inside what it names: endless")
                size = found
            anchor, before = levels[-1]
            levels[-1] = (anchor, before + size)
            if before + size > MOST_VALUES:
                raise self.error(
                    line, f"with its aliases (*) the file holds more than {MOST_VALUES:,} values"
                )

    def composed(self) -> yaml.MappingNode:
        """Return the file's one mapping."""
        node = yaml.compose(self.text, yaml.SafeLoader)
        if node is None:
            raise SettingsError(f"{self.path}: found nothing, needed keys with values")
        if not isinstance(node, yaml.MappingNode):
            kind = "a list" if isinstance(node, yaml.SequenceNode) else repr(_shown(node))
            raise self.error(node.start_mark.line + 1, f"found {kind}, needed keys with values")
        return node

    def faults_of(self, node: yaml.Node) -> Iterator[str]:
        """Yield what YAML would take for something else than it seems, line by line."""
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            yield from (self.at(line, fault) for fault in _scalar_faults(node))
        elif node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            yield self.at(line, f"the tag {node.tag[:_VALUE_LENGTH]} is not allowed")
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self.faults_of(item)
        else:
            first: dict[str, int] = {}
            for key, value in node.value:
                yield from self._key_faults(key, first)
                yield from self.faults_of(value)

    def _key_faults(self, key: yaml.Node, first: dict[str, int]) -> Iterator[str]:
        """Yield the faults of a key, where `first` holds the lines of those before it."""
        line = key.start_mark.line + 1
        kind = key.tag.removeprefix(_TAG)
        if not isinstance(key, yaml.ScalarNode) or kind not in ("str", "merge", *_KINDS):
            yield self.at(line, "needed text as a key, found something else")
        elif kind in _KINDS:
            yield self.at(
                line,
                f"needed text as a key, found {_shown(key)!r}, which YAML reads as {_KINDS[kind]}; "
                "put it in quotes",
            )
        elif key.value == "__use_yte__":
            yield self.at(line, "`__use_yte__` would run code that stands in the file: remove it")
        elif (before := first.setdefault(key.value, line)) != line:
            yield self.at(line, f"{_shown(key)!r} stands here again, first in line {before}")

    def built(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Return the values of a node that has no faults."""
        loader = _Values("")  # of no text: the node is there
        try:
            return dict(loader.construct_document(node))
        except _ValueFaultError as error:
            raise self.error(error.line, str(error)) from None
        finally:
            loader.dispose()


class _ValueFaultError(Exception):
    """A value that looks like a number or date and is none."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Values(yaml.SafeLoader):
    """Says where a value stands that cannot be built."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401 - any
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError):
            found = repr(_shown(node))
            kind = node.tag.removeprefix(_TAG)
            message = f"{found} cannot be read as {kind}; put it in quotes if it is text"
            raise _ValueFaultError(node.start_mark.line + 1, message) from None


def _scalar_faults(node: yaml.ScalarNode) -> Iterator[str]:
    """Yield what is wrong with a value that YAML 1.1 reads as another than anybody means."""
    kind, text, shown = node.tag.removeprefix(_TAG), str(node.value), _shown(node)
    if kind not in ("str", *_KINDS):
        yield f"{shown!r}: the tag {node.tag[:_VALUE_LENGTH]} is not allowed"
    elif kind == "timestamp":
        yield f"YAML reads {shown} as a date; put it in quotes"
    elif kind == "int" and _OCTAL.fullmatch(text):
        yield f"YAML reads {shown} as an octal number; write it without a 0 in front, or in quotes"
    elif kind in ("int", "float") and _SIXTIES.fullmatch(text):
        yield f"YAML reads {shown} as a number to the base 60; put it in quotes"


def _shown(node: yaml.Node) -> str:
    text = str(node.value)
    return text if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}..."


def _place_and_problem(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line and a description of what is no YAML."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    what = " ".join(f"{error.problem or error.context}".split())
    if "'\\t'" in what:
        what += ": indent with blanks, not with tabs"
    begun = error.context_mark
    if begun and begun.line + 1 != line:
        what += f" ({' '.join(str(error.context).split())} that began in line {begun.line + 1})"
    return line, f"not YAML: {what}"
