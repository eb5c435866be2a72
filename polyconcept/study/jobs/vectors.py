"""Word vectors."""

from __future__ import annotations

from polyconcept.study.jobs.job import Inputs, Job
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import READ, Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.values import Values, plain

__all__ = ["JOBS"]


def _inputs(files: Files, names: Names) -> Inputs:
    """A model, the words to read, their text; for a decoder also what its encoder reads."""
    pair, language = names["part"].removesuffix("/"), names["language"]
    found: dict[str, str | list[str]] = {
        "model": files.model(names),
        "text": files.text(files.study.corpus, pair, language),
        "words": files.words(pair, language),
    }
    if files.is_forced(names):
        [given] = set(pair.split("-")) - {language}
        found["given"] = files.text(files.study.corpus, pair, given)
    return found


def _settings(study: Study, names: Names) -> Values:
    """The reading is of decoders only: encoders do not run again where it changes."""
    settings = plain(study.extraction) | {
        "layers": list(study.layers_of(names["model"])),
        "device": study.device,
    }
    return settings if names["side"] == "decoder" else settings | {"reading": None}


def _cost(work: Work, names: Names) -> Cost:
    """On a GPU no faster than the vectors are written, which is done meanwhile."""
    name, language = names["model"], names["language"]
    pair = names.get("part", "").rstrip("/")
    n_subwords = work.sizes.subwords(language, pair)
    n_subwords *= 2 if Files(work.study).is_forced(names) else 1
    done = work.reading(name, READ, n_subwords, work.study.extraction.dtype)
    raw = work.sizes.vector_bytes(name, work.sizes.words(language, pair))
    disk = raw * work.rates["packed_share"]
    hashing = work.hashing(hdf5=raw, plain=disk + work.sizes.model(name).file_bytes)
    gpu_seconds = max(done.gpu_seconds, raw / work.rates["write_bytes_per_second"])
    return Cost(done.seconds, gpu_seconds, hashing, disk)


JOBS = {"extract_vectors": Job("vectors", _inputs, _settings, cost=_cost, gpu=True)}
