"""Runs through SLURM: a plan that the cluster can serve, and what killed runs have left behind.

Only the process that the user starts does this, not those of its jobs.
"""

from snakemake.logging import logger
from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.persistence.file import FilePersistence

from polyconcept.slurm.queue import ClusterError
from polyconcept.slurm.drivers import LockFile
from polyconcept.slurm.drivers import PlannedOutput
from polyconcept.slurm.requests import Request
from polyconcept.slurm.requests import check_requests
from polyconcept.slurm.leftovers import end_processes
from polyconcept.slurm.queue import has_accounting
from polyconcept.slurm.queue import is_queued
from polyconcept.slurm.queue import list_accounts
from polyconcept.slurm.queue import list_offers
from polyconcept.slurm.requests import plan_lines
from polyconcept.slurm.drivers import read_drivers
from polyconcept.slurm.leftovers import settle_jobs
from polyconcept.slurm.drivers import start_driver
from polyconcept.slurm.around import surround

DRIVERS = Path(".snakemake/polyconcept-drivers")
PROFILE = "profiles/slurm/config.yaml, `site:` (or the profile that you gave)"
NO_CHECK = "POLYCONCEPT_NO_CLUSTER_CHECK"


def say(line):
    logger.info(f"cluster: {line}")


# --- What the jobs ask for


def planned_jobs():
    jobs = workflow.dag.needrun_jobs(exclude_finished=False)
    return [job for job in jobs if not job.rule.norun]


def runs_here(job):
    return job.rule.name in workflow._localrules


def request_of(job, attempt=1):
    """What a job asks SLURM for, in the words of the executor plugin."""
    before, job.attempt = job.attempt, attempt  # its resources are worked out anew
    asked = job.resources
    job.attempt = before
    n_cpus = int(asked.get("cpus_per_task") or job.threads)
    return Request(
        job.rule.name,
        attempt,
        partition=str(asked.get("slurm_partition") or ""),
        account=str(asked.get("slurm_account") or ""),
        cpus=n_cpus,
        memory_mb=int(
            (asked.get("mem_mb_per_cpu") or 0) * n_cpus or asked.get("mem_mb") or 0
        ),
        minutes=int(asked.get("runtime") or 0),
        gpus=int(asked.get("gpu") or 0),
        gpu_model=str(asked.get("gpu_model") or ""),
    )


def say_plan(jobs):
    for line in plan_lines((request_of(job), runs_here(job)) for job in jobs):
        say(line)


def check_plan(jobs):
    """Stop where a job would wait in the queue for ever."""
    if os.environ.get(NO_CHECK):
        return
    n_attempts = workflow.execution_settings.retries + 1
    faults = check_requests(
        [
            request_of(job, attempt)
            for job in jobs
            if not runs_here(job)
            for attempt in range(1, n_attempts + 1)
        ],
        list_offers(),
        list_accounts(),
        n_attempts=n_attempts,
    )
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise WorkflowError(
            f"these jobs would wait in the queue for ever:\n{listed}\nChange it in {PROFILE}; "
            f"`sinfo -N -o '%R %N %T %c %m %G %l'` lists what there is. Where SLURM knows "
            f"better, set {NO_CHECK}=1. No job was handed in."
        )


# --- Runs that were killed


def note_of(job):
    """What Snakemake would note of a job's outputs when it ends, apart from the times."""
    memory = workflow.persistence
    return {
        "rule": job.rule.name,
        "input": list(map(str, memory._input(job))),
        "log": list(map(str, memory._log(job))),
        "params": memory._params(job),
        "code": memory._code(job.rule),
        "shellcmd": job.shellcmd,
        "conda_env": memory._conda_env(job),
        "container_img_url": job.container_img_url,
        "software_stack_hash": memory._software_stack_hash(job),
        "record_format_version": RECORD_FORMAT_VERSION,
        "incomplete": False,
    }


def planned_outputs(jobs):
    for job in jobs:
        outputs = tuple(map(str, job.output))
        for path in outputs:
            yield PlannedOutput(path, outputs, note_of(job))


def time_of(path):
    """When Snakemake takes an output to be made; None where it is not there."""
    stamp = Path(path) / ".snakemake_timestamp" if Path(path).is_dir() else Path(path)
    return stamp.stat().st_mtime if stamp.is_file() else None


def keep_finished(driver):
    """Note the outputs of jobs that ended when their driver was gone, as it would have.

    A job takes away the mark "incomplete" when it has ended well, but only its driver notes with
    which settings it ran; without the note, Snakemake would keep the file whatever is changed.
    """
    memory = FilePersistence(nolock=True)
    kept = 0
    for output in driver.planned:
        made, known = time_of(output.path), memory._read_record(output.path)
        if (
            made is not None
            and made >= driver.started
            and (known is None or known.endtime != made)
            and all(time_of(path) is not None for path in output.siblings)
            and not memory._filter_incomplete_keys(output.siblings)
        ):
            times = {"starttime": driver.started, "endtime": made}
            memory._write_record(output.path, MetadataRecord(**output.note, **times))
            kept += 1
    return kept


def clear_after(driver):
    """Settle what a killed driver left: processes, SLURM jobs, files that they made, locks."""
    say(f"an earlier run was killed ({driver}); clearing what it left")
    ended = end_processes(driver.token)
    if ended:
        say(f"ended its processes on this machine: {ended}")
    if driver.job_name:
        settle_jobs([driver.job_name], say=say)
    kept = keep_finished(driver)
    say(f"kept {kept} files that its jobs finished after it was killed")
    if any([lock.release() for lock in driver.locks]):
        say("released its lock")
    driver.forget()


def clear_killed_runs():
    for driver in read_drivers(DRIVERS):
        if driver.alive:
            say(
                f"another run is at work in this folder ({driver}); where both make the same "
                "files, Snakemake refuses to start: wait for it, do not unlock"
            )
        elif driver.here or (driver.own_job and not is_queued(driver.own_job)):
            clear_after(driver)
        else:
            raise WorkflowError(
                f"a run from another machine holds this folder: {driver}. From here, one cannot "
                f"see whether it is alive. If it is, wait for it. If it was killed, run the same "
                f"command on {driver.host}. If that machine is gone: `squeue --me -n "
                f"{driver.job_name or 'none'}` must list no job; then remove {driver.record}, "
                "run `snakemake --unlock` with the same study, and start again."
            )


# --- The run itself

driver = None


def before_run(executor_plugin, executor_settings, **_):
    """Called before the DAG is built."""
    global driver
    if executor_plugin.common_settings.dryrun_exec:
        return
    try:
        clear_killed_runs()
        if executor_plugin.name == "slurm":
            # The plugin's default wherever there is such a command.
            if executor_settings.status_command == "sacct" and not has_accounting():
                executor_settings.status_command = "squeue"
            driver = start_driver(DRIVERS.absolute())
    except (ClusterError, ValueError) as error:
        raise WorkflowError(str(error))


def after_run(succeeded, executor_plugin, **_):
    if driver is not None:
        driver.forget()
    if succeeded and executor_plugin.common_settings.dryrun_exec:
        jobs = planned_jobs()
        if any(request_of(job).partition for job in jobs):
            say_plan(jobs)


if workflow.is_main_process:
    # Snakemake has no hook between reading the rules and building the DAG, which is where outputs
    # of a killed run must be known.
    workflow.execute = surround(workflow.execute, begin=before_run, end=after_run)


def start_on_cluster():
    """With the plan made and the lock taken, before any job is handed in."""
    global driver
    jobs = planned_jobs()
    say_plan(jobs)
    try:
        check_plan(jobs)
    except ClusterError as error:
        raise WorkflowError(str(error))
    locks = workflow.persistence._lockfile.values()
    driver = driver.noting(
        job_name=workflow.scheduler._executor.run_uuid,
        locks=[LockFile.of(Path(path)) for path in locks],
        planned=planned_outputs(jobs),
    )


onstart:
    if driver is not None:
        start_on_cluster()
