"""What the check of a model tells, before anything is trained."""

import json
import logging
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import (
    CAUSAL_SIZES,
    bert,
    byte_bpe,
    gemma_bpe,
    llama,
    mt5,
    random_model,
    sentences_of,
    t5_unigram,
    table_of,
    wordpiece,
)
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from polyconcept.machine.logs import log_to
from polyconcept.models.check import check_model
from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

INDEX = "model.safetensors.index.json"


def gemma3(tokenizer, **changes):
    sizes = CAUSAL_SIZES | {"query_pre_attn_scalar": 8, "sliding_window": 4}
    config = Gemma3TextConfig(vocab_size=len(tokenizer), **sizes | changes)
    return random_model(Gemma3ForCausalLM, config, seed=11)


def both_ways(tokenizer):
    return gemma3(tokenizer, use_bidirectional_attention=True)


MODELS = {
    "bert": (wordpiece, bert, ["encoder"]),
    "bert, one way": (wordpiece, lambda t: bert(t, is_decoder=True), ["decoder"]),
    "llama": (byte_bpe, llama, ["decoder"]),
    "gemma3": (gemma_bpe, gemma3, ["decoder"]),
    "gemma3, both ways": (gemma_bpe, both_ways, ["encoder"]),
    "mt5": (t5_unigram, mt5, ["encoder", "decoder"]),
}


@pytest.fixture(scope="module", params=MODELS)
def family(request, tmp_path_factory):
    make_tokenizer, make_model, sides = MODELS[request.param]
    tokenizer = make_tokenizer()
    folder = tmp_path_factory.mktemp("family") / "model"
    save_model(make_model(tokenizer), tokenizer, folder)
    return folder, sides


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    tokenizer = wordpiece()
    folder = tmp_path_factory.mktemp("made") / "model"
    save_model(bert(tokenizer), tokenizer, folder)
    return folder


@pytest.fixture
def directory(made, tmp_path):
    return shutil.copytree(made, tmp_path / "model")


def check(directory, sides=("encoder",), trained=True):
    check_model(directory, side_names=list(sides), layers=[0, 2], trained=trained)


def refused(directory, message, **options):
    with pytest.raises(ValueError, match=message) as caught:
        check(directory, **options)
    assert str(caught.value).startswith(f"model directory {directory}: ")
    assert len(str(caught.value).splitlines()) == 1


def edit_weights(directory, edit):
    weights = load_file(directory / "model.safetensors")
    edit(weights)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def edit_json(file, **changes):
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


# --- which way it reads -----------------------------------------------------------------------


def test_a_model_passes_as_what_it_is_and_as_nothing_else(family, caplog):
    folder, sides = family
    caplog.set_level(logging.INFO, logger="polyconcept")

    check(folder, sides, trained=sides != ["decoder"])

    way = "one way" if sides == ["decoder"] else "both ways"
    assert caplog.messages[-1].endswith(f"weights are finite, and it reads {way}")
    if sides == ["decoder"]:
        message = r"has no encoder, only decoder: it reads one way.*`family` is decoder"
        refused(folder, message, sides=["encoder"])
        with pytest.raises(ValueError, match=message):
            load_backbone(folder, side="encoder")
    if sides == ["encoder"]:
        message = r"has no decoder, only encoder: it reads both ways.*`family` is encoder.*predicts"
        refused(folder, message, sides=["decoder"], trained=False)
        with pytest.raises(ValueError, match=message):
            load_backbone(folder, side="decoder")
    if len(sides) == 1:
        refused(folder, "has one stack of layers", sides=["encoder", "decoder"])


def test_no_state_of_a_model_that_reads_both_ways_predicts_a_word():
    tokenizer = gemma_bpe()
    model = both_ways(tokenizer).base_model
    sentences = sentences_of("the old doctor built a house")
    options = {"max_length": None, "token_budget": 100, "reading": "predicts"}
    words = table_of(sentences)

    plan = plan_extraction(tokenizer, sentences, words, side="decoder", **options)

    with pytest.raises(ValueError, match=r"Gemma3TextModel reads both ways, as an encoder; the"):
        extract_vectors(model, plan, layers=[1])
    plan = plan_extraction(tokenizer, sentences, words, side="encoder", **options)
    assert list(extract_vectors(model, plan, layers=[1]))


# --- weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_weights_that_are_no_numbers_are_told(directory, dtype, value):
    name = "bert.encoder.layer.1.output.dense.weight"

    def edit(weights):
        weights.update({key: weight.to(dtype) for key, weight in weights.items()})
        weights[name][3, 5] = value

    edit_weights(directory, edit)

    refused(directory, rf"model.safetensors: {name} holds 1 of 512 values .* the first {value}$")


def test_a_number_beyond_those_that_it_is_loaded_as_is_told(directory):
    def edit(weights):
        weights["bert.embeddings.LayerNorm.bias"] = torch.full((16,), 1e300, dtype=torch.float64)

    edit_weights(directory, edit)

    refused(directory, r"embeddings.LayerNorm.bias holds 16 of 16 values .* the first inf$")


def test_a_shard_with_such_weights_is_named(directory):
    weights = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    weights["cls.predictions.bias"][0] = float("nan")  # not even used by the model without head
    parts = {"a.safetensors": {}, "b.safetensors": {}}
    for key, weight in weights.items():
        parts["b.safetensors" if key.startswith("cls") else "a.safetensors"][key] = weight
    for file, part in parts.items():
        save_file(part, directory / file, metadata={"format": "pt"})
    weight_map = {key: file for file, part in parts.items() for key in part}
    (directory / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))

    refused(directory, r"model: b.safetensors: cls.predictions.bias holds 1 of")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (torch.float8_e4m3fn, "F8_E4M3"),
        (torch.float8_e5m2, "F8_E5M2"),
        (torch.int8, "I8"),
        (torch.uint8, "U8"),
        (torch.complex64, "C64"),
    ],
)
def test_weights_of_types_that_are_not_computed_with_are_told(directory, dtype, name):
    key = "bert.encoder.layer.0.output.dense.weight"
    edit_weights(directory, lambda weights: weights.update({key: weights[key].to(dtype)}))

    refused(directory, rf"model.safetensors: {key} is of type {name}, needed F16, BF16, F32, F64")


def test_positions_that_a_checkpoint_keeps_are_no_weights(directory):
    positions = {"bert.embeddings.position_ids": torch.arange(64)[None]}
    edit_weights(directory, lambda weights: weights.update(positions))

    check(directory)


def test_a_model_that_knows_no_word_from_another_is_told(directory):
    def edit(weights):
        weights["bert.embeddings.word_embeddings.weight"].zero_()

    edit_weights(directory, edit)

    refused(directory, r"BertModel: no subword changes another's state")


# --- tokenizer and model ----------------------------------------------------------------------


def test_a_tokenizer_of_another_model_is_told(tmp_path):
    tokenizer, larger = wordpiece(vocab_size=60), wordpiece(vocab_size=120)
    save_model(bert(tokenizer), larger, tmp_path / "model")

    refused(
        tmp_path / "model",
        rf"the tokenizer is not the model's: .* up to {len(larger) - 1}, the model has "
        rf"{len(tokenizer)} embeddings",
    )


@pytest.mark.parametrize(
    ("family", "role"), [("bert", "pad_token"), ("mt5", "pad_token"), ("mt5", "eos_token")]
)
def test_symbols_that_training_needs_are_told_where_it_is_wanted(tmp_path, family, role):
    make_tokenizer, make_model, sides = MODELS[family]
    tokenizer = make_tokenizer()
    folder = tmp_path / "model"
    save_model(make_model(tokenizer), tokenizer, folder)
    about = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(about | {role: None}))

    refused(folder, rf"the tokenizer has no {role}, which fine-tuning needs", sides=sides)
    check(folder, sides, trained=False)


def test_a_padding_symbol_beyond_the_embeddings_is_told_where_training_needs_it(tmp_path):
    tokenizer = wordpiece()
    model = bert(tokenizer)
    tokenizer.add_special_tokens({"pad_token": "<filler>"})
    save_model(model, tokenizer, tmp_path / "model")

    n = len(tokenizer) - 1
    refused(tmp_path / "model", rf"needs the pad_token, number {n}; the model has {n} embeddings")
    check(tmp_path / "model", trained=False)


@pytest.mark.parametrize("stated", [0, -3, 1, 7])
def test_nonsense_as_the_longest_input_is_told(tmp_path, stated):
    tokenizer = byte_bpe()
    save_model(llama(tokenizer), tokenizer, tmp_path / "model")
    edit_json(tmp_path / "model" / "config.json", max_position_embeddings=stated)

    message = f"config.json: max_position_embeddings is {stated}, needed 8 or more"
    refused(tmp_path / "model", message, sides=["decoder"], trained=False)


def test_a_tokenizer_that_cuts_sentences_to_nothing_is_told(directory):
    edit_json(directory / "tokenizer_config.json", model_max_length=2)

    refused(directory, "it reads 2 subwords at most, needed 8 or more")


# --- tokenizers that give up ------------------------------------------------------------------


def split_by(pattern):
    about = {"type": "Split", "pattern": {"Regex": pattern}}
    return {"pre_tokenizer": about | {"behavior": "Isolated", "invert": False}}


BROKEN = {
    "charsmap": (
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}},
        r"the tokenizer cannot be read: a library gave up \(Precompiled",
    ),
    # Panics at a long word only: it cannot be known from the file.
    "long words": (
        split_by(r"(\p{L}+)*\d"),
        r"the tokenizer cannot split 'a{40}': a library gave up \(Onig: .*over\)",
    ),
    "long words of one script": (split_by(r"(\p{Arabic}+)*\d"), r"cannot split 'ا{40}': "),
    "many words": (split_by(r"((ab )+)*\d"), r"cannot split '(ab ){13}a': "),
    "symbols": (
        {
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [
                    {"SpecialToken": {"id": "[X]", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                ],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
                "special_tokens": {},
            }
        },
        "cannot .*: a library gave up .*no entry found",
    ),
    "bad pattern": (split_by("("), "the tokenizer cannot be read: .*unmatched parenthesis"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_tokenizer_that_panics_is_told_like_any_other(directory, name, capfd):
    changes, message = BROKEN[name]
    edit_json(directory / "tokenizer.json", **changes)

    refused(directory, message)

    assert "panicked" not in capfd.readouterr().err


def test_a_tokenizer_without_a_symbol_for_the_unknown_is_told(directory):
    about = json.loads((directory / "tokenizer.json").read_text())
    del about["model"]["vocab"]["[UNK]"]
    about["added_tokens"] = [t for t in about["added_tokens"] if t["content"] != "[UNK]"]
    (directory / "tokenizer.json").write_text(json.dumps(about))

    refused(directory, r"the tokenizer cannot split .*Missing \[UNK\] token")


def test_a_panic_at_work_ends_a_job_like_any_error(directory, tmp_path, capfd):
    # Text that the check does not try: still one line, and the log's name.
    tokenizer = load_tokenizer(directory).backend_tokenizer
    about = json.loads(tokenizer.to_str()) | split_by(r"(x+)*\d")
    tokenizer = type(tokenizer).from_str(json.dumps(about))

    with pytest.raises(SystemExit), log_to(tmp_path / "log"):
        tokenizer.encode("x" * 100)

    said = "RuntimeError: a library gave up (Onig: Regex search error: retry-limit-in-match over)"
    assert f"{said}\n  (log: {tmp_path / 'log'})" in capfd.readouterr().err
    assert "PanicException" in (tmp_path / "log").read_text()
