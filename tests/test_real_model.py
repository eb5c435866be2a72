"""A real pre-trained model (multilingual-e5-small) on real text, from its folder to the scores."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake_runs import snakemake

from polyconcept.records.table import ScoreTable
from polyconcept.store.scores import read_scores

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "build/real_model"
TEXT = ROOT.parent / "shared/data/bible"
N_VERSES = 300

pytestmark = [
    pytest.mark.realmodel,
    pytest.mark.workflow,
    pytest.mark.skipif(
        not (MODEL / "model.safetensors").exists() or not TEXT.is_dir(),
        reason="no real model in build/real_model, or no real text",
    ),
]


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Scores of 300 verses in English and German, in the first, a middle and the last layer."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "text").mkdir()
    for code in ("en", "de"):
        verses = (TEXT / f"{code}.txt").read_text().splitlines()[:N_VERSES]
        (folder / f"text/{code}.txt").write_text("\n".join(verses) + "\n")
    study = {
        "name": "real",
        "corpus": "verses",
        "corpora": {"verses": {"directory": "text"}},
        "pairs": ["en-de"],
        "layers": [0, 6, 12],
        "models": {"e5": {"directory": str(MODEL), "prefix": "query: "}},
        "clustering": {"n_clusters": "auto", "seeds": [1, 2, 3], "n_restarts": 1},
        "statistics": {"n_permutations": 20, "n_resamples": 20},
        "controls": {"vectors": [], "cluster_factors": [], "random_weights": False},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    run = snakemake(folder, "results/real/scores.parquet")
    assert run.returncode == 0, run.stderr[-3000:]
    return ScoreTable(read_scores([folder / "results/real/scores.parquet"]))


def by_layer(scores, metric, over="all", control="", **columns):
    chosen = scores.where(
        metric=metric, over=over, control=control, parameter="", seed=None, against="", **columns
    )
    return {row.layer: row for row in chosen}


def test_languages_come_together_with_depth(scores):
    retrieval = by_layer(scores, "retrieval", over="")
    colap = by_layer(scores, "colap", definition="published")

    assert retrieval[0].value < retrieval[12].value
    assert retrieval[12].value > 0.9
    assert colap[0].value < colap[12].value


def test_what_needs_no_threshold_lies_above_chance(scores):
    for metric in ("calign_auc", "matched_fraction"):
        rows = by_layer(scores, metric, definition="published")
        assert all(rows[layer].value > rows[layer].null_high for layer in (6, 12)), metric


def test_words_that_share_sentences_align_better_in_the_last_layer(scores):
    """A model of sentences puts the words of a sentence together: that is no concept."""
    disjoint, halved = (
        by_layer(scores, "calign_auc", control=control, definition="published")
        for control in ("disjoint", "halved")
    )
    shares = by_layer(scores, "sentence_share", definition="published")

    assert halved[12].value > disjoint[12].value
    assert shares[12].value > shares[0].value


def test_most_words_have_an_entry_learnt_elsewhere(scores):
    (row,) = scores.where(metric="coverage", definition="published", layer=0, control="")

    assert 0.5 < row.value < 0.99


PEAKS = """
import resource, sys
from pathlib import Path
from polyconcept.models.loading import load_tokenizer
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
load_tokenizer(Path(sys.argv[1]))
print(before, peak())
"""


def test_a_large_tokenizer_lies_in_memory_once_while_it_is_loaded():
    """One of 250,000 subwords takes about 280 MiB; while three were held, the peak grew by 820."""
    line = [sys.executable, "-c", PEAKS, str(MODEL)]
    run = subprocess.run(line, capture_output=True, text=True, check=True)
    before, after = map(int, run.stdout.split())  # KiB

    assert (after - before) / 1024 < 500


TRAINING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from measuring import forget_peak, held_mib, peak_mib
from polyconcept.models.loading import load_for_token_classification, load_tokenizer
from polyconcept.tasks.trainer import FinetuneOptions, train_on
folder = Path(sys.argv[1])
model = load_for_token_classification(folder, ["O", "B-PER"], seed=0)
tokenizer = load_tokenizer(folder)
examples = [{"input_ids": [0, *range(n, n + 8), 2], "labels": [0] * 10} for n in range(100, 116)]
options = FinetuneOptions(epochs=1.0, batch_size=8, device="cpu")
before = held_mib()
forget_peak()
train_on(model, tokenizer, examples, options=options, directory=Path(sys.argv[3]))
print(before, peak_mib())
"""


def test_rows_that_no_sentence_reads_take_no_memory_in_training(tmp_path):
    """Gradient and moments of the whole table are 1,099 MiB, those of the blocks 246."""
    line = [sys.executable, "-c", TRAINING, str(MODEL), str(ROOT / "benchmarks"), str(tmp_path)]
    run = subprocess.run(line, capture_output=True, text=True, check=True)
    before, most = map(float, run.stdout.split())

    assert most - before < 700
