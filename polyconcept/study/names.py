"""Names that a study gives, where they become those of files: no two of them may be one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from polyconcept.study.pins import asked, pin_of
from polyconcept.study.schema import Study

# What stands in a folder beside those named by the study, as the rules of the workflow have it.
_BESIDE: Mapping[str, Mapping[str, str]] = {
    "tasks": {
        "base": "the variant that is not fine-tuned",
        "random": "the variant with random weights",
        "checked.json": "the file that says a model was checked",
    },
    "models": {"changes.parquet": "the table of changes"},
}
_RECORD = {".run": "the record of a job", ".run.json": "the record of a job"}
_ENDINGS: Mapping[str, Mapping[str, str]] = {
    "name": {".crate": "a packed study", ".crate.zip": "a packed study"},
    "corpora": _RECORD,
    "models": _RECORD,
    "tasks": _RECORD,
    "languages": _RECORD | {".controls": "a file of controls"},
}


def name_faults(study: Study) -> Iterator[str]:
    """Yield what is wrong with the names that `study` gives, one sentence each."""
    for key, names in _names(study).items():
        for name in names:
            yield from _taken(key, name)
        yield from _alike(key, names)
    yield from _pins_alike(study)


def _names(study: Study) -> Mapping[str, Iterable[str]]:
    """Return the names that become parts of paths, by the key that gives them."""
    languages = [*study.languages]
    for task in study.tasks.values():
        languages += [*task.train.of_languages, *task.test.of_languages]
        languages += [task.source] if task.source else []
    for model in study.models.values():
        languages += model.pretrain.languages if model.pretrain else ()
    return {
        "name": [study.name],
        "corpora": list(study.corpora),
        "models": list(study.models),
        "tasks": list(study.tasks),
        "languages": list(dict.fromkeys(languages)),
    }


def _taken(key: str, name: str) -> Iterator[str]:
    # As the file systems of macOS and Windows have it, where `Base` is `base`.
    plain = name.casefold()
    if plain in _BESIDE.get(key, {}):
        yield f"{key}: `{name}` names {_BESIDE[key][plain]}; choose another name"
    for ending, what in _ENDINGS[key].items():
        if plain.endswith(ending):
            yield f"{key}: `{name}` ends in {ending}, as {what} does; choose another name"


def _alike(key: str, names: Iterable[str]) -> Iterator[str]:
    first: dict[str, str] = {}
    for name in names:
        before = first.setdefault(name.casefold(), name)
        if before != name:
            yield f"{key}: `{before}` and `{name}` are one file on some machines; choose another"


def _pins_alike(study: Study) -> Iterator[str]:
    first: dict[str, object] = {}
    for wanted in asked(study):
        before = first.setdefault(pin_of(*wanted).casefold(), wanted)
        if before != wanted:
            yield (
                f"hub: {before} and {wanted} would have one file, {pin_of(*wanted)}; name the "
                "commit of one as its `revision`"
            )
