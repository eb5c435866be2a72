"""Time and memory of the word aligner beside systran-align (fast_align), on synthetic text.

    OMP_NUM_THREADS=1 python benchmarks/wordalign.py --pairs 100000

The text: word types of Zipf frequency, sentences of about 20 words, each word translated by one
type, one word in ten left out, one in eight added, places shuffled a little. Each tool runs in a
process of its own, one after the other, with the same number of threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from measuring import Figure, cpu_seconds, figure, forget_peak, held_mib, peak_mib, table, timed

from polyconcept.records.text import Links, Sentences
from polyconcept.text.align import align_words
from polyconcept.text.error_rate import alignment_error_rate

TOOLS = ("polyconcept", "systran-align")


def synthetic_text(n_pairs: int, n_types: int, seed: int) -> tuple[Sentences, Sentences, Links]:
    """Return source and target sentences and their true links."""
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
    """Return sorted links from rows of sentence, source position, target position."""
    rows = np.concatenate(points)
    columns = rows[np.lexsort(rows.T[::-1])].T
    return Links("xx", "yy", *(np.ascontiguousarray(column) for column in columns))


def systran_links(source: Sentences, target: Sentences) -> Links:
    """Return the links of systran-align with the settings that fast_align recommends (-d -o -v)."""
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


def measure_tool(tool: str, n_pairs: int, n_types: int, seed: int) -> dict[str, float]:
    """Measure CPU seconds, peak MiB above the text's and error rate of a tool in this process."""
    source, target, gold = synthetic_text(n_pairs, n_types, seed)
    align = align_words if tool == "polyconcept" else systran_links
    before = held_mib()
    forget_peak()
    seconds, links = timed(cpu_seconds, lambda: align(source, target))
    mib = peak_mib() - before
    return {"seconds": seconds, "mib": mib, "error": alignment_error_rate(links, gold)}


def measure_alone(tool: str, n_pairs: int, n_types: int, seed: int) -> dict[str, float]:
    """Run `measure_tool` in a process of its own."""
    numbers = {"--pairs": n_pairs, "--types": n_types, "--seed": seed}
    arguments = [str(part) for option in numbers.items() for part in option]
    command = [sys.executable, __file__, "--tool", tool, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def figures_of(n_pairs: int, n_types: int, seed: int) -> dict[str, Figure]:
    """Return the figures by name: ours beside systran-align's."""
    ours, theirs = (measure_alone(tool, n_pairs, n_types, seed) for tool in TOOLS)
    note = f"systran-align; {n_pairs:,} pairs"
    held = f"{ours['mib']:.0f} MiB above the text, systran-align {theirs['mib']:.0f}"
    return {
        "word links, time": figure(
            ours["seconds"], "s", "<= 5", ours["seconds"] / theirs["seconds"],
            alternative=theirs["seconds"], note=f"{note}; {held}",
        ),
        "word links, error rate": figure(
            ours["error"], "", "<= 1", ours["error"] / theirs["error"],
            alternative=theirs["error"], note=note,
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of word links by name."""
    n_pairs = 1000 if quick else 100_000
    return figures_of(n_pairs, n_pairs, 0)


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000, help="sentence pairs")
    parser.add_argument("--types", type=int, default=100_000, help="word types of each language")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tool", choices=TOOLS, help="measure one here, print JSON")
    options = parser.parse_args()
    text = options.pairs, options.types, options.seed
    if options.tool:
        json.dump(measure_tool(options.tool, *text), sys.stdout)
        return
    print(table(figures_of(*text)))


if __name__ == "__main__":
    main()
