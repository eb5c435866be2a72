"""Runs through SLURM: the plan is told, and one that the cluster cannot serve is refused."""

import shlex

from snakemake.logging import logger

from polyconcept.slurm import patience
from polyconcept.slurm.queue import (
    ClusterError,
    has_accounting,
    list_accounts,
    list_offers,
)
from polyconcept.slurm.requests import Request, check_requests, plan_lines

PROFILE = "profiles/slurm/config.yaml, `site:` (or the profile that you gave)"
NO_CHECK = "POLYCONCEPT_NO_CLUSTER_CHECK"


def runs_here(job):
    return JOBS[job.rule.name].local


def submissions(jobs):
    """What is handed in to SLURM: jobs, and groups of them (`groups:` of a profile)."""
    own = [job for job in jobs if not runs_here(job)]
    return list(dict.fromkeys(workflow.dag.get_job_group(job) or job for job in own))


def request_of(submission, attempt=1):
    """What a job or a group of jobs asks SLURM for, in the words of the executor plugin."""
    if submission.is_group():
        # As Snakemake adds up what its jobs ask for, which it does for the attempt that is at hand.
        now, submission.attempt = submission.attempt, attempt
        asked, n_cpus = dict(submission.resources.items()), submission.threads
        submission.attempt = now
        name = f"the group {submission.groupid} of {len(submission.jobs)} jobs"
    else:
        # The folder for temporary files is known only where a job runs.
        asked = submission.rule.expand_resources(
            submission.wildcards_dict,
            submission.input,
            attempt,
            skip_evaluation={"tmpdir"},
        )
        name, n_cpus = submission.rule.name, submission.threads
    n_cpus = int(asked.get("cpus_per_task") or n_cpus)
    return Request(
        name,
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


def check_plan(jobs):
    """Stop where a job would wait in the queue for ever, or its end would never be seen."""
    n_attempts = workflow.execution_settings.retries + 1
    faults = check_requests(
        [
            request_of(submission, attempt)
            for submission in submissions(jobs)
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
    if workflow.executor_settings.status_command == "sacct" and not has_accounting():
        raise WorkflowError(
            "this cluster keeps no accounts, so that sacct does not see jobs end: add "
            "`--slurm-status-command squeue` (`polyconcept run` does). No job was handed in."
        )


def check_cluster(jobs):
    """Say what goes through SLURM, and stop where it would not come back."""
    asked = [(request_of(job), runs_here(job)) for job in jobs]
    for line in plan_lines(asked, len(submissions(jobs))):
        logger.info(f"cluster: {line}")
    if not os.environ.get(NO_CHECK):
        try:
            check_plan(jobs)
        except ClusterError as error:
            raise WorkflowError(str(error))


def ride_out_silence():
    """Have the plugin keep its jobs while SLURM does not answer; return what tells how it went."""
    import snakemake_executor_plugin_slurm as plugin

    try:
        silence = patience.Silence(
            patience.minutes_of_patience(), say=logger.warning, error=WorkflowError
        )
    except ValueError as error:
        raise WorkflowError(str(error))
    plugin.query_job_status = silence.ridden_out(plugin.query_job_status)
    submit, again = plugin.get_submit_command, (sys.executable, "-m", patience.__name__)
    plugin.get_submit_command = lambda *args, **kwargs: (
        f"{shlex.join(again)} {submit(*args, **kwargs).lstrip()}"
    )
    return silence
