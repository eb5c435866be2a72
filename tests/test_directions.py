"""Which way models read, whatever their class and their settings call them."""

import pytest
import torch
from tiny_models import bert, byte_bpe, llama, random_model, wordpiece, xlm_roberta
from transformers import (
    AutoModel,
    BertConfig,
    BertModel,
    DebertaV2Config,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    MixtralConfig,
    ModernBertConfig,
    MT5Config,
    XLNetConfig,
)

from polyconcept.models.shape import reads_both_ways

SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}
GEMMA = SMALL | {"head_dim": 8}
BERT = {key: value for key, value in SMALL.items() if key != "num_key_value_heads"}
BOTH_WAYS = {
    "bert": BertConfig(**BERT),
    "deberta-v2": DebertaV2Config(**BERT),
    "modernbert": ModernBertConfig(**BERT, eos_token_id=1, sep_token_id=1),
    "xlnet": XLNetConfig(vocab_size=50, d_model=16, n_layer=2, n_head=2, d_inner=32),
    "mt5": MT5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_heads=2, num_layers=2),
    # Classes of causal models with a mask that lets them see what follows.
    "gemma3": Gemma3TextConfig(**GEMMA, use_bidirectional_attention=True),
    "gemma3, next words only": Gemma3TextConfig(
        **GEMMA, use_bidirectional_attention=True, sliding_window=2
    ),
    "weak": BertConfig(**BERT, initializer_range=1e-3),
    "strong": BertConfig(**BERT, initializer_range=1.0),
}
ONE_WAY = {
    "llama": LlamaConfig(**SMALL),
    "gpt2": GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2),
    "gemma3": Gemma3TextConfig(**GEMMA),
    "gemma3, word before only": Gemma3TextConfig(**GEMMA, sliding_window=2),
    # Which subwords go to an expert together changes the last bits of all.
    "mixtral": MixtralConfig(**SMALL, num_local_experts=4),
    # A class of encoders that sees only what came before.
    "bert": BertConfig(**BERT, is_decoder=True),
    "weak": LlamaConfig(**SMALL, initializer_range=1e-3),
    "strong": LlamaConfig(**SMALL, initializer_range=1.0),
}


def made(config, seed=1):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModel.from_config(config)


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_models_that_read_both_ways(name):
    assert reads_both_ways(made(BOTH_WAYS[name]))


@pytest.mark.parametrize("name", ONE_WAY)
def test_models_that_read_one_way(name):
    assert not reads_both_ways(made(ONE_WAY[name]))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_precisions(dtype):
    assert reads_both_ways(made(BOTH_WAYS["gemma3"]).to(dtype))
    assert not reads_both_ways(made(ONE_WAY["gemma3"]).to(dtype))


def test_a_mask_that_only_the_code_knows_is_found_out(monkeypatch):
    # The configuration says nothing of it: another library may do so to a causal model.
    model = llama(byte_bpe()).base_model
    assert not reads_both_ways(model)
    monkeypatch.setattr(
        "transformers.models.llama.modeling_llama.create_causal_mask", lambda **_options: None
    )
    for block in model.layers:
        monkeypatch.setattr(block.self_attn, "is_causal", False)

    assert reads_both_ways(model)


def test_the_model_and_the_random_numbers_of_others_are_as_before():
    model = made(BOTH_WAYS["bert"])
    assert model.training
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)

    # Dropout would change every state: it is off meanwhile.
    assert reads_both_ways(model)

    assert torch.equal(torch.rand(1), expected)
    assert model.training
    model.eval()
    reads_both_ways(model)
    assert not model.training


@pytest.mark.parametrize(("make", "n_positions"), [(bert, 6), (xlm_roberta, 8)])
def test_a_model_of_too_few_positions_is_told(make, n_positions):
    model = make(wordpiece(), max_position_embeddings=n_positions).base_model

    with pytest.raises(ValueError, match=r"cannot read an input of 7 subwords \("):
        reads_both_ways(model)


def test_a_model_whose_subwords_do_not_meet_is_told():
    model = made(BOTH_WAYS["bert"])
    for block in model.encoder.layer:
        torch.nn.init.zeros_(block.attention.output.dense.weight)

    with pytest.raises(ValueError, match=r"BertModel: no subword changes another's state"):
        reads_both_ways(model)


def test_states_that_are_not_finite_are_told():
    model = made(BOTH_WAYS["bert"])
    with torch.no_grad():
        model.encoder.layer[1].output.dense.bias[3] = float("nan")

    with pytest.raises(ValueError, match=r"BertModel: the states of a short input are not finite"):
        reads_both_ways(model)


def test_the_embedding_of_padding_is_not_used():
    # Its number lets some models leave a subword out, as if it were not there.
    class Strict(BertModel):
        def forward(self, input_ids, **options):
            assert not (input_ids == 0).any()
            return super().forward(input_ids, **options)

    assert reads_both_ways(random_model(Strict, BertConfig(**BERT | {"vocab_size": 5}), seed=1))
