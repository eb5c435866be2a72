"""Models as they stand on the hub: a SentencePiece file and no tokenizer.json."""

import io
import json

import pytest
import sentencepiece
import torch
from transformers import (
    AlbertConfig,
    AutoModel,
    DebertaV2Config,
    LlamaConfig,
    MT5Config,
    MT5ForConditionalGeneration,
    RemBertConfig,
    XLMRobertaConfig,
)
from transformers.models.auto.tokenization_auto import (
    TOKENIZER_MAPPING_NAMES,
    tokenizer_class_from_name,
)
from transformers.tokenization_utils_tokenizers import TokenizersBackend

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.models.check import check_states
from polyconcept.models.directory import copy_model
from polyconcept.models.loading import load_for_generation, load_tokenizer
from polyconcept.records.repositories import SETTINGS_FILES, TOKENIZER_FILES

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


SMALL = {
    "vocab_size": 420,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
MARKS = {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3}
MARKS |= {"pad_piece": "[PAD]", "unk_piece": "[UNK]", "bos_piece": "[CLS]", "eos_piece": "[SEP]"}
FAMILIES = {
    "spm.model": (DebertaV2Config(**SMALL), "DebertaV2Tokenizer", MARKS),
    "sentencepiece.model": (RemBertConfig(**SMALL), "RemBertTokenizer", MARKS),
    "spiece.model": (AlbertConfig(**SMALL, embedding_size=16), "AlbertTokenizer", MARKS),
    "sentencepiece.bpe.model": (XLMRobertaConfig(**SMALL), "XLMRobertaTokenizer", {}),
    "tokenizer.model": (LlamaConfig(**SMALL), "LlamaTokenizer", {"model_type": "bpe"}),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_name_of_a_sentencepiece_file_makes_a_fast_tokenizer(name, tmp_path):
    config, kind, options = FAMILIES[name]
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=made, vocab_size=400, minloglevel=2,
        character_coverage=1.0, **options,
    )  # fmt: skip
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / name).write_bytes(made.getvalue())
    about = {"tokenizer_class": kind, "do_lower_case": False, "keep_accents": True}
    (tmp_path / "theirs" / "tokenizer_config.json").write_text(json.dumps(about))
    AutoModel.from_config(config).save_pretrained(tmp_path / "theirs")

    copy_model(tmp_path / "theirs", tmp_path / "copy")

    tokenizer = load_tokenizer(tmp_path / "copy")
    own = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "theirs" / name))
    assert tokenizer.is_fast
    for line in LINES[:50] + LINES[-50:]:
        ids = tokenizer(line, add_special_tokens=False).input_ids
        assert tokenizer.convert_ids_to_tokens(ids) == own.encode(line, out_type=str)


def test_every_file_that_a_fast_tokenizer_of_transformers_reads_is_known():
    classes = map(tokenizer_class_from_name, sorted(filter(None, TOKENIZER_MAPPING_NAMES.values())))
    fast = {kind for kind in classes if kind and issubclass(kind, TokenizersBackend)}
    read = {file for kind in fast for file in kind.vocab_files_names.values()}

    assert len(fast) > 30
    assert read <= {*SETTINGS_FILES, *(file for group in TOKENIZER_FILES for file in group)}
