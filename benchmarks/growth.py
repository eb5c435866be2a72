"""Time and memory of every stage with 1, 3 and 10 times the sentences: do they grow as they should?

    python benchmarks/growth.py [--sentences 200] [--quick]

A study with everything that grows with text runs at each size, one job at a time: all text and all
training data grow, `words.cap` keeps no word out, and k-means takes as many iterations. Seconds are
the CPU's, from where a job's record begins, so without what its script imports at the top; of
several jobs of a rule they are the sum. Memory is the most that one of them held, as its record
says. Not part of `make bench`: it takes some ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from run import RESULTS, THREADS, conditions

from polyconcept.builtin import corpus as corpus_module
from polyconcept.text.labelled import write_labelled
from polyconcept.text.parallel import write_sentences
from polyconcept.text.tagged import write_tagged
from workflow import snakemake

TIMES = (1, 3, 10)
NOISE_SECONDS = 0.5
"""Differences under this say nothing: jobs of the same size differ by as much."""
LINEAR = (TIMES[2] - TIMES[0]) / (TIMES[1] - TIMES[0])
LEFT_OUT = {
    "all": "no job",
    "pin_repository": "asks the hub, reads no text",
    "check_model": "reads no text, and no model that comes with the project",
}
"""Rules of the workflow that the study does not have, and why."""

NAME, EVERYTHING = "growth", 1_000_000
QUICK = ("selections/en-de.parquet",)
BESIDES = (
    # All languages mix in common clusters only where there are three.
    "scores/bert/base/encoder/languages.parquet",
    "models/own/base",
    "vectors/mt5/base/decoder/en-de/de.h5",
    "scores/bert/sentiment/task.parquet",
    *(f"scores/mt5/{task}/task.parquet" for task in ("ner", "sentiment", "translation")),
)
"""What is made of the whole study, beside all of a smaller one: one job of each rule is enough."""
PROBE = """
import sys
if ".snakemake/scripts/" in sys.orig_argv[-1]:
    import contextlib, os, time
    from polyconcept.audit import jobs

    running = jobs.running

    @contextlib.contextmanager
    def noted(job):
        began = time.process_time()
        with running(job) as found:
            yield found
        with open(os.environ["GROWTH_PROBE"], "a") as file:
            file.write(f"{job.rule} {time.process_time() - began}\\n")

    jobs.running = noted
"""
"""sitecustomize.py, which every Python imports first: notes the CPU seconds of each job."""
TEXT, TRAINING, TEST = 2_000_000, 3_000_000, 4_000_000
"""First sentences of the ranges of the built-in text: the models were made of those from 0 on."""
TRAINED_ON, TESTED_ON = 2.0, 0.1
"""Sentences of a task's data by those of the text."""


@dataclass(frozen=True)
class Jobs:
    """The jobs of one rule at one size."""

    n_jobs: int
    cpu_seconds: float
    """Of all their threads, together."""
    clock_seconds: float
    """As their records say."""
    peak_mib: float
    """Of the one that held most, all of its process."""


@dataclass(frozen=True)
class Stage:
    """The jobs of one rule at each size."""

    sizes: tuple[Jobs, ...]

    @property
    def growth(self) -> tuple[float, bool] | None:
        """What the last size adds to the seconds by what the second one adds, LINEAR at best.

        And whether this is only the least that it can be, where the second size adds less than
        noise. None where noise leaves nothing to say.
        """
        first, *others = (jobs.cpu_seconds for jobs in self.sizes)
        middle, large = (seconds - first for seconds in others)
        if large <= NOISE_SECONDS:
            return None
        found, exact = large / max(middle, NOISE_SECONDS), middle > NOISE_SECONDS
        return (found, not exact) if exact or found > LINEAR else None


def write_data(folder: Path, n_training: int) -> None:
    """Write what the study takes from files: training data of each task, as a user has it."""
    text = corpus_module.generate_corpus(
        ["en", "de"], n_sentences=n_training, first=TRAINING, seed=1
    )
    for language, sentences in text.sentences.items():
        write_sentences(folder / f"{language}.txt", sentences)
    write_tagged(folder / "en.conll", text.tags["en"])
    write_labelled(folder / "en.tsv", text.labels["en"])


def study_of(data: Path, n_sentences: int, whole: bool = True) -> dict[str, Any]:
    """Return the study at a size; `data` is the folder of `write_data`.

    Not `whole`: one pair and one model with one task, for the rules that read all scores.
    """
    n_test = max(4, round(TESTED_ON * n_sentences))
    test = {"builtin": {"n_sentences": n_test, "first": TEST}, "languages": ["en"]}
    how = {
        "finetuning": {"epochs": 1, "max_length": 64},
        "generation": {"n_beams": 1, "max_length": 32},
    }
    ner = {"kind": "entities", "train": {"files": {"en": str(data / "en.conll")}}}
    sentiment = {"kind": "sentiment", "train": {"files": {"en": str(data / "en.tsv")}}}
    translation: dict[str, Any] = {"train": {"corpus": "training", "languages": ["de"]}}
    translation |= {"kind": "translation", "source": "en"}
    mt5 = {"builtin": "mt5", "sides": ["encoder-decoder"]}
    models = {
        "bert": {"builtin": "bert", "tasks": ["ner", "sentiment"] if whole else ["ner"]},
        "mt5": mt5 | {"tasks": ["ner", "sentiment", "translation"]},
        "own": {"pretrain": recipe(n_sentences)},
    }
    return {
        "name": NAME,
        "corpus": "text",
        "corpora": {
            "text": {"builtin": {"n_sentences": n_sentences, "first": TEXT}},
            "training": {"directory": str(data)},
            "test": {"builtin": {"n_sentences": n_test, "first": TEST}},
        },
        "pairs": ["en-de", "en-fr"] if whole else ["en-de"],
        "layers": [0, 2],
        "words": {"cap": EVERYTHING},
        "tasks": {
            "ner": ner | {"test": test} | how,
            "sentiment": sentiment | {"test": test} | how,
            "translation": translation | {"test": {"corpus": "test", "languages": ["de"]}} | how,
        },
        "models": models if whole else {"bert": models["bert"]},
        "clustering": {
            "n_clusters": 20,
            "seeds": [212],
            "n_restarts": 2,
            "max_iterations": 10,
            "tolerance": 0.0,
        },
        "statistics": {"n_permutations": 20, "n_resamples": 20},
        "controls": {"models": ["bert"], "random_weights": False, "max_sentences": EVERYTHING},
        "figures": {"examples": {"model": "bert", "variant": "base", "layer": 2}},
    }


def recipe(n_sentences: int) -> dict[str, Any]:
    """Return a tiny model, pre-trained with steps that grow with its text."""
    size = {"hidden_size": 32, "n_layers": 2, "n_heads": 2, "intermediate_size": 64}
    return {
        "corpora": ["training"],
        "languages": ["en", "de"],
        "tokenizer": {"kind": "wordpiece", "vocab_size": 500},
        "model": {"architecture": "bert", **size},
        "training": {"n_steps": max(5, n_sentences // 5)},
        "mixture": {"batch_tokens": 1024},
    }


def targets(quick: bool) -> list[tuple[bool, tuple[str, ...]]]:
    """Return what is made, in order: of which of the two studies, and which of its files."""
    prefix = f"results/{NAME}"
    if quick:
        return [(False, tuple(f"{prefix}/{place}" for place in QUICK))]
    return [(False, ("all",)), (True, tuple(f"{prefix}/{place}" for place in BESIDES))]


def jobs_of(folder: Path, n_sentences: int, quick: bool) -> dict[str, Jobs]:
    """Return the jobs of each rule at a size; `quick` only selects words."""
    data, study, probe = folder / "data", folder / "study.yaml", folder / "probe"
    for place in (data, probe):
        place.mkdir(parents=True)
    write_data(data, round(TRAINED_ON * n_sentences))
    (probe / "sitecustomize.py").write_text(PROBE, encoding="utf-8")
    path, noted = os.environ.get("PYTHONPATH", ""), folder / "cpu"
    os.environ |= {"PYTHONPATH": f"{probe}{os.pathsep}{path}", "GROWTH_PROBE": str(noted)}
    try:
        for whole, wanted in targets(quick):
            settings = study_of(data, n_sentences, whole)
            study.write_text(yaml.safe_dump(settings), encoding="utf-8")
            snakemake(folder, study, "--quiet", "all", "--", *wanted)
    finally:
        os.environ["PYTHONPATH"] = path
        del os.environ["GROWTH_PROBE"]
    cpu: dict[str, float] = defaultdict(float)
    for line in noted.read_text(encoding="utf-8").splitlines():
        rule, seconds = line.split()
        cpu[rule] += float(seconds)
    records = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.run.json"))]
    return {
        rule: Jobs(
            n_jobs=len(jobs := [record for record in records if record["rule"] == rule]),
            cpu_seconds=cpu[rule],
            clock_seconds=sum(job["seconds"] for job in jobs),
            peak_mib=max(job["peak_memory_mib"] for job in jobs),
        )
        for rule in sorted({record["rule"] for record in records})
    }


def stages_of(sizes: Sequence[Mapping[str, Jobs]]) -> dict[str, Stage]:
    """Return the jobs of each rule at all sizes.

    Raises:
        ValueError: A size has other rules than the first.
    """
    for n, found in zip(TIMES, sizes, strict=True):
        if others := sorted(found.keys() ^ sizes[0].keys()):
            raise ValueError(f"{n} x: other rules ran than at 1 x: {others}")
    return {rule: Stage(tuple(found[rule] for found in sizes)) for rule in sizes[0]}


def table(stages: Mapping[str, Stage], sizes: Sequence[int]) -> str:
    """Return the stages as a Markdown table; what takes longest stands first."""
    seconds = " | ".join(f"{n:,} sentences, CPU s" for n in sizes)
    memory = " | ".join(f"{n} x adds" for n in TIMES[1:])
    lines = [f"| stage | jobs | {seconds} | growth ({LINEAR:g}) | 1 x, MiB | {memory} |"]
    lines.append("|" + lines[0].count(" |") * "---|")
    for rule, stage in sorted(stages.items(), key=lambda item: -item[1].sizes[-1].cpu_seconds):
        first, *others = stage.sizes
        growth, least = stage.growth or (None, False)
        cells = [
            rule,
            str(first.n_jobs),
            *(f"{jobs.cpu_seconds:.2f}" for jobs in stage.sizes),
            "-" if growth is None else f"{'> ' if least else ''}{growth:.1f}",
            f"{first.peak_mib:.0f}",
            *(f"{jobs.peak_mib - first.peak_mib:+.0f}" for jobs in others),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=200, help="of the smallest text")
    parser.add_argument("--quick", action="store_true", help="words only, to see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the report goes")
    options = parser.parse_args()
    for variable in THREADS:
        os.environ[variable] = "1"
    sizes = [n * options.sentences for n in TIMES]
    report = conditions(1) | {"quick": options.quick, "sentences": sizes, "runs": []}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for n_sentences in sizes:
            began, before = time.perf_counter(), os.getloadavg()[0]
            found.append(jobs_of(Path(folder) / str(n_sentences), n_sentences, options.quick))
            seconds, after = time.perf_counter() - began, os.getloadavg()[0]
            report["runs"].append({"seconds": seconds, "load_before": before, "load_after": after})
            print(f"{n_sentences} sentences: {seconds:.0f} s, load {after:.1f}", file=sys.stderr)
    stages = stages_of(found)
    report["stages"] = {
        rule: {"sizes": list(map(asdict, stage.sizes)), "growth": stage.growth}
        for rule, stage in stages.items()
    }
    write_report("growth", report, table(stages, sizes), options.results)


def write_report(name: str, report: Mapping[str, Any], text: str, folder: Path) -> None:
    """Print a table, and write it and the report: NAME-DATE.md and .json."""
    folder.mkdir(exist_ok=True)
    date = report["date"].replace(":", "").replace("+0000", "Z")
    place = folder / f"{name}-{date}.json"
    place.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    place.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"written: {place}", file=sys.stderr)


if __name__ == "__main__":
    main()
