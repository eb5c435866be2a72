"""How far a run is, stage by stage, from the lines that Snakemake writes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from polyconcept.study.jobs.table import JOBS

# Lines as Snakemake's own logger writes them.
_COUNT = re.compile(r"(\w+) +(\d+)")
_BEGINS = re.compile(r"(?:local)?rule (\w+):")
_ENDS = re.compile(r"Finished jobid: \d+ \(Rule: (\w+)\)")


@dataclass
class Stage:
    """The jobs of a stage."""

    n_jobs: int = 0
    n_done: int = 0
    began: float | None = None
    """When the first of them began, in seconds of the clock."""


class Progress:
    """Reads Snakemake's lines, and shows a line for each stage.

    On a terminal all lines are drawn anew after each job; elsewhere a stage's line is written when
    the last of its jobs is done. `write` takes the lines to show, `clock` gives seconds.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        terminal: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._terminal, self._clock = write, terminal, clock
        self._stages: dict[str, Stage] = {}
        self._counting = False
        self._n_drawn = 0

    def read(self, line: str) -> None:
        """Take in a line, and show what it changes."""
        line = line.strip()
        if line == "Job stats:":
            self._counting, self._stages = True, {}
        elif self._counting:
            self._count(line)
        elif (begins := _BEGINS.fullmatch(line)) and (stage := self._stage_of(begins[1])):
            if stage.began is None:
                stage.began = self._clock()
        elif (ends := _ENDS.fullmatch(line)) and (stage := self._stage_of(ends[1])):
            stage.n_done += 1
            self._show(JOBS[ends[1]].stage)

    def _count(self, line: str) -> None:
        """Take in a line of the table of jobs."""
        if not line or line.startswith("total"):
            self._counting = False
            names = dict.fromkeys(job.stage for job in JOBS.values())
            self._stages = {name: self._stages[name] for name in names if name in self._stages}
        elif (found := _COUNT.fullmatch(line)) and found[1] in JOBS:
            stage = self._stages.setdefault(JOBS[found[1]].stage, Stage())
            stage.n_jobs += int(found[2])

    def _stage_of(self, rule: str) -> Stage | None:
        return self._stages.get(JOBS[rule].stage) if rule in JOBS else None

    def _show(self, changed: str) -> None:
        stage = self._stages[changed]
        if self._terminal:
            # ECMA-48: K clears the rest of a line, F goes up so many lines.
            lines = [f"\x1b[K{self.line(name)}\n" for name in self._stages]
            up = f"\x1b[{self._n_drawn}F" if self._n_drawn else ""
            self._write(up + "".join(lines))
            self._n_drawn = len(lines)
        elif stage.n_done == stage.n_jobs:
            self._write(f"{self.line(changed)}\n")

    def line(self, name: str) -> str:
        """Return what is shown of a stage: its jobs, and the time they took or will take."""
        stage = self._stages[name]
        width = max(map(len, self._stages))
        text = f"{name:{width}}  {stage.n_done:4} of {stage.n_jobs}"
        if stage.began is None or not stage.n_done:
            return text
        seconds = self._clock() - stage.began
        if stage.n_done == stage.n_jobs:
            return f"{text}  done in {_spelt(seconds)}"
        # Jobs of a stage are much alike.
        left = seconds / stage.n_done * (stage.n_jobs - stage.n_done)
        return f"{text}  about {_spelt(left)} left"


def _spelt(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
