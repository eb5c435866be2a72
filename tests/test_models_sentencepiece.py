"""mT5 as it stands on the hub: a SentencePiece file and no tokenizer.json."""

import io
import json

import pytest
import sentencepiece
import torch
from transformers import MT5Config, MT5ForConditionalGeneration

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.models.directory import copy_model
from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.states import check_states

TEXT = generate_corpus(["en", "ar"], n_sentences=200, seed=5)
LINES = [" ".join(words) for part in TEXT.sentences.values() for words in part.words]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mt5")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=model, vocab_size=400, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    (folder / "spiece.model").write_bytes(model.getvalue())
    about = {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    config = MT5Config(
        vocab_size=400, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_decoder_layers=1, num_heads=2
    )
    torch.manual_seed(1)
    MT5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def test_its_subwords_are_those_of_sentencepiece(directory):
    own = sentencepiece.SentencePieceProcessor(model_file=str(directory / "spiece.model"))

    tokenizer = load_tokenizer(directory)

    assert tokenizer.is_fast
    for line in LINES[:50] + LINES[-50:]:
        found = tokenizer(line.split(), is_split_into_words=True)
        assert found["input_ids"] == [*own.encode(line), own.eos_id()]
        assert set(found.word_ids()) == {*range(len(line.split())), None}


def test_a_copy_of_it_can_be_used(directory, tmp_path):
    copy_model(directory, tmp_path / "copy")

    check_states(tmp_path / "copy", side_names=["encoder", "decoder"], layers=[0, 1])
    model = load_for_generation(tmp_path / "copy")

    assert load_tokenizer(tmp_path / "copy").pad_token_id == 0
    assert model.config.decoder_start_token_id == 0
