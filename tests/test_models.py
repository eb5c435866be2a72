import json
import logging

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import bert, unigram, wordpiece, xlm_roberta
from tokenizers import normalizers
from transformers import (
    BertTokenizer,
    GPT2Config,
    GPT2Model,
    MT5Config,
    MT5Model,
)

from polyconcept.models.directory import check_model_directory, copy_model, save_model
from polyconcept.models.loading import (
    load_backbone,
    load_for_sequence_classification,
    load_for_token_classification,
    load_sequence_classifier,
    load_token_classifier,
    load_tokenizer,
)
from polyconcept.models.shape import limit_length, max_subwords, n_layers, sides

FAMILIES = {"bert": (wordpiece, bert), "xlm-roberta": (unigram, xlm_roberta)}
LABELS = ("O", "B-PER", "I-PER")


@pytest.fixture(params=FAMILIES)
def saved(request, tmp_path):
    """A tiny pre-trained model in a directory, and the same in memory."""
    make_tokenizer, make_model = FAMILIES[request.param]
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    save_model(model, tokenizer, tmp_path / "model")
    return tmp_path / "model", model, tokenizer


@pytest.fixture
def bert_directory(tmp_path):
    tokenizer = wordpiece()
    save_model(bert(tokenizer), tokenizer, tmp_path / "model")
    return tmp_path / "model"


def edit_weights(directory, edit):
    weights = load_file(directory / "model.safetensors")
    save_file(edit(weights), directory / "model.safetensors", metadata={"format": "pt"})


def without(part):
    return lambda weights: {key: value for key, value in weights.items() if part not in key}


def equal_weights(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_what_is_saved_is_loaded(saved):
    directory, model, tokenizer = saved

    encoder, again = load_backbone(directory), load_tokenizer(directory)

    own = {key: value for key, value in model.base_model.state_dict().items() if "pool" not in key}
    assert equal_weights(encoder.state_dict(), own)
    assert not encoder.training
    assert encoder.dtype == torch.float32
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()
    assert again.special_tokens_map == tokenizer.special_tokens_map
    assert again.model_max_length == tokenizer.model_max_length
    assert sorted(file.name for file in directory.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_loading_says_nothing(saved, capfd, caplog):
    # The masked-word head is not used and the classifier is new: transformers would report both.
    caplog.set_level(logging.DEBUG, logger="transformers")

    load_backbone(saved[0])
    load_for_token_classification(saved[0], LABELS, seed=1)

    assert capfd.readouterr() == ("", "")


def test_saving_is_the_same_bytes_and_leaves_no_paths(saved, tmp_path):
    directory, model, tokenizer = saved

    save_model(model, load_tokenizer(directory), tmp_path / "again")
    save_model(model, tokenizer, tmp_path / "again")  # replaces it

    for file in directory.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()


def test_a_failed_save_leaves_nothing(tmp_path):
    tokenizer = wordpiece()
    model = bert(tokenizer)
    model.config.save_pretrained = None

    with pytest.raises(TypeError):
        save_model(model, tokenizer, tmp_path / "model")

    assert list(tmp_path.iterdir()) == []


def test_bfloat16_on_request(bert_directory):
    assert load_backbone(bert_directory, dtype=torch.bfloat16).dtype == torch.bfloat16


def test_the_tokenizer_is_the_one_of_the_file(tmp_path):
    # transformers alone takes the usual normalizer of BERT for it and loses the capitals.
    tokenizer = wordpiece()
    save_model(bert(tokenizer), tokenizer, tmp_path / "model")
    settings = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text())
    settings["tokenizer_class"] = "BertTokenizer"
    (tmp_path / "model" / "tokenizer_config.json").write_text(json.dumps(settings))

    careless = BertTokenizer.from_pretrained(tmp_path / "model")
    careful = load_tokenizer(tmp_path / "model")

    assert careless.tokenize("The") == careless.tokenize("the")
    assert careful.tokenize("The") == tokenizer.tokenize("The") != careful.tokenize("the")
    save_model(bert(tokenizer), careful, tmp_path / "copy")
    again = load_tokenizer(tmp_path / "copy").backend_tokenizer
    assert isinstance(again.normalizer, normalizers.BertNormalizer)
    assert again.to_str() == tokenizer.backend_tokenizer.to_str()


def test_a_vocabulary_file_alone_makes_a_fast_tokenizer(bert_directory):
    (bert_directory / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    vocab = load_tokenizer(bert_directory).get_vocab()
    (bert_directory / "tokenizer.json").unlink()
    (bert_directory / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.get)))

    tokenizer = load_tokenizer(bert_directory)

    assert tokenizer.is_fast
    assert tokenizer.get_vocab() == vocab
    assert tokenizer(["the", "river"], is_split_into_words=True).word_ids() == [
        None,
        *(0 for _ in wordpiece().tokenize("the")),
        *(1 for _ in wordpiece().tokenize("river")),
        None,
    ]


def test_all_that_is_missing_is_said_at_once(tmp_path):
    (tmp_path / "model").mkdir()

    with pytest.raises(
        ValueError,
        match=r"model: config.json is missing; no weights: .*index"
        r".json is needed; no tokenizer: one of tokenizer.json, vocab.txt, ",
    ):
        check_model_directory(tmp_path / "model")
    with pytest.raises(ValueError, match="absent: no such directory"):
        check_model_directory(tmp_path / "absent")


def test_a_pickle_is_refused_with_advice(bert_directory):
    (bert_directory / "model.safetensors").rename(bert_directory / "pytorch_model.bin")

    with pytest.raises(
        ValueError,
        match=r"weights only in pytorch_model.bin, model.safetensors is "
        r"needed \(a pickle can run code\); .* convert it once",
    ):
        load_backbone(bert_directory)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "config.json cannot be used"),
        ("{}", "config.json cannot be used .*model_type"),
        ('{"model_type": "bret"}', "config.json cannot be used .*bret"),
        ('{"model_type": "bert", "hidden_size": "x"}', "cannot be used .*expected int, got str"),
        (
            '{"model_type": "own", "auto_map": {"AutoConfig": "code.Config"}}',
            "config.json cannot be used .*contains custom code",
        ),
    ],
)
def test_an_unusable_config_is_refused(bert_directory, text, message):
    (bert_directory / "config.json").write_text(text)
    (bert_directory / "code.py").write_text("raise SystemExit('code of the directory ran')")

    with pytest.raises(ValueError, match=message):
        check_model_directory(bert_directory)


@pytest.mark.parametrize("keep", [0, 4, 300, -1])
def test_weights_cut_short_are_refused(bert_directory, keep):
    file = bert_directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])

    with pytest.raises(ValueError, match=r"model.safetensors is damaged or cut short"):
        check_model_directory(bert_directory)


def test_a_damaged_tokenizer_is_refused(bert_directory):
    (bert_directory / "tokenizer.json").write_text('{"version": "1.0"}')

    with pytest.raises(ValueError, match="model: the tokenizer cannot be read"):
        load_tokenizer(bert_directory)


def test_a_tokenizer_cut_short_is_refused_with_the_directory(bert_directory):
    (bert_directory / "tokenizer.json").write_text('{"version": "1.0"')

    with pytest.raises(ValueError, match=r"tokenizer.json is damaged or cut short"):
        check_model_directory(bert_directory)


@pytest.mark.parametrize(
    "load",
    [
        load_backbone,
        lambda path: load_for_token_classification(path, LABELS, seed=1),
        lambda path: load_for_sequence_classification(path, LABELS, seed=1),
    ],
)
def test_a_missing_weight_of_the_model_itself_is_refused(bert_directory, load):
    load(bert_directory)
    edit_weights(bert_directory, without("layer.1.output.dense.bias"))

    with pytest.raises(ValueError, match=r"would be random \(1\): .*layer.1.output.dense.bias$"):
        load(bert_directory)


def test_weights_of_another_size_are_refused(bert_directory):
    config = json.loads((bert_directory / "config.json").read_text())
    (bert_directory / "config.json").write_text(json.dumps(config | {"intermediate_size": 31}))

    with pytest.raises(ValueError, match="model: cannot be loaded: "):
        load_backbone(bert_directory)


def test_shards(saved, tmp_path):
    directory, model, _ = saved
    (directory / "model.safetensors").unlink()
    model.save_pretrained(directory, max_shard_size="10KB")
    shards = sorted(file.name for file in directory.glob("model-*.safetensors"))
    assert len(shards) > 1

    copy_model(directory, tmp_path / "copy")

    assert equal_weights(
        load_backbone(tmp_path / "copy").state_dict(), load_backbone(directory).state_dict()
    )
    (directory / shards[1]).unlink()
    with pytest.raises(ValueError, match=f"{shards[1]}, named in model.safetensors.index.json, is"):
        check_model_directory(directory)
    (directory / "model.safetensors.index.json").write_text("[]")
    with pytest.raises(ValueError, match=r"model.safetensors.index.json cannot be read"):
        check_model_directory(directory)


def test_copy_takes_what_loading_needs_and_no_more(bert_directory, tmp_path):
    (bert_directory / "optimizer.pt").write_bytes(b"large")
    (bert_directory / "checkpoint-10").mkdir()

    copy_model(bert_directory, tmp_path / "copies" / "copy")

    copied = tmp_path / "copies" / "copy"
    assert sorted(file.name for file in copied.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    load_tokenizer(copied)
    assert equal_weights(
        load_backbone(copied).state_dict(), load_backbone(bert_directory).state_dict()
    )
    (bert_directory / "config.json").unlink()
    with pytest.raises(ValueError, match=r"config.json is missing"):
        copy_model(bert_directory, tmp_path / "second")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    ("load_new", "load_tuned", "load_other"),
    [
        (load_for_token_classification, load_token_classifier, load_sequence_classifier),
        (load_for_sequence_classification, load_sequence_classifier, load_token_classifier),
    ],
)
def test_a_new_classifier_is_seeded_and_comes_back(
    saved, tmp_path, load_new, load_tuned, load_other
):
    directory, pretrained, tokenizer = saved
    before = torch.random.get_rng_state()

    model, same, other = (load_new(directory, LABELS, seed=seed) for seed in (1, 1, 2))

    assert torch.equal(before, torch.random.get_rng_state())
    assert equal_weights(model.state_dict(), same.state_dict())
    differing = {
        key
        for key in model.state_dict()
        if not torch.equal(model.state_dict()[key], other.state_dict()[key])
    }
    assert differing
    assert all("classifier" in key or "pooler" in key for key in differing)
    trained = pretrained.base_model.state_dict()
    kept = [key for key in model.base_model.state_dict() if "pooler" not in key]
    assert all(torch.equal(model.base_model.state_dict()[key], trained[key]) for key in kept)

    save_model(model, tokenizer, tmp_path / "tuned")
    tuned = load_tuned(tmp_path / "tuned")
    assert tuple(tuned.config.id2label.values()) == LABELS
    assert equal_weights(tuned.state_dict(), model.state_dict())
    assert not tuned.training
    with pytest.raises(ValueError, match=f"holds {type(model).__name__}, .* is needed"):
        load_other(tmp_path / "tuned")
    with pytest.raises(ValueError, match=f"holds {type(pretrained).__name__}, .* is needed"):
        load_tuned(directory)
    edit_weights(tmp_path / "tuned", without("classifier"))
    with pytest.raises(ValueError, match=r"would be random \([24]\): classifier"):
        load_tuned(tmp_path / "tuned")


def test_an_old_classifier_is_not_taken_for_a_new_one(bert_directory, tmp_path):
    # Both heads of BERT have weights of the same names and shapes.
    tuned = load_for_token_classification(bert_directory, LABELS, seed=1)
    save_model(tuned, wordpiece(), tmp_path / "tuned")

    new = load_for_sequence_classification(tmp_path / "tuned", ("a", "b", "c"), seed=2)

    assert new.classifier.weight.shape == tuned.classifier.weight.shape
    assert not torch.equal(new.classifier.weight, tuned.classifier.weight)
    assert tuple(new.config.id2label.values()) == ("a", "b", "c")


@pytest.mark.parametrize("labels", [(), ("one",), ("same", "same")])
def test_labels_must_be_two_or_more_and_distinct(bert_directory, labels):
    with pytest.raises(ValueError, match="two or more distinct labels, found"):
        load_for_token_classification(bert_directory, labels, seed=1)


def test_sides_and_layers():
    # d_model is the width of T5, n_embd that of GPT-2.
    tiny = {"vocab_size": 30, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_heads": 2}
    mt5 = MT5Model(MT5Config(**tiny, num_layers=2, num_decoder_layers=3))
    gpt2 = GPT2Model(GPT2Config(vocab_size=30, n_embd=8, n_layer=4, n_head=2))
    encoder = bert(wordpiece()).base_model

    assert sides(encoder) == ("encoder",)
    assert sides(mt5) == ("encoder", "decoder")
    assert sides(gpt2) == ("decoder",)
    assert (n_layers(encoder), n_layers(mt5), n_layers(mt5, "decoder")) == (3, 2, 3)
    assert n_layers(gpt2, "decoder") == 4
    with pytest.raises(ValueError, match="BertModel has no decoder, only encoder"):
        n_layers(encoder, "decoder")
    with pytest.raises(ValueError, match="GPT2Model has no encoder, only decoder"):
        n_layers(gpt2)


@pytest.mark.parametrize(
    ("make_tokenizer", "make_model", "tokenizer_limit", "expected"),
    [
        (wordpiece, bert, 40, 40),
        (wordpiece, bert, 512, 64),
        (wordpiece, bert, int(1e30), 64),
        (unigram, xlm_roberta, 40, 40),
        (unigram, xlm_roberta, 512, 62),  # padding_idx 1: positions 0 and 1 are never used
        (unigram, xlm_roberta, int(1e30), 62),
    ],
)
def test_longest_input(make_tokenizer, make_model, tokenizer_limit, expected):
    tokenizer = make_tokenizer(model_max_length=tokenizer_limit)
    model = make_model(tokenizer)

    assert max_subwords(model, tokenizer) == expected
    # The control: an input as long as said runs, a longer one runs out of positions.
    ids = torch.full((1, expected), 7)
    model(input_ids=ids)
    if tokenizer_limit > expected:
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, expected + 1), 7))


def test_relative_positions_have_no_limit():
    tiny = {"vocab_size": 30, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_heads": 2, "num_layers": 1}
    tokenizer = unigram(model_max_length=int(1e30))

    assert max_subwords(MT5Model(MT5Config(**tiny)), tokenizer) is None


def test_a_tokenizer_is_cut_to_its_model():
    tokenizer = wordpiece(model_max_length=int(1e30))
    model = bert(tokenizer, max_position_embeddings=20)

    limit_length(tokenizer, model)

    assert tokenizer.model_max_length == 20
