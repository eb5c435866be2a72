import copy
import json
import re
import zlib
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import bert, sentences_of, table_of, unigram, wordpiece, xlm_roberta
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

from polyconcept.vectors import extract
from polyconcept.vectors import plan as plan_module
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

LAYERS = (0, 1, 2, 3)
GOLDEN = Path(__file__).parents[1] / ".." / "shared" / "golden" / "activations"

LINES = (
    "The old doctor built a house",
    "unbelievable doctors rebuilt the old houses near the river",
    "Haus",
    "الطبيب القديم بنى البيت",
    "he \u200b wohnt \u00ad im",
    "Die Ärztin wohnt im alten Haus am Fluss a b c d",
    "the the the",
)
FAMILIES = {"bert": (wordpiece, bert), "xlm-roberta": (unigram, xlm_roberta)}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    make_tokenizer, make_model = FAMILIES[request.param]
    tokenizer = make_tokenizer()
    return tokenizer, make_model(tokenizer).base_model


def plan_of(tokenizer, sentences, words=None, *, max_length=60, token_budget=64, **options):
    words = table_of(sentences) if words is None else words
    return plan_extraction(
        tokenizer, sentences, words, max_length=max_length, token_budget=token_budget, **options
    )


def none_dropped(**counts):
    """Counts of every reason, by their names with _ for the blank."""
    reasons = ("no subwords", "special token", "truncated", "nothing before")
    return {reason: counts.get(reason.replace(" ", "_"), 0) for reason in reasons}


def gathered(model, plan, **options):
    """Vectors of all kept words by layer, each place written exactly once."""
    layers = options.setdefault("layers", LAYERS)
    filled = {layer: np.full((plan.n_words, model.config.hidden_size), np.nan) for layer in layers}
    seen = np.zeros(plan.n_words, dtype=int)
    for places, vectors in extract_vectors(model, plan, **options):
        assert list(vectors) == list(layers)
        seen[places] += 1
        for layer in layers:
            assert vectors[layer].dtype == np.float32
            filled[layer][places] = vectors[layer]
    assert (seen == 1).all()
    return filled


def alone(model, tokenizer, line, layer, pooling):
    """What transformers gives for one sentence: {position: vector}."""
    encoded = tokenizer([line], is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        state = model(**encoded, output_hidden_states=True).hidden_states[layer][0]
    vectors = {}
    for position in range(len(line)):
        places = [i for i, word in enumerate(encoded.word_ids(0)) if word == position]
        if places:
            read = {"last": places[-1:], "first": places[:1], "mean": places}[pooling]
            vectors[position] = state[read].mean(0).numpy()
    return vectors


@pytest.mark.parametrize("pooling", ["last", "first", "mean"])
def test_vectors_are_those_of_transformers_for_each_sentence_alone(family, pooling):
    tokenizer, model = family
    sentences = sentences_of(*LINES)
    plan = plan_of(tokenizer, sentences, pooling=pooling)

    found = gathered(model, plan)

    for layer in LAYERS:
        expected = np.concatenate(
            [
                list(alone(model, tokenizer, line, layer, pooling).values())
                for line in sentences.words
            ]
        )
        assert expected.shape == found[layer].shape
        assert np.abs(found[layer] - expected).max() < 1e-5
        assert np.abs(expected).max() > 0.1


def test_poolings_differ_only_for_words_of_several_subwords(family):
    tokenizer, model = family
    plans = [
        plan_of(tokenizer, sentences_of(*LINES), pooling=pooling)
        for pooling in ("last", "first", "mean")
    ]
    last, first, mean = (gathered(model, plan)[3] for plan in plans)

    several = plans[0].first > plans[1].first

    assert several.any()
    assert not several.all()
    assert np.array_equal((last != first).any(axis=1), several)
    assert np.array_equal(mean[~several], last[~several])
    two = plans[0].first == plans[1].first + 1
    assert np.abs(mean[two] - (last[two] + first[two]) / 2).max() < 1e-6


def test_batches_do_not_matter(family):
    tokenizer, model = family
    sentences = sentences_of(*LINES)
    plans = [plan_of(tokenizer, sentences, token_budget=budget) for budget in (1, 40, 10_000)]

    one, several, all_together = (gathered(model, plan) for plan in plans)

    assert [len(plan.batches) for plan in plans] == [len(LINES), len(plans[1].batches), 1]
    assert 1 < len(plans[1].batches) < len(LINES)
    for layer in LAYERS:
        assert np.abs(one[layer] - several[layer]).max() < 1e-5
        assert np.abs(one[layer] - all_together[layer]).max() < 1e-5


@pytest.mark.parametrize("max_length", [None, 7])
def test_sentences_tokenised_together_do_not_matter(family, max_length, monkeypatch):
    tokenizer, _ = family
    texts = sentences_of(*LINES), sentences_of(*LINES[::-1], language="de")
    options = {"max_length": max_length, "side": "decoder", "given": texts[1], "pooling": "mean"}
    expected = plan_of(tokenizer, texts[0], **options)

    for n_sentences in (1, 3):
        monkeypatch.setattr(plan_module, "_BLOCK", n_sentences)
        found = plan_of(tokenizer, texts[0], **options)

        for field in fields(expected):
            values = getattr(found, field.name), getattr(expected, field.name)
            assert (
                all(map(np.array_equal, *values))
                if field.name == "batches"
                else (np.array_equal(*values))
            )


def test_same_input_gives_same_bytes(family):
    tokenizer, model = family
    plan, again = (plan_of(tokenizer, sentences_of(*LINES)) for _ in range(2))

    first, second = gathered(model, plan), gathered(model, again)

    assert all(np.array_equal(first[layer], second[layer]) for layer in LAYERS)


def test_batches_keep_the_budget_and_the_longest_come_first(family):
    tokenizer, _ = family
    plan = plan_of(tokenizer, sentences_of(*LINES * 5), token_budget=50)
    lengths = np.diff(plan.subword_bound)

    longest = [lengths[batch].max() for batch in plan.batches]

    assert longest == sorted(longest, reverse=True)
    assert all(
        len(batch) == 1 or len(batch) * most <= 50
        for batch, most in zip(plan.batches, longest, strict=True)
    )
    assert sorted(np.concatenate(plan.batches)) == list(range(len(LINES) * 5))


def small_wordpiece(**options):
    """A tokenizer whose pieces are known by heart."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##do", "##ing", "it", "now", "."]
    vocab = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        **options,
    )


@pytest.mark.parametrize(
    ("pooling", "first", "last"),
    [
        ("mean", [1, 4, 5, 6], [3, 4, 5, 7]),
        ("last", [3, 4, 5, 7], [3, 4, 5, 7]),
        ("first", [1, 4, 5, 6], [1, 4, 5, 6]),
    ],
)
def test_states_of_words_by_hand(pooling, first, last):
    # place:    0     1  2  3     4    5    6 7     8
    # subword: [CLS] un ##do ##ing it [UNK] now .  [SEP]      (the last word is "now.")
    plan = plan_of(small_wordpiece(), sentences_of("undoing it zzz now."), pooling=pooling)

    assert plan.subwords.tolist() == [2, 5, 6, 7, 8, 1, 9, 10, 3]
    assert plan.rows.tolist() == [0, 1, 2, 3]
    assert plan.first.tolist() == first
    assert plan.last.tolist() == last
    assert plan.n_subwords.tolist() == [3, 1, 1, 2]
    assert (plan.side, plan.reading, plan.given) == ("encoder", "", "")
    assert plan.dropped == none_dropped()


def test_words_without_subwords_are_dropped_and_counted():
    # BERT's normalizer removes U+200B (zero-width space) and U+00AD (soft hyphen).
    plan = plan_of(small_wordpiece(), sentences_of("it \u200b now \u00ad", "\u200b", "it"))

    assert plan.rows.tolist() == [0, 2, 5]
    assert plan.sentence.tolist() == [0, 2]
    assert plan.dropped == none_dropped(no_subwords=3)


def test_words_read_as_control_symbols_are_dropped_and_counted():
    # The unknown symbol itself stands for text, as any unknown word does.
    plan = plan_of(small_wordpiece(), sentences_of("it [MASK] now [SEP] un[PAD]it [UNK] zzz"))

    assert plan.rows.tolist() == [0, 2, 5, 6]
    assert plan.dropped == none_dropped(special_token=3)


@pytest.mark.parametrize(
    ("max_length", "rows", "n_truncated"),
    [
        (None, [0, 1, 3], 0),
        (8, [0, 1, 3], 0),  # all fits: [CLS] it un ##do ##ing un ##do [SEP]
        (7, [0, 1], 1),  # the last word loses ##do: the rest would pass for the word
        (6, [0, 1], 1),  # the last word is lost whole
        (5, [0], 2),  # the second word loses ##ing
        (3, [0], 2),
    ],
)
def test_truncated_words_are_dropped_and_counted(max_length, rows, n_truncated):
    sentences = sentences_of("it undoing \u200b undo")

    plan = plan_of(small_wordpiece(), sentences, max_length=max_length)

    assert plan.rows.tolist() == rows
    # The zero-width word keeps its own reason, also behind the cut.
    assert plan.dropped == none_dropped(no_subwords=1, truncated=n_truncated)
    assert len(plan.subwords) == min(max_length or 8, 8)


def test_vectors_of_a_truncated_sentence_are_those_of_its_beginning(family):
    tokenizer, model = family
    line = LINES[1].split(" ")
    max_length = len(tokenizer([line], is_split_into_words=True).encodings[0]) - 4
    encoded = tokenizer(
        [line],
        is_split_into_words=True,
        truncation=True,
        max_length=max_length,
        return_tensors="pt",
    )
    with torch.no_grad():
        state = model(**encoded, output_hidden_states=True).hidden_states[2][0].numpy()

    plan = plan_of(tokenizer, sentences_of(LINES[1]), max_length=max_length)
    found = gathered(model, plan, layers=(2,))[2]

    assert 0 < plan.n_words < len(line)
    assert plan.dropped["truncated"] == len(line) - plan.n_words
    assert np.abs(found - state[plan.last]).max() < 1e-5


def test_only_sentences_with_words_in_the_table_are_read(family):
    tokenizer, model = family
    sentences = sentences_of("the house", "a river", "\u200b", "the old river")
    words = table_of(sentences, skip={(1, 0), (1, 1), (3, 0)})

    plan = plan_of(tokenizer, sentences, words)

    whole = gathered(model, plan_of(tokenizer, sentences))
    assert plan.sentence.tolist() in ([0, 3], [0, 2, 3])  # XLM-R's tokenizer keeps U+200B
    assert 1 not in plan.sentence
    # The words left out of the table are still context of the others.
    expected = whole[3][-2:]
    assert np.abs(gathered(model, plan)[3][-2:] - expected).max() < 1e-5


def test_layer_0_is_the_embedding_output(family):
    tokenizer, model = family
    line = LINES[0].split(" ")
    encoded = tokenizer([line], is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        embedded = model.embeddings(input_ids=encoded["input_ids"])[0].numpy()

    plan = plan_of(tokenizer, sentences_of(LINES[0]))
    found = gathered(model, plan, layers=(0,))[0]

    assert np.abs(found - embedded[plan.last]).max() < 1e-6


def test_a_wanted_layer_is_the_same_whatever_else_is_wanted(family):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES))

    alone_, among = gathered(model, plan, layers=(2,)), gathered(model, plan, layers=(3, 2, 0))

    assert np.array_equal(alone_[2], among[2])


def test_bfloat16_is_close_to_float32(family):
    # bfloat16 keeps 8 bits: each rounding is off by up to 0.4 percent, and a block rounds some ten
    # times. Allowed: 1 percent of a vector's length, and 2 percent more for each block.
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES))
    half = copy.deepcopy(model).to(torch.bfloat16)

    exact, rough = gathered(model, plan), gathered(half, plan)

    for layer in LAYERS:
        size = np.linalg.norm(exact[layer], axis=1)
        error = np.linalg.norm(exact[layer] - rough[layer], axis=1)
        assert 0 < (error / size).max() < 0.01 + 0.02 * layer


def test_long_sentences_fit_the_positions_of_the_model(family):
    tokenizer, model = family
    offset = 2 if model.config.model_type == "xlm-roberta" else 0
    sentences = sentences_of(" ".join(["house"] * 100))

    plan = plan_of(tokenizer, sentences, max_length=64 - offset)

    assert len(plan.subwords) == 64 - offset
    assert gathered(model, plan)[3].shape == (plan.n_words, 16)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            (0, 4),
            r"layers \[0, 4\]: \[4\] asked for, the model's encoder has 0 \(.*\) to 3",
        ),
        ((-1,), r"\[-1\] asked for"),
        ((), "none asked for"),
    ],
)
def test_unknown_layers_are_refused_before_the_model_runs(family, layers, message):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of("the house"))

    with pytest.raises(ValueError, match=message):
        extract_vectors(model, plan, layers=layers)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"pooling": "max"}, "pooling is 'max', expected one of last, first, mean"),
        ({"side": "both"}, "side is 'both', expected one of encoder, decoder"),
        (
            {"side": "decoder", "reading": "sees"},
            "reading is 'sees', expected one of predicts, reads",
        ),
    ],
)
def test_unknown_choices_are_refused(option, message):
    sentences = sentences_of("the house")

    # Called past the annotation's check, as a plain caller would.
    with pytest.raises(ValueError, match=message):
        plan_extraction.__wrapped__(
            wordpiece(),
            sentences,
            table_of(sentences),
            max_length=None,
            token_budget=64,
            **option,
        )


def test_a_training_model_is_refused():
    tokenizer = wordpiece()
    plan = plan_of(tokenizer, sentences_of("the house"))

    with pytest.raises(ValueError, match="training mode"):
        extract_vectors(bert(tokenizer).base_model.train(), plan, layers=(0,))


def test_a_tokenizer_of_another_model_is_refused():
    tokenizer = wordpiece()
    plan = plan_of(tokenizer, sentences_of("the house"))
    model = bert(range(6)).base_model

    with pytest.raises(ValueError, match=r"not the model's: .* the model has 6 embeddings"):
        extract_vectors(model, plan, layers=(0,))


def test_vectors_that_are_not_finite_name_sentence_and_layer():
    tokenizer = wordpiece()
    model = bert(tokenizer).base_model
    plan = plan_of(tokenizer, sentences_of("the house", "the river"))
    with torch.no_grad():
        model.encoder.layer[1].output.dense.bias[3] = float("inf")

    assert len(gathered(model, plan, layers=(0, 1))) == 2
    with pytest.raises(ValueError, match=r"en, sentence 0 \(line 1\): a vector of layer 2 is not"):
        list(extract_vectors(model, plan, layers=(0, 1, 2)))


def with_small_memory(model, limit):
    """The same model on a GPU whose memory holds only so many subwords, and the sizes it is given.

    A stand-in: the error is the one that torch raises, the memory is not real.
    """
    small, sizes = copy.deepcopy(model), []

    def check(_module, _arguments, options):
        sizes.append(options["input_ids"].numel())
        if sizes[-1] > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")

    small.register_forward_pre_hook(check, with_kwargs=True)
    return small, sizes


@pytest.mark.parametrize("n_ahead", [0, 1])
def test_batches_that_do_not_fit_a_gpu_are_halved_from_there_on(
    family, n_ahead, caplog, monkeypatch
):
    tokenizer, model = family
    monkeypatch.setitem(extract._N_AHEAD, "cpu", n_ahead)
    plan = plan_of(tokenizer, sentences_of(*LINES * 4), token_budget=160)
    small, sizes = with_small_memory(model, limit=60)

    expected, found = gathered(model, plan), gathered(small, plan)

    refused = [size for size in sizes if size > 60]
    assert len(plan.batches) > 1
    budgets = [int(found) for found in re.findall("halved to ([0-9]+) subwords", caplog.text)]
    assert budgets == [size // 2 for size in refused]
    assert len(refused) <= 2  # then never again
    assert refused[-1] <= refused[0] // 2 or len(refused) == 1
    for layer in LAYERS:
        assert np.abs(found[layer] - expected[layer]).max() < 1e-5


def test_a_sentence_that_no_gpu_memory_holds_is_named():
    tokenizer = wordpiece()
    model, _ = with_small_memory(bert(tokenizer).base_model, limit=3)
    plan = plan_of(tokenizer, sentences_of("the river", "it"))

    message = r"en, sentence 0 \(line 1\): the GPU's memory does not hold this sentence alone \(. s"
    with pytest.raises(MemoryError, match=message):
        list(extract_vectors(model, plan, layers=(0,)))


def test_bad_plans_are_refused():
    tokenizer, sentences = small_wordpiece(), sentences_of("it", "now it")
    words = table_of(sentences)

    with pytest.raises(ValueError, match="max_length is 2, more than 2 is needed"):
        plan_of(tokenizer, sentences, max_length=2)
    with pytest.raises(ValueError, match="token_budget is 0"):
        plan_of(tokenizer, sentences, token_budget=0)
    with pytest.raises(ValueError, match="the word table is of en, the sentences of de"):
        plan_of(tokenizer, sentences_of("it", "now it", language="de"), words)
    with pytest.raises(ValueError, match=r"another text: en, sentence 1, word 0 is 'it', .* 'now'"):
        plan_of(tokenizer, sentences_of("it", "it now"), words)
    with pytest.raises(ValueError, match="sentence 1, word 0 is 'nothing', the table has 'now'"):
        plan_of(tokenizer, sentences_of("it"), words)
    with pytest.raises(ValueError, match=r"none of the 2 words .*'no subwords': 2, "):
        plan_of(tokenizer, sentences_of("\u200b", "\u00ad"))


@pytest.mark.cuda
def test_cuda_agrees_with_the_cpu(family):
    tokenizer, model = family
    plan = plan_of(tokenizer, sentences_of(*LINES * 4), token_budget=100)
    assert len(plan.batches) > 4  # so that it computes ahead

    expected, found = gathered(model, plan), gathered(copy.deepcopy(model).cuda(), plan)

    for layer in LAYERS:
        assert np.abs(found[layer] - expected[layer]).max() < 1e-4


# The released extractor's vectors of an XLM-R with weights that a recipe gives.


def golden_model():
    config = json.loads((GOLDEN / "xlmr" / "config_args.json").read_text())
    model = XLMRobertaModel(XLMRobertaConfig(**config))
    digest, state = sha256(), model.state_dict()
    for name in sorted(state):
        if not state[name].is_floating_point():
            continue
        stream = np.random.RandomState((zlib.crc32(name.encode()) ^ 213) & 0x7FFFFFFF)
        values = stream.standard_normal(tuple(state[name].shape)).astype("float32")
        if "layernorm" in name.lower() and name.endswith("weight"):
            values = 1.0 + 0.1 * values
        else:
            values = (0.02 if name.endswith("bias") else 0.04) * values
        values = values.astype("float32")
        state[name].copy_(torch.from_numpy(values))
        digest.update(name.encode())
        digest.update(values.tobytes())
    return model.eval(), digest.hexdigest()


def golden_tokenizer():
    settings = json.loads((GOLDEN / "xlmr" / "tokenizer_config.json").read_text())
    settings.pop("tokenizer_class")
    file = str(GOLDEN / "xlmr" / "tokenizer.json")
    return PreTrainedTokenizerFast(tokenizer_file=file, **settings)


@pytest.mark.realtext
@pytest.mark.skipif(not GOLDEN.is_dir(), reason="../shared/golden/activations is absent")
def test_vectors_are_those_of_the_released_extractor():
    meta = json.loads((GOLDEN / "meta.json").read_text())["xlmr"]
    model, digest = golden_model()
    assert digest == meta["sha256_of_weights"]
    arrays = np.load(GOLDEN / "xlmr" / "activations.npz", allow_pickle=False)
    texts = [sentence["text"] for sentence in meta["sentences"]]
    # It splits at every space: two of them make an empty word with a zero vector.
    released = [(s, p) for s, text in enumerate(texts) for p, w in enumerate(text.split(" ")) if w]
    sentences = sentences_of(*(text.replace("  ", " ") for text in texts))

    plan = plan_of(golden_tokenizer(), sentences, max_length=512, token_budget=300)
    found = gathered(model, plan, layers=(0, 3, 6))

    assert plan.dropped == none_dropped()
    assert plan.n_words == len(released)
    for layer in (0, 3, 6):
        expected = np.stack([arrays[f"s{s}_l{layer}"][p] for s, p in released])
        assert np.abs(found[layer] - expected).max() < 1e-5
    assert not arrays["s20_l6"][1].any()
