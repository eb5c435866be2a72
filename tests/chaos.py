"""Disturb a small study, over and over, and see that no wrong result is called done.

    PYTHONPATH=tests python tests/chaos.py --rounds 20 [--seed 7] [--seconds 200] [--slurm]

Each round asks for another variant of a study, by `polyconcept run` or by `snakemake` itself, and
while it runs kills a job, the run, Snakemake or all of them, edits code, text, weights or the study
and puts it back, flips a byte of an intermediate result or cuts off a note. Then the same command
is given until it succeeds, doing what its messages ask for. The scores must be the bytes of an
undisturbed run, and no run may succeed while what is behind its scores is not as it should be.

With --slurm the disturbed runs go through a private SLURM, whose controller is away for a while in
the first round. The scores that they must give are made without it.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
from known_study import copy_project, project_of
from slurm_runs import NO_ACCOUNTING, QUICK, NoSlurmError, private_cluster
from test_workflow import study_of, write_model, write_text

from polyconcept.audit.verification import DAMAGED_RECORD, Audit
from polyconcept.cli.project import read_study
from polyconcept.cli.verify import expected_of

SCORES = "results/known/scores.csv"
CLUSTERING = {"n_clusters": 4, "n_restarts": 3, "seeds": [212]}
VARIANTS = {
    "as it is": {},
    "another model": {"models": {"shared": {"directory": "apart"}}},
    "another share": {"colap": {"share": 0.2}},
    "more clusters": {"clustering": CLUSTERING | {"n_clusters": 5}},
    "shorter sentences": {"words": {"max_sentence_words": 200}},
}
ONE_MODEL = {"models": {"shared": {"directory": "shared"}}}
CODE = (
    "polyconcept/text/dictionary.py",
    "polyconcept/scoring/colap.py",
    "polyconcept/store/words.py",
)
INTERMEDIATES = (
    "corpora/text/xa.txt",
    "dictionaries/*/*.t*",
    "words/**/*.parquet",
    "selections/*.parquet",
    "models/**/*.safetensors",
    "vectors/**/*.h5",
    "concepts/**/*.h5",
    "scores/**/*.parquet",
)
MOST_TRIES = 8


class Study:
    """A study with a copy of the project that may be edited."""

    def __init__(self, folder, cluster=None):
        self.folder, self.code, self.cluster = folder, project_of(folder), cluster
        self.environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self.environment |= cluster.environment if cluster else {}
        self.environment["PYTHONPATH"] = str(self.code)
        self.log = folder.with_name(f"{folder.name}.log")

    def start(self, program, *words):
        """Begin a run up to the scores."""
        profile = ("--workflow-profile", str(self.code / "profiles/local"))
        if self.cluster:
            profile = ("--profile", str(self.code / "profiles/slurm"), *QUICK, *NO_ACCOUNTING)
        snakefile = ("--snakefile", str(self.code / "Snakefile"), "--configfile=study.yaml")
        line = {
            "polyconcept": ("polyconcept.cli.main", "run", "study.yaml", *profile),
            "snakemake": ("snakemake", *snakefile, *profile),
        }[program]
        with self.log.open("w") as output:
            return subprocess.Popen(
                [sys.executable, "-m", *line, SCORES, *words],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def faults(self):
        """Everything that is wrong behind the scores, as `polyconcept verify` finds it.

        A file that is not there is not wrong, but the scores themselves: a job that was refused
        leaves nothing, and where its inputs come back as the same bytes nothing needs it again.
        """
        study = read_study(self.folder / "study.yaml")
        expected = dataclasses.replace(expected_of(study, self.folder), finals=(SCORES,))
        found = Audit(expected, self.folder, self.code).faults()
        return [fault for fault in found if not fault.is_absence or fault.place == SCORES]

    def scores(self):
        return (self.folder / SCORES).read_bytes()

    def said(self):
        return self.log.read_text(errors="replace")


def make_study(folder, cluster=None):
    folder.mkdir()
    write_text(folder / "text")
    write_model(folder / "shared", language_distance=0)
    write_model(folder / "apart", language_distance=30)
    copy_project(project_of(folder))
    return Study(folder, cluster)


# --- disturbances: each takes the study, its run and the chances


def processes_of(run):
    """Processes that a run has started, those of SLURM's jobs apart."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(run.pid).children(recursive=True)
    return []


def jobs_of(study):
    """Processes in the study's folder that run a rule's script, whoever has started them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()) == study.folder and is_script(process):
                found.append(process)
    return found


def is_script(process):
    return any(".snakemake/scripts" in word for word in process.cmdline())


def kill(processes):
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_a_job(study, _run, chances):
    jobs = jobs_of(study)
    kill(chances.sample(jobs, min(1, len(jobs))))


def kill_the_run(_study, run, _chances):
    run.kill()


def kill_snakemake(_study, run, _chances):
    kill([p for p in processes_of(run) if p.ppid() == run.pid and not is_script(p)])


def kill_all(study, run, _chances):
    kill([*processes_of(run), *jobs_of(study)])
    run.kill()


def stop_slurm(study, _run, _chances):
    study.cluster.stop_controller()
    time.sleep(12)
    study.cluster.start_controller()


def edited(path, content, chances):
    before = path.read_bytes()
    path.write_bytes(content(before))
    time.sleep(chances.uniform(0.1, 4))
    path.write_bytes(before)


def edit_code(study, _run, chances):
    edited(study.code / chances.choice(CODE), lambda text: text + b"\nCHAOS = 1\n", chances)


def edit_text(study, _run, chances):
    edited(study.folder / "text/xa.txt", lambda text: text.replace(b"xa0w1", b"xa0w2"), chances)


def edit_weights(study, _run, chances):
    weights = study.folder / chances.choice(("shared", "apart")) / "model.safetensors"
    edited(weights, lambda text: flipped(text, chances), chances)


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
            content = flipped(path.read_bytes(), chances)
            with path.open("r+b") as file:
                file.write(content)


def cut_bookkeeping(study, _run, chances):
    """Cut off a note of Snakemake's or of ours, as a full disk or a crash leaves it."""
    places = (".snakemake/metadata/*", "results/.code.json", "results/known/logs/hashes.json")
    files = sorted(path for place in places for path in study.folder.glob(place) if path.is_file())
    if files:
        path = chances.choice(files)
        with contextlib.suppress(FileNotFoundError):
            os.truncate(path, path.stat().st_size // 2)


def flipped(content, chances):
    changed = bytearray(content)
    if changed:
        changed[chances.randrange(len(changed))] ^= 1 << chances.randrange(8)
    return bytes(changed)


DISTURBANCES = (
    kill_a_job,
    kill_the_run,
    kill_snakemake,
    kill_all,
    edit_code,
    edit_text,
    edit_weights,
    edit_study,
    flip_a_byte,
    cut_bookkeeping,
)
OUTSIDE = (flip_a_byte, cut_bookkeeping)
"""What Snakemake alone cannot see where no job reads the file any more."""
EDITS = (edit_code, edit_text, edit_weights, edit_study)
"""What a run asks for where it has not planned yet."""


# --- rounds


class WrongError(Exception):
    """A result that is wrong was called done, or a run that cannot be finished."""


def finish(study, program):
    """Give the same command until it succeeds; return how often."""
    more, tried = (), []
    for n in range(1, MOST_TRIES + 1):
        status, said = study.start(program, *more).wait(), study.said()
        faults = study.faults() if status == 0 else []
        if status == 0 and not faults:
            return n
        if faults and program == "polyconcept":
            raise WrongError(f"success over\n{faults[0]}\n{said[-3000:]}")
        before, more = more, told(study, said) or forced(faults)
        tried.append(f"{before}: status {status}, {[*map(str, faults[:1])]}, {said[-300:]}")
        if "LockException" in said and program == "snakemake":
            # Killed in the moment between its lock and its note.
            study.start(program, "--unlock").wait()
    raise WrongError("\n".join(["not done:", *tried]))


def forced(faults):
    """The option that makes anew the files of which Snakemake alone sees no need."""
    damage = ("content changed since", "its bytes changed", "cannot be read", DAMAGED_RECORD,
              "no run record names it")  # fmt: skip
    files = {
        fault.place.removesuffix(".run.json") for fault in faults if fault.what.startswith(damage)
    }
    return ("--forcerun", *sorted(files)) if files else ()


def told(study, said):
    """Do what messages ask for: remove what is damaged; return the option that they name."""
    for place in re.findall(r"(results/known/\S+): (?:damaged|its run record|there is no)", said):
        with contextlib.suppress(OSError):
            path = study.folder / place
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    forcing = re.search(r"(?:the same command|run the study) with (--forcerun .*)", said)
    return tuple(forcing[1].split()) if forcing else ()


def disturb(study, program, act, chances, seconds):
    """Run a study, disturbed once. Success must be success."""
    run = study.start(program)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(timeout=chances.uniform(0, seconds))
    at, ended = time.time(), run.poll() is not None
    planned = any(study.folder.glob("results/known/logs/plan-*.json"))
    act(study, run, chances)
    status = run.wait()
    faults = study.faults() if status == 0 else []
    # `polyconcept run` looks into files once Snakemake has ended, and its log with it.
    logs = [log.stat().st_mtime for log in study.folder.glob("results/known/logs/run-*.log")]
    late = ended or at > max(logs, default=0.0)
    unseen = act in OUTSIDE and (program == "snakemake" or late)
    asked_for = act in EDITS and not planned
    if faults and not unseen and not asked_for:
        raise WrongError(f"success over\n{faults[0]}\n{study.said()[-3000:]}")


def ask_for(study, name):
    study_of(study.folder, **{"device": "cpu"} | ONE_MODEL | VARIANTS[name])


def references(study):
    """The scores of each variant, undisturbed; and how long a run of one takes."""
    found, seconds = {}, []
    for name in VARIANTS:
        ask_for(study, name)
        seconds.append(seconds_of_run(study, name))
        found[name] = study.scores()
    return found, statistics.median(seconds)


def seconds_of_run(study, name):
    began = time.monotonic()
    if finish(study, "polyconcept") > 1:
        raise WrongError(f"{name}: an undisturbed run fails")
    return time.monotonic() - began


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no round after")
    parser.add_argument("--slurm", action="store_true", help="through a private SLURM")
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    try:
        with private_cluster() if asked.slurm else contextlib.nullcontext() as slurm:
            disturb_often(asked, slurm)
    except NoSlurmError as error:
        say(f"skipped: {error}")


def disturb_often(asked, slurm):
    with tempfile.TemporaryDirectory() as temporary:
        study = make_study(Path(temporary) / "study")
        scores, seconds = references(study)
        say(f"{len(scores)} variants undisturbed, {seconds:.0f} s each")
        if slurm:
            study, name = make_study(Path(temporary) / "through_slurm", slurm), next(iter(VARIANTS))
            ask_for(study, name)
            seconds = seconds_of_run(study, name)
            if study.scores() != scores[name]:
                raise SystemExit("other scores through SLURM than here")
            say(f"the same scores through SLURM, undisturbed, in {seconds:.0f} s")
        play(study, scores, seconds, asked)


def play(study, scores, seconds, asked):
    began, chances, done = time.monotonic(), random.Random(asked.seed), Counter()
    for number in range(1, asked.rounds + 1):
        if time.monotonic() - began > asked.seconds:
            break
        name = chances.choice(list(VARIANTS))
        program = chances.choice(("polyconcept", "snakemake"))
        act = chances.choice(DISTURBANCES)
        if study.cluster and number == 1:
            act = stop_slurm
        ask_for(study, name)
        try:
            disturb(study, program, act, chances, seconds)
            n_tries = finish(study, program)
            if study.scores() != scores[name]:
                raise WrongError("other scores than undisturbed")
        except WrongError as error:
            place = f"round {number}, {name}, {program}, {act.__name__}"
            raise SystemExit(f"{place}: {error}") from None
        done[act.__name__] += 1
        say(f"round {number}: {name}, {program}, {act.__name__}: done after {n_tries} more")
    say(
        f"{done.total()} of {asked.rounds} rounds in {time.monotonic() - began:.0f} s: all scores "
        f"as undisturbed ({json.dumps(dict(sorted(done.items())))})"
    )


if __name__ == "__main__":
    main()
