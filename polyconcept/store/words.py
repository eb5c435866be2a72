"""Word tables and selections as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa

from polyconcept.records.arrays import Rows
from polyconcept.records.text import Definition, Dropped, Selection, Selections, Words
from polyconcept.store.faults import check_fingerprint
from polyconcept.store.tables import read_table, write_table


def write_words(words: Words, dropped: Dropped, path: Path) -> None:
    """Write a word table with its fingerprint and the counts of what was left out, by reason."""
    spelling = pa.DictionaryArray.from_arrays(
        pa.array(words.word_type, type=pa.int32()), pa.array(words.types, type=pa.string())
    )
    columns = {
        "sentence": pa.array(words.sentence, type=pa.int32()),
        "position": pa.array(words.position, type=pa.int32()),
        "word": spelling,
    }
    about = {"language": words.language, "fingerprint": words.fingerprint}
    counts = {f"dropped:{reason}": str(count) for reason, count in dropped.items()}
    write_table(pa.table(columns), "words", about | counts, path)


def read_words(path: Path) -> Words:
    """Return the word table in a file.

    Raises:
        StoreError: The file is no word table, or its content does not match its fingerprint.
    """
    table, about = read_table(path, "words")
    spelling = table["word"].combine_chunks()
    if not isinstance(spelling, pa.DictionaryArray):
        spelling = spelling.dictionary_encode()
    words = Words(
        language=about["language"],
        sentence=table["sentence"].to_numpy().astype(np.int32),
        position=table["position"].to_numpy().astype(np.int32),
        word_type=np.asarray(spelling.indices, dtype=np.int32),
        types=tuple(spelling.dictionary.to_pylist()),
    )
    check_fingerprint(path, about["fingerprint"], words.fingerprint, words.language)
    return words


def write_selections(selections: Selections, source: Words, target: Words, path: Path) -> None:
    """Write a pair's selections: one row per selected word, in the order they are clustered."""
    parts = [
        (metric, definition, part, rows)
        for (metric, definition), selection in selections.items()
        for part, rows in (("source", selection.source_rows), ("target", selection.target_rows))
    ]
    lengths = [len(rows) for *_, rows in parts]
    columns = {
        name: pa.array(np.repeat([part[i] for part in parts], lengths)).dictionary_encode()
        for i, name in enumerate(("metric", "definition", "part"))
    }
    columns["row"] = pa.array(np.concatenate([rows for *_, rows in parts]), type=pa.int64())
    about = {
        "source": source.language,
        "target": target.language,
        "source_fingerprint": source.fingerprint,
        "target_fingerprint": target.fingerprint,
    }
    write_table(pa.table(columns), "selections", about, path)


def read_selections(
    path: Path, source: Words, target: Words
) -> dict[tuple[str, Definition], Selection]:
    """Return a pair's selections by (metric, definition), in the order they were written.

    Raises:
        StoreError: The file is of another kind, or belongs to other word tables.
    """
    table, about = read_table(path, "selections")
    check_fingerprint(path, about["source_fingerprint"], source.fingerprint, source.language)
    check_fingerprint(path, about["target_fingerprint"], target.fingerprint, target.language)
    keys = [_strings(table[name]) for name in ("metric", "definition", "part")]
    rows = table["row"].to_numpy()

    def part_of(metric: str, definition: str, part: str) -> Rows:
        chosen = (keys[0] == metric) & (keys[1] == definition) & (keys[2] == part)
        return np.asarray(rows[chosen], dtype=np.int64)

    known: dict[str, Definition] = {name: name for name in get_args(Definition)}
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (keys[0][1:] != keys[0][:-1]) | (keys[1][1:] != keys[1][:-1])
    pairs = dict.fromkeys(zip(keys[0][begins].tolist(), keys[1][begins].tolist(), strict=True))
    return {
        (metric, known[definition]): Selection(
            source_rows=part_of(metric, definition, "source"),
            target_rows=part_of(metric, definition, "target"),
        )
        for metric, definition in pairs
    }


def _strings(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of few strings, each made once: one a row took longer than all the rest."""
    encoded = column.combine_chunks().dictionary_encode()
    names: np.ndarray = np.asarray(encoded.dictionary.to_pylist(), dtype=np.str_)
    found: np.ndarray = names[encoded.indices.to_numpy()]
    return found
