"""A run begins: it writes its plan, which its jobs work from, and takes the place of killed runs."""

import uuid

from snakemake.logging import logger

from polyconcept.audit.killed import ADVICE, killed_jobs
from polyconcept.audit.plans import (
    PLAN_VARIABLE,
    PlannedJob,
    RunPlan,
    read_plan,
    write_plan,
)
from polyconcept.audit.watch import code_state, place_of
from polyconcept.slurm.drivers import DRIVER_VARIABLE, read_drivers, start_driver
from polyconcept.slurm.leftovers import end_processes

LOGS = RESULTS / "logs"
BEGUN = []
"""The note of this run, once it has begun."""


def planned_jobs():
    """The jobs that this run will start."""
    waiting = workflow.dag.needrun_jobs(exclude_finished=False)
    return [job for job in waiting if not job.rule.norun]


def plan_of(jobs):
    """What is asked of each job, as it will be told."""
    files_of = cache(lambda script, kinds: code_state(script, ROOT, kinds).files)
    code, planned = {}, {}
    for job in jobs:
        script = script_of(job.rule.name, ROOT / "workflow" / "scripts")
        code |= files_of(script, tuple(job.params.get("kinds", ())))
        sources = source_files(job.rule.name, job.wildcards)
        outputs = tuple(map(str, job.output))
        planned[outputs[0]] = PlannedJob(
            dict(job.params.items()), tuple(map(str, job.input)), outputs, sources
        )
    alone = workflow.executor_plugin.name == "local"
    latency = 0 if alone else workflow.execution_settings.latency_wait
    return RunPlan(dict(config), code, planned, float(latency))


def take_the_place_of_others(plan, token):
    """End what runs that were killed have left at work; none of it can become a result any more."""
    for other in read_drivers(LOGS):
        if other.token == token or other.alive:
            continue
        # Of a run on another machine that makes the same files, Snakemake's lock has shown that it is
        # gone; one that makes others may be at work.
        if other.here or (
            other.plan.exists() and read_plan(other.plan).shares_files(plan)
        ):
            if ended := end_processes(other.token):
                logger.info(f"ended processes of a run that was killed: {ended}")
            other.forget()


def begin(jobs):
    """Write this run's note, unless `polyconcept run` has, and its plan."""
    try:
        plan, token = plan_of(jobs), os.environ.get(DRIVER_VARIABLE) or uuid.uuid4().hex
        take_the_place_of_others(plan, token)
    except ValueError as error:
        raise WorkflowError(str(error))
    mine = [driver for driver in read_drivers(LOGS) if driver.token == token]
    [driver] = mine or [start_driver(LOGS, token, submits=False)]
    write_plan(plan, driver.plan)
    BEGUN.append(driver)
    # Jobs of SLURM inherit both, as local ones do.
    os.environ |= {DRIVER_VARIABLE: token, PLAN_VARIABLE: str(driver.plan)}


def tell_of_killed_jobs():
    """Say which jobs of this run were killed: their own messages say nothing of it."""
    for driver in BEGUN:
        since = driver.plan.stat().st_mtime
        logs = [Path(log) for job in planned_jobs() for log in job.log]
        if killed := list(killed_jobs(logs, since)):
            logger.error("\n".join([*killed, ADVICE]))


def end():
    """Remove the note and the plan: no job of this run is left."""
    for driver in BEGUN:
        driver.forget()


onstart:
    for line in cautions(STUDY):
        logger.info(f"note: {line}")
    if workflow.executor_plugin.name != "touch":
        jobs = planned_jobs()
        if workflow.executor_plugin.name == "slurm":
            check_cluster(jobs)
        begin(jobs)


onsuccess:
    end()


onerror:
    tell_of_killed_jobs()
    end()
