"""Tokenizers that write a language's code beside each text: NLLB, mBART, mBART-50, M2M-100."""

import copy

import numpy as np
import pytest
import torch
from tiny_models import random_model, sentences_of, table_of
from tiny_writers import TEXT
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    MBart50Tokenizer,
    MBartConfig,
    MBartForConditionalGeneration,
    MBartTokenizer,
    NllbTokenizer,
    PreTrainedTokenizerFast,
)
from transformers.models.mbart50 import tokenization_mbart50
from transformers.models.nllb import tokenization_nllb

from polyconcept.models.directory import save_model
from polyconcept.models.language_codes import check_languages, language_code
from polyconcept.models.loading import load_for_generation, load_tokenizer
from polyconcept.models.reader import Reader, read_words, written_text
from polyconcept.records.text import LabelledSentences
from polyconcept.tasks.scorer import ScoreOptions
from polyconcept.tasks.sentiment import train_writer as sentiment_writer
from polyconcept.tasks.sentiment.score_classifier import label_sentences
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.tasks.translation import train_writer as translation_writer
from polyconcept.tasks.translation.score_writer import translate
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

NLLB = ["eng_Latn", "deu_Latn", "fra_Latn", "zho_Hans", "zho_Hant", "arb_Arab", "srp_Cyrl"]
MBART = ["en_XX", "de_DE", "fr_XX", "zh_CN", "ar_AR"]
M2M = ["__en__", "__de__", "__fr__", "__zh__", "__ar__"]
SIZES = {
    **{"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 32},
    **{"decoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2},
    **{"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0},
    **{"encoder_layerdrop": 0.0, "decoder_layerdrop": 0.0, "init_std": 0.3},
    **{"max_position_embeddings": 64, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
}
LAYERS = (0, 1, 2)


def tokenizer_with(codes, template):
    """A tokenizer of these codes that writes the first of them, whatever the language."""
    special = ["<s>", "<pad>", "</s>", "<unk>", *codes]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    asked = "translate to de: en: fr: zho_Hans: positive negative sentiment:"
    tokenizer.train_from_iterator(
        [*(line for lines in TEXT.values() for line in lines), asked],
        trainers.UnigramTrainer(
            vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    named = [(token, tokenizer.token_to_id(token)) for token in (codes[0], "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=named)
    roles = ("bos_token", "pad_token", "eos_token", "unk_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, special, strict=False))
    )


def m2m100(tokenizer):
    config = M2M100Config(vocab_size=len(tokenizer), **SIZES, decoder_start_token_id=2)
    return random_model(M2M100ForConditionalGeneration, config, seed=4)


def mbart(tokenizer, start=None):
    config = MBartConfig(vocab_size=len(tokenizer), **SIZES, decoder_start_token_id=start)
    return random_model(MBartForConditionalGeneration, config, seed=5)


def nllb():
    tokenizer = tokenizer_with(NLLB, "eng_Latn $A </s>")
    return tokenizer, m2m100(tokenizer), "deu_Latn"


def old_nllb():
    tokenizer = tokenizer_with(NLLB, "$A </s> eng_Latn")
    return tokenizer, m2m100(tokenizer), "deu_Latn"


def m2m():
    tokenizer = tokenizer_with(M2M, "__en__ $A </s>")
    return tokenizer, m2m100(tokenizer), "__de__"


def mbart_50():
    tokenizer = tokenizer_with(MBART, "en_XX $A </s>")
    return tokenizer, mbart(tokenizer, start=2), "de_DE"


def first_mbart():
    tokenizer = tokenizer_with(MBART, "$A </s> en_XX")
    return tokenizer, mbart(tokenizer), "de_DE"


FAMILIES = {each.__name__: each for each in (nllb, old_nllb, m2m, mbart_50, first_mbart)}
LAST = {"first_mbart"}


@pytest.fixture(params=FAMILIES)
def family(request, tmp_path):
    """Name, tokenizer and model from a directory, the German code, and how a text is laid out."""
    tokenizer, model, code = FAMILIES[request.param]()
    save_model(model, tokenizer, tmp_path / "model")
    tokenizer = load_tokenizer(tmp_path / "model")
    german = tokenizer.convert_tokens_to_ids(code)

    def layout(line, number=german):
        bare = tokenizer(line, add_special_tokens=False).input_ids
        return [*bare, 2, number] if request.param in LAST else [number, *bare, 2]

    return tokenizer, load_for_generation(tmp_path / "model"), german, layout


# --- which code


ISO = {
    **{"en": "eng_Latn", "de": "deu_Latn", "deu": "deu_Latn", "deu_Latn": "deu_Latn"},
    **{"ar": "arb_Arab", "fa": "pes_Arab", "zh-Hans": "zho_Hans", "zh_Hant": "zho_Hant"},
    **{"sw": "swh_Latn", "et": "est_Latn", "lv": "lvs_Latn", "nb": "nob_Latn", "my": "mya_Mymr"},
    **{"yo": "yor_Latn", "sr": "srp_Cyrl", "pt-BR": "por_Latn", "uz": "uzn_Latn", "sq": "als_Latn"},
}


@pytest.fixture(scope="module")
def small_nllb():
    return tokenizer_with(NLLB, "eng_Latn $A </s>")


def nllb_of_all():
    codes = sorted(set(tokenization_nllb.FAIRSEQ_LANGUAGE_CODES))
    tokenizer = tokenizer_with(NLLB, "eng_Latn $A </s>")
    tokenizer.add_special_tokens({"extra_special_tokens": codes})
    return tokenizer


@pytest.mark.parametrize(("language", "code"), ISO.items())
def test_our_codes_of_languages_are_found_among_those_of_nllb(language, code):
    found = language_code(nllb_of_all(), language, {})

    assert (found.name, found.last) == (code, False)


def test_every_code_of_mbart_50_is_found_by_its_two_letters():
    codes = tokenization_mbart50.FAIRSEQ_LANGUAGE_CODES
    tokenizer = tokenizer_with(MBART, "en_XX $A </s>")
    tokenizer.add_special_tokens({"extra_special_tokens": codes})

    found = {code[:2]: language_code(tokenizer, code[:2], {}).name for code in codes}

    assert found == {code[:2]: code for code in codes}


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("zh", r"several \(zho_Hans, zho_Hant\)"),
        ("xx", "none"),
        ("", "none"),
        ("sr-Latn", "none"),  # it has srp_Cyrl
    ],
)
def test_languages_that_cannot_be_told_are_refused(small_nllb, language, found):
    message = (
        f"language '{language}': the tokenizer writes a language code beside each text and has "
        rf"{found} for it; name the one under `language_codes` of the model; its codes: "
        r"arb_Arab, deu_Latn, eng_Latn, fra_Latn, srp_Cyrl, zho_Hans, zho_Hant$"
    )
    with pytest.raises(ValueError, match=message):
        language_code(small_nllb, language, {})
    with pytest.raises(ValueError, match=message):
        read_words([("a",)], small_nllb, max_length=9, language=language)
    with pytest.raises(ValueError, match=message):
        check_languages(small_nllb, ["de", language], {})
    check_languages(small_nllb, ["de", "zh"], {"zh": "zho_Hans"})


def test_a_code_may_be_chosen_and_must_be_known(small_nllb):
    chosen = {"zh": "zho_Hant", "de": "deu"}

    assert language_code(small_nllb, "zh", chosen).name == "zho_Hant"
    with pytest.raises(
        ValueError, match=r"`language_codes` names 'deu' for 'de', which is none of"
    ):
        language_code(small_nllb, "de", chosen)
    plain = tokenizer_with(["<x>"], "$A </s>")
    with pytest.raises(ValueError, match=r"\{'de': 'deu'\}, but this tokenizer writes no language"):
        language_code(plain, "de", {"de": "deu"})
    assert language_code(plain, "de", {}) is None


def test_the_code_is_logged(small_nllb, caplog):
    with caplog.at_level("INFO"):
        Reader(small_nllb, "de")

    assert "de: the tokenizer's language code is deu_Latn" in caplog.text


# --- as transformers' own tokenizers write it


def library_tokenizer(kind, source):
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    if kind is NllbTokenizer:
        letters = {piece: number for number, piece in enumerate([*special, *"▁dasHuit"])}
        return kind(vocab=letters, merges=[], src_lang=source)
    codes = tokenization_mbart50.FAIRSEQ_LANGUAGE_CODES
    vocab = [(piece, 0.0) for piece in special] + [
        (piece, -1.0) for piece in ("▁das", "▁Haus", "▁ist", "▁")
    ]
    return kind(vocab=[*vocab, *((code, 0.0) for code in codes)], src_lang=source)


@pytest.mark.parametrize(
    ("kind", "german", "english"),
    [
        (NllbTokenizer, "deu_Latn", "eng_Latn"),
        (MBartTokenizer, "de_DE", "en_XX"),
        (MBart50Tokenizer, "de_DE", "en_XX"),
    ],
)
def test_texts_are_read_as_the_library_reads_them_in_that_language(kind, german, english):
    expected = library_tokenizer(kind, german)("das Haus ist").input_ids
    tokenizer = library_tokenizer(kind, english)

    [read] = read_words([("das", "Haus", "ist")], tokenizer, max_length=30, language="de")

    assert read.ids == expected != tokenizer("das Haus ist").input_ids


# --- in every use


def pair():
    return sentences_of(*TEXT["en"], language="en"), sentences_of(*TEXT["de"], language="de")


def test_training_asks_in_one_language_and_writes_in_another(family):
    tokenizer, model, german, layout = family
    english = language_code(tokenizer, "en", {}).number
    options = FinetuneOptions(epochs=1.0, max_length=60)

    seen = translation_writer.examples(model, tokenizer, [pair()], options)

    for row, source, target in zip(seen, TEXT["en"], TEXT["de"], strict=True):
        assert row["input_ids"] == layout(f"translate to de: {source}", english)
        assert row["labels"] == layout(target)
        assert written_text(tokenizer, row["labels"]) == target
    moods = LabelledSentences("de", (("der", "Hund"),), ("positive",))
    seen = sentiment_writer.examples(model, tokenizer, [moods], options)
    assert seen == [{"input_ids": layout("sentiment: der Hund"), "labels": layout("positive")}]
    assert german != english


def test_translations_are_begun_with_the_code_of_their_language(family, request):
    tokenizer, model, german, layout = family
    english = language_code(tokenizer, "en", {}).number
    begin = {"forced_bos_token_id": german}
    if "first_mbart" in request.node.name:
        begin = {"decoder_start_token_id": german}

    expected = []
    for line in TEXT["en"]:
        ids = layout(f"translate to de: {line}", english)
        with torch.inference_mode():
            [written] = model.generate(
                torch.tensor([ids]), num_beams=2, do_sample=False, max_new_tokens=50, **begin
            )
        assert german in written[:2]
        expected.append(" ".join(tokenizer.decode(written, skip_special_tokens=True).split()))

    options = ScoreOptions(n_beams=2, max_length=50)
    found = translate(model, tokenizer, pair()[0], "de", options)

    assert found == expected
    assert translate(model, tokenizer, pair()[0], "fr", options) != expected


def test_words_of_the_encoder_are_read_with_their_own_code(family):
    tokenizer, _, _, layout = family
    german = pair()[1]

    plan = plan_extraction(tokenizer, german, table_of(german), max_length=60, token_budget=200)

    found = np.split(plan.subwords, plan.subword_bound[1:-1])
    assert [part.tolist() for part in found] == [layout(line) for line in TEXT["de"]]
    assert plan.start is None


@pytest.mark.parametrize("reading", ["predicts", "reads"])
def test_a_forced_decoder_reads_what_it_reads_in_training(family, reading):
    tokenizer, model, _, layout = family
    english, german = pair()
    number = language_code(tokenizer, "en", {}).number
    plan = plan_extraction(
        tokenizer,
        german,
        table_of(german),
        max_length=60,
        token_budget=60,
        side="decoder",
        reading=reading,
        given=english,
    )
    backbone = copy.deepcopy(model).model.eval()
    found = np.zeros((len(LAYERS), plan.n_words, 16))
    for places, vectors in extract_vectors(backbone, plan, layers=LAYERS):
        for layer in LAYERS:
            found[layer][places] = vectors[layer]

    row = 0
    for source, target in zip(TEXT["en"], TEXT["de"], strict=True):
        labels = layout(target)
        with torch.no_grad():
            output = model(
                input_ids=torch.tensor([layout(source, number)]),
                labels=torch.tensor([labels]),  # the model shifts them as it was trained
                output_hidden_states=True,
            )
        of_word = tokenizer(target, add_special_tokens=False).word_ids()
        n_before = labels.index(tokenizer(target, add_special_tokens=False).input_ids[0])
        for word in range(len(target.split())):
            last = max(place for place, own in enumerate(of_word) if own == word) + n_before
            for layer in LAYERS:
                state = output.decoder_hidden_states[layer][0, last + (reading == "reads")]
                assert np.abs(found[layer][row] - state.numpy()).max() < 1e-5
            row += 1
    assert row == plan.n_words


def test_two_languages_are_told_apart_by_the_decoder(family):
    tokenizer, model, _, _ = family
    states = []
    for language in ("de", "fr"):
        own = sentences_of(*TEXT["de"], language=language)
        plan = plan_extraction(
            tokenizer,
            own,
            table_of(own),
            max_length=60,
            token_budget=400,
            side="decoder",
            given=pair()[0],
        )
        [(_, vectors)] = extract_vectors(model.model, plan, layers=(2,))
        states.append(vectors[2])

    assert np.abs(states[0] - states[1]).max() > 1e-3


def test_a_model_that_classifies_needs_the_language_too(small_nllb):
    model = m2m100(small_nllb)

    with pytest.raises(ValueError, match="language '': the tokenizer writes a language code"):
        label_sentences(model, small_nllb, [("der", "Hund")], ScoreOptions(max_length=9))
