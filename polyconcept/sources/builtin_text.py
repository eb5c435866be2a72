"""The built-in text, with the labels that its grammar knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.records.text import Sentences
from polyconcept.sources.kinds import About, Found, LabelKind, Labelled


def text(
    _files: Mapping[str, str],
    settings: Mapping[str, Any],
    language: str,
    pair: str,  # noqa: ARG001 - the text is the same in every pair
) -> tuple[Sentences, About]:
    """Return the range of sentences that `settings` name."""
    generated = generate_corpus([language], **settings)
    return generated.sentences[language], {"builtin": dict(settings)}


def labels(
    _files: Mapping[str, str], settings: Mapping[str, Any], language: str, kind: LabelKind
) -> tuple[Labelled, About, Found]:
    """Return the range of sentences that `settings` name with their labels."""
    generated = generate_corpus([language], **settings)
    return kind.from_builtin(generated, language), {"builtin": dict(settings)}, {}
