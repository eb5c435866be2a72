"""Sides, layers and hidden states of model families, known from the configuration alone."""

import json

import numpy as np
import pytest
import torch
from tiny_models import (
    bert,
    byte_bpe,
    gemma2,
    gemma_bpe,
    llama,
    mt5,
    qwen2,
    sentences_of,
    t5_unigram,
    table_of,
    without_head,
    wordpiece,
)
from transformers import (
    AutoModel,
    BartConfig,
    BertConfig,
    BertModel,
    DebertaV2Config,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    ModernBertConfig,
    MT5Config,
    Qwen2Config,
    Qwen3Config,
    T5Config,
    ViTConfig,
    XLMRobertaConfig,
)

from polyconcept.models.check import check_states
from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.shape import max_subwords, n_layers, sides
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}
T5_SMALL = {"vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_heads": 2}
DEPTHS = {"num_layers": 3, "num_decoder_layers": 2}
CONFIGS = {
    "llama": (LlamaConfig(**SMALL), {"decoder": 3}),
    "qwen2": (Qwen2Config(**SMALL), {"decoder": 3}),
    "qwen3": (Qwen3Config(**SMALL, head_dim=8), {"decoder": 3}),
    "gemma": (GemmaConfig(**SMALL, head_dim=8), {"decoder": 3}),
    "gemma2": (Gemma2Config(**SMALL, head_dim=8), {"decoder": 3}),
    "gemma3_text": (Gemma3TextConfig(**SMALL, head_dim=8), {"decoder": 3}),
    "gpt2": (GPT2Config(vocab_size=50, n_embd=16, n_layer=3, n_head=2), {"decoder": 3}),
    "mt5": (MT5Config(**T5_SMALL, **DEPTHS), {"encoder": 3, "decoder": 2}),
    "t5": (T5Config(**T5_SMALL, **DEPTHS), {"encoder": 3, "decoder": 2}),
    "bart": (
        BartConfig(
            vocab_size=50,
            d_model=16,
            encoder_layers=3,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            forced_eos_token_id=None,
        ),
        {"encoder": 3, "decoder": 2},
    ),
    "bert": (BertConfig(**SMALL), {"encoder": 3}),
    "xlm-roberta": (XLMRobertaConfig(**SMALL), {"encoder": 3}),
    "modernbert": (
        ModernBertConfig(**SMALL | {"num_key_value_heads": None}, eos_token_id=1, sep_token_id=1),
        {"encoder": 3},
    ),
    # Runs on no meta tensors: its blocks are counted in the configuration.
    "deberta-v2": (DebertaV2Config(**SMALL), {"encoder": 3}),
}


@pytest.fixture
def directory_of(tmp_path):
    def write(config):
        config.save_pretrained(tmp_path)
        return tmp_path

    return write


@pytest.mark.parametrize("name", CONFIGS)
def test_sides_and_blocks_of_each_family(name):
    config, depths = CONFIGS[name]
    model = AutoModel.from_config(config)

    assert sides(model) == tuple(depths)
    assert {side: n_layers(model, side) for side in sides(model)} == depths


@pytest.mark.parametrize("name", CONFIGS)
def test_layers_that_a_model_has_pass_and_others_are_refused(name, directory_of):
    config, depths = CONFIGS[name]
    directory = directory_of(config)

    for side, deepest in depths.items():
        check_states(directory, side_names=[side], layers=range(deepest + 1))
        message = (
            rf"the {side}'s {deepest} blocks have the layers 0 to {deepest}, "
            rf"not \[{deepest + 1}, 12\]"
        )
        with pytest.raises(ValueError, match=message):
            check_states(directory, side_names=[side], layers=[0, deepest + 1, deepest, 12])
    with pytest.raises(ValueError, match=r"not \[-1\]"):
        check_states(directory, side_names=list(depths), layers=[-1])


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_one_stack_of_layers_is_not_two(name, directory_of):
    directory = directory_of(CONFIGS[name][0])

    message = f"{name} has one stack of layers, not encoder and decoder"
    with pytest.raises(ValueError, match=message):
        check_states(directory, side_names=["encoder", "decoder"], layers=[0])


@pytest.mark.parametrize("n_blocks", [0, -1])
@pytest.mark.parametrize(
    ("name", "side", "key"),
    [
        ("llama", "decoder", "num_hidden_layers"),
        ("bert", "encoder", "num_hidden_layers"),
        ("mt5", "encoder", "num_layers"),
        ("mt5", "decoder", "num_decoder_layers"),
        ("bart", "decoder", "decoder_layers"),
    ],
)
def test_a_side_without_blocks_is_refused(name, side, key, n_blocks, directory_of):
    directory = directory_of(CONFIGS[name][0])
    config = json.loads((directory / "config.json").read_bytes())
    (directory / "config.json").write_text(json.dumps(config | {key: n_blocks}))

    with pytest.raises(ValueError, match=rf"config.json states {n_blocks} blocks for the {side}"):
        check_states(directory, side_names=[side], layers=[0])


def test_a_deeper_encoder_does_not_lend_its_layers_to_the_decoder(directory_of):
    directory = directory_of(CONFIGS["mt5"][0])

    with pytest.raises(ValueError, match=r"decoder's 2 blocks have the layers 0 to 2, not \[3\]"):
        check_states(directory, side_names=["encoder", "decoder"], layers=[0, 3])


def test_no_weights_are_made(directory_of):
    # In float32 this one's would fill more than a tebibyte.
    sizes = {"hidden_size": 16384, "intermediate_size": 65536, "num_hidden_layers": 100}
    directory = directory_of(BertConfig(**SMALL | sizes))

    check_states(directory, side_names=["encoder"], layers=[100])


def test_the_random_numbers_of_others_are_not_touched(directory_of):
    directory = directory_of(CONFIGS["bert"][0])
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)

    check_states(directory, side_names=["encoder"], layers=[0])

    assert torch.equal(torch.rand(1), expected)


def test_an_architecture_without_hidden_states_is_refused(directory_of, monkeypatch):
    forward = BertModel.forward

    def silent(self, input_ids, **_options):
        return forward(self, input_ids, output_hidden_states=False)

    monkeypatch.setattr(BertModel, "forward", silent)
    directory = directory_of(CONFIGS["bert"][0])

    with pytest.raises(ValueError, match="BertModel gives no hidden states of its encoder"):
        check_states(directory, side_names=["encoder"], layers=[0])


def test_an_architecture_that_reads_no_text_is_refused(directory_of):
    directory = directory_of(ViTConfig(hidden_size=16, num_attention_heads=2))

    with pytest.raises(ValueError, match=r"ViTModel reads no subwords \(no input_ids\)"):
        check_states(directory, side_names=["encoder"], layers=[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"model_type": "oracle"}', "knows no architecture of model_type 'oracle'"),
        (
            '{"model_type": "oracle", "auto_map": {"AutoConfig": "own.Config"}}',
            "model_type 'oracle' .*never run",
        ),
        ("{", "config.json cannot be used"),
        ("[]", "config.json cannot be used"),
        ('{"hidden_size": 16}', "config.json cannot be used"),
        ('{"model_type": "encodec"}', r"EncodecModel reads no subwords \(no input_ids\)"),
        ('{"model_type": "clip"}', "CLIPModel cannot read a sentence by itself"),
        ('{"model_type": "rag"}', "no model without head of type 'rag'"),
        (
            '{"model_type": "bert", "num_attention_heads": 0}',
            r"describes no bert that can be built \(ZeroDivisionError",
        ),
    ],
)
def test_configurations_that_cannot_be_used_are_refused(tmp_path, text, message):
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(ValueError, match=message) as caught:
        check_states(tmp_path, side_names=["encoder"], layers=[0])

    assert str(tmp_path) in str(caught.value)


def test_a_directory_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"nothing: config.json cannot be used"):
        check_states(tmp_path / "nothing", side_names=["encoder"], layers=[0])


# Whole directories: saved with a head, loaded without.

SAVED = {
    "mt5": (t5_unigram, mt5, "decoder"),
    "llama": (byte_bpe, llama, "decoder"),
    "llama-tied": (byte_bpe, lambda t: llama(t, tie_word_embeddings=True), "decoder"),
    "qwen2": (lambda: byte_bpe(begin=None), qwen2, "decoder"),
    "gemma2": (gemma_bpe, gemma2, "decoder"),
    "bert": (wordpiece, bert, "encoder"),
}


@pytest.mark.parametrize("name", SAVED)
def test_vectors_of_a_saved_model_are_those_of_the_model_in_memory(name, tmp_path):
    make_tokenizer, make_model, side = SAVED[name]
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    save_model(model, tokenizer, tmp_path / "model")
    backbone = without_head(model) if name == "mt5" else model.base_model
    sentences = sentences_of("the old doctor built a house", "Haus am Fluss")

    def vectors(model, tokenizer):
        plan = plan_extraction(
            tokenizer,
            sentences,
            table_of(sentences),
            max_length=max_subwords(model, tokenizer),
            token_budget=100,
            side=side,
            given=sentences if name == "mt5" else None,
        )
        found = [vectors for _, vectors in extract_vectors(model, plan, layers=(0, 2))]
        return np.concatenate([found[0][0], found[0][2]])

    check_states(tmp_path / "model", side_names=[side], layers=[0, 2])
    loaded = load_backbone(tmp_path / "model", side=side)
    expected = vectors(backbone, tokenizer)

    assert not hasattr(loaded, "lm_head")
    assert np.array_equal(vectors(loaded, load_tokenizer(tmp_path / "model")), expected)


def test_a_side_that_the_model_lacks_is_refused_while_loading(tmp_path):
    tokenizer = byte_bpe()
    save_model(llama(tokenizer), tokenizer, tmp_path / "model")

    with pytest.raises(ValueError, match="LlamaModel has no encoder, only decoder"):
        load_backbone(tmp_path / "model", side="encoder")


def test_a_saved_tokenizer_puts_the_same_symbols_around_sentences(tmp_path):
    for make_tokenizer, make_model, _ in SAVED.values():
        tokenizer = make_tokenizer()
        save_model(make_model(tokenizer), tokenizer, tmp_path / "model")

        again = load_tokenizer(tmp_path / "model")

        assert again("the old Haus").input_ids == tokenizer("the old Haus").input_ids


@pytest.mark.parametrize(("stated", "expected"), [(None, 128), (40, 40)])
def test_the_longest_input_of_a_causal_model(stated, expected):
    # Rotary positions have no table; the configuration says what the model was trained for.
    tokenizer = byte_bpe(**({"model_max_length": stated} if stated else {}))

    assert max_subwords(llama(tokenizer).base_model, tokenizer) == expected


def test_relative_positions_have_no_limit():
    tokenizer = t5_unigram()

    assert max_subwords(without_head(mt5(tokenizer)), tokenizer) is None


def test_only_the_configuration_is_read(directory_of):
    directory = directory_of(CONFIGS["llama"][0])

    check_states(directory, side_names=["decoder"], layers=[3])

    assert [file.name for file in directory.iterdir()] == ["config.json"]
    assert json.loads((directory / "config.json").read_bytes())["num_hidden_layers"] == 3
