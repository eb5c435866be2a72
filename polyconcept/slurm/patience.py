"""A SLURM that does not answer for a while, since it is restarted, fails over or is overloaded.

The executor plugin would forget all jobs when SLURM does not answer a question about them, and
wait for ever; and count a job as failed that cannot be handed in.

As a program, `python -m polyconcept.slurm.patience sbatch ...` hands a job in, and tries again
while there is no controller.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

MINUTES_VARIABLE = "POLYCONCEPT_CLUSTER_MINUTES"
"""Holds for how many minutes a silent SLURM is waited for, where not for `MINUTES`."""
MINUTES = 30.0
AWAY, BACK = "SLURM does not answer", "SLURM answers again"
"""How what is said begins."""
_SECONDS_BETWEEN_TRIES = 10.0
# Where no connection was made, no job was either: other failures may have made one.
_NO_CONTROLLER = "Unable to contact slurm controller"

Query: TypeAlias = Callable[..., Awaitable[tuple[Mapping[str, str] | None, float | None]]]
"""The plugin's question: state of each job by its number, and seconds; of a failure, None twice."""


def minutes_of_patience() -> float:
    """Return for how many minutes a silent SLURM is waited for.

    Raises:
        ValueError: The variable holds no number of minutes.
    """
    given = os.environ.get(MINUTES_VARIABLE) or str(MINUTES)
    try:
        minutes = float(given)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < float("inf"):
        raise ValueError(f"{MINUTES_VARIABLE}: found {given!r}, needed a number of minutes")
    return minutes


class Silence:
    """How long SLURM has not answered, and whether that is too long."""

    def __init__(
        self, minutes: float, *, say: Callable[[str], None], error: type[Exception]
    ) -> None:
        self._minutes, self._say, self._error = minutes, say, error
        self._since: float | None = None
        self.too_long = False
        """Whether the run has been given up."""

    def ridden_out(self, query: Query) -> Query:
        """Return the plugin's question so that a failure tells of no job that has ended.

        After too long a silence it raises an `error`, which ends the run.
        """

        async def asked(*arguments: Any) -> tuple[Mapping[str, str], float | None]:  # noqa: ANN401
            found, seconds = await query(*arguments)
            if found is None:
                self._unanswered()
                return {}, 0.0
            if self._since is not None:
                self._say(f"{BACK}, after {self._silent_minutes():.1f} min")
                self._since = None
            return found, seconds

        return asked

    def _silent_minutes(self) -> float:
        return 0.0 if self._since is None else (time.monotonic() - self._since) / 60

    def _unanswered(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._say(f"{AWAY}; its jobs go on, and it is asked again for {self._minutes:g} min")
        if self._silent_minutes() >= self._minutes:
            self.too_long = True
            raise self._error(
                f"SLURM has not answered for {self._silent_minutes():.1f} min ({MINUTES_VARIABLE} "
                f"allows {self._minutes:g}). What is done is kept. Jobs that run go on: once SLURM "
                "answers (`squeue --me`), give the same `polyconcept run` again, which waits for "
                "them"
            )


def hand_in(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run sbatch until a controller is there, for as long as SLURM may be silent."""
    until = time.monotonic() + 60 * minutes_of_patience()
    script = sys.stdin.buffer.read() if command[-1] == "/dev/stdin" else b""
    while True:
        done = subprocess.run(command, input=script, capture_output=True, check=False)  # noqa: S603
        away = done.returncode != 0 and _NO_CONTROLLER.encode() in done.stderr
        if not away or time.monotonic() > until:
            return done
        time.sleep(_SECONDS_BETWEEN_TRIES)


if __name__ == "__main__":
    handed_in = hand_in(sys.argv[1:])
    sys.stdout.buffer.write(handed_in.stdout)
    sys.stderr.buffer.write(handed_in.stderr)
    raise SystemExit(handed_in.returncode)
