"""What the benchmarks share: one line of the table, and how times and memory are taken."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

HEADINGS = ("stage", "what", "ours", "limit or alternative", "ratio", "goal", "reached")
Figure = dict[str, Any]
Clock = Callable[[Callable[[], Any]], float]
Result = TypeVar("Result")


def figure(ours: float, unit: str, goal: str, ratio: float, **others: float | str) -> Figure:
    """Return one line of the table.

    Args:
        ours: What was measured.
        unit: Its unit.
        goal: What the ratio has to be, such as ``<= 1.1``.
        ratio: Of ours to the limit or the alternative, or the other way round where more is better.
        **others: `limit` or `alternative` in the same unit, and a `note`.
    """
    columns = {"limit": None, "alternative": None, "note": ""}
    return {"ours": ours, "unit": unit, "goal": goal, "ratio": ratio, **columns, **others}


def reached(row: Figure) -> bool | None:
    """Return whether a line's ratio is what its goal says; None where there is no goal (``-``).

    Raises:
        ValueError: The goal is neither ``<= NUMBER`` nor ``>= NUMBER``.
    """
    if row["goal"] == "-":
        return None
    sign, _, number = str(row["goal"]).partition(" ")
    if sign not in ("<=", ">="):
        raise ValueError(f"goal {row['goal']!r}: needed `<= NUMBER` or `>= NUMBER`")
    ratio, needed = float(row["ratio"]), float(number)
    return ratio <= needed if sign == "<=" else ratio >= needed


def cpu_seconds(call: Callable[[], Any]) -> float:
    """Return the CPU seconds of this process, all its threads: what other work changes least."""
    began = time.process_time()
    call()
    return time.process_time() - began


def wall_seconds(call: Callable[[], Any]) -> float:
    """Return the seconds on the clock, for what waits for a disk or another process."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def timed(clock: Clock, call: Callable[[], Result]) -> tuple[float, Result]:
    """Return the seconds of a call, and what it gives."""
    results: list[Result] = []
    seconds = clock(lambda: results.append(call()))
    return seconds, results[0]


def medians(clock: Clock, n_rounds: int, *calls: Callable[[], Any]) -> list[float]:
    """Return the median seconds of each call; they take turns, so that a busy minute meets all."""
    rounds = [[clock(call) for call in calls] for _ in range(n_rounds)]
    return [median(times) for times in zip(*rounds, strict=True)]


def held_mib() -> float:
    """Return the memory that this process holds now (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 2**10


def forget_peak() -> None:
    """Let `peak_mib` count from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mib() -> float:
    """Return the most memory that this process has held so far, or since `forget_peak`."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the process that started this one held.
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def table(figures: dict[str, Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [HEADINGS]
    for name, row in figures.items():
        stage, _, what = name.partition(", ")
        other = row["limit"] if row["limit"] is not None else row["alternative"]
        kind = "limit" if row["limit"] is not None else "alternative"
        numbers = (_number(row["ours"], row["unit"]), f"{_number(other, row['unit'])} ({kind})")
        result = {True: "yes", False: "no", None: "-"}[reached(row)]
        rows.append((stage, what, *numbers, f"{row['ratio']:.3g}", row["goal"], result))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (n + 2) for n in widths) + "|", *lines[1:]])


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()
