"""A SLURM cluster: what its partitions offer, and what is left of a run that was killed.

Knows SLURM's commands and the records of our own drivers; what a driver is (the process that the
user started, which hands in the jobs) and what it does is Snakemake's.
"""

from polyconcept.cluster._around import surround
from polyconcept.cluster._drivers import (
    DRIVER_VARIABLE,
    Driver,
    LockFile,
    PlannedOutput,
    read_drivers,
    start_driver,
)
from polyconcept.cluster._leftovers import end_processes, settle_jobs
from polyconcept.cluster._offers import Offer, parse_offers
from polyconcept.cluster._requests import Request, check_requests, plan_lines
from polyconcept.cluster._slurm import (
    ClusterError,
    QueuedJob,
    has_accounting,
    is_queued,
    list_accounts,
    list_jobs,
    list_offers,
    parse_jobs,
)

__all__ = [
    "DRIVER_VARIABLE",
    "ClusterError",
    "Driver",
    "LockFile",
    "Offer",
    "PlannedOutput",
    "QueuedJob",
    "Request",
    "check_requests",
    "end_processes",
    "has_accounting",
    "is_queued",
    "list_accounts",
    "list_jobs",
    "list_offers",
    "parse_jobs",
    "parse_offers",
    "plan_lines",
    "read_drivers",
    "settle_jobs",
    "start_driver",
    "surround",
]
