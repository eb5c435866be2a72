"""What the jobs ask for, held against what the partitions offer.

SLURM takes a request that no node can ever serve, and lets it wait for ever.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from polyconcept.slurm.offers import Offer


@dataclass(frozen=True)
class Request:
    """What one rule's jobs ask for in one attempt; 0 or an empty name where nothing is asked."""

    rule: str  # or what else names those that ask
    attempt: int
    partition: str  # several with commas between: any of them
    account: str
    cpus: int
    memory_mb: int
    minutes: int
    gpus: int
    gpu_model: str

    @property
    def partitions(self) -> list[str]:
        """Names of the partitions asked for; empty where the site's default is taken."""
        return [name.strip() for name in self.partition.split(",") if name.strip()]

    def __str__(self) -> str:
        gpus = f"{self.gpus} GPU{f' of model {self.gpu_model}' if self.gpu_model else ''}, "
        return (
            f"{gpus if self.gpus else ''}{self.cpus} CPU, {self.memory_mb} MB, "
            f"{self.minutes or 'default'} min"
        )


def plan_lines(jobs: Iterable[tuple[Request, bool]], n_submissions: int) -> list[str]:
    """Return the planned numbers of jobs, and of GPU jobs by rule.

    Of each job there is its request in its first attempt, and whether it runs beside Snakemake;
    `n_submissions` of SLURM run the others, fewer than these where some go together.
    """
    listed = list(jobs)
    local = sum(is_local for _, is_local in listed)
    by_rule = Counter(request.rule for request, is_local in listed if request.gpus and not is_local)
    rules = ", ".join(f"{n} {rule}" for rule, n in sorted(by_rule.items()))
    through = len(listed) - local
    together = f" in {n_submissions} submissions" if n_submissions != through else ""
    return [
        f"planned: {len(listed)} jobs, {through} of them through SLURM{together}, "
        f"{local} beside Snakemake",
        f"planned: {by_rule.total()} GPU jobs{f' ({rules})' if rules else ''}",
    ]


def check_requests(
    requests: Iterable[Request],
    offers: Sequence[Offer],
    accounts: Collection[str] | None,
    *,
    n_attempts: int = 1,
) -> list[str]:
    """Return what no node can serve: a sentence each, rules that ask the same together.

    `requests` are those of the jobs that will run, in each of `n_attempts`; `accounts` are what the
    user may charge, in lower case, None where SLURM keeps none.
    """
    rules: dict[str, list[str]] = {}
    for request in dict.fromkeys(requests):
        for fault in _faults(request, offers, accounts):
            again = f"attempt {request.attempt} of {n_attempts} " if request.attempt > 1 else ""
            names = rules.setdefault(f"{again}asks for {fault}", [])
            if request.rule not in names:
                names.append(request.rule)
    return [f"{', '.join(names)}: {fault}" for fault, names in rules.items()]


def _faults(
    request: Request, offers: Sequence[Offer], accounts: Collection[str] | None
) -> Iterable[str]:
    charged = [name for name in request.account.replace(",", " ").split() if name]
    if accounts is not None:
        for name in charged:
            if name.lower() not in accounts:
                yield f"account {name!r}, but you may charge {', '.join(sorted(accounts))}"
    known = sorted({offer.partition for offer in offers})
    for name in request.partitions:
        if name not in known:
            yield f"partition {name!r}, but the cluster has {', '.join(known) or 'none'}"
    # Where no partition is named, sinfo's list does not tell which one SLURM will take.
    asked = request.partitions or known
    meant = [offer for offer in offers if offer.partition in asked]
    if meant and not any(offer.usable and not _short(request, offer) for offer in meant):
        yield f"{request}, which no node serves:{_say(request, meant)}"


def _short(request: Request, offer: Offer) -> list[str]:
    """Return what a node lacks for a request."""
    has_gpus = offer.n_gpus(request.gpu_model)
    model = f" of model {request.gpu_model}" if request.gpu_model else ""
    limits = [
        (request.gpus, has_gpus, f"{has_gpus} GPU{model}{_models(offer, request)}"),
        (request.cpus, offer.cpus, f"{offer.cpus} CPU"),
        (request.memory_mb, offer.memory_mb, f"{offer.memory_mb} MB"),
        (request.minutes, offer.minutes, f"at most {_clock(offer.minutes)}"),
    ]
    return [text for asked, offered, text in limits if asked > offered]


def _models(offer: Offer, request: Request) -> str:
    others = [f"{n} {name}" for name, n in offer.gpus if name]
    return f" (but {', '.join(others)})" if request.gpu_model and others else ""


def _clock(minutes: float) -> str:
    return "without end" if math.isinf(minutes) else f"{minutes:g} min"


def _say(request: Request, offers: Iterable[Offer]) -> str:
    """Return what the nodes of each partition lack, or why they are out of use."""
    alike: dict[tuple[str, str], int] = {}
    for offer in offers:
        lacks = ", ".join(_short(request, offer))
        has = f"has {lacks}" if lacks else f"would do, but is {offer.state}"
        key = (offer.partition, has)
        alike[key] = alike.get(key, 0) + 1
    return "".join(
        f"\n    partition {partition}: {n} node{'s' if n > 1 else ''}: {has}"
        for (partition, has), n in alike.items()
    )
