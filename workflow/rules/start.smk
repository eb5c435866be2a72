"""A run begins: it writes its plan, which its jobs work from, and takes the place of killed runs."""

import uuid
from types import SimpleNamespace

from snakemake.logging import logger

from polyconcept.audit.changes import first_few
from polyconcept.audit.environment import installed_packages
from polyconcept.audit.killed import ADVICE, killed_jobs
from polyconcept.audit.plans import (
    PLAN_VARIABLE,
    PlannedJob,
    RunPlan,
    read_plan,
    write_plan,
)
from polyconcept.audit.watch import code_state
from polyconcept.cli.unseen import unseen
from polyconcept.slurm.drivers import DRIVER_VARIABLE, read_drivers, start_driver
from polyconcept.slurm.leftovers import end_processes, remove_locks

LOGS = RESULTS / "logs"
MOST_FORCED = 50
RUN = SimpleNamespace(driver=None, silence=None)
"""The note of this run, once it has begun; through SLURM, what tells whether that has answered."""


def release_lock():
    """Remove Snakemake's lock where runs were killed on this machine, and no other may be at work.

    `polyconcept run` has done so already, and looks after what its SLURM jobs have made.
    """
    notes = [
        note for logs in Path("results").glob("*/logs") for note in read_drivers(logs)
    ]
    if any(note.alive or not note.here or note.submits for note in notes):
        return
    for note in notes:
        note.plan.unlink(missing_ok=True)
        remove_locks(note.note.parents[1])


def planned_jobs():
    """The jobs that this run will start."""
    waiting = workflow.dag.needrun_jobs(exclude_finished=False)
    return [job for job in waiting if not job.rule.norun]


def plan_of(jobs):
    """What is asked of each job, as it will be told."""
    files_of = cache(lambda script, kinds: code_state(script, ROOT, kinds).files)
    # Of conda's environments and containers the run knows only by which file they are made.
    own = workflow.deployment_settings.deployment_method
    environments = ROOT / "envs" / "environment.yaml"
    stamps = {str(environments): stamp(environments)} if own else {}
    code, planned = {}, {}
    for job in jobs:
        script = script_of(job.rule.name, ROOT / "workflow" / "scripts")
        code |= files_of(script, tuple(job.params.get("kinds", ())))
        sources = source_files(job.rule.name, job.wildcards)
        outputs = tuple(map(str, job.output))
        planned[outputs[0]] = PlannedJob(
            dict(job.params.items()),
            tuple(map(str, job.input)),
            outputs,
            sources,
            folder_stamps(sources) | stamps,
        )
    packages = {} if own else installed_packages()
    alone = workflow.executor_plugin.name == "local"
    latency = 0 if alone else workflow.execution_settings.latency_wait
    return RunPlan(STUDY_CONFIG, code, planned, packages, float(latency))


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
    # The note first: without one, nobody could tell that the lock is of a run that was killed.
    token = os.environ.get(DRIVER_VARIABLE) or uuid.uuid4().hex
    mine = [driver for driver in read_drivers(LOGS) if driver.token == token]
    [RUN.driver] = mine or [start_driver(LOGS, token, submits=False)]
    if workflow.executor_plugin.name == "slurm":
        check_cluster(jobs)
        RUN.silence = ride_out_silence()
    plan = plan_of(jobs)
    take_the_place_of_others(plan, token)
    write_plan(plan, RUN.driver.plan)
    # Jobs of SLURM inherit both, as local ones do.
    os.environ |= {DRIVER_VARIABLE: token, PLAN_VARIABLE: str(RUN.driver.plan)}


def tell_of_killed_jobs():
    """Say which jobs of this run were killed: their own messages say nothing of it."""
    since = RUN.driver.plan.stat().st_mtime
    logs = [Path(log) for job in planned_jobs() for log in job.log]
    if killed := list(killed_jobs(logs, since)):
        logger.error("\n".join([*killed, ADVICE]))


def end(succeeded):
    """Remove the note and the plan where no job of this run is left."""
    if RUN.driver is None or (RUN.silence and RUN.silence.too_long):
        return  # nothing was begun, or SLURM may be at jobs of it
    if not succeeded:
        tell_of_killed_jobs()
    RUN.driver.forget()


def check_notes():
    """Refuse to go on where Snakemake, with no note on a result, would not see that it is outdated."""
    options = {word.split("=")[0] for word in sys.argv}
    # A touch takes results as they are; to unlock or lint, none is looked at.
    if options & {"--forceall", "-F", "--touch", "-t", "--unlock", "--lint"}:
        return
    found = unseen(
        STUDY, ROOT, lambda rule, names: asked_before(rule, frozenset(names.items()))
    )
    if lost := [path for path in found if path not in sys.argv]:
        few = len(lost) <= MOST_FORCED
        forcing = f"--forcerun {' '.join(lost)}" if few else "--forceall"
        raise WorkflowError(
            f"{first_few(lost)}: not as the study asks, which Snakemake does not see, since it has no "
            f"note there that it could compare settings with; run the study with {forcing}"
        )


if workflow.is_main_process:
    check_notes()
    try:
        release_lock()
    except ValueError as error:
        raise WorkflowError(str(error))


onstart:
    for line in cautions(STUDY):
        logger.info(f"note: {line}")
    if workflow.executor_plugin.name != "touch":
        try:
            begin(planned_jobs())
        except (ValueError, WorkflowError) as error:
            if RUN.driver is not None:
                RUN.driver.forget()
            raise WorkflowError(str(error))


onsuccess:
    end(succeeded=True)


onerror:
    end(succeeded=False)
