"""Memory and time of fine-tuning: only the subwords that are read, beside the whole table.

    OMP_NUM_THREADS=1 python benchmarks/finetuning.py MODEL FILE.conll... [--steps 20]

Each side runs in a process of its own, one after the other, with the same batches. What they end
with must be the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from measuring import forget_peak, held_mib, peak_mib


def train(options: argparse.Namespace) -> dict[str, float | str]:
    """Fine-tune for some steps here; return memory (MiB), CPU seconds and a hash of the weights."""
    import torch
    from transformers import TrainerCallback

    from polyconcept.models.loading import load_tokenizer
    from polyconcept.models.shape import limit_length
    from polyconcept.tasks import trainer
    from polyconcept.tasks.entities import train_classifier
    from polyconcept.tasks.trainer import FinetuneOptions, train_on
    from polyconcept.tasks.used_rows import UsedRows

    marks: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:  # noqa: ANN401
            del args
            marks.append(time.process_time())
            control.should_save = control.should_training_stop = state.global_step >= options.steps

    asked = FinetuneOptions(device="cpu", n_threads=int(os.environ.get("OMP_NUM_THREADS", "1")))
    asked = replace(asked, batch_size=options.batch_size, max_length=options.max_length)
    parts = train_classifier.read(options.files, options.labels)
    model = train_classifier.load(options.model, options.labels, seed=0)
    tokenizer = load_tokenizer(options.model)
    limit_length(tokenizer, model)
    examples = train_classifier.examples(model, tokenizer, parts, asked)
    before = held_mib()
    forget_peak()
    whole = patch.object(UsedRows, "of", lambda *_: None)
    few = patch.object(trainer, "_MOST_COMPARED", options.batch_size)
    clock = patch.object(trainer, "_LineAMinute", Clock)
    with tempfile.TemporaryDirectory() as folder, few, clock:
        if options.one == "whole":
            whole.start()
        train_on(model, tokenizer, examples, options=asked, directory=Path(folder))
        files = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for weights in model.state_dict().values():
        digest.update(weights.contiguous().view(torch.uint8).numpy())
    return {
        "before": before,
        "peak": peak_mib(),
        "checkpoint": files / 2**20,
        # The first step makes the moments.
        "step": (marks[-1] - marks[0]) / (len(marks) - 1),
        "weights": digest.hexdigest(),
    }


def main() -> None:
    """Print a line for each side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+", help="named entities, {language}/NAME.conll")
    parser.add_argument("--labels", nargs="+", default=["LOC", "MISC", "ORG", "PER"])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--one", choices=("whole", "used"), help="measure one here, print JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(train(options)))
        return
    found = {}
    for side in ("whole", "used"):
        command = [sys.executable, *sys.argv, "--one", side]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[side] = json.loads(run.stdout.splitlines()[-1])
        print(
            "{}: {before:,.0f} MiB before, {peak:,.0f} MiB at most, checkpoint {checkpoint:,.0f} "
            "MiB, {step:.2f} CPU s a step".format(side, **found[side]),
            flush=True,
        )
    if found["whole"]["weights"] != found["used"]["weights"]:
        sys.exit("the weights differ")
    print(f"the same weights; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
