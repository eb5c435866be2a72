"""A whole study through Snakemake on text and models whose scores are known beforehand."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from snakemake_runs import AFTER_SCORES, planned, snakemake
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from polyconcept.store.scores import read_scores

ROOT = Path(__file__).parents[1]
N_GROUPS, N_TYPES, N_SENTENCES, LENGTH = 4, 8, 80, 6
LANGUAGES = ("xa", "xb")
pytestmark = pytest.mark.workflow


def words_of(language):
    return [f"{language}{g}w{i}" for g in range(N_GROUPS) for i in range(N_TYPES)]


def write_text(folder):
    """Parallel text in which word i of one language always stands for word i of the other."""
    folder.mkdir()
    drawn = np.random.default_rng(5).integers(N_GROUPS * N_TYPES, size=(N_SENTENCES, LENGTH))
    for language in LANGUAGES:
        words = words_of(language)
        lines = [" ".join(words[i] for i in sentence) for sentence in drawn]
        (folder / f"{language}.txt").write_text("\n".join(lines) + "\n")


def write_model(folder, *, language_distance):
    """A BERT whose embeddings are four groups of words, far apart by language or not at all."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = special + [word for language in LANGUAGES for word in words_of(language)]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        **dict(
            zip(
                ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"),
                special,
                strict=True,
            )
        ),
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
    )
    model = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        embeddings = model.embeddings
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        for word, number in numbers.items():
            vector = torch.randn(16) * 0.1
            if word not in special:
                vector[int(word[2])] += 10
                vector[8 + LANGUAGES.index(word[:2])] += language_distance
            embeddings.word_embeddings.weight[number] = vector
    model.save_pretrained(folder)
    fast.save_pretrained(folder)


def study_of(folder, **changes):
    study = {
        "name": "known",
        "corpus": "text",
        "corpora": {"text": {"directory": "text"}},
        "pairs": ["xa-xb"],
        "layers": [0],
        "models": {"shared": {"directory": "shared"}, "apart": {"directory": "apart"}},
        "clustering": {"n_clusters": N_GROUPS, "n_restarts": 3, "seeds": [212]},
        "statistics": {"n_permutations": 20, "n_resamples": 20},
        "controls": {"models": []},
        "figures": {"examples": {"model": "shared", "layer": 0}},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study | changes))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The study, run once."""
    # Here, since it takes text, model and study from this module.
    from known_study import copy_of, finished_study

    return copy_of(finished_study(tmp_path_factory), tmp_path_factory.mktemp("known") / "study")


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished study that a test may spoil."""
    return Path(shutil.copytree(finished, tmp_path / "copy", symlinks=True))


def scores_of(folder):
    rows = read_scores([folder / "results/known/scores.parquet"])
    return {
        (s.metric, s.definition, s.over, s.model, s.source, s.target): s
        for s in rows
        if s.seed is not None
    }


def test_scores_are_those_that_the_models_were_built_for(finished):
    scores = scores_of(finished)
    values = {key: score.value for key, score in scores.items()}

    for model in ("shared", "apart"):
        assert values["calign", "published", "all", model, "xa", "xb"] == 1.0
        assert values["calign", "corrected", "large", model, "xa", "xb"] == 1.0
        assert values["calign", "corrected", "all", model, "xb", "xa"] == 1.0
    for definition in ("published", "corrected"):
        assert values["colap", definition, "all", "shared", "xa", "xb"] == 1.0
        assert values["colap", definition, "all", "apart", "xa", "xb"] == 0.0
    assert {(score.n_total, score.layer, score.seed) for score in scores.values()} == {(4, 0, 212)}


def test_every_promised_file_is_there(finished):
    results = finished / "results/known"
    kinds = ("", "_curves", "_controls")
    expected = {f"{metric}{kind}" for metric in ("calign", "colap") for kind in kinds}
    expected |= {"calign_auc", "matched_fraction", "rivals", "examples"}

    for suffix in ("pdf", "png", "svg"):
        assert {path.stem for path in (results / "figures").glob(f"*.{suffix}")} == expected
    assert (results / "scores.csv").read_text().startswith("metric,definition,over,")
    hidden = [path for path in results.rglob(".*") if path.name != ".snakemake_timestamp"]
    assert hidden == []


def test_a_finished_study_has_nothing_to_do(finished):
    assert planned(finished) == {}


def test_a_touch_of_files_reruns_nothing(copied):
    results = copied / "results/known"
    for path in (*results.rglob("*.txt"), *results.rglob("*.h5"), *results.rglob("*.parquet")):
        path.touch()

    assert planned(copied) == {}


def test_a_threshold_reruns_scores_and_figures_only(copied):
    study_of(copied, colap={"share": 0.2})

    assert planned(copied) == AFTER_SCORES | {
        "score_concepts": 2, "find_examples": 1, "plot_figure": 10
    }  # fmt: skip


def test_more_clusters_rerun_no_extraction(copied):
    study_of(copied, clustering={"n_clusters": 5, "n_restarts": 3, "seeds": [212]})
    jobs = planned(copied)

    assert jobs["cluster_words"] == 2
    assert {"extract_vectors", "split_words", "fetch_model", "align_words"}.isdisjoint(jobs)


def test_another_model_reruns_nothing_of_the_first(copied):
    shutil.copytree(copied / "apart", copied / "third")
    models_now = {name: {"directory": name} for name in ("shared", "apart", "third")}
    study_of(copied, models=models_now)
    jobs = planned(copied)

    assert (jobs["fetch_model"], jobs["extract_vectors"], jobs["cluster_words"]) == (1, 1, 1)


def test_text_of_an_older_time_is_read_again(copied):
    path = copied / "text/xb.txt"
    path.write_text("\n".join(reversed(path.read_text().splitlines())) + "\n")
    os.utime(path, (10**9, 10**9))

    assert planned(copied)["fetch_text"] == 1


@pytest.mark.parametrize("time", [None, (10**9, 10**9)], ids=["new", "old"])
def test_weights_rewritten_in_their_folder_are_read_again(copied, time):
    with (copied / "apart/model.safetensors").open("r+b") as weights:
        weights.seek(-4, os.SEEK_END)
        weights.write(b"\0\0\0\0")
    os.utime(copied / "apart/model.safetensors", time)
    jobs = planned(copied)

    assert (jobs["fetch_model"], jobs["extract_vectors"], jobs["cluster_words"]) == (1, 1, 1)


def test_the_report_shows_the_figures(finished):
    run = snakemake(finished, "--report", "report.html")
    report = (finished / "report.html").read_text()

    assert run.returncode == 0, run.stderr[-2000:]
    assert "Alignment by layer" in report
    assert "The share of concepts of the source language" in report


CHECKED = "results/known/corpora/text/xb.txt"
LINKS = "results/known/dictionaries/xa-xb/links.txt"


# --- bad input: one clear message, a log that holds it, no half-written result


def failing(folder, *targets):
    run = snakemake(folder, *targets)
    assert run.returncode != 0
    return run.stderr + run.stdout


def test_an_unknown_key_stops_before_any_job(copied):
    study_of(copied, clusterring={})
    message = failing(copied)

    assert "clusterring: unknown key (did you mean 'clustering'?)" in message
    assert "Job stats" not in message


def test_a_second_model_of_a_name_is_not_passed_over(copied):
    study = copied / "study.yaml"
    study.write_text(study.read_text().replace("  shared:\n", "  apart:\n"))
    lines = study.read_text().splitlines()
    first, second = (n for n, line in enumerate(lines, start=1) if line == "  apart:")

    message = f"study.yaml, line {second}: 'apart' stands here again, first in line {first}"
    assert message in failing(copied)


def test_a_link_out_of_the_results_stops_before_any_job(copied, tmp_path):
    (copied / "results/known/figures/elsewhere").symlink_to(tmp_path)
    message = failing(copied)

    assert "results/known/figures/elsewhere: a link that leads out of the results" in message
    assert "Job stats" not in message


def test_a_layer_beyond_a_model_stops_before_any_job(copied):
    study_of(copied, layers=[0, 2])
    message = failing(copied)

    assert "models.apart.directory (apart): 1 blocks have the layers 0 to 1, not [2]" in message
    assert "Job stats" not in message


def test_a_missing_file_is_named_with_its_key(copied):
    study_of(copied, pairs=["xa-xc"])

    assert "corpora.text.directory: no such file: text/xc.txt" in failing(copied)


@pytest.mark.parametrize(
    ("change", "message", "spoilt"),
    [
        (lambda text: text.replace(b"\n", b"\n\n", 1), "text/xb.txt, line 2", CHECKED),
        (lambda text: b"\xff" + text, "text/xb.txt, line 1", CHECKED),
        (lambda text: text + b"one more\n", "xb.txt has 81", LINKS),
        (lambda _: b"", "text/xb.txt", CHECKED),
    ],
    ids=["blank line", "not UTF-8", "unequal length", "empty"],
)
def test_bad_text_is_named_with_its_line(copied, change, message, spoilt):
    path = copied / "text/xb.txt"
    path.write_bytes(change(path.read_bytes()))
    output = failing(copied, LINKS)

    assert message in output
    assert "log" in output
    assert not (copied / spoilt).exists()


def test_a_model_directory_without_weights_is_refused(copied):
    (copied / "apart/model.safetensors").unlink()
    (copied / "apart/tokenizer.json").unlink()
    output = failing(copied, "results/known/models/apart/base", "--forcerun", "fetch_model")

    assert "model directory apart" in output
    assert "weights" in output
    assert "tokenizer" in output


def test_more_clusters_than_words_are_seen_before_any_vector(copied):
    study_of(copied, clustering={"n_clusters": 10_000})
    output = failing(copied, "--until", "select_words")

    assert "more clusters than words in every layer: 10000 clusters" in output
    assert re.search(r"but \d+ words of xa for calign \(published\); \d+ words of xb", output)
    assert not (copied / "results/known/selections/xa-xb.parquet").exists()


def test_truncated_and_foreign_vectors_are_refused(copied):
    vectors = copied / "results/known/vectors/apart/base/encoder/xa.h5"
    concepts = "results/known/concepts/apart/base/encoder/xa-xb.h5"
    whole = vectors.read_bytes()
    vectors.write_bytes(whole[: len(whole) // 2])

    assert "xa.h5: truncated, or no HDF5 file" in failing(copied, concepts)
    shutil.copy(vectors.with_name("xb.h5"), vectors)
    maker = "extract_vectors (apart base encoder)"
    assert f"xa.h5: damaged since {maker} made it: needed sha256" in failing(copied, concepts)
