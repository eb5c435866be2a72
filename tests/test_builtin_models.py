"""The models that the project ships have learnt to see through the languages."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import make_builtin_models as making
import numpy as np
import pytest
from builtin_measures import translation_bleu
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSeq2SeqLM
from warm_python import warm_python

from polyconcept.models.directory import copy_model
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.shape import n_layers

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "polyconcept" / "builtin" / "models"
NAMES = ("bert", "xlmr", "mt5")
N_LAYERS = {"bert": 4, "xlmr": 4, "mt5": 3}
WITH_HEAD = {
    "bert": AutoModelForMaskedLM,
    "xlmr": AutoModelForMaskedLM,
    "mt5": AutoModelForSeq2SeqLM,
}
PAIRED_WITH_ENGLISH = ["ar", "de", "es", "fr", "it"]


HELD_OUT = """
import json, sys
import make_builtin_models as making
trained_on = making.generate_corpus(
    (making.PIVOT,), n_sentences=making.N_TRAINING, seed=making.CORPUS_SEED
).sentences[making.PIVOT]
text = making.held_out_text(trained_on)
assert not set(trained_on.words) & set(text[making.PIVOT].words)
json.dump({language: part.words for language, part in text.items()}, sys.stdout)
"""


@pytest.fixture(scope="module")
def held_out(tmp_path_factory):
    """Sentences that are no training sentences (made again here, in the pivot language).

    In another process, since 40,000 sentences take a minute where each call's types are checked.
    """
    script = tmp_path_factory.mktemp("held_out") / "script.py"
    script.write_text(HELD_OUT)
    made = subprocess.run(
        [warm_python(), script],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tools")},
        check=True,
        stdout=subprocess.PIPE,
    )
    text = {
        language: making.Sentences(language, tuple(map(tuple, words)))
        for language, words in json.loads(made.stdout).items()
    }
    assert {len(part) for part in text.values()} == {400}
    assert len(set(text[making.PIVOT].words)) == 400
    return text


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def record(name):
    return json.loads((DIRECTORY / name / "RECIPE.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(name, held_out):
    encoder = load_backbone(DIRECTORY / name)
    return making.retrieval(encoder, load_tokenizer(DIRECTORY / name), held_out)


def test_files_are_small_and_those_of_the_record(name, record):
    weights = (DIRECTORY / name / "model.safetensors").read_bytes()

    assert len(weights) <= 4_000_000
    assert record["bytes"] == len(weights)
    assert record["sha256"] == hashlib.sha256(weights).hexdigest()
    assert record["minutes"] <= 60


def test_the_record_is_that_of_the_recipe(name, record):
    recipe = json.loads(json.dumps(making.asdict(making.RECIPES[name])))

    assert record["recipe"] == recipe
    assert record["corpus"]["training"]["n_sentences"] == making.N_TRAINING
    assert record["corpus"]["held_out"]["first"] >= making.N_TRAINING
    assert record["corpus"]["seed"] == making.CORPUS_SEED


def test_translations_are_found_among_400_sentences(record, found):
    layer = making.best_layer(found)
    best = {language: shares[layer] for language, shares in found.items()}

    assert sorted(best) == PAIRED_WITH_ENGLISH
    assert min(best.values()) >= 0.5, best
    stated = record["retrieval_with_en_by_layer"]["trained"]
    for language, shares in found.items():  # sums may be added up in another order elsewhere
        assert shares == pytest.approx(stated[language], abs=0.01)


def test_the_same_model_untrained_finds_next_to_none(name, held_out):
    recipe = making.RECIPES[name]
    tokenizer = load_tokenizer(DIRECTORY / name)
    untrained = making.encoder_of(making.new_model(recipe, tokenizer))

    found = making.retrieval(untrained, tokenizer, held_out)

    assert np.max(list(found.values())) < 0.05, found


def test_layers_differ(name, found):
    encoder = load_backbone(DIRECTORY / name)

    assert n_layers(encoder) == N_LAYERS[name]
    assert len(set(found["ar"])) > 1


def test_transformers_alone_loads_the_model_with_its_head(name):
    encoder = AutoModel.from_pretrained(DIRECTORY / name, local_files_only=True)
    full, report = WITH_HEAD[name].from_pretrained(
        DIRECTORY / name, local_files_only=True, output_loading_info=True
    )

    assert not report["missing_keys"]
    assert encoder.config.hidden_size == full.config.hidden_size


def test_a_copy_of_the_mt5_translates(tmp_path, held_out):
    copy_model(DIRECTORY / "mt5", tmp_path / "mt5")
    record = json.loads((DIRECTORY / "mt5" / "RECIPE.json").read_text(encoding="utf-8"))
    tokenizer = load_tokenizer(tmp_path / "mt5")
    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "mt5", local_files_only=True).eval()
    few = {
        language: making.Sentences(language, held_out[language].words[:60])
        for language in (making.PIVOT, "de")
    }

    found = translation_bleu(model, tokenizer, few, n_beams=1)["de"]

    stated = record["bleu_from_en"]
    assert found == pytest.approx(stated["trained"]["de"], abs=10)  # of 400 sentences
    assert found > 40
    assert max(stated["untrained"].values()) < 1
    assert (tmp_path / "mt5" / "generation_config.json").is_file()
