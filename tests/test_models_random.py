import numpy as np
import pytest
import torch
from tiny_models import bert, byte_bpe, llama, mt5, t5_unigram, wordpiece
from transformers import AutoConfig, AutoModel

from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_backbone, load_random_backbone, load_tokenizer

FAMILIES = {"bert": (wordpiece, bert), "mt5": (t5_unigram, mt5), "llama": (byte_bpe, llama)}


@pytest.fixture(params=FAMILIES)
def saved(request, tmp_path):
    make_tokenizer, make_model = FAMILIES[request.param]
    tokenizer = make_tokenizer()
    save_model(make_model(tokenizer), tokenizer, tmp_path / "base")
    return tmp_path / "base"


def drawn(saved, seed=3, **options):
    return load_random_backbone(saved, seed=seed, **options)


def same(one, other):
    one, other = one.state_dict(), other.state_dict()
    assert one.keys() == other.keys()
    return all(
        values.dtype == other[name].dtype and torch.equal(values, other[name])
        for name, values in one.items()
    )


def test_all_weights_are_others_of_the_same_shapes(saved):
    base, random = load_backbone(saved).state_dict(), drawn(saved).state_dict()

    shapes = {name: values.shape for name, values in base.items()}
    assert {name: values.shape for name, values in random.items()} == shapes
    # Biases of 0 and norms of 1 begin as they are.
    changed = [name for name, values in random.items() if values.float().std() > 0]
    assert len(changed) > len(shapes) / 3
    for name in changed:
        assert not torch.equal(base[name], random[name])
        assert np.corrcoef(base[name].flatten(), random[name].flatten())[0, 1] ** 2 < 0.2


def test_weights_are_drawn_as_a_training_begins(saved):
    for name, values in drawn(saved).state_dict().items():
        assert values.dtype == torch.float32
        assert torch.isfinite(values).all()
        if "norm" in name.lower():
            assert set(values.tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_it_is_as_if_the_weights_had_been_a_file_s(saved, tmp_path, dtype):
    # mT5 keeps some in float32, whatever it is to compute in.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = AutoModel.from_config(AutoConfig.from_pretrained(saved), dtype=torch.float32)
    save_model(model, load_tokenizer(saved), tmp_path / "random")

    expected, found = load_backbone(tmp_path / "random", dtype=dtype), drawn(saved, dtype=dtype)

    assert same(found, expected)
    assert dict(found.named_buffers()).keys() == dict(expected.named_buffers()).keys()
    for name, buffer in found.named_buffers():
        assert buffer.dtype == expected.get_buffer(name).dtype
        assert torch.equal(buffer, expected.get_buffer(name))
    assert type(found) is type(expected)
    assert not found.training
    assert getattr(found, "pooler", None) is None


def test_the_same_seed_gives_the_same_weights_and_another_others(saved):
    torch.manual_seed(1)
    one = drawn(saved)
    torch.manual_seed(2)

    assert same(one, drawn(saved))
    assert not same(one, drawn(saved, seed=4))


def test_torch_draws_on_as_if_nothing_had_been(saved):
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)

    drawn(saved)

    assert torch.equal(torch.rand(4), expected)


def test_it_takes_a_whole_model(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(ValueError, match=r"config.json is missing; no weights"):
        drawn(tmp_path / "empty")


def test_it_takes_a_model_that_has_the_side(tmp_path):
    tokenizer = wordpiece()
    save_model(bert(tokenizer), tokenizer, tmp_path / "base")

    drawn(tmp_path / "base", side="encoder")
    with pytest.raises(ValueError, match=r"model directory .*/base: BertModel has no decoder"):
        drawn(tmp_path / "base", side="decoder")
