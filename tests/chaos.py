"""Disturb a small study, over and over, and see that no wrong result is called done.

    python tests/chaos.py --rounds 20 [--seed 7] [--minutes 10]

Each round asks for another variant of a study, and while it runs kills a job, the run, Snakemake or
all of them, edits code, text or the study and puts it back, or flips a byte of an intermediate
result. Then the same command is given until it succeeds, doing what its messages ask for. The
scores must be the bytes of an undisturbed run, and the study must verify.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from known_study import project_of, run_study
from test_workflow import study_of

CLUSTERING = {"n_clusters": 4, "n_restarts": 3, "seeds": [212]}
VARIANTS = {
    "as it is": {},
    "another share": {"colap": {"share": 0.2}},
    "more clusters": {"clustering": CLUSTERING | {"n_clusters": 5}},
    "shorter sentences": {"words": {"max_sentence_words": 200}},
}
CODE = (
    "polyconcept/text/dictionary.py",
    "polyconcept/scoring/colap.py",
    "polyconcept/machine/kinds.py",
)
INTERMEDIATES = ("dictionaries/*/*.t*", "words/**/*.parquet", "vectors/**/*.h5", "concepts/**/*.h5")
MOST_TRIES = 8
SECONDS_OF_A_RUN = 15.0
"""Disturbances come at a random time within these."""


class Study:
    """A study with a copy of the project that may be edited."""

    def __init__(self, folder):
        self.folder, self.code = folder, project_of(folder)
        self.environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(self.code)}

    def line(self, command, *words):
        return [sys.executable, "-m", "polyconcept.cli.main", command, "study.yaml", *words]

    def start(self, log):
        with log.open("w") as output:
            return subprocess.Popen(
                self.line("run", "--cores", "2"),
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def verified(self):
        run = subprocess.run(
            self.line("verify"),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode == 0, run.stderr

    def scores(self):
        return (self.folder / "results/known/scores.csv").read_bytes()


# --- disturbances: each takes the study, its run and the chances


def processes_of(run, words):
    """Processes that a run has started, of whose command some word holds `words`."""
    found = []
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(run.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(words in word for word in process.cmdline()):
                    found.append(process)
    return found


def kill(processes):
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_a_job(_study, run, chances):
    jobs = processes_of(run, ".snakemake/scripts")
    kill(chances.sample(jobs, min(1, len(jobs))))


def kill_the_run(_study, run, _chances):
    run.kill()


def kill_snakemake(_study, run, _chances):
    kill([process for process in processes_of(run, "snakemake") if process.ppid() == run.pid])


def kill_all(_study, run, _chances):
    kill([*processes_of(run, ""), psutil.Process(run.pid)] if run.poll() is None else [])


def edited(path, content, chances):
    before = path.read_bytes()
    path.write_bytes(content(before))
    time.sleep(chances.uniform(0.1, 4))
    path.write_bytes(before)


def edit_code(study, _run, chances):
    edited(study.code / chances.choice(CODE), lambda text: text + b"\nCHAOS = 1\n", chances)


def edit_text(study, _run, chances):
    edited(study.folder / "text/xa.txt", lambda text: text.replace(b"xa0w1", b"xa0w2"), chances)


def edit_study(study, _run, chances):
    edited(
        study.folder / "study.yaml",
        lambda text: text.replace(b"n_permutations: 20", b"n_permutations: 21"),
        chances,
    )


def flip_a_byte(study, _run, chances):
    results = study.folder / "results/known"
    files = sorted(path for pattern in INTERMEDIATES for path in results.glob(pattern))
    if files:
        path = chances.choice(files)
        with contextlib.suppress(FileNotFoundError):  # a job has just removed it
            content = bytearray(path.read_bytes())
            content[chances.randrange(len(content))] ^= 1 << chances.randrange(8)
            path.write_bytes(content)


DISTURBANCES = (
    kill_a_job,
    kill_the_run,
    kill_snakemake,
    kill_all,
    edit_code,
    edit_text,
    edit_study,
    flip_a_byte,
)


# --- rounds


def finish(study, log):
    """Give the same command until it succeeds; return how often, and what went wrong."""
    for n in range(1, MOST_TRIES + 1):
        status, said = study.start(log).wait(), log.read_text()
        if status == 0:
            whole, faults = study.verified()
            if whole:
                return n, ""
            # A file that was flipped after the last job has read it is seen by the next look alone.
            said = faults
        remove_named(study, said)
    return n, f"not done after {n} tries:\n{said[-3000:]}"


def remove_named(study, said):
    """Do what messages ask for: remove the results that are damaged."""
    for place in re.findall(
        r"(results/known/\S+): (?:damaged|its run record|there is no|content)", said
    ):
        with contextlib.suppress(FileNotFoundError):
            (study.folder / place).unlink()


def disturb(study, name, chances, log):
    """Run a variant, disturbed once; return what was done, and whether it ended with success."""
    study_of(study.folder, **VARIANTS[name])
    run, act = study.start(log), chances.choice(DISTURBANCES)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(timeout=chances.uniform(0.2, SECONDS_OF_A_RUN))
    act(study, run, chances)
    status = run.wait()
    return act.__name__, status == 0


def references(study, log):
    """The scores of each variant, undisturbed."""
    found = {}
    for name, changes in VARIANTS.items():
        study_of(study.folder, **changes)
        n, fault = finish(study, log)
        if n > 1 or fault:
            raise SystemExit(f"{name}: an undisturbed run fails: {fault}")
        found[name] = study.scores()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so many")
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    chances, until = random.Random(asked.seed), time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory() as temporary:
        folder, log = Path(temporary) / "study", Path(temporary) / "log"
        run_study(folder)
        undisturbed = Path(shutil.copytree(folder, Path(temporary) / "undisturbed", symlinks=True))
        shutil.copytree(project_of(folder), project_of(undisturbed))
        scores, study = references(Study(undisturbed), log), Study(folder)
        for number in range(1, asked.rounds + 1):
            name = chances.choice(list(VARIANTS))
            act, succeeded = disturb(study, name, chances, log)
            whole, faults = study.verified() if succeeded else (True, "")
            if not whole and act != "flip_a_byte":
                raise SystemExit(f"round {number}, {act}: success, but verify says\n{faults}")
            n_tries, fault = finish(study, log)
            if fault or study.scores() != scores[name]:
                raise SystemExit(f"round {number}, {act}: {fault or 'other scores'}")
            sys.stdout.write(f"round {number}: {name}, {act}: done after {n_tries} more\n")
            sys.stdout.flush()
            if time.monotonic() > until:
                break
    sys.stdout.write(f"{number} rounds: every result is as undisturbed\n")


if __name__ == "__main__":
    main()
