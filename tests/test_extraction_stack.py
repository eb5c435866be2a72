"""The last layer before the model's final norm: what the norm makes of it is the last layer."""

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
    unigram,
    without_head,
    wordpiece,
    xlm_roberta,
)
from transformers import (
    GPT2Config,
    GPT2Model,
    GPTNeoXConfig,
    GPTNeoXModel,
    MBartConfig,
    MBartModel,
    ModernBertConfig,
    ModernBertModel,
)

from polyconcept.models.shape import n_blocks_of
from polyconcept.records.concepts import BEFORE_NORM
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.stack import layers_to_read, watched

SENTENCES = sentences_of("The old doctor built a house", "the doctor lives in the old house")
GIVEN = sentences_of(
    "Der alte Arzt baute ein Haus", "Die Ärztin wohnt im alten Haus", language="de"
)
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def scrambled(model):
    """A model whose norms do something: weights unlike 1, biases unlike 0."""
    random = torch.Generator().manual_seed(3)
    for module in model.modules():
        if "Norm" in type(module).__name__:
            for values in module.parameters():
                values.data.uniform_(0.5, 1.5, generator=random)
    return model.eval()


def gpt2(tokenizer):
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 128}
    return GPT2Model(GPT2Config(vocab_size=len(tokenizer), **sizes))


def gpt_neox(tokenizer):
    sizes = SMALL | {"intermediate_size": 32, "max_position_embeddings": 128}
    return GPTNeoXModel(GPTNeoXConfig(vocab_size=len(tokenizer), **sizes))


def mbart(tokenizer):
    sizes = {"d_model": 16, "max_position_embeddings": 64}
    for side in ("encoder", "decoder"):
        sizes |= {f"{side}_layers": 2, f"{side}_attention_heads": 2, f"{side}_ffn_dim": 32}
    special = {"pad_token_id": 1, "decoder_start_token_id": 2}
    return MBartModel(MBartConfig(vocab_size=len(tokenizer), **sizes, **special))


def modernbert(tokenizer):
    special = {f"{name}_token_id": i for i, name in enumerate(("pad", "unk", "cls", "sep"))}
    special |= {"bos_token_id": 2, "eos_token_id": 3}
    sizes = SMALL | {"intermediate_size": 32, "max_position_embeddings": 64}
    return ModernBertModel(ModernBertConfig(vocab_size=len(tokenizer), **sizes, **special))


# Tokenizer, model, side, and where its final norm is.
WITH_NORM = {
    "mt5-encoder": (
        t5_unigram,
        lambda t: without_head(mt5(t)),
        "encoder",
        "encoder.final_layer_norm",
    ),
    "mt5-decoder": (
        t5_unigram,
        lambda t: without_head(mt5(t)),
        "decoder",
        "decoder.final_layer_norm",
    ),
    "mbart-encoder": (unigram, mbart, "encoder", "encoder.layer_norm"),
    "mbart-decoder": (unigram, mbart, "decoder", "decoder.layer_norm"),
    "llama": (byte_bpe, lambda t: llama(t).base_model, "decoder", "norm"),
    "qwen2": (byte_bpe, lambda t: qwen2(t).base_model, "decoder", "norm"),
    "gemma2": (gemma_bpe, lambda t: gemma2(t).base_model, "decoder", "norm"),
    "gpt2": (byte_bpe, gpt2, "decoder", "ln_f"),
    "gpt-neox": (byte_bpe, gpt_neox, "decoder", "final_layer_norm"),
    "modernbert": (wordpiece, modernbert, "encoder", "final_norm"),
}
WITHOUT = {
    "bert": (wordpiece, lambda t: bert(t).base_model),
    "xlm-roberta": (unigram, lambda t: xlm_roberta(t).base_model),
}


def made(make_tokenizer, make_model, seed=5):
    tokenizer = make_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return tokenizer, scrambled(make_model(tokenizer))


def gathered(model, tokenizer, side, layers):
    forced = side == "decoder" and model.config.is_encoder_decoder
    plan = plan_extraction(
        tokenizer,
        SENTENCES,
        table_of(SENTENCES),
        max_length=60,
        token_budget=64,
        side=side,
        given=GIVEN if forced else None,
        # The last subword of a word: the norm of a mean is not the mean of norms.
        pooling="last",
    )
    found = {layer: np.full((plan.n_words, 16), np.nan, dtype=np.float32) for layer in layers}
    for places, vectors in extract_vectors(model, plan, layers=layers):
        assert list(vectors) == list(layers)
        for layer in layers:
            found[layer][places] = vectors[layer]
    return found


@pytest.mark.parametrize("name", WITH_NORM)
def test_the_final_norm_makes_the_last_layer_of_it(name):
    make_tokenizer, make_model, side, place = WITH_NORM[name]
    tokenizer, model = made(make_tokenizer, make_model)

    layers = layers_to_read(model, side, (0, 1, 2))
    found = gathered(model, tokenizer, side, layers)

    assert layers == (0, 1, 2, BEFORE_NORM)
    with torch.no_grad():
        normed = model.get_submodule(place)(torch.from_numpy(found[BEFORE_NORM])).numpy()
    np.testing.assert_allclose(normed, found[2], atol=1e-5)
    # The norm does something, and no other layer is what it reads.
    for layer in (0, 1, 2):
        assert np.abs(found[BEFORE_NORM] - found[layer]).max() > 1e-3


@pytest.mark.parametrize("name", WITH_NORM)
def test_the_other_layers_do_not_change_with_it(name):
    make_tokenizer, make_model, side, _ = WITH_NORM[name]
    tokenizer, model = made(make_tokenizer, make_model)

    with_it = gathered(model, tokenizer, side, (0, 2, BEFORE_NORM))
    without = gathered(model, tokenizer, side, (0, 2))

    for layer in (0, 2):
        np.testing.assert_array_equal(with_it[layer], without[layer])
    # Nothing is left hanging on the model.
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("name", WITHOUT)
def test_a_norm_inside_the_last_block_is_none(name):
    tokenizer, model = made(*WITHOUT[name])

    assert layers_to_read(model, "encoder", (0, 3)) == (0, 3)
    with pytest.raises(ValueError, match="Model has no norm after the last block of its encoder"):
        gathered(model, tokenizer, "encoder", (3, BEFORE_NORM))


def test_it_is_read_only_with_the_last_layer():
    _, model = made(t5_unigram, lambda tokens: without_head(mt5(tokens, num_decoder_layers=3)))

    assert layers_to_read(model, "encoder", (0, 1)) == (0, 1)
    assert layers_to_read(model, "encoder", (2, 0)) == (2, 0, BEFORE_NORM)
    # Each side has its own number of blocks.
    assert (n_blocks_of(model.config, "encoder"), n_blocks_of(model.config, "decoder")) == (2, 3)
    assert layers_to_read(model, "decoder", (2,)) == (2,)
    assert layers_to_read(model, "decoder", (3,)) == (3, BEFORE_NORM)


def test_it_alone_is_no_layer_to_read():
    tokenizer, model = made(byte_bpe, gpt2)

    with pytest.raises(ValueError, match=r"none asked for, the model's decoder has 0"):
        gathered(model, tokenizer, "decoder", (BEFORE_NORM,))


def test_a_hook_is_gone_after_an_error():
    _, model = made(byte_bpe, gpt2)

    def fail():
        assert model.ln_f._forward_pre_hooks
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), watched(model, "decoder", wanted=True):
        fail()
    assert not model.ln_f._forward_pre_hooks
