"""A repair of Snakemake's planning: jobs behind an `ancient` input have causes of their own.

Where a job is to run, Snakemake looks for no other cause in all that lies behind it, for that would
run anyway. Behind an `ancient` input it does not run: with another layer, a model's check would run
and its fine-tuned variants would be taken for up to date (Snakemake's issue 4166). So the look
ahead has to end there, as the plan itself does.
"""

from snakemake.dag import DAG


def ends_at_ancient(walk, update):
    """DAG.bfs and DAG.update_needrun such that the latter's walks do not pass ancient inputs."""
    updating = False

    def is_passed(files):
        return not all(file.is_ancient and os.path.exists(file) for file in files)

    def bfs(dag, direction, *jobs, **how):
        if not (updating and direction is dag.depending):
            yield from walk(dag, direction, *jobs, **how)
            return
        waiting, seen = list(jobs), set(jobs)
        for job in waiting:
            yield job
            behind = [
                found for found, files in direction[job].items() if is_passed(files)
            ]
            waiting += [job for job in behind if job not in seen]
            seen.update(behind)

    async def update_needrun(dag, *arguments, **how):
        nonlocal updating
        updating = True
        try:
            return await update(dag, *arguments, **how)
        finally:
            updating = False

    return bfs, update_needrun


if workflow.is_main_process and not hasattr(DAG, "ends_at_ancient"):
    DAG.ends_at_ancient = True
    DAG.bfs, DAG.update_needrun = ends_at_ancient(DAG.bfs, DAG.update_needrun)
