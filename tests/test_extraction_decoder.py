"""Word vectors of decoders forced with a sentence, as in mT5: state by state, by hand."""

import copy

import numpy as np
import pytest
import torch
from tiny_models import (
    bert,
    llama,
    mt5,
    sentences_of,
    t5_unigram,
    table_of,
    without_head,
    wordpiece,
)

from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

ENGLISH = (
    "The old doctor built a house near the river",
    "the house",
    "the doctor lives in the old house",
    "unbelievable",
)
GERMAN = (
    "Der alte Arzt baute ein Haus am Fluss",
    "Das alte Haus am alten Fluss im alten Haus",
    "Die Ärztin wohnt im alten Haus",
    "Haus zzz",
)
LAYERS = (0, 1, 2)
READINGS = {"predicts": 0, "reads": 1}


@pytest.fixture(scope="module")
def tokenizer():
    return t5_unigram()


@pytest.fixture(scope="module")
def headed(tokenizer):
    return mt5(tokenizer)


@pytest.fixture(scope="module")
def model(headed):
    return without_head(headed)


def plan_of(
    tokenizer, german=GERMAN, english=ENGLISH, *, max_length=60, token_budget=64, **options
):
    sentences = sentences_of(*german, language="de")
    given = {"side": "decoder", "given": english and sentences_of(*english)}
    return plan_extraction(
        tokenizer,
        sentences,
        table_of(sentences),
        max_length=max_length,
        token_budget=token_budget,
        **given | options,
    )


def gathered(model, plan, layers=LAYERS):
    filled = {layer: np.full((plan.n_words, model.config.d_model), np.nan) for layer in layers}
    for places, vectors in extract_vectors(model, plan, layers=layers):
        for layer in layers:
            assert vectors[layer].dtype == np.float32
            filled[layer][places] = vectors[layer]
    assert not any(np.isnan(part).any() for part in filled.values())
    return filled


def subwords_of(tokenizer, line):
    """Numbers of a sentence's subwords, </s> included, and the places of each word's."""
    encoded = tokenizer(line)
    assert encoded.input_ids[-1] == 1
    of_word = tokenizer(line.split(" "), is_split_into_words=True).word_ids()
    places = [
        [place for place, word in enumerate(of_word) if word == position]
        for position in range(len(line.split(" ")))
    ]
    return encoded.input_ids, places


def forced_alone(model, tokenizer, german, english):
    """The decoder's states for one pair of sentences, by layer, (subword, dim)."""
    target, _ = subwords_of(tokenizer, german)
    with torch.no_grad():
        output = model(
            input_ids=torch.tensor([tokenizer(english).input_ids]),
            decoder_input_ids=torch.tensor([[0, *target[:-1]]]),
            output_hidden_states=True,
        )
    return [state[0].numpy() for state in output.decoder_hidden_states]


@pytest.mark.parametrize(
    ("reading", "pooling", "first", "last"),
    [
        ("predicts", "last", [1, 2], [1, 2]),
        ("predicts", "first", [0, 2], [0, 2]),
        ("predicts", "mean", [0, 2], [1, 2]),
        ("reads", "last", [2, 3], [2, 3]),
        ("reads", "first", [1, 3], [1, 3]),
        ("reads", "mean", [1, 3], [2, 3]),
    ],
)
def test_states_of_words_by_hand(reading, pooling, first, last):
    # place:             0     1    2    3
    # decoder reads:    <pad> ▁Ha  us   ▁ist
    # decoder predicts: ▁Ha   us   ▁ist </s>
    tokenizer = t5_unigram(["▁Ha", "us", "▁ist"])

    plan = plan_of(tokenizer, ["Haus ist"], ["ist"], reading=reading, pooling=pooling)

    assert plan.subwords.tolist() == [3, 4, 5, 1]
    assert plan.given_subwords.tolist() == [5, 1]
    assert plan.first.tolist() == first
    assert plan.last.tolist() == last
    assert (plan.side, plan.reading, plan.given) == ("decoder", reading, "en")
    assert plan.dropped["nothing before"] == 0


def test_the_tiny_model_has_words_of_one_and_of_more_subwords(tokenizer):
    counts = {len(part) for line in GERMAN for part in subwords_of(tokenizer, line)[1]}

    assert 1 in counts
    assert max(counts) > 2


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("pooling", ["last", "first", "mean"])
def test_vectors_are_the_states_of_each_sentence_alone(tokenizer, model, reading, pooling):
    found = gathered(model, plan_of(tokenizer, reading=reading, pooling=pooling))

    for layer in LAYERS:
        expected = []
        for german, english in zip(GERMAN, ENGLISH, strict=True):
            states = forced_alone(model, tokenizer, german, english)[layer]
            for places in subwords_of(tokenizer, german)[1]:
                read = {"last": places[-1:], "first": places[:1], "mean": places}[pooling]
                expected.append(states[[place + READINGS[reading] for place in read]].mean(axis=0))
        assert np.abs(np.stack(expected)).max() > 0.1
        assert np.abs(found[layer] - np.stack(expected)).max() < 1e-5


def test_predicting_states_are_those_that_labels_give(tokenizer, headed):
    found = gathered(without_head(headed), plan_of(tokenizer))

    row = 0
    for german, english in zip(GERMAN, ENGLISH, strict=True):
        target, places_of = subwords_of(tokenizer, german)
        with torch.no_grad():
            output = headed(
                input_ids=torch.tensor([tokenizer(english).input_ids]),
                labels=torch.tensor([target]),
                output_hidden_states=True,
            )
        for places in places_of:
            for layer in LAYERS:
                expected = output.decoder_hidden_states[layer][0, places[-1]].numpy()
                assert np.abs(found[layer][row] - expected).max() < 1e-5
            # The head reads this very state to predict the word's last subword.
            scores = headed.lm_head(torch.from_numpy(found[2][row]).float())
            assert torch.allclose(scores.detach(), output.logits[0, places[-1]], atol=1e-4)
            row += 1
    assert row == len(found[0])


def test_layer_0_is_the_embedding_of_the_subword_read(tokenizer, model):
    # T5 has no positions at its embeddings: what is read there is a row of one table.
    table = model.shared.weight.detach().numpy()
    before, own = [], []
    for line in GERMAN:
        target, places_of = subwords_of(tokenizer, line)
        before += [[0, *target][places[-1]] for places in places_of]
        own += [target[places[-1]] for places in places_of]

    predicts = gathered(model, plan_of(tokenizer, reading="predicts"))[0]
    reads = gathered(model, plan_of(tokenizer, reading="reads"))[0]

    assert np.array_equal(predicts, table[before])
    assert np.array_equal(reads, table[own])


def test_the_deepest_layer_is_after_the_final_norm(tokenizer, model):
    kept = []
    hook = model.decoder.block[-1].register_forward_hook(
        lambda _module, _inputs, output: kept.append(
            output if isinstance(output, torch.Tensor) else output[0]
        )
    )
    try:
        plan = plan_of(tokenizer, GERMAN[:1], ENGLISH[:1])
        found = gathered(model, plan)[2]
    finally:
        hook.remove()
    with torch.no_grad():
        raw = kept[0].clone()[0, torch.from_numpy(plan.last)]
        expected = model.decoder.final_layer_norm(raw).numpy()

    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(found - raw.numpy()).max() > 0.1


def test_batches_do_not_matter(tokenizer, model):
    plans = [plan_of(tokenizer, token_budget=budget) for budget in (1, 80, 10_000)]

    one, several, all_together = (gathered(model, plan) for plan in plans)

    assert len(plans[0].batches) == len(GERMAN) > len(plans[1].batches) > len(plans[2].batches) == 1
    for layer in LAYERS:
        assert np.abs(one[layer] - several[layer]).max() < 1e-5
        assert np.abs(one[layer] - all_together[layer]).max() < 1e-5


def test_batches_keep_the_budget_over_the_longer_of_both_inputs(tokenizer):
    long, short = "the old doctor built a house near the river", "the"
    plan = plan_of(tokenizer, [short, long] * 6, [long, short] * 6, token_budget=100)
    own, given = np.diff(plan.subword_bound), np.diff(plan.given_bound)

    assert own.min() < given.max()
    for batch in plan.batches:
        assert len(batch) > 1
        assert len(batch) * max(own[batch].max(), given[batch].max()) <= 100
    assert sorted(np.concatenate(plan.batches)) == list(range(12))


def test_the_decoder_depends_on_the_given_sentence_but_not_at_layer_0(tokenizer, model):
    other = list(ENGLISH)
    other[1] = "a river"

    found, changed = (
        gathered(model, plan_of(tokenizer, english=text)) for text in (ENGLISH, other)
    )

    second = plan_of(tokenizer).sentence[np.repeat(range(4), [len(x.split()) for x in GERMAN])] == 1
    assert np.array_equal(found[0], changed[0])
    for layer in (1, 2):
        moved = np.abs(found[layer] - changed[layer]).max(axis=1)
        assert (moved[second] > 1e-3).all()
        assert (moved[~second] < 1e-5).all()


def test_predicting_states_do_not_know_the_words_last_subword():
    # Both words begin with the same subword, and the state before knows no more than that.
    pieces = ["▁H", "aus", "of", "▁am"]
    small = t5_unigram(pieces)
    network = without_head(mt5(small))
    plans = {
        (word, reading): plan_of(small, [f"am {word}"], ["am Haus"], reading=reading)
        for word in ("Haus", "Hof")
        for reading in READINGS
    }

    last = {key: gathered(network, plan)[2][1] for key, plan in plans.items()}

    assert np.abs(last["Haus", "predicts"] - last["Hof", "predicts"]).max() < 1e-6
    assert np.abs(last["Haus", "reads"] - last["Hof", "reads"]).max() > 1e-3


def test_vectors_do_not_depend_on_later_words(tokenizer, model):
    for reading in READINGS:
        whole, part = (
            gathered(model, plan_of(tokenizer, [line], [ENGLISH[0]], reading=reading))
            for line in (GERMAN[0], " ".join(GERMAN[0].split(" ")[:3]))
        )

        assert all(np.abs(whole[layer][:3] - part[layer]).max() < 1e-5 for layer in LAYERS)


def test_the_encoder_runs_alone_and_all_its_layers_are_read(tokenizer, model, monkeypatch):
    sentences = sentences_of(*ENGLISH)
    plan = plan_extraction(
        tokenizer, sentences, table_of(sentences), max_length=60, token_budget=64
    )
    expected = {layer: [] for layer in LAYERS}
    for line in ENGLISH:
        numbers, places_of = subwords_of(tokenizer, line)
        with torch.no_grad():
            output = model(
                input_ids=torch.tensor([numbers]),
                decoder_input_ids=torch.tensor([[0]]),
                output_hidden_states=True,
            )
        for layer in LAYERS:
            states = output.encoder_hidden_states[layer][0].numpy()
            expected[layer] += [states[places[-1]] for places in places_of]

    def never(*_args, **_kwargs):
        raise AssertionError("the decoder ran")

    monkeypatch.setattr(model.decoder, "forward", never)
    found = gathered(model, plan)

    for layer in LAYERS:
        assert np.abs(found[layer] - np.stack(expected[layer])).max() < 1e-5


def test_nothing_is_computed_over_the_vocabulary(tokenizer, headed, monkeypatch):
    def never(*_args, **_kwargs):
        raise AssertionError("the vocabulary head ran")

    monkeypatch.setattr(headed.lm_head, "forward", never)

    assert len(gathered(without_head(headed), plan_of(tokenizer))[2]) == sum(
        len(line.split(" ")) for line in GERMAN
    )


def test_layers_are_counted_on_the_side_that_is_read(tokenizer):
    model = without_head(mt5(tokenizer, num_decoder_layers=3))
    sentences = sentences_of(*ENGLISH)
    encoder = plan_extraction(
        tokenizer, sentences, table_of(sentences), max_length=60, token_budget=64
    )

    assert set(gathered(model, plan_of(tokenizer), layers=(0, 3))) == {0, 3}
    with pytest.raises(ValueError, match=r"\[4\] asked for, the model's decoder has 0 .* to 3"):
        extract_vectors(model, plan_of(tokenizer), layers=(4,))
    with pytest.raises(ValueError, match=r"\[3\] asked for, the model's encoder has 0 .* to 2"):
        extract_vectors(model, encoder, layers=(3,))


def test_bfloat16_vectors_come_as_float32_near_the_exact_ones(tokenizer, model):
    plan = plan_of(tokenizer)

    exact, rough = gathered(model, plan), gathered(copy.deepcopy(model).to(torch.bfloat16), plan)

    for layer in LAYERS:
        size = np.linalg.norm(exact[layer], axis=1)
        error = np.linalg.norm(exact[layer] - rough[layer], axis=1)
        assert 0 < (error / size).max() < 0.05


def test_long_sentences_are_cut_on_both_sides_and_counted(tokenizer, model, caplog):
    long = " ".join(["house"] * 30)
    german = [GERMAN[0], long, GERMAN[1]]

    plan = plan_of(tokenizer, german, [long, ENGLISH[1], long], max_length=30)

    assert np.diff(plan.given_bound).max() == 30
    assert "en: 2 of 3 sentences given to the encoder are too long and cut off" in caplog.text
    assert plan.dropped["truncated"] > 0
    assert plan.n_words + plan.dropped["truncated"] == sum(len(x.split(" ")) for x in german)
    assert len(gathered(model, plan)[2]) == plan.n_words


def test_only_given_sentences_that_are_needed_are_read(tokenizer):
    sentences = sentences_of(*GERMAN, language="de")
    skip = {(0, position) for position in range(20)} | {(2, position) for position in range(20)}
    plan = plan_extraction(
        tokenizer,
        sentences,
        table_of(sentences, skip=skip),
        max_length=60,
        token_budget=64,
        side="decoder",
        given=sentences_of(*ENGLISH),
    )

    expected = [tokenizer(ENGLISH[line]).input_ids for line in (1, 3)]
    assert plan.sentence.tolist() == [1, 3]
    assert plan.given_subwords.tolist() == expected[0] + expected[1]


def test_bad_given_texts_are_refused(tokenizer):
    with pytest.raises(ValueError, match=r"3 sentences in en .* decoder has 4 in de; .* parallel"):
        plan_of(tokenizer, english=ENGLISH[:3])
    with pytest.raises(ValueError, match="given is a text in en, but side is 'encoder'"):
        plan_of(tokenizer, side="encoder")
    no_end = t5_unigram(["▁Ha", "us"])
    no_end.backend_tokenizer.post_processor = None
    with pytest.raises(ValueError, match=r"no special token at a sentence's end.* for 'reads'"):
        plan_of(no_end, ["Haus"], ["Haus"], reading="reads")
    assert plan_of(no_end, ["Haus"], ["Haus"], reading="predicts").last.tolist() == [1]


def test_a_plan_for_another_kind_of_model_is_refused(tokenizer, model):
    with pytest.raises(ValueError, match="the decoder of MT5Model needs a text that its encoder"):
        extract_vectors(model, plan_of(tokenizer, english=None), layers=(0,))
    with pytest.raises(ValueError, match="LlamaModel has no encoder to give a text in en to"):
        extract_vectors(llama(tokenizer).base_model, plan_of(tokenizer), layers=(0,))
    pieces = wordpiece()
    with pytest.raises(ValueError, match="BertModel has no encoder to give a text in en to"):
        extract_vectors(bert(pieces).base_model, plan_of(pieces), layers=(0,))
    unable = without_head(mt5(tokenizer))
    unable.config.decoder_start_token_id = None
    with pytest.raises(ValueError, match="config of MT5Model: no decoder_start_token_id"):
        extract_vectors(unable, plan_of(tokenizer), layers=(0,))
    small = without_head(mt5(range(5)))
    with pytest.raises(ValueError, match="the model has 5 embeddings"):
        extract_vectors(small, plan_of(tokenizer), layers=(0,))


def test_a_model_without_hidden_states_is_refused(tokenizer, model, monkeypatch):
    def silent(**kwargs):
        return forward(**kwargs | {"output_hidden_states": False})

    forward = model.forward
    monkeypatch.setattr(model, "forward", silent)

    with pytest.raises(ValueError, match="MT5Model gives 0 hidden states of its decoder, 3 are"):
        list(extract_vectors(model, plan_of(tokenizer), layers=(0,)))


@pytest.mark.cuda
def test_cuda_agrees_with_the_cpu(tokenizer, model):
    plan = plan_of(tokenizer)

    expected, found = gathered(model, plan), gathered(copy.deepcopy(model).cuda(), plan)

    for layer in LAYERS:
        assert np.abs(found[layer] - expected[layer]).max() < 1e-4
