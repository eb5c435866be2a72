"""Running studies through a private SLURM cluster, and looking at what its jobs did."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = (
    "Snakefile",
    "config.yaml",
    "slurm",
    "profiles",
    "studies",
    "workflow",
    "polyconcept",
    "envs",
)
RUN = ("--profile", "slurm", "--configfile")
NO_ACCOUNTING = ("--slurm-status-command", "squeue")
SNAKEMAKE, POLYCONCEPT = "snakemake", "polyconcept.cli.main"
# The scheduler of the tests answers at once, so nothing is gained by asking it seldom; and the
# plugin waits 10 s longer after each look at which no job had ended.
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "10")


@dataclass(frozen=True)
class Task:
    """What one SLURM job ran, as the cluster's prolog and epilog saw it."""

    job: str
    gpu: str
    begun: float
    ended: float


class Cluster:
    """A cluster that tools/slurm_cluster.sh has started."""

    def __init__(self, folder, exports):
        self.folder = folder
        self.drivers = []  # all processes of Snakemake that tests have started
        self.environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
        for name, value in re.findall(r"^export (\w+)=(.*)$", exports, re.MULTILINE):
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def ask(self, *command):
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def jobs(self, *states):
        """Numbers, states and comments of the jobs in these states; of all where none is named."""
        only = ",".join(states) or "all"
        lines = self.ask("squeue", "-h", "-t", only, "-o", "%i|%T|%k").splitlines()
        return [tuple(line.split("|")) for line in lines]

    def states(self, rule):
        """How often the jobs of a rule came to each state."""
        return Counter(
            state for _, state, comment in self.jobs() if comment.startswith(f"rule_{rule}_")
        )

    def wait_for(self, rule, state, *, n=1, after=0, seconds=240):
        """Numbers of n jobs of a rule in a state, later than one, as soon as there are so many."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = [
                job
                for job, _, comment in self.jobs(state)
                if f"rule_{rule}_" in comment and int(job) > after
            ]
            if len(found) >= n:
                return found
            time.sleep(0.2)
        raise AssertionError(f"no {n} {state} jobs of {rule} in {seconds} s: {self.jobs()}")

    def wait_for_task(self, rule, *, seconds=120):
        """Number of the one running job of a rule, once its own program runs."""
        (job,) = self.wait_for(rule, "RUNNING")
        until = time.monotonic() + seconds
        while job not in {task.job for task in self.tasks()}:
            assert time.monotonic() < until, f"job {job} of {rule} does not begin"
            time.sleep(0.1)
        return job

    def stop_controller(self):
        """End slurmctld as a restart does; jobs that run go on."""
        pid = int((self.folder / "run/slurmctld.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 60
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < until, "slurmctld does not end"
            time.sleep(0.1)

    def start_controller(self):
        """Begin slurmctld anew, with the jobs that it knew; return once it answers."""
        path = f"{self.environment['PATH']}:/usr/sbin:/sbin"
        command = ["slurmctld", "-f", self.environment["SLURM_CONF"]]
        subprocess.run(command, env=self.environment | {"PATH": path}, check=True)
        until = time.monotonic() + 60
        while subprocess.run(
            ["squeue"], env=self.environment, capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < until, "slurmctld does not answer"
            time.sleep(0.5)

    def tasks(self):
        """Tasks of jobs' steps, those of batch scripts left out; their ends may be missing."""
        marks = {}
        for line in (self.folder / "log/tasks").read_text().splitlines():
            match = re.fullmatch(r"(prolog|epilog) (\S+) (\d+) 0 gpu=(.*)", line)
            if match:
                when, at, job, gpu = match.groups()
                marks.setdefault((job, gpu), {})[when] = float(at)
        return [
            Task(job, gpu, mark["prolog"], mark.get("epilog", float("inf")))
            for (job, gpu), mark in marks.items()
            if "prolog" in mark
        ]


class NoSlurmError(Exception):
    """SLURM is not on this machine and cannot be installed."""


@contextmanager
def private_cluster():
    """A cluster on this machine; what was started in it, and it itself, end with the block."""
    script = ROOT / "tools/slurm_cluster.sh"
    folder = Path(tempfile.mkdtemp(prefix="slurm"))  # short: it holds a socket
    up = subprocess.run([script, "up", folder], capture_output=True, text=True, check=False)
    try:
        if up.returncode == 3:
            raise NoSlurmError(f"no SLURM: {up.stderr.strip().splitlines()[-1]}")
        assert up.returncode == 0, up.stderr
        started = Cluster(folder, up.stdout)
        yield started
        for driver in started.drivers:  # those of a test that has failed
            if driver.poll() is None:
                kill(driver)
    finally:
        subprocess.run([script, "down", folder], check=True)


def copy_tree(target):
    """The files that a run needs, in a folder that a test may change."""
    target.mkdir()
    for name in TREE:
        source = ROOT / name
        if source.is_dir() and not source.is_symlink():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(source, target / name, follow_symlinks=False)
    return target


def start(cluster, tree, *arguments, log, program=SNAKEMAKE):
    """Begin a program at the root of a tree, its output in a file."""
    environment = cluster.environment | {"PYTHONPATH": str(tree)}
    with log.open("w") as output:
        driver = subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            cwd=tree,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    cluster.drivers.append(driver)
    return driver


def run(cluster, tree, *arguments, log, program=SNAKEMAKE):
    """As `start`, until it ends; its exit status and output."""
    status = start(cluster, tree, *arguments, log=log, program=program).wait(timeout=3600)
    return status, log.read_text()


def kill(process):
    """What no process can prevent."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_with_snakemake(process):
    """What ends `polyconcept run` and the Snakemake that it has started at once."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGKILL)
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    process.wait()
