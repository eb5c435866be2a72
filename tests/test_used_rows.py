"""Fine-tuning of only those subwords that the training data read, beside the whole table."""

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    XLMRobertaForTokenClassification,
)

from polyconcept.tasks.trainer import FinetuneOptions, train_on
from polyconcept.tasks.used_rows import UsedRows

N_SUBWORDS = 500
PAD = 1
OPTIONS = FinetuneOptions(
    epochs=3.0, learning_rate=5e-3, batch_size=4, max_length=16, weight_decay=0.1, device="cpu"
)


def model_of(kind, width=64):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=N_SUBWORDS,
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        pad_token_id=PAD,
        num_labels=3,
    )
    return kind(kind.config_class.from_dict(config.to_dict()))


def examples(n=24):
    """Sentences of 4 to 12 subwords, all of them from 300 on."""
    random = torch.Generator().manual_seed(1)
    lengths = [4 + number % 9 for number in range(n)]
    rows = [torch.randint(300, 340, (length,), generator=random).tolist() for length in lengths]
    return [{"input_ids": row, "labels": [number % 3 for number in row]} for row in rows]


def trained(kind, folder, options=OPTIONS):
    model = model_of(kind)
    words = Tokenizer(WordLevel({"<unk>": 0, "<pad>": PAD}, unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>")
    train_on(model, tokenizer, examples(), options=options, directory=folder)
    return model


# XLM-R counts places by comparing what it reads with the number of the padding.
@pytest.mark.parametrize("kind", [BertForTokenClassification, XLMRobertaForTokenClassification])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_weights_are_those_of_training_the_whole_table(kind, n_threads, tmp_path, monkeypatch):
    options = FinetuneOptions(**{**vars(OPTIONS), "n_threads": n_threads})
    norms = []
    clip = nn.utils.clip_grad_norm_
    monkeypatch.setattr(
        nn.utils, "clip_grad_norm_", lambda *a, **k: norms.append(clip(*a, **k)) or norms[-1]
    )
    cut = trained(kind, tmp_path / "cut", options)
    n_steps = len(norms)
    monkeypatch.setattr(UsedRows, "of", lambda *_: None)
    whole = trained(kind, tmp_path / "whole", options)

    assert max(norms) > 1  # some gradients are clipped, by a norm over all of them
    assert norms[:n_steps] == norms[n_steps:]
    for name, weights in whole.state_dict().items():
        assert torch.equal(cut.state_dict()[name], weights), name
    table = cut.get_input_embeddings()
    start = model_of(kind).get_input_embeddings().weight
    assert not torch.equal(table.weight[:PAD], start[:PAD])  # decayed
    assert (table.num_embeddings, table.padding_idx) == (N_SUBWORDS, PAD)
    assert cut.state_dict().keys() == whole.state_dict().keys()


def test_what_is_not_read_has_no_moments_and_no_place_in_a_checkpoint(tmp_path):
    trained(BertForTokenClassification, tmp_path)
    n_read = len({number for row in examples() for number in row["input_ids"]}) + 1  # padding

    optimizer = torch.load(sorted(tmp_path.glob("checkpoint-*/optimizer.pt"))[-1])
    rows = {each["exp_avg"].shape[0] for each in optimizer["state"].values()}

    assert n_read in rows
    assert N_SUBWORDS not in rows


def test_rows_are_put_back_by_hand():
    model = model_of(BertForTokenClassification)
    table = model.get_input_embeddings()
    before = table.weight.detach().clone()

    rows = UsedRows.of(model, [7, 3])
    with torch.no_grad():
        rows.weight.add_(1.0)  # rows 1 (padding), 3 and 7
    read = table(torch.tensor([7, 1]))
    with pytest.raises(IndexError):
        table(torch.tensor([4]))
    rows.put_back([0.5, 0.25])

    assert torch.equal(read, before[[7, 1]] + 1)
    assert torch.equal(table.weight[[1, 3, 7]], before[[1, 3, 7]] + 1)
    assert torch.equal(table.weight[[0, 2, 499]], before[[0, 2, 499]] / 8)
    assert torch.equal(table(torch.tensor([4])), before[[4]] / 8)


def test_tables_read_in_another_way_are_left_whole():
    assert UsedRows.of(model_of(BertForMaskedLM), [3]) is None  # the head guesses any word
    # Here the norm of the gradients would be added up in another order.
    assert UsedRows.of(model_of(BertForTokenClassification, width=36), [3]) is None


def test_an_unread_row_decays_as_adamw_lets_it(tmp_path, monkeypatch):
    """Rates of 18 steps: 2 of warm-up (0 and half), then from the highest down to 0 in 16."""
    found = []
    put_back = UsedRows.put_back
    monkeypatch.setattr(
        UsedRows, "put_back", lambda self, decays: found.extend(decays) or put_back(self, decays)
    )
    trained(BertForTokenClassification, tmp_path)

    rates = [0, 0.5] + [(16 - step) / 16 for step in range(16)]
    assert found == pytest.approx([1 - 5e-3 * 0.1 * rate for rate in rates], rel=1e-12)
