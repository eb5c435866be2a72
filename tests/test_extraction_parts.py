"""What is kept of a batch in memory: parts of it on a CPU, hidden states of wanted layers only."""

import numpy as np
import pytest
import torch
from test_extraction import LINES, gathered, plan_of
from tiny_models import bert, sentences_of, wordpiece

from polyconcept.vectors import extract
from polyconcept.vectors.extract import extract_vectors


@pytest.fixture(scope="module")
def family():
    tokenizer = wordpiece()
    return tokenizer, bert(tokenizer).base_model


def inputs_seen(model, monkeypatch):
    """Shapes of what the model reads, as it reads them."""
    shapes, forward = [], type(model).forward

    def watched(self, *args, **options):
        shapes.append(tuple(options["input_ids"].shape))
        return forward(self, *args, **options)

    monkeypatch.setattr(type(model), "forward", watched)
    return shapes


def test_parts_of_a_batch_are_filled_up_as_the_batch_and_give_what_it_gives(family, monkeypatch):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES * 4), token_budget=400)
    whole = gathered(model, plan)
    monkeypatch.setattr(extract, "_CPU_SUBWORDS", 60)
    shapes = inputs_seen(model, monkeypatch)

    parts = gathered(model, plan)

    longest = [extract._longest(plan, batch) for batch in plan.batches]
    assert len(shapes) > len(plan.batches)
    assert {width for _, width in shapes} == set(longest)
    assert all(n_inputs * width <= 60 or n_inputs == 1 for n_inputs, width in shapes)
    for layer, expected in whole.items():
        assert np.abs(parts[layer] - expected).max() < 1e-5


def test_the_model_keeps_no_state_that_is_not_wanted(family):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES))
    part = extract._Part(plan.batches[0], plan.batches[0])

    with torch.inference_mode():
        states = extract._run_model(model, plan, part, [1, 3])

    assert [state is not None for state in states] == [False, True, False, True]


def test_a_model_that_gives_all_states_or_none_of_some_is_met(family, monkeypatch):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES))
    expected = gathered(model, plan)
    run = extract._run_model
    asked = []

    def deaf(*args):
        """Knows no list of layers: it gives them all where it is asked for any."""
        asked.append(args[-1])
        return run(*args[:-1], True) if args[-1] is True else (None,) * 4

    monkeypatch.setattr(extract, "_run_model", deaf)

    found = gathered(model, plan)

    assert asked[:2] == [[0, 1, 2, 3], True]
    assert all(np.array_equal(found[layer], expected[layer]) for layer in expected)
    monkeypatch.setattr(extract, "_run_model", lambda *_: (torch.zeros(1), None, None, None))
    with pytest.raises(ValueError, match=r"BertModel gives no hidden states of some of \[1\]"):
        list(extract_vectors(model, plan, layers=[1]))


def test_a_device_that_computes_ahead_is_given_parts_before_vectors_are_asked_for(
    family, monkeypatch
):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES * 4), token_budget=50)
    expected = [
        (places.copy(), found) for places, found in extract_vectors(model, plan, layers=[2])
    ]
    shapes = inputs_seen(model, monkeypatch)
    monkeypatch.setitem(extract._N_AHEAD, "cpu", 2)

    found, n_given = [], []
    for part in extract_vectors(model, plan, layers=[2]):
        found.append(part)
        n_given.append(len(shapes))

    n_parts = len(expected)
    assert n_parts > 4
    assert n_given == [min(number + 3, n_parts) for number in range(n_parts)]
    for (places, vectors), (places_ahead, vectors_ahead) in zip(expected, found, strict=True):
        assert np.array_equal(places, places_ahead)
        assert np.array_equal(vectors[2], vectors_ahead[2])
