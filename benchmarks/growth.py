"""Time and memory of each stage with 1, 3 and 10 times the sentences: do they grow as they should?

    python benchmarks/growth.py [--sentences 400]

A small study of the built-in text and BERT runs at each size, one job at a time. Seconds and memory
are those of the jobs' own records; of several jobs of a rule the sum of the seconds, and the most
memory. Not part of `make bench`: it takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import yaml

from workflow import STUDY, snakemake

TIMES = (1, 3, 10)


def rules_of(folder: Path, n_sentences: int) -> dict[str, tuple[float, float]]:
    """Seconds and peak MiB of each rule at a size."""
    text = {"builtin": {"n_sentences": n_sentences, "first": 2000000}}
    settings = {"clustering": {"n_clusters": 50, "n_restarts": 2}, "corpora": {"text": text}}
    folder.mkdir()
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(STUDY | settings), encoding="utf-8")
    snakemake(folder, study, "--quiet", "all")
    found: dict[str, tuple[float, float]] = {}
    for path in folder.rglob("*.run.json"):
        record = json.loads(path.read_text())
        seconds, peak = found.get(record["rule"], (0.0, 0.0))
        own = record["peak_memory_mib"]
        found[record["rule"]] = (seconds + record["seconds"], max(peak, own))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=400, help="of the smallest text")
    n_sentences = parser.parse_args().sentences
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        found = {n: rules_of(Path(folder) / str(n), n * n_sentences) for n in TIMES}
    sizes = " | ".join(f"{n * n_sentences:,} sentences: s, MiB" for n in TIMES)
    print(f"| stage | {sizes} |\n|---|{'---|' * len(TIMES)}")
    for rule in found[1]:
        cells = [f"{seconds:.2f}, {peak:.0f}" for seconds, peak in (found[n][rule] for n in TIMES)]
        print(f"| {rule} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
