"""What sinfo and squeue say, and which requests no node serves: answers written by hand."""

import math

import pytest

from polyconcept.slurm import offers, queue
from polyconcept.slurm.offers import parse_offers
from polyconcept.slurm.queue import (
    ClusterError,
    has_accounting,
    is_queued,
    list_accounts,
    list_jobs,
    list_offers,
    parse_jobs,
)
from polyconcept.slurm.requests import Request, check_requests, plan_lines

# Shapes of SLURM 20.11 to 24.05, as sites configure them.
SINFO = """\
cpu|up|4:00:00|n1|idle|64|256000|(null)
cpu|up|4:00:00|n2|drained*|128|512000|(null)
gpu|up|7-00:00:00|g1|mixed|32|192000+|gpu:a100:4(S:0,2),shard:16
gpu|up|7-00:00:00|g2|down*|32|384000|gpu:h200:8(S:0-1)
gpu|up|7-00:00:00|g3|idle~|16|96000|gpu:v100:1,gpu:a100_3g.20gb:2(S:0)
plain|up|infinite|p1|allocated|8|16000|gpu:2
old|inact|30:00|o1|idle|8|16000|gpu
"""
OFFERS = parse_offers(SINFO)


def request(partition="gpu", **changes):
    asked = {
        "rule": "extract_vectors",
        "attempt": 1,
        "partition": partition,
        "account": "",
        "cpus": 1,
        "memory_mb": 1000,
        "minutes": 60,
        "gpus": 0,
        "gpu_model": "",
    }
    return Request(**(asked | changes))


def faults_of(*requests, accounts=None, **options):
    return check_requests(requests, OFFERS, accounts, **options)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("infinite", math.inf),
        ("UNLIMITED", math.inf),
        ("n/a", math.inf),
        ("1-00:00:00", 1440),
        ("7-12", 10800),
        ("2-01:30", 2970),
        ("4:00:00", 240),
        ("30:00", 30),
        ("0:30", 0.5),
        ("45", 45),
    ],
)
def test_a_time_limit_is_read_in_minutes(text, minutes):
    assert offers.parse_minutes(text) == minutes


@pytest.mark.parametrize("text", ["soon", "1-", "1:2:3:4", "-5"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is no time of SLURM's"):
        offers.parse_minutes(text)


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("(null)", ()),
        ("gpu:h200:2(S:0-1)", (("h200", 2),)),
        ("gpu:2", (("", 2),)),
        ("gpu", (("", 1),)),
        ("gpu:1080:4", (("1080", 4),)),
        ("gpu:a100:4(S:0,2),shard:16", (("a100", 4),)),
        ("craynetwork:4,gpu:v100:1,gpu:a100_3g.20gb:2(S:0)", (("v100", 1), ("a100_3g.20gb", 2))),
        ("gpu:nvidia_h100_80gb_hbm3:8(S:0-1)", (("nvidia_h100_80gb_hbm3", 8),)),
    ],
)
def test_gpus_are_read_with_their_models(gres, gpus):
    (offer,) = parse_offers(f"gpu|up|infinite|n|idle|8|1000|{gres}\n")

    assert offer.gpus == gpus


@pytest.mark.parametrize("state", ["down", "down*", "drained", "draining", "drng", "fail", "inval"])
def test_a_node_that_does_not_come_back_by_itself_is_not_usable(state):
    (offer,) = parse_offers(f"cpu|up|infinite|n|{state}|8|1000|(null)\n")

    assert not offer.usable


@pytest.mark.parametrize(
    "state", ["idle", "mixed", "allocated", "idle~", "reserved", "maint", "idle*"]
)
def test_a_node_that_is_busy_or_asleep_is_usable(state):
    (offer,) = parse_offers(f"cpu|up|infinite|n|{state}|8|1000|(null)\n")

    assert offer.usable


@pytest.mark.parametrize(
    "line", ["cpu|up|infinite|n|idle|8|1000", "cpu|up|infinite|n|idle|x|1|gpu"]
)
def test_another_shape_of_sinfo_is_refused(line):
    with pytest.raises(ValueError, match="sinfo wrote"):
        parse_offers(line)


def test_a_request_that_some_node_serves_has_no_fault():
    served = [
        request(gpus=4, gpu_model="a100", memory_mb=192000, cpus=32, minutes=10080),
        request(gpus=1, gpu_model="A100"),
        request(gpus=3),
        request("plain", gpus=2, minutes=10**6),
        request("cpu, gpu", minutes=1000),
        request(""),
    ]

    assert faults_of(*served) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"partition": "gpus"}, "partition 'gpus', but the cluster has cpu, gpu, old, plain"),
        ({"gpus": 5}, "partition gpu: 1 node: has 4 GPU"),
        ({"gpus": 8, "gpu_model": "h200"}, "partition gpu: 1 node: would do, but is down*"),
        (
            {"gpus": 1, "gpu_model": "a40"},
            "partition gpu: 1 node: has 0 GPU of model a40 (but 4 a100)",
        ),
        ({"memory_mb": 200_000}, "1 node: has 192000 MB"),
        ({"cpus": 33}, "2 nodes: has 32 CPU"),
        ({"partition": "cpu", "minutes": 241}, "has at most 240 min"),
        ({"partition": "cpu", "cpus": 100}, "partition cpu: 1 node: would do, but is drained*"),
        ({"partition": "old", "minutes": 5}, "would do, but is partition inact"),
    ],
)
def test_a_request_that_no_node_serves_names_what_there_is(asked, message):
    (fault,) = faults_of(request(**asked))

    assert fault.startswith("extract_vectors: asks for ")
    assert message in fault


def test_what_is_asked_stands_in_the_fault():
    (fault,) = faults_of(request(gpus=2, gpu_model="v100", cpus=4, memory_mb=5000, minutes=90))

    assert "asks for 2 GPU of model v100, 4 CPU, 5000 MB, 90 min, which no node serves" in fault


def test_no_one_node_has_both_the_memory_and_the_gpus():
    (fault,) = faults_of(request(gpus=4, memory_mb=300_000))

    assert "has 192000 MB" in fault
    assert "would do, but is down*" in fault


def test_rules_that_ask_the_same_share_a_line_and_later_attempts_are_named():
    asked = {"memory_mb": 400_000, "minutes": 1}
    first = [request(rule=rule, **asked) for rule in ("pretrain", "cluster_words", "pretrain")]
    faults = faults_of(*first, request(attempt=3, cpus=64), n_attempts=3)

    assert [fault.split(", which")[0] for fault in faults] == [
        "pretrain, cluster_words: asks for 1 CPU, 400000 MB, 1 min",
        "extract_vectors: attempt 3 of 3 asks for 64 CPU, 1000 MB, 60 min",
    ]


def test_an_account_is_held_against_those_that_one_may_charge():
    allowed = frozenset({"nlp", "cs"})

    assert faults_of(request(account="NLP"), accounts=allowed) == []
    assert faults_of(request(account="bio"), accounts=None) == []
    assert faults_of(request(account="bio"), accounts=allowed) == [
        "extract_vectors: asks for account 'bio', but you may charge cs, nlp"
    ]


def test_the_plan_counts_jobs_and_gpu_jobs():
    jobs = [
        (request(gpus=1), False),
        (request(gpus=1), False),
        (request(rule="pretrain", gpus=1), False),
        (request(rule="align_words"), False),
        (request(rule="merge_scores", gpus=1), True),
    ]

    assert plan_lines(jobs, 4) == [
        "planned: 5 jobs, 4 of them through SLURM, 1 beside Snakemake",
        "planned: 3 GPU jobs (2 extract_vectors, 1 pretrain)",
    ]
    together = "planned: 5 jobs, 4 of them through SLURM in 2 submissions, 1 beside Snakemake"
    assert plan_lines(jobs, 2)[0] == together
    assert plan_lines([], 0)[1] == "planned: 0 GPU jobs"


# --- squeue, scontrol and sacctmgr, in the words of commands that stand in for them


def test_jobs_are_read_with_bars_in_their_comments():
    jobs = parse_jobs("12|PENDING|a-b|rule_x_wildcards_p|q\n13|RUNNING|c|rule_y\n")

    assert [(job.number, job.waits, job.comment) for job in jobs] == [
        ("12", True, "rule_x_wildcards_p|q"),
        ("13", False, "rule_y"),
    ]
    with pytest.raises(ClusterError, match=r"squeue wrote '12\|PENDING'"):
        parse_jobs("12|PENDING")


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Commands of SLURM's that print what a test wants."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def answer(name, script):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return answer


def test_jobs_of_other_names_are_not_ours(answers):
    answers("squeue", "echo '1|RUNNING|ours_1|rule_a'; echo '2|RUNNING|other|rule_a'")

    assert [job.number for job in list_jobs("ours")] == ["1"]
    assert (is_queued("2"), is_queued("3")) == (True, False)


@pytest.mark.parametrize(
    ("kind", "kept"), [("slurmdbd", True), ("none", False), ("accounting_storage/none", False)]
)
def test_accounting_is_known_from_the_configuration(answers, kind, kept):
    full = kind if "/" in kind else f"accounting_storage/{kind}"
    answers("scontrol", f"echo 'AccountingStorageType   = {full}'")

    assert has_accounting() is kept


def test_accounts_are_unknown_where_slurm_keeps_none(answers):
    answers("sacctmgr", "echo nlp; echo CS")
    assert list_accounts() == {"nlp", "cs"}
    answers("sacctmgr", "true")
    assert list_accounts() is None
    answers("sacctmgr", "echo 'You are not running a supported plugin' >&2; exit 1")
    assert list_accounts() is None


def test_a_command_that_fails_or_is_missing_is_named(answers):
    answers("sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(ClusterError, match=r"`sinfo .*` failed 3 times: Unable to contact"):
        list_offers()
    with pytest.raises(ClusterError, match="no command 'no-such-command'"):
        queue.ask("no-such-command")
