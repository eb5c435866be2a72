"""Model folders from strangers: names and links in them lead nowhere else."""

import json
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import bert, wordpiece

from polyconcept.models.directory import check_model_directory, copy_model, save_model
from polyconcept.models.loading import load_backbone

INDEX = "model.safetensors.index.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    tokenizer = wordpiece()
    folder = tmp_path_factory.mktemp("made") / "model"
    save_model(bert(tokenizer), tokenizer, folder)
    return folder


@pytest.fixture
def directory(made, tmp_path):
    return shutil.copytree(made, tmp_path / "theirs" / "model")


def split(directory, name, other="model-2.safetensors"):
    """Put the weights into two files, of which the first stands in the index as `name`."""
    weights = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    keys = sorted(weights)
    weight_map = dict.fromkeys(keys[:9], name) | dict.fromkeys(keys[9:], other)
    save_file({key: weights[key] for key in keys[9:]}, directory / other)
    (directory / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return {key: weights[key] for key in keys[:9]}


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "up", ["../paper.safetensors", "{}/paper.safetensors", "a/../../paper.safetensors"]
)
def test_a_shard_outside_is_neither_read_nor_written(directory, tmp_path, up):
    # The same name, seen from the copy, is a file of the user's.
    (tmp_path / "results").mkdir()
    mine = tmp_path / "results" / "paper.safetensors"
    mine.write_text("mine")
    first = split(directory, up.format(tmp_path / "results"))
    save_file(first, directory.parent / "paper.safetensors")

    with pytest.raises(ValueError, match=r"index.json, weight 'bert.*: found .*paper.safetensors'"):
        copy_model(directory, tmp_path / "results" / "base")

    assert mine.read_text() == "mine"
    assert list((tmp_path / "results").iterdir()) == [mine]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b.safetensors",
        "a\\b.safetensors",
        "a\0.safetensors",
        "a\nb",
        3,
        None,
        ["x"],
    ],
)
def test_names_of_shards_are_plain(directory, name):
    split(directory, name)

    with pytest.raises(ValueError, match=r"index.json, weight 'bert.*needed the plain name") as e:
        check_model_directory(directory)

    assert len(str(e.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["config.json", "pytorch_model.bin", "tokenizer.json"])
def test_shards_are_safetensors_files(directory, name):
    split(directory, name)

    with pytest.raises(ValueError, match=rf"index.json names \['{name}'\], needed .safetensors"):
        check_model_directory(directory)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", "[" * 100_000, '{"weight_map": {"a": "a.safetensors"}}'),
        *(f'{{"metadata": {{}}, "weight_map": {found}}}' for found in ("[]", '"x"', "null")),
    ],
)
def test_an_index_that_is_none_is_refused(directory, text):
    split(directory, "model-1.safetensors")
    (directory / INDEX).write_text(text)

    with pytest.raises(
        ValueError, match=r"index.json cannot be read .*needed `metadata` and a `weight_map`"
    ):
        check_model_directory(directory)
    (directory / INDEX).write_text('{"metadata": {}, "weight_map": {}}')
    with pytest.raises(ValueError, match=r"index.json names no files"):
        check_model_directory(directory)


def test_shards_may_have_any_plain_name(directory, made, tmp_path):
    first = split(directory, "Größe 1.safetensors")
    save_file(first, directory / "Größe 1.safetensors", metadata={"format": "pt"})
    # safetensors wants to be told where they come from.
    second = load_file(directory / "model-2.safetensors")
    save_file(second, directory / "model-2.safetensors", metadata={"format": "pt"})

    copy_model(directory, tmp_path / "copy")

    found = load_backbone(tmp_path / "copy").state_dict()
    expected = load_backbone(made).state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in found)


@pytest.mark.parametrize(
    ("file", "settings", "message"),
    [
        (
            "config.json",
            {"transformers_weights": "../x.safetensors"},
            "transformers_weights is '../x",
        ),
        (
            "config.json",
            {"transformers_weights": "b.safetensors"},
            "transformers_weights is 'b.saf",
        ),
        (
            "tokenizer_config.json",
            {"fast_tokenizer_files": ["tokenizer.json", "../tokenizer.4.0.0.json"]},
            "fast_tokenizer_files: found '../tokenizer.4.0.0.json', needed the plain name",
        ),
        ("tokenizer_config.json", {"fast_tokenizer_files": 3}, "not iterable"),
        ("tokenizer_config.json", {"gguf_file": "/x.gguf"}, "gguf_file names another file"),
        ("adapter_config.json", {"base_model_name_or_path": "/x"}, "holds an adapter .*merge it"),
    ],
)
def test_settings_that_name_other_files_are_refused(directory, file, settings, message):
    path = directory / file
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(known | settings))

    with pytest.raises(ValueError, match=message):
        check_model_directory(directory)


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "spm.model"],
)
def test_a_link_out_of_the_folder_is_not_followed(directory, tmp_path, name):
    secret = tmp_path / "secret"
    if (directory / name).is_file():
        (directory / name).rename(secret)
    else:
        secret.write_text("secret")
    (directory / name).symlink_to(secret)

    with pytest.raises(ValueError, match=rf"{name} is a link out of it, to .*secret; put a copy"):
        copy_model(directory, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


def test_a_shard_or_a_template_that_leads_out_is_not_followed(directory, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (directory / "additional_chat_templates").mkdir()
    (directory / "additional_chat_templates" / "a.jinja").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match=r"templates/a.jinja is a link out of it"):
        check_model_directory(directory)
    shutil.rmtree(directory / "additional_chat_templates")

    first = split(directory, "model-1.safetensors")
    save_file(first, tmp_path / "elsewhere")
    (directory / "model-1.safetensors").symlink_to("../../elsewhere")
    with pytest.raises(
        ValueError, match=r"model-1.safetensors is a link out of it, to .*elsewhere"
    ):
        check_model_directory(directory)


def test_links_inside_the_folder_and_to_it_are_followed(directory, tmp_path):
    (directory / "model.safetensors").rename(directory / "weights")
    (directory / "model.safetensors").symlink_to("weights")
    (tmp_path / "link").symlink_to(directory)

    copy_model(tmp_path / "link", tmp_path / "copy")

    assert not any(path.is_symlink() for path in (tmp_path / "copy").iterdir())
    load_backbone(tmp_path / "copy")


def test_a_folder_of_the_hubs_cache_is_read_through_its_links(made, tmp_path):
    repository = tmp_path / "models--owner--tiny"
    snapshot = repository / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for number, file in enumerate(sorted(made.iterdir())):
        shutil.copyfile(file, repository / "blobs" / str(number))
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")

    copy_model(snapshot, tmp_path / "copy")

    assert {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()} == {
        path.name: path.read_bytes() for path in made.iterdir()
    }
    # In such a folder too, only the cache's own blobs are read.
    (tmp_path / "secret").write_text("secret")
    (snapshot / "spm.model").symlink_to(os.path.relpath(tmp_path / "secret", snapshot))
    with pytest.raises(ValueError, match=r"spm.model is a link out of it"):
        copy_model(snapshot, tmp_path / "second")
