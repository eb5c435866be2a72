"""Models that write: loaded whole or not at all, with no setting taken from a file."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import bert, wordpiece
from tiny_writers import TEXT, mt5, sentences, unigram_with_end
from transformers import GenerationConfig

from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_for_generation, load_tokenizer
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.scorer import ScoreOptions
from polyconcept.tasks.translation.score_writer import translate

SEARCH = ScoreOptions(n_beams=2, max_length=9)


@pytest.fixture(scope="module")
def tokenizer():
    return unigram_with_end()


@pytest.fixture
def directory(tokenizer, tmp_path):
    # Weights large enough that answers differ, and that they come to an end sometimes.
    save_model(mt5(tokenizer, seed=3, initializer_factor=3.0), tokenizer, tmp_path / "mt5")
    return tmp_path / "mt5"


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_saved_model_comes_back_whole_and_ready(tokenizer, directory):
    state = torch.random.get_rng_state()

    model = load_for_generation(directory)

    assert torch.equal(torch.random.get_rng_state(), state)
    assert type(model).__name__ == "MT5ForConditionalGeneration"
    assert not model.training
    expected = mt5(tokenizer, seed=3, initializer_factor=3.0).state_dict()
    assert model.state_dict().keys() == expected.keys()
    assert all(torch.equal(model.state_dict()[name], expected[name]) for name in expected)


def test_settings_of_the_search_are_ours_and_not_the_files(tokenizer, directory, tmp_path):
    plain = load_for_generation(directory)
    edit(directory / "generation_config.json", num_beams=7, no_repeat_ngram_size=1, max_length=2)
    edit(directory / "config.json", num_beams=7, length_penalty=-9.0)

    model = load_for_generation(directory)

    def answers(model):
        return translate(model, tokenizer, sentences("en"), "de", SEARCH)

    assert answers(model) == answers(plain)
    kept = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}
    assert model.generation_config.to_diff_dict().items() >= kept.items()
    assert model.generation_config.num_beams in (None, 1)
    assert model.generation_config.no_repeat_ngram_size in (None, 0)
    save_model(model, tokenizer, tmp_path / "again")  # transformers 5 refuses such a config.json
    assert answers(load_for_generation(tmp_path / "again")) == answers(plain)


def test_what_cannot_write_is_refused(directory, tmp_path):
    encoder = wordpiece()
    save_model(bert(encoder), encoder, tmp_path / "bert")

    with pytest.raises(ValueError, match=r"bert: holds a model of type 'bert'; .*encoder, decoder"):
        load_for_generation(tmp_path / "bert")

    edit(directory / "config.json", eos_token_id=None)
    with pytest.raises(ValueError, match=r"config.json lacks eos_token_id"):
        load_for_generation(directory)
    with pytest.raises(ValueError, match="no such directory"):
        load_for_generation(tmp_path / "nowhere")


def test_missing_weights_are_refused(directory):
    file = directory / "model.safetensors"
    weights = load_file(file)
    name = "decoder.block.0.layer.1.EncDecAttention.q.weight"
    del weights[name]
    save_file(weights, file, metadata={"format": "pt"})

    with pytest.raises(ValueError, match=rf"would be random \(1\): {name}"):
        load_for_generation(directory)


@pytest.mark.parametrize("n_beams", [1, 3])
def test_answers_are_those_of_the_library_one_by_one(tokenizer, directory, n_beams):
    model, tokenizer = load_for_generation(directory), load_tokenizer(directory)
    asked = [line.split() for line in ("the dog", *TEXT["fr"], "a child finds a river and the")]

    expected = []
    for words in asked:
        coded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        ids = model.generate(
            coded["input_ids"], num_beams=n_beams, do_sample=False, max_new_tokens=24
        )
        expected.append(" ".join(tokenizer.decode(ids[0], skip_special_tokens=True).split()))

    for batch in (1, 4, 32):
        options = ScoreOptions(n_beams=n_beams, max_length=24, batch=batch)
        assert write_answers(model, tokenizer, asked, options, where="test") == expected
    assert len(set(expected)) > 3
    assert write_answers(model, tokenizer, [], options, where="test") == []


def test_what_is_cut_off_is_counted(tokenizer, directory, caplog):
    model = load_for_generation(directory)
    with torch.no_grad():  # </s> is never the likeliest: no answer ends
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
        model.lm_head.weight[1] = 0.0
        model.lm_head.weight[2:] += model.lm_head.weight[2:].mean()

    options = ScoreOptions(max_length=8, batch=2)
    write_answers(model, tokenizer, [["the"] * 12, ["the"]], options, where="pud, de")

    n_subwords = len(tokenizer("the")["input_ids"]) - 1
    n_read = math.ceil(7 / n_subwords)  # of 8 subwords, the last ends the text
    assert f"pud, de: {12 - n_read} words are cut off" in caplog.text
    assert "pud, de: 2 answers are cut off after 8 subwords" in caplog.text


def test_impossible_searches_are_refused():
    options = {"n_beams": 1, "max_length": 8, "batch": 2}

    for name in ("n_beams", "max_length", "batch"):
        with pytest.raises(ValueError, match=f"{name}=0 should be 1 or more"):
            ScoreOptions(**options | {name: 0})


def test_the_files_settings_would_have_mattered(tokenizer, directory):
    # A control: left in the model, a setting changes the answers.
    model = load_for_generation(directory)
    before = translate(model, tokenizer, sentences("en"), "de", SEARCH)
    model.generation_config = GenerationConfig(no_repeat_ngram_size=1, **{
        "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1,
    })  # fmt: skip

    assert translate(model, tokenizer, sentences("en"), "de", SEARCH) != before


def test_a_vocabulary_head_of_its_own_is_kept(tokenizer, directory, tmp_path):
    # As google/mt5-* have it; transformers 5 writes "tied" into every config of mT5.
    file = directory / "model.safetensors"
    weights = load_file(file)
    generator = torch.Generator().manual_seed(1)
    head = torch.randn(weights["shared.weight"].shape, generator=generator)
    save_file(weights | {"lm_head.weight": head}, file, metadata={"format": "pt"})

    model = load_for_generation(directory)
    save_model(model, tokenizer, tmp_path / "again")
    again = load_for_generation(tmp_path / "again")

    for each in (model, again):
        assert torch.equal(each.lm_head.weight, head)
        assert torch.equal(each.shared.weight, weights["shared.weight"])
        assert torch.equal(each.encoder.embed_tokens.weight, each.shared.weight)
