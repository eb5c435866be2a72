"""Word vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polyconcept.study.jobs.job import Inputs, Job, Values, before_text, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.text_sizes import Number

AT_ONCE = 3
"""Jobs that make or read vectors at once where these are not kept: the profiles' `vector_jobs`."""

_WAITING_BYTES, _TEXT_BYTES = 256 * 2**20, 500


def _of_run(files: Files, names: Names) -> Inputs:
    """Return a model, the words to read of each language, and their text."""
    return _texts(files, names, "", files.study.languages)


def _of_pair(files: Files, names: Names) -> Inputs:
    """Return the same of a pair with text of its own; for a decoder what its encoder reads too."""
    languages = {place: names[place] for place in ("source", "target")}
    pair = "-".join(languages.values())
    read = [languages[place] for place in files.study.read_of_pair]
    found = _texts(files, names, pair, read)
    if not files.is_forced(names):
        return found
    others = [next(c for c in languages.values() if c != code) for code in read]
    return found | {"given": [files.text(files.study.corpus, pair, code) for code in others]}


def _texts(
    files: Files, names: Names, pair: str, languages: Iterable[str]
) -> dict[str, str | list[str]]:
    languages = list(languages)
    return {
        "model": files.model(names, "base" if names["variant"] == "random" else ""),
        "texts": [files.text(files.study.corpus, pair, code) for code in languages],
        "words": [files.words(pair, code) for code in languages],
        "given": [],
    }


def _settings(study: Study, names: Names) -> Values:
    """Leave the reading to decoders: encoders do not run again where it changes."""
    settings = plain(study.extraction) | {
        "layers": list(study.layers_of(names["model"])),
        "device": study.device,
        **plain(study.vectors, "store"),
        **before_text(study, names),
    }
    if names["variant"] == "random":
        settings["random_weights"] = plain(study.controls, "seed")
    return settings if names["side"] == "decoder" else settings | {"reading": None}


def _run_cost(work: Work, names: Names) -> Cost:
    return _cost(work, names, "", work.study.languages)


def _pair_cost(work: Work, names: Names) -> Cost:
    pair = f"{names['source']}-{names['target']}"
    return _cost(work, names, pair, [names[place] for place in work.study.read_of_pair])


def _cost(work: Work, names: Names, pair: str, languages: Iterable[str]) -> Cost:
    """On a GPU no faster than the vectors are written, which is done meanwhile.

    Beside the model a job holds the text, and vectors that wait for their chunk to be full.
    """
    name, sizes = names["model"], work.sizes
    found, held = work.loading(name), 0.0
    if names["variant"] == "random":  # to draw weights takes as long again
        found += work.loading(name)
    for code in languages:
        text = sizes.text(work.study.corpus, code, pair)
        n_subwords = sizes.subwords(name, text) * (2 if Files(work.study).is_forced(names) else 1)
        done = work.reading(name, n_subwords, work.study.extraction.dtype)
        raw = sizes.vector_bytes(name, sizes.words(code, pair))
        gpu_seconds = max(done.gpu_seconds, raw / work.rates["write_bytes_per_second"])
        found += Cost(done.seconds, gpu_seconds, sizes.packed(raw))
        held = max(held, min(raw, _WAITING_BYTES)) + _TEXT_BYTES * text.n_words
    return found.holding(found.memory_bytes + held, found.disk_bytes)


def held_at_once(study: Study, made: Sequence[Number]) -> Number:
    """Return the most bytes of vectors that lie on the disk at once; `made` by each extraction."""
    if study.vectors.keep:
        return sum(made)
    # What compares two sides of a model waits for the vectors of the second.
    waiting = any("encoder-decoder" in model.of_sides for model in study.models.values())
    return sum(sorted(made)[-(AT_ONCE + waiting) :])


JOBS = {
    "extract_vectors": Job(
        "vectors", _of_run, _settings, cost=_run_cost, gpu=True, start="transformers"
    ),
    "extract_vectors__pair": Job(
        "vectors", _of_pair, _settings, cost=_pair_cost, gpu=True, start="transformers"
    ),
}
