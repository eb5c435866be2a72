"""Time and memory of the word aligner beside systran-align (fast_align), on synthetic text.

    OMP_NUM_THREADS=1 python benchmarks/wordalign.py --pairs 100000

The text: word types of Zipf frequency, sentences of about 20 words, each word translated by one
type, one word in ten left out, one in eight added, places shuffled a little. Each tool runs in a
process of its own, one after the other, with the same number of threads.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from polyconcept.records import Links, Sentences
from polyconcept.wordalign import align_words, alignment_error_rate

TOOLS = ("polyconcept", "systran-align")


def synthetic_text(n_pairs: int, n_types: int, seed: int) -> tuple[Sentences, Sentences, Links]:
    """Source and target sentences and their true links."""
    random = np.random.default_rng(seed)
    frequency = np.cumsum(1 / np.arange(1, n_types + 1))
    frequency /= frequency[-1]
    source, target, links = [], [], []
    lengths = np.clip(random.poisson(random.gamma(6, 20 / 6, n_pairs)), 1, 80)
    for sentence, length in enumerate(lengths.tolist()):
        words = np.searchsorted(frequency, random.random(length))
        kept = np.flatnonzero(random.random(length) < 0.9)
        added = np.searchsorted(frequency, random.random(1 + length // 8))
        origin = np.concatenate([kept, np.full(len(added), -1)])
        order = np.argsort(np.arange(len(origin)) + random.normal(0, 2, len(origin)))
        translated = np.concatenate([words[kept], added])[order]
        source.append(tuple(f"s{word}" for word in words.tolist()))
        target.append(tuple(f"t{word}" for word in translated.tolist()))
        place = np.flatnonzero(origin[order] >= 0)
        linked = np.column_stack([np.full(len(place), sentence), origin[order][place], place])
        # Small arrays, no lists of tuples: their memory would hide what the tools use.
        links.append(linked.astype(np.int32))
    return Sentences("xx", tuple(source)), Sentences("yy", tuple(target)), _as_links(links)


def _as_links(points: list[np.ndarray]) -> Links:
    """Sorted links from rows of sentence, source position, target position."""
    rows = np.concatenate(points)
    columns = rows[np.lexsort(rows.T[::-1])].T
    return Links("xx", "yy", *(np.ascontiguousarray(column) for column in columns))


def systran_links(source: Sentences, target: Sentences) -> Links:
    """Links of systran-align with the settings that fast_align recommends (-d -o -v)."""
    import systran_align

    with tempfile.TemporaryDirectory() as folder:
        text, forward, backward = (str(Path(folder) / name) for name in ("text", "f", "b"))
        with Path(text).open("w", encoding="utf-8") as file:
            file.writelines(
                f"{' '.join(s)} ||| {' '.join(t)}\n"
                for s, t in zip(source.words, target.words, strict=True)
            )
        systran_align.generate_alignment_probabilities(
            text,
            forward,
            backward,
            favor_diagonal=True,
            optimize_tension=True,
            variational_bayes=True,
        )
        aligner = systran_align.Aligner(forward, backward)
        found = aligner.align_batch(list(map(list, source.words)), list(map(list, target.words)))
    points = [(k, i, j) for k, item in enumerate(found) for i, j in item["alignments"]]
    return _as_links([np.array(points, dtype=np.int32)])


def measure(tool: str, n_pairs: int, n_types: int, seed: int) -> dict[str, float]:
    """Seconds, peak MiB above the text's own, and error rate of one tool in this process."""
    source, target, gold = synthetic_text(n_pairs, n_types, seed)
    before = _peak_mib()
    started = time.perf_counter()
    links = (align_words if tool == "polyconcept" else systran_links)(source, target)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "mib": _peak_mib() - before,
        "error": alignment_error_rate(links, gold),
    }


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Measure both tools and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000, help="sentence pairs")
    parser.add_argument("--types", type=int, default=100_000, help="word types of each language")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tool", choices=TOOLS, help="measure one, print JSON")
    options = parser.parse_args()
    if options.tool:
        print(json.dumps(measure(options.tool, options.pairs, options.types, options.seed)))
        return
    print(f"{options.pairs:,} sentence pairs, {options.threads} thread(s), seed {options.seed}")
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'tool':<15}{'seconds':>10}{'peak MiB':>10}{'error rate':>12}")
    for tool in TOOLS:
        result = json.loads(
            subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--tool", tool],
                env=os.environ | {"OMP_NUM_THREADS": str(options.threads)},
                check=True,
                stdout=subprocess.PIPE,
            ).stdout
        )
        print(
            f"{tool:<15}{result['seconds']:>10.1f}{result['mib']:>10.0f}{result['error']:>12.4f}",
            flush=True,
        )
    print("peak MiB: above what the process held with the text read in")


if __name__ == "__main__":
    main()
