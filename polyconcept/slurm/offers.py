"""What the nodes of a partition offer, read from sinfo."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Partition, whether it is up, its time limit, node, the node's state, CPUs, memory, GRES.
SINFO_FORMAT = "%R|%a|%l|%N|%T|%c|%m|%G"
# States, long or short, out of which a node does not come by itself (sinfo's manual, "NODE STATE
# CODES"); signs at the end, such as * for a node that does not answer, are taken off before.
_GONE = ("down", "drain", "drng", "fail", "inval", "unk", "error")
_NO_LIMIT = {"infinite", "unlimited", "n/a", "none", ""}


@dataclass(frozen=True)
class Offer:
    """One node as one partition offers it."""

    partition: str
    node: str
    state: str
    usable: bool  # the partition is up, the node neither down nor drained
    cpus: int
    memory_mb: int
    gpus: tuple[tuple[str, int], ...]  # (model, count); the model is empty where none is named
    minutes: float  # time limit of the partition; infinite where there is none

    def n_gpus(self, model: str = "") -> int:
        """Return the number of GPUs of that model on the node; of any where it is empty."""
        return sum(n for name, n in self.gpus if not model or name.lower() == model.lower())


def parse_offers(text: str) -> tuple[Offer, ...]:
    """Return the nodes of all partitions from the output of ``sinfo -a -N -h -o SINFO_FORMAT``.

    Raises:
        ValueError: a line has another shape.
    """
    return tuple(_offer(line) for line in text.splitlines() if line.strip())


def _offer(line: str) -> Offer:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != SINFO_FORMAT.count("|") + 1:
        raise ValueError(f"sinfo wrote {line!r}; needed the fields {SINFO_FORMAT}")
    partition, available, limit, node, state, cpus, memory, gres = fields
    up = available.lower() == "up"
    return Offer(
        partition=partition,
        node=node,
        state=state if up else f"partition {available}",
        usable=up and not state.lower().startswith(_GONE),
        cpus=_number(cpus, line),
        memory_mb=_number(memory, line),
        gpus=_gpus(gres),
        minutes=parse_minutes(limit),
    )


def _number(text: str, line: str) -> int:
    digits = text.rstrip("+")  # "16000+": the least of several nodes
    if not digits.isdigit():
        raise ValueError(f"sinfo wrote {line!r}; needed a number where it has {text!r}")
    return int(digits)


def _gpus(gres: str) -> tuple[tuple[str, int], ...]:
    """Return h200, 2 of ``gpu:h200:2(S:0-1),shard:8``; of ``gpu:2`` a model without a name."""
    found = []
    for entry in re.sub(r"\([^)]*\)", "", gres).split(","):  # brackets hold the sockets: (S:0,2)
        kind, *rest = entry.strip().split(":")
        if kind.lower() == "gpu":
            count = int(rest.pop()) if rest and rest[-1].isdigit() else 1
            found.append((rest[0] if rest else "", count))
    return tuple(found)


def parse_minutes(text: str) -> float:
    """Return the minutes of a SLURM time such as ``7-00:00:00``, ``30:00`` or ``infinite``.

    Raises:
        ValueError: it is none.
    """
    if text.lower() in _NO_LIMIT:
        return float("inf")
    match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no time of SLURM's, such as 1-12:00:00, 30:00 or infinite")
    days, *clock = match.groups()
    parts = [int(part) for part in clock if part is not None]
    if days is not None:  # days-hours[:minutes[:seconds]]
        hours, minutes, seconds = [*parts, 0, 0][:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:  # minutes[:seconds]
        hours, minutes, seconds = 0, parts[0], [*parts, 0][1]
    return (int(days or 0) * 24 + hours) * 60 + minutes + seconds / 60
