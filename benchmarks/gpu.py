"""What a GPU does of what it could: extraction and k-means beside its rate of matrix products.

    python benchmarks/gpu.py [--device cuda] [--quick]

`make bench` measures it where torch finds a CUDA GPU. A BERT of base size with random weights reads
English sentences of the built-in text in bfloat16, three of its layers are kept, and written in
TMPDIR; the k-means problem is that of kmeans.py. Seconds are on the clock, until the device has
nothing left to do. Operations are those of the products: 2 a parameter of the blocks and subword,
and attention's; filling counts as nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from extraction import QUICK as QUICK_MODEL
from extraction import Size as ModelSize
from extraction import bare_pass, parts_of, plan_of, task_of, write
from kmeans import QUICK as QUICK_KMEANS
from kmeans import Size as KMeansSize
from kmeans import mixture, search_of
from measuring import Figure, figure, wall_seconds

from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.vectors.planned import ExtractionPlan


@dataclass(frozen=True)
class Size:
    """What is read, and what is clustered."""

    model: ModelSize
    kmeans: KMeansSize
    n_product: int
    """Rows and columns of the matrices whose product tells the device's rate."""


FULL = Size(ModelSize(n_sentences=100_000), KMeansSize(), 8192)
QUICK = Size(QUICK_MODEL, QUICK_KMEANS, 256)


def settled(device: str, call: Callable[[], Any]) -> float:
    """Return the seconds of a call until the device has nothing left to do."""

    def whole() -> None:
        call()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)

    return wall_seconds(whole)


def product_rate(device: str, dtype: torch.dtype, n_rows: int) -> float:
    """Return the operations a second of square matrix products: the best of some."""
    left, right = torch.randn(2, n_rows, n_rows, device=device).to(dtype)
    n_times = 10
    seconds = [settled(device, lambda: [left @ right for _ in range(n_times)]) for _ in range(4)]
    return n_times * 2 * n_rows**3 / min(seconds)


def operations(plan: ExtractionPlan, size: ModelSize) -> float:
    """Return the operations of all sentences through all blocks."""
    lengths = (plan.subword_bound[1:] - plan.subword_bound[:-1]).astype(float)
    of_weights = 2 * 12 * size.n_dims**2 * lengths.sum()
    of_attention = 4 * size.n_dims * (lengths**2).sum()
    return size.n_layers * float(of_weights + of_attention)


def extraction_figures(size: Size, device: str) -> dict[str, Figure]:
    """Compare extraction in bfloat16 with the device's rate, the bare pass and the tokenizer."""
    task = task_of(size.model)
    model = task.model.to(device, torch.bfloat16)  # type: ignore[arg-type]
    task = replace(task, model=model)
    few = task_of(replace(size.model, n_sentences=min(1000, size.model.n_sentences)))
    few = replace(few, model=task.model)
    plans: list[ExtractionPlan] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.h5"
        write(few, plan_of(few), path)  # the first batches load and choose kernels
        planning = wall_seconds(lambda: plans.append(plan_of(task)))
        seconds = settled(device, lambda: write(task, plans[0], path))
        n_bytes = path.stat().st_size
    bare = settled(device, lambda: bare_pass(task, plans[0], parts_of(task, plans[0])))
    limit = product_rate(device, torch.bfloat16, size.n_product)
    rate, bare_rate = (operations(plans[0], size.model) / each for each in (seconds, bare))
    note = f"{size.model.n_sentences:,} sentences; {n_bytes / seconds / 2**20:,.0f} MiB/s written"
    return {
        "GPU, extraction: rate": figure(
            rate / 1e12, "Tflop/s", ">= 0.5", rate / limit, limit=limit / 1e12, note=note
        ),
        "GPU, bare pass: rate": figure(
            bare_rate / 1e12, "Tflop/s", "-", bare_rate / limit, limit=limit / 1e12,
            note="nothing kept or written",
        ),
        "GPU, tokenizing": figure(
            planning, "s", "-", planning / seconds, limit=seconds,
            note="before the first batch, beside all that follows",
        ),
    }  # fmt: skip


def kmeans_figures(size: Size, device: str) -> dict[str, Figure]:
    """Compare a search for the nearest centers and a whole fit with the device's float32 rate."""
    vectors, shape = mixture(size.kmeans), size.kmeans
    limit = product_rate(device, torch.float32, size.n_product)
    search = search_of(vectors, vectors[: shape.n_clusters], device)
    searching = 2 * vectors.size * shape.n_clusters / min(settled(device, search) for _ in range(3))
    options = {"n_clusters": shape.n_clusters, "seed": 212, "n_restarts": shape.n_restarts}
    fits: list[Any] = []
    seconds = settled(
        device, lambda: fits.append(cluster_vectors(vectors, device=device, **options))
    )
    # As if each restart took as many iterations as the best.
    n_searches = shape.n_restarts * fits[0].n_iterations
    rate = 2 * vectors.size * shape.n_clusters * n_searches / seconds
    return {
        "GPU, k-means: full search": figure(
            searching / 1e12, "Tflop/s", ">= 0.6", searching / limit, limit=limit / 1e12
        ),
        "GPU, k-means: whole fit": figure(
            rate / 1e12, "Tflop/s", "-", rate / limit, limit=limit / 1e12,
            note=f"{seconds:.2f} s, starts included; spared searches counted",
        ),
    }  # fmt: skip


def measure(quick: bool = False, device: str = "cuda") -> dict[str, Figure]:
    """Return the figures of a device by name."""
    size = QUICK if quick else FULL
    return extraction_figures(size, device) | kmeans_figures(size, device)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="of torch, such as cuda:1")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    options = parser.parse_args()
    json.dump(measure(options.quick, options.device), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
