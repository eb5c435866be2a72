"""Results, crates and servers of strangers: no name of theirs leads out of its folder."""

import os
import stat
import zipfile

import check_crate
import pytest
from hub_stand_in import HubStandIn
from huggingface_hub import constants

from polyconcept.audit.links import Expected
from polyconcept.audit.verification import Audit
from polyconcept.records.repositories import PinnedRepo, RepoFile, check_repository, check_revision
from polyconcept.sources.hub_download import download_files
from polyconcept.sources.hub_errors import HubError
from polyconcept.sources.hub_pin import pin_repository
from polyconcept.store.content import links_out_of, links_out_of_results, result_files


def test_links_that_lead_out_of_a_folder_are_found(tmp_path):
    folder, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    (folder / "logs").mkdir(parents=True)
    elsewhere.mkdir()
    (folder / "scores.csv").write_text("ours")
    for place, target in {
        "inside": folder / "scores.csv",
        "logs/inside.log": "../scores.csv",
        "figures": elsewhere,
        "logs/plot.log": tmp_path / "paper.tex",
        "logs/up": "../..",
        "missing": "/nowhere",
        "circle": "circle",
    }.items():
        (folder / place).symlink_to(target)
    (elsewhere / "deeper").symlink_to("/")

    assert links_out_of(folder) == ["figures", "logs/plot.log", "logs/up", "missing"]
    (tmp_path / "link").symlink_to(folder)
    assert links_out_of(tmp_path / "link") == links_out_of(folder)
    assert links_out_of(tmp_path / "none") == []


def test_large_folders_of_results_may_be_links_to_another_disk(tmp_path):
    results, disk = tmp_path / "results", tmp_path / "disk"
    (results / "vectors/bert").mkdir(parents=True)
    (disk / "bert").mkdir(parents=True)
    (results / "scores").symlink_to(disk)
    (results / "models").symlink_to(disk)
    for file in (results / "vectors/bert/xa.h5", results / "a.csv", disk / "bert/x"):
        file.touch()

    assert links_out_of_results(results) == ["scores"]
    assert result_files(results) == ["a.csv", "models/bert/x", "vectors/bert/xa.h5"]
    (disk / "bert/out").symlink_to(tmp_path)
    assert links_out_of_results(results) == ["models/bert/out", "scores"]


def zipped(path, *names, mode=0o100644):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, "x")
    return path


@pytest.mark.parametrize("name", ["../paper.tex", "/etc/passwd", "a/../../b", "..\\paper.tex"])
def test_a_zip_with_a_name_that_leads_out_is_refused(tmp_path, name):
    crate = zipped(tmp_path / "crate.zip", "ro-crate-metadata.json", name)

    with pytest.raises(ValueError, match=r"crate\.zip: '.*': found a name that leads out of the c"):
        check_crate.check_names(crate)


def test_a_zip_with_a_link_is_refused_and_one_of_plain_names_is_not(tmp_path):
    check_crate.check_names(zipped(tmp_path / "fine.zip", "a/b.txt", "c..d"))
    with pytest.raises(ValueError, match="'figures': found a link"):
        check_crate.check_names(zipped(tmp_path / "link.zip", "figures", mode=stat.S_IFLNK | 0o777))


def test_a_pipe_that_a_record_names_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "text")
    expected = Expected("x", [], lambda *_: {}, lambda *_: [])

    fault = Audit(expected, tmp_path, tmp_path)._hash("text")

    assert (fault.place, fault.found) == ("text", "a device or pipe")


def test_a_record_that_cannot_be_opened_is_a_fault_and_no_traceback(tmp_path):
    (tmp_path / "results/x").mkdir(parents=True)
    (tmp_path / "results/x/scores.csv.run.json").symlink_to("nowhere")
    expected = Expected("x", [], lambda *_: {}, lambda *_: [])

    [fault] = Audit(expected, tmp_path, tmp_path).walk()

    assert fault.what == "run record damaged"
    assert "No such file" in fault.found


# --- what a server of the hub answers

FILES = {"config.json": b"{}", "model.safetensors": b"x" * 50}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with HubStandIn() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            server.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        yield server


@pytest.mark.parametrize(
    "path", ["../../paper.tex", "/etc/passwd", "a/../../b", "a\\..\\b", "a//b", "a\nb", "C:/x"]
)
def test_a_listed_path_that_leads_out_is_refused(hub, tmp_path, path):
    hub.add("model", "owner/tiny", FILES | {path: b"mine"})

    with pytest.raises(
        HubError, match=r"model owner/tiny: http.* lists: path .*a path inside the rep"
    ):
        pin_repository("owner/tiny", kind="model")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("revision", ["../../../x", "a/../../x", "/x", "a/.git"])
def test_a_revision_that_is_a_path_asks_and_writes_nothing(
    hub, tmp_path, monkeypatch, revision, offline
):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)

    with pytest.raises(
        HubError, match=r"model owner/tiny: revision: found .*; needed a branch, tag"
    ):
        pin_repository("owner/tiny", kind="model", revision=revision)
    assert hub.requests == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_calls_a_file_does_not_become_a_path(hub, tmp_path, monkeypatch):
    """Its ETag: huggingface_hub takes it for the name of the content in the cache."""
    hub.add("model", "owner/tiny", FILES)
    pinned = pin_repository("owner/tiny", kind="model")
    handler = hub._servers[0].RequestHandlerClass
    head = handler._head

    def with_a_path(self, status, headers):
        return head(self, status, {name: _evil(name, value) for name, value in headers.items()})

    monkeypatch.setattr(handler, "_head", with_a_path)
    found = download_files(pinned, list(FILES))

    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    assert not (tmp_path / "paper.tex").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    blobs = {path.name for path in (tmp_path / "cache").glob("*/blobs/*")}
    assert blobs == {file.digest for file in pinned.files}


def _evil(name, value):
    return '"../../../paper.tex"' if "etag" in name.lower() else value


def test_a_pin_names_no_path():
    file = RepoFile("a/b.json", 1, None, "0" * 40)

    with pytest.raises(ValueError, match=r"found '\.\./x'; needed a repository on the hub"):
        PinnedRepo("../x", "model", None, "0" * 40, (file,))
    with pytest.raises(ValueError, match=r"found '\.\./x'; needed a branch, tag or commit"):
        PinnedRepo("a/b", "model", "../x", "0" * 40, (file,))


def test_names_of_the_hub_pass_as_they_are():
    for name in ("gpt2", "google/mt5-base", "Helsinki-NLP/opus-mt_tiny.v1", "_x/y"):
        assert check_repository(name) == name
    for name in ("main", "refs/pr/1", "v1.0+cpu", "feature/a-b", "0" * 40):
        assert check_revision(name) == name
