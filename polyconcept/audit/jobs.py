"""What every script of the workflow stands in: a log, a limit of threads, a record of the run."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from polyconcept.audit.killed import DONE, memory_logged
from polyconcept.audit.producers import found_damaged
from polyconcept.audit.watch import Job, Watch
from polyconcept.machine.atomic import checked_by
from polyconcept.machine.logs import log_to
from polyconcept.store.faults import DamagedError

_log = logging.getLogger(__name__)


@contextmanager
def running(job: Job) -> Iterator[Watch]:
    """Run a job's work with its log (`log_to`); where it succeeds, write its run record.

    The record stands beside the first output, as `record_path` of `polyconcept.audit.runs`
    names it. An older record is removed before the work starts. The log's last line says how long
    the work took: without imports, and without the checksums that the record needs.

    Where a run has planned the job, it is begun only as planned, and no output takes its name once
    the plan no longer stands, or code or an input changed (`Watch.check`).

    The watch's `note` takes what the record shall say of the inputs.

    Raises:
        SystemExit: With status 1 after any exception, as `log_to`; also where the job is not what
            was planned, an input was changed during the job, or an output is missing.
    """
    # What the script has imported stays to its end: the collector, which goes through all of it
    # again and again and once more at the end, took 0.8 s of each job with transformers.
    gc.freeze()
    with log_to(job.log[0], threads=job.threads), memory_logged():
        watch = Watch(job)
        began = time.perf_counter()
        with checked_by(watch.check):
            try:
                yield watch
            except DamagedError as error:
                raise found_damaged(error) from error
            seconds = time.perf_counter() - began
            watch.finish()
        _log.info("%s %.3f s", DONE, seconds)
