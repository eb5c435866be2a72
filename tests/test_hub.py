"""The hub, against a stand-in on the loopback address that cuts, damages and delays on demand."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_stand_in import HubStandIn, git_blob
from huggingface_hub import close_session, constants, snapshot_download
from tiny_models import bert, wordpiece

from polyconcept.models.directory import check_model_directory, copy_model, save_model
from polyconcept.models.loading import load_tokenizer
from polyconcept.records.repositories import PinnedRepo, RepoFile
from polyconcept.sources.hub import download_pair, possible_names
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_errors import HubError
from polyconcept.sources.hub_files import matching_files, needed_model_files
from polyconcept.sources.hub_model import download_model
from polyconcept.sources.hub_pin import pin_repository
from polyconcept.store.faults import StoreError
from polyconcept.store.sources import read_pin, write_pin

REPO = "owner/tiny"
BIG = bytes(range(256)) * 12288  # 3 MiB
MIB = 2**20
FILES = {"config.json": b'{"a": 1}', "model.safetensors": BIG, "vocab.txt": b"[UNK]\n"}
WITH_BIN = {"config.json": b'{"a": 1}', "pytorch_model.bin": BIG, "vocab.txt": b"[UNK]\n"}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def hub(monkeypatch, cache):
    """A stand-in that this process uses, with an empty cache, short limits and no waits."""
    monkeypatch.setattr("polyconcept.sources.hub_errors.WAITS", (0.01, 0.02, 0.03))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with HubStandIn() as stand_in:
        template = stand_in.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        for name, value in {
            "ENDPOINT": stand_in.endpoint,
            "HUGGINGFACE_CO_URL_TEMPLATE": template,
            "HF_HUB_CACHE": str(cache),
            "HF_TOKEN_PATH": str(cache / "token"),
            "HF_HUB_DOWNLOAD_TIMEOUT": 0.5,
            "HF_HUB_ETAG_TIMEOUT": 0.5,
            "HF_HUB_OFFLINE": False,
        }.items():
            monkeypatch.setattr(constants, name, value)
        yield stand_in
        close_session()


@pytest.fixture
def go_offline(monkeypatch):
    return lambda: monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def partial_files(cache):
    return [path for path in cache.rglob("*incomplete*") if path.is_file()]


def pin(**options):
    return pin_repository(REPO, kind="model", **options)


# --- pins -------------------------------------------------------------------------------------


def test_the_main_branch_is_pinned_with_the_digests_of_its_files(hub):
    commit = hub.add("model", REPO, FILES)

    pinned = pin()

    assert (pinned.repository, pinned.kind, pinned.asked) == (REPO, "model", None)
    assert pinned.commit == commit
    assert pinned.paths == ("config.json", "model.safetensors", "vocab.txt")
    assert pinned.file("config.json") == RepoFile(
        "config.json", 8, None, git_blob(FILES["config.json"])
    )
    assert pinned.file("model.safetensors").sha256 == hashlib.sha256(BIG).hexdigest()
    assert pinned.file("model.safetensors").size == len(BIG)


@pytest.mark.parametrize("revision", ["v1", "old", "commit"])
def test_a_tag_a_branch_and_a_commit_give_the_commit_they_name(hub, revision):
    first = hub.add("model", REPO, FILES, branch="old", tag="v1")
    hub.add("model", REPO, FILES | {"README.md": b"new"})

    asked = first if revision == "commit" else revision
    pinned = pin(revision=asked)

    assert (pinned.commit, pinned.asked) == (first, asked)
    assert "README.md" not in pinned.paths


def test_a_name_without_an_owner_and_a_data_set_are_found(hub):
    old = hub.add("model", "tiny-bert", FILES)
    data = hub.add("dataset", "owner/data", {"de/train.tsv": b"text\nHaus\n"})

    assert pin_repository("tiny-bert", kind="model").commit == old
    pinned = pin_repository("owner/data", kind="dataset")
    assert pinned.commit == data
    paths = download_files(pinned, ["de/train.tsv"])
    assert paths["de/train.tsv"].read_bytes() == b"text\nHaus\n"


def test_a_repository_that_was_renamed_is_found_under_its_old_name(hub, monkeypatch):
    commit = hub.add("model", "owner/new-name", FILES)
    hub.renamed["old-name"] = "owner/new-name"
    hub.repositories["model", "owner/new-name"].token = "hf_secret"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    pinned = pin_repository("old-name", kind="model")

    assert (pinned.repository, pinned.commit) == ("old-name", commit)
    paths = download_files(pinned, list(FILES))
    assert {name: path.read_bytes() for name, path in paths.items()} == FILES
    assert download_files(pinned, list(FILES)) == paths


def test_a_branch_that_moves_on_leaves_an_old_pin_as_it_was(hub):
    hub.add("model", REPO, FILES)
    old = pin()
    hub.add("model", REPO, FILES | {"vocab.txt": b"new\n"})

    assert pin().commit != old.commit
    assert download_files(old, ["vocab.txt"])["vocab.txt"].read_bytes() == b"[UNK]\n"
    assert download_files(pin(), ["vocab.txt"])["vocab.txt"].read_bytes() == b"new\n"


def test_a_missing_revision_is_refused_with_those_that_there_are(hub):
    hub.add("model", REPO, FILES, tag="v1")

    with pytest.raises(
        HubError, match=r"model owner/tiny: there is no revision 'v9' .*branches and tags.*main, v1"
    ):
        pin(revision="v9")


def test_a_repository_that_does_not_exist_is_refused(hub):
    hub.add("dataset", REPO, FILES)

    with pytest.raises(HubError, match=r"answered 404: there is no such repository.*data set.*log"):
        pin()


@pytest.mark.usefixtures("hub")
def test_an_impossible_id_is_refused():
    with pytest.raises(HubError, match="this is no id of a repository"):
        pin_repository("a/b/c", kind="model")


def test_a_private_repository_needs_a_token(hub, monkeypatch):
    hub.add("model", REPO, FILES)
    hub.repositories["model", REPO].token = "hf_secret"

    with pytest.raises(HubError, match=r"answered 401: .*it is private.*hf auth login.*HF_TOKEN"):
        pin()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert pin().paths == tuple(sorted(FILES))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_named_at_once(hub, status):
    hub.add("model", REPO, FILES)
    hub.statuses["/api/"] = status

    with pytest.raises(HubError, match=rf"answered {status}: .*token.*HF_TOKEN"):
        pin()
    assert len(hub.requests) == 1


def test_gated_files_are_refused_with_the_way_to_get_them(hub):
    hub.add("model", REPO, FILES)
    repository = hub.repositories["model", REPO]
    repository.token, repository.gated = "hf_secret", True

    with pytest.raises(HubError, match=r"config.json: .*answered 401.*gated; accept its terms"):
        download_files(pin(), ["config.json"])


def test_a_slow_server_is_asked_again(hub):
    commit = hub.add("model", REPO, FILES)
    hub.delays["/api/"] = [0.8, 0.8]

    assert pin().commit == commit
    assert len(hub.requests) == 3


def test_a_server_that_never_answers_is_given_up_with_advice(hub):
    hub.add("model", REPO, FILES)
    hub.delays["/api/"] = [0.8] * 4

    with pytest.raises(
        HubError, match=r"could not be reached in 4 tries: ReadTimeout.*HF_HUB_DOWNLOAD_TIMEOUT"
    ):
        pin()


def test_a_busy_server_is_asked_again_and_then_given_up(hub):
    hub.add("model", REPO, FILES)
    hub.statuses["/api/"] = 503

    with pytest.raises(HubError, match="answered 503 in 4 tries"):
        pin()
    assert len(hub.requests) == 4


@pytest.mark.usefixtures("hub")
def test_no_network_is_said_with_endpoint_and_ways_out(monkeypatch):
    with HubStandIn() as gone:
        nobody = gone.endpoint
    monkeypatch.setattr(constants, "ENDPOINT", nobody)

    with pytest.raises(
        HubError, match=r"127.0.0.1.*HF_ENDPOINT.*ConnectError.*HF_HUB_OFFLINE=1 here"
    ):
        pin()


# --- conversions ------------------------------------------------------------------------------


def test_weights_in_pickle_files_are_refused_with_advice(hub):
    hub.add("model", REPO, WITH_BIN)

    with pytest.raises(
        HubError, match=r"only in pytorch_model.bin.*converted: true.*save_pretrained"
    ):
        needed_model_files(pin())


def test_the_conversion_of_the_hubs_own_bot_is_pinned(hub, go_offline):
    hub.add("model", REPO, WITH_BIN)
    commit = hub.add_request(REPO, WITH_BIN | {"model.safetensors": BIG})

    pinned = pin(converted=True)

    assert (pinned.commit, pinned.asked) == (commit, None)
    assert needed_model_files(pinned) == ("config.json", "model.safetensors", "vocab.txt")
    go_offline()
    assert pin(converted=True) == pinned
    assert pin().commit != commit


def test_converted_changes_nothing_where_safetensors_are_there(hub):
    commit = hub.add("model", REPO, FILES)
    hub.add_request(REPO, FILES | {"model.safetensors": BIG[1:]})

    assert pin(converted=True).commit == commit


@pytest.mark.parametrize(
    "request_of",
    [{"author": "somebody"}, {"title": "Better weights"}, {"status": "closed"}],
    ids=["author", "title", "closed"],
)
def test_pull_requests_of_others_are_not_taken(hub, request_of):
    hub.add("model", REPO, WITH_BIN)
    hub.add_request(REPO, WITH_BIN | {"model.safetensors": BIG}, **request_of)

    with pytest.raises(HubError, match=r"no open pull request .* by SFconvertbot; name a revision"):
        pin(converted=True)


def test_a_conversion_of_other_weights_is_refused(hub):
    hub.add("model", REPO, WITH_BIN | {"pytorch_model.bin": BIG[1:]})
    hub.add_request(REPO, WITH_BIN | {"model.safetensors": BIG})

    with pytest.raises(HubError, match="pull request 1 by SFconvertbot has other pytorch_model"):
        pin(converted=True)


# --- which files ------------------------------------------------------------------------------


def pinned_of(paths, kind="dataset"):
    files = tuple(RepoFile(path, 1, None, "0" * 40) for path in sorted(paths))
    return PinnedRepo("owner/data", kind, None, "1" * 40, files)


INDEX = "model.safetensors.index.json"


def split_model(*shards):
    """Files of a model whose index names these shards."""
    index = {"metadata": {}, "weight_map": {f"w{i}": name for i, name in enumerate(shards)}}
    whole = {name: data for name, data in FILES.items() if name != "model.safetensors"}
    return whole | {INDEX: json.dumps(index).encode()}


def test_of_split_weights_the_index_is_needed_first():
    others = ["config.json", "tokenizer.json", "README.md", "onnx/model.onnx", "pytorch_model.bin"]

    found = needed_model_files(pinned_of([INDEX, "model-1.safetensors", *others], "model"))

    assert found == ("config.json", INDEX, "tokenizer.json")


def test_an_adapter_is_refused():
    with pytest.raises(HubError, match=r"holds an adapter \(adapter_config.json\), needed a whole"):
        needed_model_files(pinned_of([*FILES, "adapter_config.json"], "model"))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.json", "config.json is missing"),
        ("vocab.txt", "no tokenizer; one of"),
        ("model.safetensors", "no weights; model.safetensors or"),
    ],
)
def test_a_model_that_lacks_a_part_is_refused(missing, message):
    with pytest.raises(HubError, match=message):
        needed_model_files(pinned_of(set(FILES) - {missing}, "model"))


DATA = pinned_of(
    [
        *(f"{code}/train-0000{i}-of-00002.parquet" for code in ("de", "en", "fr") for i in (0, 1)),
        "de-en/test.parquet",
        "README.md",
    ]
)


def test_a_pattern_names_files_in_one_folder_only():
    expected = ("de/train-00000-of-00002.parquet", "de/train-00001-of-00002.parquet")

    assert matching_files(DATA, "de/train-*.parquet", language="de") == expected
    with pytest.raises(HubError, match=r"no file matches '\*\.parquet'; there are"):
        matching_files(DATA, "*.parquet", language="de")


def test_a_language_that_the_data_set_lacks_is_named_with_those_it_has():
    with pytest.raises(
        HubError, match=r"'it/train-\*\.parquet': it lacks 'it'; there are de, en, fr$"
    ):
        matching_files(DATA, "it/train-*.parquet", language="it")
    with pytest.raises(HubError, match=r"it lacks 'it-en'; there are de-en$"):
        matching_files(DATA, "it-en/test.parquet", language="it-en")


def test_a_wrong_pattern_is_refused_with_near_paths():
    with pytest.raises(HubError, match=r"no file matches 'de-en/tset.parquet'.*de-en/test.parquet"):
        matching_files(DATA, "de-en/tset.parquet", language="x")


@pytest.fixture
def pairs(hub, caplog):
    """A corpus that names one pair alphabetically, one in the other order, one in both."""
    caplog.set_level(logging.INFO, "polyconcept.sources")
    names = ["de-en/train-0.tsv", "ru-en/train-0.tsv", "ru-en/train-1.tsv", "zh-en/zh.txt"]
    names += ["en-zh/en.txt", "zh-en/en.txt", "en-fr/train.tsv", "fr-en/train.tsv"]
    hub.add("dataset", "owner/pairs", {name: name.encode() for name in names})
    return pin_repository("owner/pairs", kind="dataset")


def texts_of(found):
    return {language: [path.read_text() for path in paths] for language, paths in found.items()}


@pytest.mark.parametrize(
    ("pair", "pattern", "expected"),
    [
        ("en-de", "{pair}/train-*.tsv", ["de-en/train-0.tsv"]),
        ("de-en", "{pair}/train-*.tsv", ["de-en/train-0.tsv"]),
        ("en-ru", "{pair}/train-*.tsv", ["ru-en/train-0.tsv", "ru-en/train-1.tsv"]),
        ("ru-en", "{pair}/train-*.tsv", ["ru-en/train-0.tsv", "ru-en/train-1.tsv"]),
        ("fr-en", "{pair}/train.tsv", ["en-fr/train.tsv"]),
    ],
)
def test_a_pair_is_found_in_either_order(pairs, caplog, pair, pattern, expected):
    pair = pair.split("-")

    found = download_pair(pairs, pattern, pair)

    assert texts_of(found) == dict.fromkeys(pair, expected)
    assert ("names the pair ru-en" in caplog.text) == ("ru" in pair)


def test_both_languages_of_a_pair_come_from_one_order_and_by_the_data_sets_codes(pairs):
    found = download_pair(pairs, "{pair}/{language}.txt", ["eng", "chi"], codes=CODES)

    assert texts_of(found) == {"eng": ["zh-en/en.txt"], "chi": ["zh-en/zh.txt"]}


CODES = {"eng": "en", "chi": "zh"}


def test_a_pair_that_is_in_no_order_there_is_refused(pairs):
    with pytest.raises(
        HubError, match=r"it lacks 'en-it'; there are de-en, ru-en \(nor is 'it-en' there\)"
    ):
        download_pair(pairs, "{pair}/train-*.tsv", ["it", "en"])


def test_a_column_may_name_the_pair_in_either_order():
    name = "translation.{language}"

    assert possible_names(name, "ru", pair=("ru", "en")) == ["translation.ru"]
    assert possible_names("{pair}.{language}", "chi", pair=("eng", "chi"), codes=CODES) == [
        "en-zh.zh",
        "zh-en.zh",
    ]


# --- downloads --------------------------------------------------------------------------------


def test_shards_are_those_that_the_index_names(hub, go_offline):
    # Names as other programs give them; what the index does not name is not fetched.
    shards = ("model-00001-of-00001.safetensors", "weights_b.safetensors")
    stale = {"model-00001-of-00003.safetensors": b"old"}
    parts = {shards[0]: b"one", shards[1]: b"two"}
    hub.add("model", REPO, split_model(*shards, shards[0]) | parts | stale)

    folder = download_model(pin())

    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == split_model(*shards, shards[0]) | parts
    go_offline()
    assert download_model(pin()) == folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "../../../../paper.safetensors",
            "weight 'w1': found '../.*needed the plain name of a file",
        ),
        ("/paper.safetensors", "weight 'w1': found '/paper.*needed the plain name of a file"),
        ("part/model-2.safetensors", "weight 'w1': found 'part/.*needed the plain name of a file"),
        ("pytorch_model.bin", r"index.json names \['pytorch_model.bin'\], needed .safetensors"),
        ("absent.safetensors", "names 2 files, and 1 of them are not there, the first absent"),
    ],
)
def test_an_index_that_names_other_files_is_refused(hub, name, message):
    there = {"model-1.safetensors": b"one", "part/model-2.safetensors": b"two"}
    hub.add("model", REPO, split_model("model-1.safetensors", name) | there)

    with pytest.raises(HubError, match=rf"model owner/tiny at commit .*{message}"):
        download_model(pin())

    assert not any(seen.path.endswith(".safetensors") for seen in hub.downloads())


def test_files_arrive_whole_and_a_second_call_downloads_nothing(hub, cache):
    hub.add("model", REPO, FILES)
    pinned = pin()

    paths = download_files(pinned, needed_model_files(pinned))

    assert list(paths) == ["config.json", "model.safetensors", "vocab.txt"]
    assert {name: path.read_bytes() for name, path in paths.items()} == FILES
    assert all(path.is_relative_to(cache) for path in paths.values())
    n_before = len(hub.requests)
    assert download_files(pinned, list(FILES)) == paths
    assert len(hub.requests) == n_before


def test_huggingface_hub_finds_the_files_in_the_cache(hub):
    hub.add("model", REPO, FILES)
    pinned = pin()
    ours = download_files(pinned, list(FILES))
    n_before = len(hub.downloads())

    folder = Path(snapshot_download(REPO, revision=pinned.commit))

    assert {folder / name for name in FILES} == set(ours.values())
    assert len(hub.downloads()) == n_before


def test_what_another_program_left_in_the_cache_is_used_offline(hub, go_offline):
    hub.add("model", REPO, FILES)
    folder = Path(snapshot_download(REPO))
    go_offline()

    pinned = pin()

    assert download_files(pinned, ["model.safetensors"]) == {
        "model.safetensors": folder / "model.safetensors"
    }
    # The list of all files may be gone, or older than this habit of huggingface_hub.
    for listing in (folder.parents[1] / "trees").iterdir():
        listing.unlink()
    forget_listings()
    assert pin() == pinned


def forget_listings():
    """huggingface_hub keeps the lists of files that it has read in memory."""
    from huggingface_hub import _tree_cache

    _tree_cache._IN_MEMORY_TREE_CACHE.clear()


@pytest.mark.parametrize("fault", ["cuts", "resets"])
def test_a_cut_download_goes_on_where_it_ended(hub, cache, fault):
    hub.add("model", REPO, FILES)
    getattr(hub, fault)["model.safetensors"] = [MIB + 70_000, MIB + 70_000]

    paths = download_files(pin(), ["model.safetensors"])

    assert paths["model.safetensors"].read_bytes() == BIG
    ranges = [seen.range for seen in hub.downloads() if seen.path.startswith("/storage")]
    assert ranges == [None, f"bytes={MIB}-", f"bytes={2 * MIB}-"]
    assert not partial_files(cache)


def test_a_download_that_failed_goes_on_in_the_next_call(hub, cache):
    hub.add("model", REPO, FILES)
    pinned = pin()
    hub.resets["model.safetensors"] = [MIB + 70_000, 0, 0, 0, 0]

    with pytest.raises(HubError, match=r"model.safetensors: .*could not be reached in 4 tries"):
        download_files(pinned, ["model.safetensors"])
    assert [path.stat().st_size for path in partial_files(cache)] == [MIB]

    paths = download_files(pinned, ["model.safetensors"])

    assert paths["model.safetensors"].read_bytes() == BIG
    assert not partial_files(cache)
    assert hub.downloads()[-1].range == f"bytes={MIB}-"


def test_wrong_bytes_are_fetched_once_more(hub):
    hub.add("model", REPO, FILES)
    hub.damaged |= {"config.json": 1, "model.safetensors": 1}

    paths = download_files(pin(), ["config.json", "model.safetensors"])

    assert paths["config.json"].read_bytes() == FILES["config.json"]
    assert paths["model.safetensors"].read_bytes() == BIG
    assert len(hub.downloads()) == 4


@pytest.mark.parametrize(
    ("name", "digest"), [("model.safetensors", "SHA-256"), ("config.json", "git SHA-1")]
)
def test_wrong_bytes_twice_are_refused_and_not_kept(hub, cache, name, digest):
    hub.add("model", REPO, FILES)
    hub.damaged[name] = 2
    pinned = pin()

    with pytest.raises(
        HubError,
        match=rf"{name} arrived damaged twice .*found {digest} .*needed {pinned.file(name).digest}",
    ):
        download_files(pinned, [name])
    assert not list(cache.rglob(f"*{pinned.file(name).digest}*.incomplete"))
    assert not (cache / "models--owner--tiny" / "blobs" / pinned.file(name).digest).exists()


@pytest.mark.parametrize("content", [BIG[:-1], BIG[:-1] + b"?"], ids=["short", "wrong"])
def test_a_damaged_file_in_the_cache_is_replaced(hub, go_offline, content):
    hub.add("model", REPO, FILES)
    pinned = pin()
    path = download_files(pinned, ["model.safetensors"])["model.safetensors"]
    path.resolve().write_bytes(content)

    again = download_files(pinned, ["model.safetensors"])["model.safetensors"]

    assert again.read_bytes() == BIG
    path.resolve().write_bytes(content)
    go_offline()
    with pytest.raises(HubError, match=r"HF_HUB_OFFLINE is set.*lacks model.safetensors"):
        download_files(pinned, ["model.safetensors"])


def test_a_slow_download_goes_on(hub):
    hub.add("model", REPO, FILES)
    hub.delays["/storage"] = [0.8]

    paths = download_files(pin(), ["model.safetensors"])

    assert paths["model.safetensors"].read_bytes() == BIG


def test_a_download_that_stalls_is_ended_and_goes_on(hub):
    hub.add("model", REPO, FILES)
    hub.stalls["model.safetensors"] = [MIB]
    started = time.monotonic()

    paths = download_files(pin(), ["model.safetensors"])

    assert paths["model.safetensors"].read_bytes() == BIG
    assert time.monotonic() - started < 4  # the server would have waited for 5 s


def test_the_token_is_not_shown_where_large_files_are_redirected_to(hub, monkeypatch):
    hub.add("model", REPO, FILES)
    hub.repositories["model", REPO].token = "hf_secret"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    download_files(pin(), ["model.safetensors"])

    shown = {seen.path.startswith("/storage"): seen.authorization for seen in hub.requests}
    assert shown == {False: "Bearer hf_secret", True: None}


def test_an_unknown_file_is_refused_before_anything_is_downloaded(hub):
    hub.add("model", REPO, FILES)
    pinned = pin()

    with pytest.raises(ValueError, match=r"model owner/tiny at commit .* has no file spiece.model"):
        download_files(pinned, ["config.json", "spiece.model"])
    assert not hub.downloads()


# --- offline ----------------------------------------------------------------------------------


def test_offline_after_online_gives_the_same_pin_and_files(hub, go_offline):
    hub.add("model", REPO, FILES, tag="v1")
    asked = [{}, {"revision": "v1"}, {"revision": pin().commit}]
    online = [pin(**options) for options in asked]
    paths = download_files(online[0], list(FILES))
    forget_listings()
    n_before = len(hub.requests)
    go_offline()

    assert [pin(**options) for options in asked] == online
    assert download_files(online[0], list(FILES)) == paths
    assert len(hub.requests) == n_before


def test_offline_before_online_says_so(hub, go_offline):
    hub.add("model", REPO, FILES)
    pinned = pin()
    go_offline()

    with pytest.raises(HubError, match=r"HF_HUB_OFFLINE is set.*does not know revision v1;"):
        pin(revision="v1")
    with pytest.raises(
        HubError, match=r"HF_HUB_OFFLINE is set.*lacks config.json, vocab.txt; run this step once"
    ):
        download_files(pinned, ["config.json", "vocab.txt"])


# --- the pin as a file ------------------------------------------------------------------------


def test_a_pin_is_read_back_as_it_was_written(hub, tmp_path):
    hub.add("model", REPO, FILES)
    pinned = pin()

    write_pin(pinned, tmp_path / "source.json")

    assert read_pin(tmp_path / "source.json") == pinned
    assert pinned.paths == tuple(sorted(FILES))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"polyconcept_format": "words"}, "found 'words' version 1, needed a 'source' file"),
        ({"commit": "main"}, "commit 'main': needed 40 hex digits"),
        ({"kind": "space"}, "kind 'space': expected 'model' or 'dataset'"),
        ({"repository": None}, "found None, needed text"),
        ({"files": [{"path": "a", "size": 1, "sha256": None}]}, "'blob' is missing"),
        (
            {"files": [{"path": "../a", "size": 1, "sha256": None, "blob": "0" * 40}]},
            "path '../a': needed a path inside the repository",
        ),
        (
            {"files": [{"path": "a", "size": 1, "sha256": "beef", "blob": "0" * 40}]},
            "a: sha256 'beef', needed 64 hex digits",
        ),
        (
            {"files": [{"path": "a", "size": "1", "sha256": None, "blob": "0" * 40}]},
            "size '1': needed a whole number",
        ),
    ],
)
def test_a_pin_with_impossible_values_is_refused(tmp_path, change, message):
    path = tmp_path / "source.json"
    write_pin(pinned_of(["README.md"]), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(StoreError, match=message):
        read_pin(path)


# --- whole programs ---------------------------------------------------------------------------

PROGRAM = """
import sys
from pathlib import Path
from polyconcept.sources.hub_model import download_model
from polyconcept.sources.hub_pin import pin_repository
pinned = pin_repository("owner/tiny", kind="model")
print(pinned.commit, download_model(pinned) / "model.safetensors")
"""


def clean_environment(environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return clean | {"PYTHONPATH": str(Path(__file__).parents[1])} | environment


def run_program(**environment):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_program_fetches_a_model_through_variables_alone_and_loads_it(tmp_path):
    source = tmp_path / "made"
    tokenizer = wordpiece()
    save_model(bert(tokenizer), tokenizer, source)
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    with HubStandIn() as hub:
        commit = hub.add("model", REPO, files)
        shared = {"HF_HUB_CACHE": str(tmp_path / "shared")}
        first = run_program(**hub.environment(tmp_path / "home1"), **shared)
        n_downloads = len(hub.downloads())
        second = run_program(**hub.environment(tmp_path / "home2"), **shared)
        assert len(hub.downloads()) == n_downloads
    # The hub is gone: what a compute node without network sees.
    offline = run_program(HF_HOME=str(tmp_path / "home3"), HF_HUB_OFFLINE="1", **shared)

    assert [first.returncode, second.returncode, offline.returncode] == [0, 0, 0], first.stderr
    assert first.stdout == second.stdout == offline.stdout
    path = Path(first.stdout.split()[1])
    assert first.stdout.split()[0] == commit
    assert path.is_relative_to(tmp_path / "shared")
    copy_model(path.parent, tmp_path / "copy")
    check_model_directory(tmp_path / "copy")
    assert len(load_tokenizer(tmp_path / "copy")) == len(tokenizer)


def test_two_programs_that_share_a_cache_download_a_file_once(tmp_path):
    with HubStandIn() as hub, ThreadPoolExecutor() as pool:
        hub.add("model", REPO, FILES)
        hub.delays["/storage"] = [0.5]
        running = [pool.submit(run_program, **hub.environment(tmp_path)) for _ in range(2)]
        done = [future.result() for future in running]
        n_downloads = sum(seen.path.startswith("/storage") for seen in hub.requests)

    assert [program.returncode for program in done] == [0, 0], done[0].stderr + done[1].stderr
    assert done[0].stdout == done[1].stdout
    assert n_downloads == 1


def test_a_killed_program_leaves_what_the_next_one_goes_on_with(tmp_path):
    with HubStandIn() as hub:
        hub.add("model", REPO, FILES)
        hub.stalls["model.safetensors"] = [2 * MIB + 70_000]
        environment = hub.environment(tmp_path)
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=clean_environment(environment)
        )
        deadline = time.monotonic() + 20
        while sum(path.stat().st_size for path in partial_files(tmp_path)) < MIB:
            assert time.monotonic() < deadline, "nothing arrived"
            time.sleep(0.02)
        program.kill()
        program.wait()

        again = run_program(**environment)

    assert again.returncode == 0, again.stderr
    assert Path(again.stdout.split()[1]).read_bytes() == BIG
    ranges = [seen.range for seen in hub.downloads() if seen.path.startswith("/storage")]
    assert ranges[0] is None
    assert ranges[1] in {f"bytes={MIB}-", f"bytes={2 * MIB}-"}


def test_a_model_that_needs_code_of_its_own_is_refused(tmp_path):
    tokenizer = wordpiece()
    save_model(bert(tokenizer), tokenizer, tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    remote = {"model_type": "my-bert", "auto_map": {"AutoModel": "modeling.MyBert"}}
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | remote))

    with pytest.raises(ValueError, match=r"contains custom code.* 'my-bert', which .*never run"):
        check_model_directory(tmp_path / "m")
