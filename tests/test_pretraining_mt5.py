"""Tokenizer, span corruption, translation batches and pre-training of a tiny mT5."""

import math
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import MT5ForConditionalGeneration

from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_tokenizer
from polyconcept.records.text import Sentences
from polyconcept.tasks import batches as batches_module
from polyconcept.tasks.architecture import build_model
from polyconcept.tasks.batches import Mixture
from polyconcept.tasks.denoising import (
    Marks,
    corrupt_spans,
    draw_spans,
    pad_tasks,
    task_batches,
    translate,
)
from polyconcept.tasks.masking import NOT_SCORED, split_into_subwords
from polyconcept.tasks.pretrain import PretrainOptions, pretrain
from polyconcept.tasks.tokenizers import train_tokenizer
from polyconcept.tasks.translation.prompts import translation_prompt

NOUNS = {
    "en": ["dog", "cat", "house", "river", "stone", "child"],
    "de": ["Hund", "Katze", "Haus", "Fluss", "Stein", "Kind"],
    "ar": ["كلب", "قطة", "بيت", "نهر", "حجر", "طفل"],
}
VERBS = {
    "en": ["sees", "likes", "finds", "draws"],
    "de": ["sieht", "mag", "findet", "malt"],
    "ar": ["يرى", "يحب", "يجد", "يرسم"],
}
MARKS = Marks(end=1, pad=0, sentinels=(99, 98, 97, 96))


def parallel(n_sentences, seed=0):
    random = np.random.default_rng(seed)
    rows = [random.integers([6, 4, 6]) for _ in range(n_sentences)]
    return {
        language: Sentences(
            language,
            tuple(
                (NOUNS[language][a], VERBS[language][b], NOUNS[language][c], ".")
                for a, b, c in rows
            ),
        )
        for language in NOUNS
    }


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(parallel(200).values(), kind="unigram-t5", vocab_size=320, max_length=32)


def numbers(*ids):
    return np.array(ids, dtype=np.int64)


def subwords(text, tokenizer):
    return {
        language: split_into_subwords(part, tokenizer, max_subwords=30)
        for language, part in text.items()
    }


def small_model(tokenizer, seed=0, dropout=0.0):
    return build_model(
        "mt5",
        tokenizer,
        seed=seed,
        hidden_size=32,
        n_layers=2,
        n_heads=2,
        intermediate_size=64,
        dropout=dropout,
    )


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


# --- tokenizer


def test_special_pieces_stand_where_t5_has_them(tokenizer):
    ids = tokenizer(["dog", "."], is_split_into_words=True)["input_ids"]

    assert tokenizer.convert_ids_to_tokens([0, 1, 2]) == ["<pad>", "</s>", "<unk>"]
    assert tokenizer.convert_ids_to_tokens(len(tokenizer) - 1) == "<extra_id_0>"
    assert tokenizer.convert_ids_to_tokens(len(tokenizer) - 100) == "<extra_id_99>"
    assert ids[-1] == 1
    assert ids[0] > 2  # no start
    assert tokenizer.bos_token is None
    assert len(tokenizer) <= 320


def test_a_language_is_asked_for_in_three_pieces(tokenizer):
    for language in NOUNS:
        prompt = translation_prompt((), language)

        assert tokenizer.tokenize(" ".join(prompt)) == [f"▁{word}" for word in prompt]


def test_characters_that_the_text_lacks_can_be_spelt(tokenizer):
    words = ["B-PER", "x=1;", "قطة"]

    ids = tokenizer(words, is_split_into_words=True)["input_ids"]

    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == " ".join(words)


def test_saved_tokenizer_is_loaded_as_it_was(tokenizer, tmp_path):
    save_model(small_model(tokenizer), tokenizer, tmp_path / "model")

    loaded = load_tokenizer(tmp_path / "model")

    assert loaded.is_fast
    assert loaded.model_max_length == 32
    assert Marks.of(loaded) == Marks.of(tokenizer)
    words = ["dog", "قطة", "Hundekatze", "sees", "<extra_id_3>", "."]
    coded = [each(words, is_split_into_words=True)["input_ids"] for each in (tokenizer, loaded)]
    assert coded[0] == coded[1]
    sentinel = loaded.convert_tokens_to_ids("<extra_id_3>")
    assert loaded.decode([sentinel, *coded[1]], skip_special_tokens=True).startswith("dog")


def test_tokenizer_refuses_a_vocabulary_that_is_too_small():
    # 3 + 100 special pieces, 94 characters of ASCII, the letters of the text, the word sign.
    letters = set("".join("".join(NOUNS["ar"] + VERBS["ar"])))
    needed = 3 + 100 + 94 + len(letters) + 1

    with pytest.raises(ValueError, match=f"unigram-t5 tokenizer needs at least {needed} pieces"):
        train_tokenizer(parallel(200).values(), kind="unigram-t5", vocab_size=needed - 1)


# --- spans


def test_a_sentence_corrupted_by_hand():
    task = corrupt_spans(numbers(11, 12, 13, 14, 15, 16), [(1, 3), (5, 6)], MARKS)

    assert task.source.tolist() == [11, 99, 14, 15, 98, 1]
    assert task.target.tolist() == [99, 12, 13, 98, 16, 97, 1]


def test_a_sentence_corrupted_from_its_start():
    task = corrupt_spans(numbers(11, 12, 13), [(0, 2)], MARKS)

    assert task.source.tolist() == [99, 13, 1]
    assert task.target.tolist() == [99, 11, 12, 98, 1]


@pytest.mark.parametrize(
    "spans", [[(1, 1)], [(2, 1)], [(0, 2), (2, 3)], [(1, 3), (2, 4)], [(3, 7)], [(-1, 2)]]
)
def test_spans_that_make_no_sense_are_refused(spans):
    with pytest.raises(ValueError, match=r"of a sentence of 6 subwords should hold something"):
        corrupt_spans(numbers(11, 12, 13, 14, 15, 16), spans, MARKS)


def test_more_spans_than_sentinels_are_refused():
    spans = [(place, place + 1) for place in range(0, 8, 2)]

    with pytest.raises(ValueError, match="4 spans need 5 sentinels, the tokenizer has 4"):
        corrupt_spans(np.arange(11, 19), spans, MARKS)


def spans_of(target, marks):
    """What each sentinel of a target hides."""
    hidden, current = {}, None
    for subword in target.tolist():
        if subword in marks.sentinels:
            current = hidden.setdefault(subword, [])
        elif subword != marks.end:
            current.append(subword)
    return hidden


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
def test_source_and_target_together_are_the_sentence(share):
    random = np.random.default_rng(0)
    marks = Marks(end=1, pad=0, sentinels=tuple(range(999, 899, -1)))
    for n_subwords in range(1, 60):
        sentence = np.arange(100, 100 + n_subwords)
        spans = draw_spans(n_subwords, share=share, random=random, most_spans=99)

        task = corrupt_spans(sentence, spans, marks)

        hidden = spans_of(task.target, marks)
        in_order = list(marks.sentinels[: len(spans) + 1])
        assert list(hidden) == in_order
        assert [each for each in task.source if each in marks.sentinels] == in_order[:-1]
        assert hidden[in_order[-1]] == []
        assert all(hidden[sentinel] for sentinel in in_order[:-1])
        rebuilt = [part for each in task.source[:-1].tolist() for part in hidden.get(each, [each])]
        assert rebuilt == sentence.tolist()


def test_the_shares_and_lengths_of_spans():
    random = np.random.default_rng(0)
    n_out, n_spans, at = 0, 0, Counter()
    for _ in range(4000):
        spans = draw_spans(20, share=0.15, random=random, most_spans=99)
        n_out += sum(end - start for start, end in spans)
        n_spans += len(spans)
        at.update(place for start, end in spans for place in range(start, end))

    assert n_out / (4000 * 20) == pytest.approx(0.15, abs=0.002)
    assert n_out / n_spans == pytest.approx(3.0, abs=0.1)
    # No place is spared, neither the first nor the last.
    assert min(at[place] for place in range(20)) > 4000 * 0.15 * 0.25


def test_long_sentences_have_no_more_spans_than_sentinels():
    spans = draw_spans(300, share=0.5, random=np.random.default_rng(0), most_spans=7)

    assert len(spans) == 7
    assert sum(end - start for start, end in spans) == 150


# --- batches


def test_a_translation_asked_for_by_hand():
    task = translate(numbers(11, 12), numbers(21, 22, 23), numbers(5, 6), MARKS, longest=32)

    assert task.source.tolist() == [5, 6, 11, 12, 1]
    assert task.target.tolist() == [21, 22, 23, 1]


def test_what_does_not_fit_is_cut_off():
    task = translate(numbers(11, 12, 13), numbers(21, 22, 23), numbers(5, 6), MARKS, longest=4)

    assert task.source.tolist() == [5, 6, 11, 1]
    assert task.target.tolist() == [21, 22, 23, 1]


def test_tasks_are_padded_and_padding_is_not_scored():
    tasks = [
        corrupt_spans(numbers(11, 12), [(0, 1)], MARKS),
        translate(numbers(11), numbers(21), numbers(5, 6), MARKS, longest=32),
    ]

    batch = pad_tasks(tasks, MARKS)

    assert batch.source.tolist() == [[99, 12, 1, 0], [5, 6, 11, 1]]
    assert batch.attention.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert batch.label.tolist() == [[99, 11, 98, 1], [21, 1, NOT_SCORED, NOT_SCORED]]


def languages_written(batch, tokenizer):
    """The language that each task of a batch asks for, none where it asks for none."""
    tokens = {tokenizer.convert_tokens_to_ids(f"▁{language}:"): language for language in NOUNS}
    return [tokens.get(int(row[2])) for row in batch.source]


@pytest.fixture
def small_pools(monkeypatch):
    """Sentences and pairs take turns after a few batches, as they do in a long training."""
    monkeypatch.setattr(batches_module, "_POOL", 32)


@pytest.mark.usefixtures("small_pools")
def test_batches_keep_the_budget_and_the_shares(tokenizer):
    text = subwords(parallel(100), tokenizer)
    mixture = Mixture(
        batch_tokens=300,
        translation_share=0.75,
        mask_share=0.15,
        language_weights={"ar": 2.0},
    )

    batches = list(
        islice(task_batches(text, tokenizer, np.random.default_rng(0), mixture=mixture), 1000)
    )

    assert all(b.source.size + b.label.size <= 300 for b in batches)
    written = Counter(each for b in batches for each in languages_written(b, tokenizer))
    n_tasks = sum(written.values())
    assert written[None] / n_tasks == pytest.approx(0.25, abs=0.03)
    # Of pairs drawn with weights 2, 1, 1, Arabic is one in 5 of 6 and is written in half of them.
    n_translated = n_tasks - written[None]
    assert written["ar"] / n_translated == pytest.approx(5 / 12, abs=0.02)
    assert written["de"] / n_translated == pytest.approx(7 / 24, abs=0.02)


def test_translations_are_those_of_the_sentence(tokenizer):
    text = parallel(50)
    pairs = {
        (f"translate to {target}: {' '.join(one)}", " ".join(other))
        for source in text
        for target in text
        if source != target
        for one, other in zip(text[source].words, text[target].words, strict=True)
    }
    mixture = Mixture(batch_tokens=300, translation_share=1.0)

    batches = task_batches(
        subwords(text, tokenizer), tokenizer, np.random.default_rng(0), mixture=mixture
    )

    directions = set()
    for batch in islice(batches, 100):
        label = np.where(batch.label == NOT_SCORED, 0, batch.label)
        read = tokenizer.batch_decode(batch.source, skip_special_tokens=True)
        written = tokenizer.batch_decode(label, skip_special_tokens=True)
        assert set(zip(read, written, strict=True)) <= pairs
        directions.update(languages_written(batch, tokenizer))
    assert directions == set(NOUNS)


def test_marks_of_a_tokenizer_without_sentinels():
    bert = train_tokenizer(parallel(50).values(), kind="wordpiece", vocab_size=150)

    with pytest.raises(ValueError, match=r"has eos_token=None, pad_token='\[PAD\]' and 0 sentinel"):
        Marks.of(bert)


def test_an_input_too_short_for_the_prompt_is_refused(tokenizer):
    text = subwords(parallel(5), tokenizer)
    short = train_tokenizer(parallel(200).values(), kind="unigram-t5", vocab_size=320, max_length=4)

    with pytest.raises(ValueError, match="'translate to ar:' takes 3 subwords: no room"):
        next(task_batches(text, short, np.random.default_rng(0), mixture=Mixture()))


# --- model and training


def test_the_model_is_an_mt5_of_the_sizes_asked_for(tokenizer):
    model = small_model(tokenizer, dropout=0.25)

    config = model.config
    assert isinstance(model, MT5ForConditionalGeneration)
    assert (config.num_layers, config.num_decoder_layers) == (2, 2)
    assert (config.d_model, config.num_heads, config.d_kv, config.d_ff) == (32, 2, 16, 64)
    assert (config.feed_forward_proj, config.dropout_rate) == ("gated-gelu", 0.25)
    assert config.vocab_size == len(tokenizer)
    assert (config.pad_token_id, config.eos_token_id, config.decoder_start_token_id) == (0, 1, 0)


def test_new_weights_follow_the_seed(tokenizer):
    one, same, other = (small_model(tokenizer, seed=seed).shared.weight for seed in (0, 0, 1))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_new_model_knows_nothing_yet(tokenizer):
    """Its guesses are about even: a start that is sure of the wrong takes long to unlearn."""
    model = small_model(tokenizer).eval()
    batch = tokenizer(["dog sees cat ."], return_tensors="pt")

    with torch.inference_mode():
        loss = model(**batch, labels=batch["input_ids"]).loss.item()

    assert loss < math.log(len(tokenizer)) + 2


def test_loss_is_that_of_transformers(tokenizer):
    model = small_model(tokenizer)
    text = parallel(30)
    options = PretrainOptions(
        n_steps=1, seed=4, mixture=Mixture(translation_share=1.0), learning_rate=0.0
    )
    batches = task_batches(
        subwords(text, tokenizer), tokenizer, np.random.default_rng(4), mixture=options.mixture
    )
    batch = next(batches)

    losses = pretrain(model, tokenizer, text, options=options)

    with torch.inference_mode():
        expected = model(
            input_ids=torch.from_numpy(batch.source),
            attention_mask=torch.from_numpy(batch.attention),
            labels=torch.from_numpy(batch.label),
        ).loss
    assert losses == [pytest.approx(expected.item(), rel=1e-5)]


@pytest.mark.usefixtures("small_pools")
def test_a_handful_of_translations_is_learnt(tokenizer):
    text = parallel(6, seed=3)
    mixture = Mixture(batch_tokens=400, translation_share=0.8, mask_share=0.15)
    options = PretrainOptions(n_steps=250, seed=1, mixture=mixture, learning_rate=1e-2)
    model = small_model(tokenizer)

    losses = pretrain(model, tokenizer, text, options=options)

    assert not model.training
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) / 4
    asked = [translation_prompt(words, "de") for words in text["en"].words]
    coded = tokenizer(
        [list(words) for words in asked],
        is_split_into_words=True,
        padding=True,
        return_tensors="pt",
    )
    answers = model.generate(**coded, max_new_tokens=12, do_sample=False)
    written = tokenizer.batch_decode(answers, skip_special_tokens=True)
    wanted = [" ".join(words) for words in text["de"].words]
    assert sum(one == other for one, other in zip(written, wanted, strict=True)) >= 5, written


CODE = """
import hashlib, sys, torch
sys.path[:0] = ["tests"]
torch.set_num_threads(1)
from test_pretraining_mt5 import *
text = parallel(100)
tokenizer = train_tokenizer(text.values(), kind="unigram-t5", vocab_size=320, max_length=32)
model = small_model(tokenizer, seed=2, dropout=0.1)
options = PretrainOptions(n_steps=5, seed=3, mixture=Mixture(batch_tokens=200))
losses = pretrain(model, tokenizer, text, options=options)
weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
print(hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest())
print(hashlib.sha256(weights).hexdigest(), losses)
"""


def test_tokenizer_and_training_are_the_same_in_every_process():
    # Hash tables are seeded anew in each process: only there would their order show.
    outputs = [
        subprocess.run(
            [sys.executable, "-c", CODE],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        ).stdout
        for seed in ("1", "2")
    ]

    assert outputs[0]
    assert outputs[0] == outputs[1]


def test_pretraining_refuses_translation_of_a_single_language(tokenizer):
    options = PretrainOptions(n_steps=1, seed=0)

    with pytest.raises(ValueError, match=r"translation pairs need two languages, got \['en'\]"):
        pretrain(small_model(tokenizer), tokenizer, {"en": parallel(5)["en"]}, options=options)


def test_a_single_language_is_learnt_by_span_corruption_alone(tokenizer):
    options = PretrainOptions(n_steps=3, seed=0, mixture=Mixture(translation_share=0.0))
    model = small_model(tokenizer)
    before = weights_of(model)

    losses = pretrain(model, tokenizer, {"en": parallel(20)["en"]}, options=options)

    assert np.isfinite(losses).all()
    assert any(not torch.equal(value, before[name]) for name, value in weights_of(model).items())
