"""Text and labels in files of the user."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyconcept.records.text import Sentences
from polyconcept.sources.kinds import About, Found, LabelFiles, Labelled
from polyconcept.store.json import sha256
from polyconcept.text.escapes import unescaped
from polyconcept.text.parallel import read_sentences


def text(
    files: Mapping[str, str],
    _settings: Mapping[str, Any],
    language: str,
    pair: str,  # noqa: ARG001 - a file holds one language, whatever it is paired with
) -> tuple[Sentences, About]:
    """Return the sentences of ``files["text"]``, checked."""
    sentences, n_escapes = unescaped(read_sentences(Path(files["text"]), language))
    return sentences, _about(Path(files["text"]), len(sentences)) | {"n_escapes": n_escapes}


def labels(
    files: Mapping[str, str], settings: Mapping[str, Any], language: str, kind: LabelFiles
) -> tuple[Labelled, About, Found]:
    """Return the labelled sentences of ``files["labelled"]``, checked."""
    sentences, found = kind.from_file(Path(files["labelled"]), language, settings)
    return sentences, _about(Path(files["labelled"]), len(sentences.words)), found


def _about(path: Path, n_sentences: int) -> About:
    return {"file": str(path), "sha256": sha256(path), "n_sentences": n_sentences}
