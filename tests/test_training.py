"""Tokenizers, masked batches, pre-training and fine-tuning of tiny models."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_tasks import finetune_ner, finetune_sentiment
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    TrainerCallback,
    XLMRobertaForSequenceClassification,
)

from polyconcept.models.reader import read_words
from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences
from polyconcept.tasks import trainer as trainer_module
from polyconcept.tasks.architecture import build_model
from polyconcept.tasks.batches import Mixture, masked_batches
from polyconcept.tasks.checkpoints import last_checkpoint, mark_complete, remove_checkpoints
from polyconcept.tasks.entities.score_classifier import tag_words
from polyconcept.tasks.masking import (
    NOT_SCORED,
    Symbols,
    alone,
    joined,
    mask_words,
    split_into_subwords,
)
from polyconcept.tasks.order import SimilarLengths
from polyconcept.tasks.pretrain import PretrainOptions, pretrain
from polyconcept.tasks.scorer import ScoreOptions
from polyconcept.tasks.sentiment.score_classifier import label_sentences
from polyconcept.tasks.shares import begin_with_shares, chance_loss
from polyconcept.tasks.tokenizers import train_tokenizer
from polyconcept.tasks.trainer import FinetuneOptions, label_counts

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
KINDS = ("wordpiece", "unigram")


def parallel(n_sentences, seed=0):
    random = np.random.default_rng(seed)
    rows = [
        (random.integers(6), random.integers(4), random.integers(6)) for _ in range(n_sentences)
    ]
    text = {}
    for language in NOUNS:
        nouns, verbs = NOUNS[language], VERBS[language]
        words = [(nouns[a], verbs[b], nouns[c], ".") for a, b, c in rows]
        if language == "ar":  # the verb comes first
            words = [(verb, subject, thing, stop) for subject, verb, thing, stop in words]
        text[language] = Sentences(language, tuple(words))
    return text


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    text = parallel(200).values()
    return train_tokenizer(text, kind=request.param, vocab_size=150, max_length=512)


@pytest.fixture(scope="module")
def wordpiece():
    return train_tokenizer(parallel(200).values(), kind="wordpiece", vocab_size=150, max_length=32)


# --- tokenizers


def test_special_pieces_are_those_of_the_family():
    bert = train_tokenizer(parallel(50).values(), kind="wordpiece", vocab_size=150)
    roberta = train_tokenizer(parallel(50).values(), kind="unigram", vocab_size=150)

    assert bert(["dog"], is_split_into_words=True).tokens()[0] == "[CLS]"
    assert bert.convert_ids_to_tokens(range(5)) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert roberta.convert_ids_to_tokens(range(4)) == ["<s>", "<pad>", "</s>", "<unk>"]
    assert roberta.mask_token_id == len(roberta) - 1


def test_every_word_has_subwords_and_keeps_its_number(tokenizer):
    words = ["dog", "كلب", "Hund", "."]

    coded = tokenizer(words, is_split_into_words=True)

    assert tokenizer.is_fast
    assert [word for word in dict.fromkeys(coded.word_ids()) if word is not None] == [0, 1, 2, 3]
    assert tokenizer.unk_token_id not in coded["input_ids"]


def test_case_and_accents_are_kept(tokenizer):
    known = train_tokenizer(
        [Sentences("fr", (("Été", "été", "ete"),))],
        kind="wordpiece" if tokenizer.cls_token == "[CLS]" else "unigram",
        vocab_size=60,
    )

    ids = [tuple(known(word)["input_ids"]) for word in ("Été", "été", "ete")]

    assert len(set(ids)) == 3


def test_saved_tokenizer_loads_as_the_same_fast_one(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    words = ["dog", "قطة", "Hundekatze", "sees", "."]

    loaded = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)

    assert loaded.is_fast
    assert loaded.model_max_length == 512
    assert (
        loaded(words, is_split_into_words=True)["input_ids"]
        == tokenizer(words, is_split_into_words=True)["input_ids"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_tokenizer_is_the_same_in_another_process(kind):
    # Hash tables are seeded anew in each process: only there would their order show.
    code = (
        "import hashlib, sys; sys.path[:0] = ['tests']\n"
        "from test_training import parallel, train_tokenizer\n"
        f"t = train_tokenizer(parallel(200).values(), kind={kind!r}, vocab_size=120)\n"
        "print(t.backend_tokenizer.to_str())"
    )
    here = train_tokenizer(parallel(200).values(), kind=kind, vocab_size=120)

    there = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )

    assert there.stdout.strip() == here.backend_tokenizer.to_str()


def test_tokenizer_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="at least one sentence"):
        train_tokenizer([], kind="unigram", vocab_size=100)
    with pytest.raises(ValueError, match=r"vocab_size=20 .* needs at least \d+ pieces"):
        train_tokenizer(parallel(50).values(), kind="wordpiece", vocab_size=20)


# --- masked batches


def test_a_pair_is_joined_as_the_tokenizer_joins_it(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = {
        language: split_into_subwords(part, tokenizer, max_subwords=50)
        for language, part in parallel(1).items()
    }
    words = {language: list(part.words[0]) for language, part in parallel(1).items()}

    expected = tokenizer(words["en"], words["ar"], is_split_into_words=True)["input_ids"]
    single = tokenizer(words["en"], is_split_into_words=True)
    pair = joined(text["en"][0], text["ar"][0], symbols)

    assert pair.ids.tolist() == expected
    assert alone(text["en"][0], symbols).ids.tolist() == single["input_ids"]
    assert alone(text["en"][0], symbols).word.tolist() == [
        -1 if word is None else word for word in single.word_ids()
    ]


def test_places_of_the_second_sentence_start_again_and_words_go_on():
    tokenizer = train_tokenizer(parallel(200).values(), kind="wordpiece", vocab_size=150)
    text = {
        language: split_into_subwords(part, tokenizer, max_subwords=50)
        for language, part in parallel(1).items()
    }
    first, second = text["en"][0], text["de"][0]
    n, m = len(first), len(second)

    pair = joined(first, second, Symbols.of(tokenizer))

    # [CLS] s1 .. sn [SEP] t1 .. tm [SEP]
    assert pair.position.tolist() == [*range(n + 2), *range(1, m + 2)]
    assert pair.second.tolist() == [False] * (n + 2) + [True] * (m + 1)
    assert sorted(set(pair.word.tolist())) == [-1, 0, 1, 2, 3, 4, 5, 6, 7]
    assert (pair.word == -1).sum() == 3


def test_only_guessed_subwords_carry_labels_and_whole_words_are_guessed(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = split_into_subwords(parallel(300)["ar"], tokenizer, max_subwords=50)
    inputs = [alone(sentence, symbols) for sentence in text]

    batch = mask_words(inputs, symbols, np.random.default_rng(1), share=0.4)
    guessed = batch.label != NOT_SCORED

    for row, each in enumerate(inputs):
        n = len(each)
        assert not guessed[row, n:].any()
        assert batch.ids[row, n:].tolist() == [symbols.pad] * (batch.ids.shape[1] - n)
        assert batch.attention[row].tolist() == [1] * n + [0] * (batch.ids.shape[1] - n)
        assert np.array_equal(batch.label[row, :n][guessed[row, :n]], each.ids[guessed[row, :n]])
        assert np.array_equal(batch.ids[row, :n][~guessed[row, :n]], each.ids[~guessed[row, :n]])
        assert not guessed[row, :n][each.word < 0].any()
        for word in set(each.word.tolist()) - {-1}:
            assert len(set(guessed[row, :n][each.word == word].tolist())) == 1


def test_rates_of_guessing_and_hiding(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = parallel(3000)
    first = split_into_subwords(text["en"], tokenizer, max_subwords=50)
    second = split_into_subwords(text["de"], tokenizer, max_subwords=50)
    pairs = [joined(a, b, symbols) for a, b in zip(first, second, strict=True)]

    batch = mask_words(pairs, symbols, np.random.default_rng(2), share=0.15, share_second=0.5)
    guessed = batch.label != NOT_SCORED
    in_second = np.zeros_like(guessed)
    for row, pair in enumerate(pairs):
        in_second[row, : len(pair)] = pair.second
    special = np.isin(batch.label, [symbols.start, symbols.end, symbols.pad])
    hidden = batch.ids[guessed] == symbols.mask
    kept = batch.ids[guessed] == batch.label[guessed]
    n_first = sum(len(sentence) for sentence in first)
    n_second = sum(len(sentence) for sentence in second)

    assert not special.any()
    assert (guessed & ~in_second).sum() / n_first == pytest.approx(0.15, abs=0.015)
    assert (guessed & in_second).sum() / n_second == pytest.approx(0.5, abs=0.015)
    assert hidden.mean() == pytest.approx(0.8, abs=0.02)
    # 10 % stay, and a random piece is the right one by chance now and then.
    assert kept.mean() == pytest.approx(0.1 + 0.1 / len(symbols.ordinary), abs=0.015)
    assert not np.isin(batch.ids[guessed], [symbols.start, symbols.end, symbols.pad]).any()


def test_the_language_is_told_at_the_masks_of_pairs_only(tokenizer):
    symbols = Symbols.of(tokenizer)
    first = split_into_subwords(parallel(1)["en"], tokenizer, max_subwords=30)[0]
    second = split_into_subwords(parallel(1)["ar"], tokenizer, max_subwords=30)[0]
    pair = joined(first, second, symbols, languages=(1, 3))
    inputs = [pair, alone(first, symbols)] * 20

    batch = mask_words(inputs, symbols, np.random.default_rng(4), share=0.5)

    n = len(pair)
    hidden = batch.ids[0::2, :n] == symbols.mask
    expected = np.where(hidden, np.where(pair.second, 3, 1), 0)
    np.testing.assert_array_equal(batch.language[0::2, :n], expected)
    assert {1, 3} <= set(np.unique(expected))
    assert not batch.language[1::2].any()


def test_a_heavier_language_is_drawn_more_often(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = {
        language: split_into_subwords(part, tokenizer, max_subwords=30)
        for language, part in parallel(50).items()
    }
    counts = {}
    for weight in (1.0, 6.0):
        mixture = Mixture(translation_share=0.0, language_weights={"ar": weight})
        batches = masked_batches(text, symbols, np.random.default_rng(3), mixture=mixture)
        arabic = {int(number) for each in text["ar"] for number in each.ids}
        arabic -= {int(number) for each in text["en"] for number in each.ids}
        drawn = np.concatenate([next(batches).label.ravel() for _ in range(4)])
        scored = drawn[drawn >= 0]
        counts[weight] = np.isin(scored, sorted(arabic)).mean()

    assert counts[6.0] > counts[1.0] + 0.1


def test_a_batch_asks_for_one_word_at_least(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = split_into_subwords(parallel(1)["en"], tokenizer, max_subwords=50)

    batch = mask_words([alone(text[0], symbols)], symbols, np.random.default_rng(0), share=0.0)

    assert (batch.label != NOT_SCORED).sum() >= 1


def test_batches_stay_under_the_token_budget_and_mix_pairs(tokenizer):
    symbols = Symbols.of(tokenizer)
    text = {
        language: split_into_subwords(part, tokenizer, max_subwords=50)
        for language, part in parallel(100).items()
    }
    ends = (symbols.end,)

    def share_of_pairs(translation_share):
        mixture = Mixture(batch_tokens=200, translation_share=translation_share, mask_share=0.01)
        stream = masked_batches(text, symbols, np.random.default_rng(3), mixture=mixture)
        batches = [next(stream) for _ in range(200)]
        assert max(batch.ids.size for batch in batches) <= 200
        n_ends = np.concatenate([np.isin(batch.ids, ends).sum(axis=1) for batch in batches])
        return float(np.mean(n_ends > 1))

    assert share_of_pairs(0.0) == 0.0
    assert share_of_pairs(1.0) == 1.0


def test_short_sentences_come_first(tokenizer):
    symbols = Symbols.of(tokenizer)
    words = (("dog",),) * 20 + (("dog", "sees", "cat", "."),) * 80
    text = {"en": split_into_subwords(Sentences("en", words), tokenizer, max_subwords=50)}
    alike = max(len(alone(sentence, symbols)) for sentence in text["en"][:20])

    def widths(short_batches):
        mixture = Mixture(batch_tokens=400, translation_share=0.0, short_batches=short_batches)
        stream = masked_batches(text, symbols, np.random.default_rng(6), mixture=mixture)
        return [next(stream).ids.shape[1] for _ in range(16)]

    assert max(widths(1000)) == alike
    assert widths(1)[0] == alike  # a pool is drawn as a whole
    assert max(widths(1)) > alike
    assert max(widths(0)) > alike


def test_mixture_refuses_impossible_shares():
    with pytest.raises(ValueError, match=r"mask_share=1\.5 should be from 0 to 1"):
        Mixture(mask_share=1.5)
    with pytest.raises(ValueError, match="batch_tokens=0"):
        Mixture(batch_tokens=0)


# --- pre-training


def small_model(tokenizer, seed=0):
    architecture = "bert" if tokenizer.cls_token == "[CLS]" else "xlm-roberta"
    return build_model(
        architecture,
        tokenizer,
        seed=seed,
        hidden_size=32,
        n_layers=2,
        n_heads=2,
        intermediate_size=64,
        dropout=0.0,
    )


def weights_of(model):
    return torch.cat([weights.detach().reshape(-1) for weights in model.state_dict().values()])


def test_pretraining_learns_and_repeats_itself(tokenizer):
    options = PretrainOptions(
        n_steps=120, seed=4, mixture=Mixture(batch_tokens=600), learning_rate=5e-3
    )
    seen = []

    def run(seed):
        model = small_model(tokenizer, seed=seed)
        return model, pretrain(
            model,
            tokenizer,
            parallel(200),
            options=options,
            watch=lambda step, loss: seen.append((step, loss)),
            watch_every=40,
        )

    model, losses = run(seed=0)
    again, _ = run(seed=0)
    other, _ = run(seed=1)

    assert len(losses) == 120
    assert [step for step, _ in seen[:3]] == [40, 80, 120]
    assert seen[0][1] == pytest.approx(np.mean(losses[:40]))
    assert losses[0] == pytest.approx(np.log(len(tokenizer)), rel=0.25)  # knows nothing yet
    assert np.mean(losses[-10:]) < 0.75 * np.mean(losses[:5])
    assert torch.equal(weights_of(model), weights_of(again))
    assert not torch.equal(weights_of(model), weights_of(other))


def test_loss_is_that_of_transformers(tokenizer):
    symbols = Symbols.of(tokenizer)
    model = small_model(tokenizer).eval()
    text = split_into_subwords(parallel(8)["de"], tokenizer, max_subwords=30)
    inputs = [alone(sentence, symbols) for sentence in text]
    batch = mask_words(inputs, symbols, np.random.default_rng(5), share=0.3)

    # Without places given: a sentence alone must be read as users' code will have it read.
    expected = model(
        input_ids=torch.from_numpy(batch.ids),
        attention_mask=torch.from_numpy(batch.attention),
        labels=torch.from_numpy(batch.label),
    ).loss
    from polyconcept.tasks.pretrain import _loss

    cue = torch.nn.Embedding(2, model.config.hidden_size, padding_idx=0)  # nothing is told alone

    assert _loss(model, cue, batch).item() == pytest.approx(expected.item(), abs=1e-5)


def test_longest_input_fits_the_model(tokenizer):
    kind = "wordpiece" if tokenizer.cls_token == "[CLS]" else "unigram"
    short = train_tokenizer(parallel(200).values(), kind=kind, vocab_size=150, max_length=8)
    coded = short([["dog"] * 30], is_split_into_words=True, truncation=True, return_tensors="pt")

    output = small_model(short)(**coded)

    assert output.logits.shape[1] == 8


def test_pretraining_refuses_what_it_cannot_learn_from(tokenizer):
    options = PretrainOptions(n_steps=1, seed=0)
    text = parallel(3)
    unequal = {"en": text["en"], "de": Sentences("de", text["de"].words[:2])}
    model = small_model(tokenizer)

    with pytest.raises(ValueError, match=r"equally many sentences .*'en': 3, 'de': 2"):
        pretrain(model, tokenizer, unequal, options=options)
    with pytest.raises(ValueError, match=r"pairs need two languages, got \['en'\]"):
        pretrain(model, tokenizer, {"en": text["en"]}, options=options)
    with pytest.raises(ValueError, match="needs sentences in every language"):
        pretrain(model, tokenizer, {}, options=options)
    with pytest.raises(ValueError, match="n_steps=0"):
        PretrainOptions(n_steps=0, seed=0)
    with pytest.raises(ValueError, match="hidden_size=9 should be a multiple of n_heads=2"):
        build_model(
            "bert", tokenizer, seed=0, hidden_size=9, n_layers=1, n_heads=2, intermediate_size=8
        )


# --- fine-tuning

TAGS = ("O", "B-PER", "I-PER")
OPTIONS = FinetuneOptions(
    epochs=6.0, learning_rate=5e-3, batch_size=16, max_length=32, checkpoint_steps=10, seed=7
)


def classifier(kind, tokenizer, labels, seed=0):
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        hidden_dropout_prob=0.1,  # so that a resumed run must have the random state, too
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    return kind(kind.config_class.from_dict(config.to_dict()))


def tagged(n_sentences, *, shuffled=False):
    """The subject is a person: the word before the verb."""
    random = np.random.default_rng(8)
    words = parallel(n_sentences, seed=9)["en"].words
    tags = [["B-PER", "O", "O", "O"] for _ in words]
    if shuffled:
        tags = [random.permutation(row).tolist() for row in tags]
    return TaggedSentences("en", words, tuple(tuple(row) for row in tags))


def labelled(n_sentences, *, shuffled=False):
    """Who sees or likes is content."""
    words = parallel(n_sentences, seed=10)["en"].words
    label = ["positive" if row[1] in ("sees", "likes") else "negative" for row in words]
    if shuffled:
        label = np.random.default_rng(11).permutation(label).tolist()
    return LabelledSentences("en", words, tuple(label))


def share_equal(one, two):
    return np.mean([a == b for a, b in zip(one, two, strict=True)])


@pytest.mark.parametrize(("shuffled", "low", "high"), [(False, 0.99, 1.0), (True, 0.0, 0.8)])
def test_ner_learns_a_rule_but_not_chance(wordpiece, tmp_path, shuffled, low, high):
    model = classifier(BertForTokenClassification, wordpiece, TAGS)
    train = tagged(160, shuffled=shuffled)

    finetune_ner(model, wordpiece, [train], options=OPTIONS, checkpoint_directory=tmp_path)
    test = tagged(300, shuffled=shuffled)
    predicted = tag_words(model, wordpiece, test.words[160:], ScoreOptions(max_length=32))
    flat = [tag for row in predicted for tag in row]
    gold = [tag for row in test.tags[160:] for tag in row]

    assert not model.training
    assert low <= share_equal(flat, gold) <= high


@pytest.mark.parametrize(("shuffled", "low", "high"), [(False, 0.99, 1.0), (True, 0.2, 0.8)])
def test_sentiment_learns_a_rule_but_not_chance(wordpiece, tmp_path, shuffled, low, high):
    model = classifier(BertForSequenceClassification, wordpiece, ("negative", "positive"))
    train = labelled(160, shuffled=shuffled)

    finetune_sentiment(model, wordpiece, [train], options=OPTIONS, checkpoint_directory=tmp_path)
    test = labelled(300, shuffled=shuffled)
    predicted = label_sentences(model, wordpiece, test.words[160:], ScoreOptions(max_length=32))

    assert low <= share_equal(predicted, test.label[160:]) <= high


def test_loss_by_chance_by_hand():
    # Three of four words are no entity: -(3/4 ln 3/4 + 1/4 ln 1/4).
    words = [{"input_ids": [1, 2, 3], "labels": [NOT_SCORED, 0, 0]}, {"labels": [0, 1]}]
    sentences = [{"labels": 0}, {"labels": 1}, {"labels": 1}, {"labels": 0}]

    assert chance_loss(label_counts(words)) == pytest.approx(0.5623, abs=1e-4)
    assert chance_loss(label_counts(sentences)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("kind", [BertForTokenClassification, XLMRobertaForSequenceClassification])
def test_a_new_classifier_begins_with_the_share_of_each_label(wordpiece, kind):
    model = classifier(kind, wordpiece, TAGS).eval()
    for name, weights in model.named_parameters():
        if name.startswith("classifier") and weights.ndim == 2:
            torch.nn.init.zeros_(weights)

    begin_with_shares(model, {0: 6, 1: 2})
    logits = model(input_ids=torch.tensor([[5, 6]])).logits

    # One more of each: 7, 3 and 1 of 11.
    expected = torch.tensor([7, 3, 1]) / 11
    assert torch.allclose(
        logits.softmax(-1).reshape(-1, 3), expected.expand(logits.numel() // 3, 3)
    )


def test_a_classifier_without_a_bias_is_left_as_it_is(wordpiece, caplog):
    model = classifier(BertForTokenClassification, wordpiece, TAGS)
    model.classifier = torch.nn.Linear(32, 3, bias=False)
    before = weights_of(model)

    with caplog.at_level("INFO"):
        begin_with_shares(model, {0: 1})

    assert torch.equal(weights_of(model), before)
    assert "no classifier with a bias: it begins with even guesses" in caplog.text


@pytest.mark.parametrize(("rate", "told"), [(5e-3, False), (1e-9, True)])
def test_a_training_that_teaches_little_is_told(wordpiece, tmp_path, caplog, rate, told):
    model = classifier(BertForTokenClassification, wordpiece, TAGS)
    options = replace(OPTIONS, learning_rate=rate)

    with caplog.at_level("INFO"):
        finetune_ner(
            model, wordpiece, [tagged(160)], options=options, checkpoint_directory=tmp_path
        )

    # One word of four is a person.
    assert "on sentences trained on; by chance it is 0.5623" in caplog.text
    assert ("fine-tuning has taught little" in caplog.text) == told


def test_a_short_training_has_checkpoints_too(wordpiece, tmp_path):
    model = classifier(BertForTokenClassification, wordpiece, TAGS)
    options = replace(OPTIONS, checkpoint_steps=500)  # 60 steps in all

    finetune_ner(model, wordpiece, [tagged(160)], options=options, checkpoint_directory=tmp_path)

    # After 15, 30, 45 and 60 steps; the two last are kept.
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint-45", "checkpoint-60"}


def test_a_batch_has_sentences_of_one_length_and_each_pass_another_order():
    random = np.random.default_rng(3)
    lengths = random.integers(5, 100, size=203).tolist()
    sampler = SimilarLengths(lengths, batch_size=8, seed=1)

    def batches(epoch):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert sorted(drawn) == list(range(203))
        return [drawn[start : start + 8] for start in range(0, 203, 8)]

    first = batches(0)
    spans = [max(lengths[row] for row in batch) - min(lengths[row] for row in batch)
             for batch in first]  # fmt: skip

    assert max(spans) < 15  # of 95
    # The batches themselves come in any order.
    assert np.mean(np.diff([lengths[batch[0]] for batch in first]) > 0) < 0.8
    assert batches(1) != first
    assert batches(0) == first


def test_the_head_learns_at_its_own_rate(wordpiece, tmp_path):
    def moved(rate):
        model = classifier(BertForTokenClassification, wordpiece, TAGS)
        before = {name: weights.clone() for name, weights in model.named_parameters()}
        options = replace(OPTIONS, epochs=1.0, learning_rate=1e-9, head_learning_rate=rate)
        finetune_ner(
            model, wordpiece, [tagged(160)], options=options, checkpoint_directory=tmp_path
        )
        change = {
            name: (weights - before[name]).abs().max().item()
            for name, weights in model.named_parameters()
        }
        head = [size for name, size in change.items() if name.startswith("classifier")]
        rest = [size for name, size in change.items() if not name.startswith("classifier")]
        return min(head), max(rest)

    # Ten steps at a mean rate of about half the highest.
    head, rest = moved(1e-2)
    assert head > 1e-2
    assert rest < 1e-6
    assert moved(1e-4)[0] < 1e-3


class PreemptedError(Exception):
    """The job was stopped."""


def test_preempted_finetuning_ends_with_the_same_weights(wordpiece, tmp_path, monkeypatch, caplog):
    train = [tagged(160)]  # 10 steps an epoch, 60 in all

    def run(directory):
        model = classifier(BertForTokenClassification, wordpiece, TAGS)
        options = replace(OPTIONS, checkpoint_steps=8)  # in the middle of a pass
        finetune_ner(model, wordpiece, train, options=options, checkpoint_directory=directory)
        return weights_of(model)

    class StopAtStep(TrainerCallback):
        def on_step_end(self, _args, state, *_, **__):
            if state.global_step == 34:
                raise PreemptedError

    steps = []

    class CountSteps(TrainerCallback):
        def on_step_end(self, _args, state, *_, **__):
            steps.append(state.global_step)

    passes = []
    set_epoch = SimilarLengths.set_epoch
    monkeypatch.setattr(
        SimilarLengths, "set_epoch", lambda self, n: (passes.append(n), set_epoch(self, n))
    )
    expected = run(tmp_path / "whole")
    assert sorted(set(passes)) == list(range(6))
    original = trainer_module._LineAMinute
    monkeypatch.setattr(trainer_module, "_LineAMinute", StopAtStep)
    with pytest.raises(PreemptedError):
        run(tmp_path / "cut")
    # The job is killed while checkpoint 40 is written: the last file is missing.
    half = tmp_path / "cut" / "checkpoint-40"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    monkeypatch.setattr(trainer_module, "_LineAMinute", CountSteps)
    with caplog.at_level("INFO"):
        resumed = run(tmp_path / "cut")
    monkeypatch.setattr(trainer_module, "_LineAMinute", original)

    assert "removing" in caplog.text
    assert "cut off while it was written" in caplog.text
    assert "checkpoint-32" in caplog.text
    assert steps == list(range(33, 61))
    assert torch.equal(resumed, expected)


def test_finished_finetuning_is_not_repeated(wordpiece, tmp_path, monkeypatch):
    def run():
        model = classifier(BertForTokenClassification, wordpiece, TAGS)
        finetune_ner(model, wordpiece, [tagged(64)], options=OPTIONS, checkpoint_directory=tmp_path)
        return weights_of(model)

    class Never(TrainerCallback):
        def on_step_end(self, *_, **__):
            raise AssertionError("a step was trained again")

    expected = run()
    monkeypatch.setattr(trainer_module, "_LineAMinute", Never)

    assert torch.equal(run(), expected)

    remove_checkpoints(tmp_path)

    assert not tmp_path.exists()


@pytest.mark.parametrize("change", ["options", "data", "weights"])
def test_checkpoint_of_another_finetuning_is_not_resumed(wordpiece, tmp_path, caplog, change):
    options = FinetuneOptions(epochs=1.0, learning_rate=1e-3, max_length=32, checkpoint_steps=2)
    changed = FinetuneOptions(epochs=1.0, learning_rate=2e-3, max_length=32, checkpoint_steps=2)

    def run(directory, options, n, seed):
        model = classifier(BertForTokenClassification, wordpiece, TAGS, seed=seed)
        finetune_ner(model, wordpiece, [tagged(n)], options=options, checkpoint_directory=directory)
        return weights_of(model)

    run(tmp_path / "old", options, 96, 0)
    arguments = {
        "options": (changed, 96, 0),
        "data": (options, 128, 0),
        "weights": (options, 96, 1),
    }[change]

    assert torch.equal(run(tmp_path / "old", *arguments), run(tmp_path / "new", *arguments))
    assert "belongs to other options, data or starting weights" in caplog.text


@pytest.mark.parametrize("now", [b"123", b"12346"], ids=["size", "byte"])
def test_a_checkpoint_whose_files_changed_is_removed(tmp_path, caplog, now):
    for step in (9, 10):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "model.safetensors").write_bytes(b"12345")
        mark_complete(checkpoint, "key")

    assert last_checkpoint(tmp_path, "key") == tmp_path / "checkpoint-10"  # by number

    (tmp_path / "checkpoint-10" / "model.safetensors").write_bytes(now)

    assert last_checkpoint(tmp_path, "key") == tmp_path / "checkpoint-9"
    assert "its files have changed" in caplog.text
    assert last_checkpoint(tmp_path / "nowhere", "key") is None


def test_finetuning_refuses_unknown_labels_and_no_text(wordpiece, tmp_path):
    model = classifier(BertForTokenClassification, wordpiece, ("O", "B-LOC"))

    with pytest.raises(ValueError, match=r"labels \['B-PER'\] that the model lacks; .*B-LOC"):
        finetune_ner(model, wordpiece, [tagged(4)], options=OPTIONS, checkpoint_directory=tmp_path)
    with pytest.raises(ValueError, match="at least one sentence"):
        finetune_ner(model, wordpiece, [], options=OPTIONS, checkpoint_directory=tmp_path)
    with pytest.raises(ValueError, match=r"epochs=0\.0 should be above 0"):
        FinetuneOptions(epochs=0.0)
    with pytest.raises(ValueError, match=r"warmup_share=1\.0 should be"):
        FinetuneOptions(warmup_share=1.0)


def test_words_without_subwords_are_counted(wordpiece, tmp_path, caplog):
    model = classifier(BertForTokenClassification, wordpiece, TAGS)
    # 40 words do not fit into 32 subwords with two special ones; U+200B vanishes in BERT.
    long = TaggedSentences("en", (("dog",) * 40, ("dog", "\u200b")), (("O",) * 40, ("O", "O")))
    options = FinetuneOptions(epochs=1.0, max_length=64)

    finetune_ner(model, wordpiece, [long], options=options, checkpoint_directory=tmp_path)
    reads = read_words(long.words, wordpiece, max_length=64)

    assert [read.n_lost for read in reads] == [10, 1]
    assert reads[1].first == [1, None]
    assert "en: 11 words are cut off or have no subword" in caplog.text


def test_frequent_words_are_whole_pieces():
    # The library's own trainer never makes a piece of a word whose letters no other word has.
    text = Sentences("en", (("when", "dogs", "bark"), ("when", "birds", "sing")) * 20)

    tokenizer = train_tokenizer([text], kind="unigram", vocab_size=40)

    assert tokenizer(["when"], is_split_into_words=True).tokens() == ["<s>", "▁when", "</s>"]
    assert not any("\ue000" in piece for piece in tokenizer.get_vocab())
