"""Scores with all that belongs to them are the same for any number of threads."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numpy as np
from polyconcept.scoring.cka import linear_cka
from polyconcept.scoring.retrieval import retrieval_hits
random = np.random.default_rng(3)
vectors = random.standard_normal((2, 3000, 96), dtype=np.float32)
digest = hashlib.sha256()
digest.update(repr(linear_cka(*vectors)).encode())
digest.update(np.stack(retrieval_hits(*vectors)).tobytes())
print(digest.hexdigest())
"""


def digest_with(threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    return run.stdout


def test_rivals_are_the_same_for_any_number_of_threads():
    # All else that gives a score its meaning counts whole numbers, on one thread.
    assert digest_with(1) == digest_with(2)
