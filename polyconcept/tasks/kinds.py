"""The kinds of task: a room each, with a module for each way in which a model does it.

A classifier is told apart by labels, a writer (encoder-decoder) writes its answer. Each way has a
module to learn it, and one to be scored on it, so that no edit of a score trains a model again:

- ``train_{way}.train(base, files, labels, options, folder, language_codes)`` gives the model and
  its tokenizer;
- ``score_{way}.score(directory, files, settings, run, device)`` gives rows, and translations.
"""

from __future__ import annotations

from types import ModuleType

from polyconcept.machine.kinds import load_kind

__all__ = ["load_task"]


def load_task(module: str) -> ModuleType:
    """Return a module of a kind of task; errors as of `load_kind`."""
    return load_kind(module, "tasks")
