"""A mini study of encoder-decoder models: two sides, translation, tasks as text-to-text."""

import re
from pathlib import Path

import pytest
import yaml
from snakemake_runs import planned, snakemake, verified
from tiny_models import byte_bpe, llama

from polyconcept.models.directory import save_model
from polyconcept.store.json import read_json
from polyconcept.store.scores import read_scores
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_words

METRICS = ("calign", "calign_auc", "colap", "colap_auc")
STUDY = Path(__file__).parent / "studies/mini_mt5.yaml"
RESULTS = "results/mini_mt5"
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mini_mt5")
    (folder / "study.yaml").write_text(STUDY.read_text())
    tokenizer = byte_bpe()
    save_model(llama(tokenizer), tokenizer, folder / "llama")
    run = snakemake(folder)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


@pytest.fixture
def scores(finished):
    return read_scores([finished / RESULTS / "scores.parquet"])


def test_every_side_of_every_run_is_scored(scores):
    sides = ("encoder", "decoder", "encoder-decoder")
    expected = (
        {
            (metric, "tiny_mt5", variant, side, layer)
            for metric in METRICS
            for variant in ("base", "translation")
            for side in sides
            for layer in (0, 2)
        }
        | {
            (metric, "shipped", variant, "encoder", layer)
            for metric in METRICS
            for variant in ("base", "mood", "ner")
            for layer in (0, 2)
        }
        | {(metric, "causal", "base", "decoder", layer) for metric in METRICS for layer in (0, 2)}
    )
    found = {(s.metric, s.model, s.variant, s.side, s.layer) for s in scores if s.seed is not None}

    assert {key for key in found if key[-1] is not None} == expected


def test_the_last_layer_is_scored_before_the_final_norm(scores):
    rows = [s for s in scores if s.control == "before_norm"]

    assert {(s.metric, s.model, s.layer) for s in rows} == {
        (metric, "tiny_mt5", 2)
        for metric in ("calign", "calign_auc", "matched_fraction", "sentence_share", "colap")
    }
    assert {s.side for s in rows} == {"encoder", "decoder", "encoder-decoder"}


def test_tasks_are_scored_and_untrained_languages_are_marked(scores):
    found = {
        (s.metric, s.variant, s.source, s.target): s.zero_shot
        for s in scores
        if s.zero_shot is not None
    }

    assert found == {
        ("bleu", "translation", "en", "de"): False,
        ("bleu", "translation", "en", "ar"): True,
        ("chrf", "translation", "en", "de"): False,
        ("chrf", "translation", "en", "ar"): True,
        ("entity_f1", "ner", "en", "en"): False,
        ("entity_f1", "ner", "en", "de"): True,
        ("accuracy", "mood", "en", "en"): False,
        ("accuracy", "mood", "en", "ar"): True,
        ("macro_f1", "mood", "en", "en"): False,
        ("macro_f1", "mood", "en", "ar"): True,
    }


def test_a_score_of_translation_carries_its_signature_and_can_be_computed_again(finished, scores):
    sacrebleu = pytest.importorskip("sacrebleu")
    written = finished / RESULTS / "scores/tiny_mt5/translation/translations.json"
    translations = {pair["target"]: pair for pair in read_json(written)}

    for score in scores:
        if score.metric == "bleu":
            pair = translations[score.target]
            again = sacrebleu.corpus_bleu(pair["hypothesis"], [pair["reference"]])
            assert score.value == pytest.approx(again.score)
            assert re.match(r"nrefs:1\|case:mixed\|eff:no\|tok:13a", score.signature)


def test_vectors_of_a_decoder_say_what_its_encoder_has_read(finished):
    results = finished / RESULTS
    words = read_words(results / "words/text/de.parquet")
    folder = results / "vectors/tiny_mt5/base"
    with VectorFile.open(folder / "decoder/en-de/de.h5", words) as vectors:
        decoder = vectors.header
    with VectorFile.open(folder / "encoder/de.h5", words) as vectors:
        encoder = vectors.header

    assert (decoder.given, decoder.reading) == ("en", "predicts")
    assert (encoder.given, encoder.reading) == ("", "")


def test_a_causal_model_reads_alone(finished):
    results = finished / RESULTS
    words = read_words(results / "words/text/de.parquet")
    with VectorFile.open(results / "vectors/causal/base/decoder/de.h5", words) as vectors:
        header = vectors.header

    assert (header.side, header.given, header.reading) == ("decoder", "", "predicts")


def test_nothing_runs_twice(finished):
    assert planned(finished) == {}


def test_the_study_is_verified(finished):
    assert verified(finished) == 0


def test_another_reading_runs_decoders_again_and_no_encoder(finished):
    study = yaml.safe_load(STUDY.read_text())
    study["extraction"]["reading"] = "reads"
    (finished / "study.yaml").write_text(yaml.safe_dump(study))
    try:
        plan = planned(finished)
    finally:
        (finished / "study.yaml").write_text(STUDY.read_text())

    # Both languages of one pair, in two variants, and a causal model's; concepts of two sides.
    assert (plan["extract_vectors"], plan["extract_vectors__pair"], plan["cluster_words"]) == (
        1,
        2,
        5,
    )
    assert not [rule for rule in plan if rule.startswith(("finetune", "score_task", "align"))]
