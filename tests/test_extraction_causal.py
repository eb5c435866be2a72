"""Word vectors of causal models, whose tokenizers mark a word only by the blank before it."""

import numpy as np
import pytest
import torch
from tiny_models import (
    TEXT,
    byte_bpe,
    gemma2,
    gemma_bpe,
    llama,
    qwen2,
    sentences_of,
    t5_unigram,
    table_of,
    unigram,
    wordpiece,
)
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import GPT2Config, GPT2Model, PreTrainedTokenizerFast

from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

LINES = (
    "The old doctor built a house near the river",
    "the house",
    "Die Ärztin wohnt im alten Haus am Fluss",
    "الطبيب القديم بنى البيت",
    "日本 🙂 is здесь e\u0301 , now .",
    "I'm don't x\u00a0y 12345 a",
)
LAYERS = (0, 1, 2)
READINGS = {"reads": 0, "predicts": -1}
FAMILIES = {
    "llama": (byte_bpe, llama),
    "llama-untrimmed": (lambda: byte_bpe(trim_offsets=False), llama),
    "qwen2": (lambda: byte_bpe(begin=None), qwen2),
    "gemma2": (gemma_bpe, gemma2),
}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    make_tokenizer, make_model = FAMILIES[request.param]
    tokenizer = make_tokenizer()
    return tokenizer, make_model(tokenizer).base_model


def plan_of(tokenizer, sentences, words=None, *, max_length=None, token_budget=300, **options):
    return plan_extraction(
        tokenizer,
        sentences,
        table_of(sentences) if words is None else words,
        max_length=max_length,
        token_budget=token_budget,
        **{"side": "decoder"} | options,
    )


def gathered(model, plan, layers=LAYERS):
    size = (plan.n_words, model.config.hidden_size)
    filled = {layer: np.full(size, np.nan) for layer in layers}
    for places, vectors in extract_vectors(model, plan, layers=layers):
        for layer in layers:
            filled[layer][places] = vectors[layer]
    assert not any(np.isnan(part).any() for part in filled.values())
    return filled


def ends_of_words(line):
    """The character behind each word of a sentence."""
    words = line.split(" ")
    return [len(" ".join(words[: number + 1])) for number in range(len(words))]


def places_of_words(tokenizer, line):
    """Places of each word's subwords: those that end within it, counted from the words' ends."""
    encoded = tokenizer(line, return_offsets_mapping=True)
    places = [[] for _ in line.split(" ")]
    of_text = encoded.sequence_ids(0)
    for place, (_, end) in enumerate(encoded["offset_mapping"]):
        if of_text[place] is not None:
            number = sum(end > behind for behind in ends_of_words(line))
            # A lone blank ends where the blank does, one behind the word's end: the next word.
            places[number].append(place)
    return encoded.input_ids, places


def test_the_tokenizers_would_lose_the_blanks_of_words_given_apart(family):
    tokenizer, _ = family
    apart = tokenizer(["the", "house"], is_split_into_words=True).input_ids

    assert apart != tokenizer("the house").input_ids


def test_subwords_are_those_of_the_running_text(family):
    tokenizer, _ = family
    plan = plan_of(tokenizer, sentences_of(*LINES), reading="reads")

    found = np.split(plan.subwords, plan.subword_bound[1:-1])

    assert [part.tolist() for part in found] == [tokenizer(line).input_ids for line in LINES]
    assert plan.n_words + sum(plan.dropped.values()) == sum(len(x.split(" ")) for x in LINES)


def test_the_subwords_of_a_word_spell_it(family):
    tokenizer, _ = family
    known = set("".join(TEXT))
    sentences = sentences_of(*LINES)
    words = table_of(sentences)

    plan = plan_of(tokenizer, sentences, words, reading="reads", pooling="mean")

    inputs = np.repeat(np.arange(len(plan.sentence)), np.diff(plan.word_bound))
    start = plan.subword_bound[inputs]
    for row, begin, end in zip(plan.rows, start + plan.first, start + plan.last, strict=True):
        word = words.types[words.word_type[row]]
        if "Ġ" in tokenizer.get_vocab() or set(word) <= known:  # all bytes, or letters of the text
            spelt = tokenizer.decode(plan.subwords[begin : end + 1].tolist())
            assert spelt.replace("▁", " ").strip(" ") == word


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("pooling", ["last", "first", "mean"])
def test_vectors_are_those_of_each_sentence_alone(family, reading, pooling):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES), reading=reading, pooling=pooling)
    found = gathered(model, plan)

    expected, n_without = {layer: [] for layer in LAYERS}, 0
    for line in LINES:
        numbers, places_of = places_of_words(tokenizer, line)
        with torch.no_grad():
            states = model(
                input_ids=torch.tensor([numbers]), output_hidden_states=True, use_cache=False
            ).hidden_states
        for places in places_of:
            read = {"last": places[-1:], "first": places[:1], "mean": places}[pooling]
            shifted = [place + READINGS[reading] for place in read]
            if shifted[0] < 0:
                n_without += 1
                continue
            for layer in LAYERS:
                expected[layer].append(states[layer][0, shifted].mean(dim=0).numpy())

    assert plan.dropped["nothing before"] == n_without
    for layer in LAYERS:
        assert np.abs(np.stack(expected[layer])).max() > 0.1
        assert np.abs(found[layer] - np.stack(expected[layer])).max() < 2e-5


def test_batches_do_not_matter(family):
    tokenizer, model = family
    plans = [plan_of(tokenizer, sentences_of(*LINES), token_budget=n) for n in (1, 100, 10_000)]

    one, several, all_together = (gathered(model, plan) for plan in plans)

    assert len(plans[0].batches) > len(plans[1].batches) > len(plans[2].batches) == 1
    for layer in LAYERS:
        assert np.abs(one[layer] - several[layer]).max() < 2e-5
        assert np.abs(one[layer] - all_together[layer]).max() < 2e-5


@pytest.mark.parametrize("reading", READINGS)
def test_vectors_do_not_depend_on_later_words(family, reading):
    tokenizer, model = family
    whole, other = "the old doctor built a house", "the old doctor wohnt im Haus"

    first, second = (
        gathered(model, plan_of(tokenizer, sentences_of(line), reading=reading))
        for line in (whole, other)
    )

    n_alike = 3 - (len(first[0]) < 6)  # without a symbol of the beginning, the first has none
    for layer in LAYERS:
        assert np.abs(first[layer][:n_alike] - second[layer][:n_alike]).max() < 2e-5
    assert np.abs(first[2][-1] - second[2][-1]).max() > 1e-3


def test_predicting_states_do_not_know_the_words_last_subword(family):
    # To all these tokenizers "Q" and "Z" are subwords of their own (or no known letter).
    tokenizer, model = family
    lines = ("the house1", "the house2") if model.config.model_type != "gemma2" else None
    if lines is None:
        # Gemma's has only letters of the text: two words with the same beginning.
        lines = ("the houseA", "the housew")
    numbers = [tokenizer(line).input_ids for line in lines]
    assert numbers[0][:-1] == numbers[1][:-1]
    assert numbers[0] != numbers[1]

    last = {
        reading: [
            gathered(model, plan_of(tokenizer, sentences_of(line), reading=reading))[2][-1]
            for line in lines
        ]
        for reading in READINGS
    }

    assert np.abs(last["predicts"][0] - last["predicts"][1]).max() < 1e-6
    assert np.abs(last["reads"][0] - last["reads"][1]).max() > 1e-3


def small_bpe(begin):
    """A byte-level tokenizer whose pieces are known by heart; Ġ is the blank."""
    special = ["<s>"] if begin else []
    letters = ["H", "a", "u", "s", "i", "t", "Ġ"]
    joined = ["Ha", "us", "is", "Ġis", "Ġist"]
    pieces = [*special, *letters, *joined]
    merges = [("H", "a"), ("u", "s"), ("i", "s"), ("Ġ", "is"), ("Ġis", "t")]
    tokenizer = Tokenizer(models.BPE({p: n for n, p in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(special)
    if begin:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 0)]
        )
    roles = {"bos_token": "<s>"} if begin else {}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles)


@pytest.mark.parametrize(
    ("reading", "pooling", "first", "last"),
    [
        ("reads", "last", [2, 3, 5], [2, 3, 5]),
        ("reads", "first", [1, 3, 4], [1, 3, 4]),
        ("reads", "mean", [1, 3, 4], [2, 3, 5]),
        ("predicts", "last", [1, 2, 4], [1, 2, 4]),
        ("predicts", "first", [0, 2, 3], [0, 2, 3]),
        ("predicts", "mean", [0, 2, 3], [1, 2, 4]),
    ],
)
@pytest.mark.parametrize("begin", [True, False])
def test_states_of_words_by_hand(reading, pooling, first, last, begin):
    # place:           0    1    2    3     4  5       without <s> all is one place earlier
    # model reads:    <s>   Ha   us  Ġist   Ġ  a       (the lone blank is part of the last word)
    # model predicts:  Ha   us  Ġist  Ġ     a
    tokenizer = small_bpe(begin)

    plan = plan_of(tokenizer, sentences_of("Haus ist a"), reading=reading, pooling=pooling)

    moved = 0 if begin else -1
    kept = [row for row in range(3) if first[row] + moved >= 0]
    names = tokenizer.convert_ids_to_tokens(plan.subwords)
    assert names == ["<s>", "Ha", "us", "Ġist", "Ġ", "a"][-moved:]
    assert plan.rows.tolist() == kept
    assert plan.first.tolist() == [first[row] + moved for row in kept]
    assert plan.last.tolist() == [last[row] + moved for row in kept]
    assert plan.dropped["nothing before"] == 3 - len(kept)


def test_words_with_nothing_before_them_are_dropped_and_counted():
    # "a" and "Ha" are one subword each, and nothing is read before them.
    tokenizer = small_bpe(begin=False)
    lines = sentences_of("a ist", "a", "Haus ist", "Ha")

    plan = plan_of(tokenizer, lines, reading="predicts")

    assert plan.rows.tolist() == [1, 3, 4]
    assert plan.sentence.tolist() == [0, 2]
    assert plan.dropped == {
        "no subwords": 0,
        "special token": 0,
        "truncated": 0,
        "nothing before": 3,
    }
    assert plan_of(tokenizer, lines, reading="reads").dropped["nothing before"] == 0
    with pytest.raises(ValueError, match=r"none of the 2 words .*'nothing before': 2"):
        plan_of(tokenizer, sentences_of("a", "Ha"), reading="predicts")


@pytest.mark.parametrize(
    ("max_length", "n_kept"),
    [(None, 3), (6, 3), (5, 2), (4, 2), (3, 1), (2, 0)],
)
def test_truncated_words_are_dropped_and_counted(max_length, n_kept):
    # <s> Ha us Ġist Ġ a: the lone blank is not all of the last word.
    tokenizer = small_bpe(begin=True)
    lines = sentences_of("Haus ist a", "a")

    plan = plan_of(tokenizer, lines, max_length=max_length)

    assert plan.n_words == n_kept + 1
    assert plan.dropped["truncated"] == 3 - n_kept


@pytest.mark.parametrize("make", [byte_bpe, lambda: byte_bpe(trim_offsets=False)])
def test_control_symbols_in_the_text_are_no_words(make):
    # <|turn|> has no role, yet it controls the model all the same.
    tokenizer = make()

    plan = plan_of(tokenizer, sentences_of("the <|turn|> house <|end|> x<|begin|>y old"))

    assert plan.rows.tolist() == [0, 2, 5]
    assert plan.dropped["special token"] == 3


def test_only_words_in_the_table_are_kept(family):
    tokenizer, model = family
    sentences = sentences_of(*LINES)
    words = table_of(sentences, skip={(0, 0), (0, 1), (1, 0), (1, 1)})

    part, whole = plan_of(tokenizer, sentences, words), plan_of(tokenizer, sentences)

    assert 1 not in part.sentence
    expected = gathered(model, whole)[2][-20:]
    assert np.abs(gathered(model, part)[2][-20:] - expected).max() < 2e-5


def test_the_side_of_padding_does_not_matter():
    vectors = []
    for side in ("left", "right"):
        tokenizer = gemma_bpe(padding_side=side)
        model = gemma2(tokenizer).base_model
        vectors.append(gathered(model, plan_of(tokenizer, sentences_of(*LINES)))[2])

    assert np.array_equal(*vectors)


def test_a_padding_symbol_without_an_embedding_is_not_looked_up():
    tokenizer = byte_bpe()
    model = llama(tokenizer).base_model
    expected = gathered(model, plan_of(tokenizer, sentences_of(*LINES)))
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})

    plan = plan_of(tokenizer, sentences_of(*LINES))

    assert plan.padding == len(model.embed_tokens.weight)
    found = gathered(model, plan)
    assert all(np.array_equal(found[layer], expected[layer]) for layer in LAYERS)


def test_absolute_positions_begin_at_the_sentence(family):
    tokenizer, _ = family
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=128, n_embd=16, n_layer=2, n_head=2)
    model = GPT2Model(config).eval()
    plan = plan_of(tokenizer, sentences_of(*LINES), reading="reads")

    found = gathered(model, plan, layers=(0,))[0]

    inputs = np.repeat(np.arange(len(LINES)), np.diff(plan.word_bound))
    read = plan.subwords[plan.subword_bound[inputs] + plan.last]
    with torch.no_grad():
        expected = model.wte.weight[read] + model.wpe.weight[plan.last]
    assert np.abs(found - expected.numpy()).max() < 1e-6


@pytest.mark.parametrize("make", [wordpiece, unigram, t5_unigram])
def test_tokenizers_that_keep_word_starts_still_get_the_words(make):
    tokenizer = make()
    line = "the old Ärztin lives"

    plan = plan_of(tokenizer, sentences_of(line), side="encoder")

    encoded = tokenizer(line.split(" "), is_split_into_words=True)
    assert plan.subwords.tolist() == encoded.input_ids == tokenizer(line).input_ids


def test_layers_beyond_the_model_are_refused(family):
    tokenizer, model = family

    with pytest.raises(ValueError, match=r"\[3\] asked for, the model's decoder has 0 .* to 2"):
        extract_vectors(model, plan_of(tokenizer, sentences_of("the house")), layers=(3,))
