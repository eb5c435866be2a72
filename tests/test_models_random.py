import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_models import TEXT, bert, byte_bpe, llama, mt5, t5_unigram, wordpiece

from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.random_weights import randomise_model

FAMILIES = {"bert": (wordpiece, bert), "mt5": (t5_unigram, mt5), "llama": (byte_bpe, llama)}


@pytest.fixture(params=FAMILIES)
def saved(request, tmp_path):
    make_tokenizer, make_model = FAMILIES[request.param]
    tokenizer = make_tokenizer()
    save_model(make_model(tokenizer), tokenizer, tmp_path / "base")
    return tmp_path / "base"


def randomised(saved, name="random", seed=3):
    randomise_model(saved, saved.parent / name, seed=seed)
    return saved.parent / name


def weights_of(directory):
    return load_backbone(directory).state_dict()


def test_all_weights_are_others_of_the_same_shapes(saved):
    base, random = weights_of(saved), weights_of(randomised(saved))

    shapes = {name: values.shape for name, values in base.items()}
    assert {name: values.shape for name, values in random.items()} == shapes
    # Biases of 0 and norms of 1 begin as they are.
    drawn = [name for name, values in random.items() if values.float().std() > 0]
    assert len(drawn) > len(shapes) / 3
    for name in drawn:
        assert not torch.equal(base[name], random[name])
        assert np.corrcoef(base[name].flatten(), random[name].flatten())[0, 1] ** 2 < 0.2


def test_weights_are_drawn_as_a_training_begins(saved):
    random = weights_of(randomised(saved))

    for name, values in random.items():
        assert values.dtype == torch.float32
        assert torch.isfinite(values).all()
        if "norm" in name.lower():
            assert set(values.tolist()) <= {0.0, 1.0}


def test_config_and_tokenizer_are_the_model_s(saved):
    random = randomised(saved)

    one, other = (json.loads((folder / "config.json").read_text()) for folder in (saved, random))
    assert one | {"architectures": None} == other | {"architectures": None}
    # Only the class that stands in the file is another: the same model without head.
    assert one["architectures"] != other["architectures"]
    file = "tokenizer.json"
    assert (saved / file).read_bytes() == (random / file).read_bytes()
    file = "tokenizer_config.json"
    one, other = (json.loads((folder / file).read_text()) for folder in (saved, random))
    assert one.items() <= other.items()
    tokenizers = [load_tokenizer(folder) for folder in (saved, random)]
    ids = [[tokenizer(line).input_ids for line in TEXT] for tokenizer in tokenizers]
    assert ids[0] == ids[1]


def test_the_same_seed_gives_the_same_bytes_and_another_others(saved):
    files = [
        randomised(saved, name, seed) / "model.safetensors"
        for name, seed in (("one", 3), ("same", 3), ("other", 4))
    ]

    one, same, other = (file.read_bytes() for file in files)
    assert one == same
    assert one != other


def test_weights_follow_from_the_seed_alone(saved):
    torch.manual_seed(1)
    one = load_file(randomised(saved, "one") / "model.safetensors")
    torch.manual_seed(2)
    two = load_file(randomised(saved, "two") / "model.safetensors")

    assert all(torch.equal(values, two[name]) for name, values in one.items())


def test_torch_draws_on_as_if_nothing_had_been(saved):
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)

    randomised(saved)

    assert torch.equal(torch.rand(4), expected)


def test_it_takes_a_whole_model(tmp_path):
    (tmp_path / "base").mkdir()

    with pytest.raises(ValueError, match=r"config.json is missing; no weights"):
        randomise_model(tmp_path / "base", tmp_path / "random", seed=1)
    assert not (tmp_path / "random").exists()
