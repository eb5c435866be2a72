"""A study whose text, labels and model come from the hub: a stand-in on the loopback address."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hub_stand_in import HubStandIn
from snakemake_runs import AFTER_SCORES, planned, snakemake, verified

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.store.scores import read_scores
from polyconcept.text.labelled import read_labelled
from polyconcept.text.parallel import read_parallel, read_sentences
from polyconcept.text.tagged import read_tagged

pytestmark = pytest.mark.workflow
MODEL = Path(__file__).parents[1] / "polyconcept/builtin/models/bert"
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
TEXT = generate_corpus(["en", "de"], n_sentences=60, seed=3)


def parquet(columns, names=None):
    """A Parquet file; whole numbers of the column `names` says are labels of a class."""
    table = pa.table(columns)
    if names:
        column, labels = names
        label = {"_type": "ClassLabel", "names": labels}
        feature = {"_type": "List", "feature": label} if column == "ner_tags" else label
        features = {
            name: feature
            if name == column
            else {"_type": "List", "feature": {"dtype": "string", "_type": "Value"}}
            for name in table.column_names
        }
        about = {"huggingface": json.dumps({"info": {"features": features}})}
        table = table.replace_schema_metadata(about)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def sentences(language, count=None):
    return [" ".join(words) for words in TEXT.sentences[language].words[:count]]


def parallel_file():
    rows = [{"de": de, "en": en} for de, en in zip(sentences("de"), sentences("en"), strict=True)]
    return parquet({"translation": rows})


def entity_file(language):
    tags = [[TAGS.index(tag) for tag in row] for row in TEXT.tags[language].tags]
    words = [list(row) for row in TEXT.sentences[language].words]
    return parquet({"tokens": words, "ner_tags": tags}, names=("ner_tags", TAGS))


def sentiment_file(language):
    labels = TEXT.labels[language].label
    rows = zip(sentences(language), labels, strict=True)
    return "".join(["text\tlabel\n", *(f"{text}\t{label}\n" for text, label in rows)]).encode()


def own_text(folder):
    """Files of the user, a folder per pair, whose languages it names in the other order."""
    (folder / "own/de-en").mkdir(parents=True)
    for code in ("en", "de"):
        lines = [f"{line}\n" for line in sentences(code, 5)]
        (folder / f"own/de-en/{code}.txt").write_text("".join(lines))


def study():
    ner = {"dataset": "ours/ner", "files": "{language}/all-*.parquet", "n_sentences": 20}
    mood = {"dataset": "mood", "revision": "v1", "files": "{language}.tsv", "sentence": "text"}
    codes = {"codes": {"en": "english", "de": "german"}}
    return {
        "name": "hub",
        "corpus": "ours",
        "corpora": {
            "ours": {
                "pairwise": True,
                "hub": {
                    "dataset": "ours/pairs",
                    "files": "{pair}/train-*.parquet",
                    "column": "translation.{language}",
                    "tokenizer": "moses",
                },
            },
            "more": {"hub": {"dataset": "ours/lines", "files": "{language}.txt"}},
            "own": {"directory": "own", "pairwise": True},
        },
        "word_links": {"extra_corpora": ["more", "own"]},
        "pairs": ["en-de"],
        "layers": [0, 4],
        "tasks": {
            "ner": {
                "kind": "entities",
                "train": {"languages": ["en"], "hub": ner},
                "test": {"languages": ["en", "de"], "hub": ner | {"first": 20}},
                "finetuning": {"epochs": 1},
            },
            "mood": {
                "kind": "sentiment",
                "train": {"languages": ["en"], "hub": mood | codes},
                "test": {"languages": ["en", "de"], "hub": mood | codes},
                "finetuning": {"epochs": 1},
            },
        },
        "models": {
            "theirs": {"hub": {"model": "owner/tiny"}, "tasks": ["ner"]},
            "another": {"hub": {"model": "owner/tiny", "revision": "v1"}},
        },
        "clustering": {"n_clusters": 12, "n_restarts": 1, "seeds": [212]},
        "statistics": {"n_permutations": 20, "n_resamples": 20},
        "controls": {"models": []},
    }


@pytest.fixture(scope="module")
def hub():
    with HubStandIn() as stand_in:
        model = {path.name: path.read_bytes() for path in MODEL.iterdir()}
        stand_in.add("model", "owner/tiny", model, tag="v1")
        stand_in.add("dataset", "ours/pairs", {"de-en/train-0.parquet": parallel_file()})
        lines = {f"{code}.txt": "\n".join(sentences(code, 20)).encode() for code in ("en", "de")}
        stand_in.add("dataset", "ours/lines", lines)
        entities = {f"{code}/all-0.parquet": entity_file(code) for code in ("en", "de")}
        stand_in.add("dataset", "ours/ner", entities)
        moods = {"english.tsv": sentiment_file("en"), "german.tsv": sentiment_file("de")}
        stand_in.add("dataset", "mood", moods, tag="v1")
        yield stand_in


@pytest.fixture(scope="module")
def at_hub(hub, tmp_path_factory):
    """Variables of those that use the hub: one place for what was fetched."""
    return {"environment": hub.environment(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="module")
def finished(at_hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    (folder / "study.yaml").write_text(yaml.safe_dump(study()))
    own_text(folder)
    # No model is fine-tuned on `mood`: its data alone are asked for.
    moods = ("train/en", "test/en", "test/de")
    targets = ["all", *(f"results/hub/tasks/mood/{name}.tsv" for name in moods)]
    run = snakemake(folder, *targets, **at_hub)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


def pin_of(folder, name="models--owner--tiny@latest"):
    return json.loads((folder / "results/hub/hub" / name / "source.json").read_text())


def test_a_study_of_the_hub_runs_to_its_scores(finished):
    scores = read_scores([finished / "results/hub/scores.parquet"])

    assert {s.variant for s in scores if s.seed is not None} == {"base", "ner"}
    assert {s.target for s in scores if s.metric == "entity_f1"} == {"en", "de"}


def test_what_was_fetched_is_what_the_hub_has(finished):
    results = finished / "results/hub"
    found = read_parallel(
        {code: results / f"corpora/ours/en-de/{code}.txt" for code in ("en", "de")}
    )
    tagged = read_tagged(results / "tasks/ner/test/de.conll", "de", ["PER", "LOC", "ORG"])
    moods = read_labelled(results / "tasks/mood/test/de.tsv", "de", ["positive", "negative"])

    shared = read_sentences(results / "corpora/more/de.txt", "de")
    own = read_sentences(results / "corpora/own/en-de/de.txt", "de")

    assert (shared.words, own.words) == tuple(TEXT.sentences["de"].words[:n] for n in (20, 5))
    assert len(found["en"]) == 60
    assert "".join(found["de"].words[0]) == "".join(TEXT.sentences["de"].words[0])
    assert tagged.tags == TEXT.tags["de"].tags[20:40]
    assert moods.label == TEXT.labels["de"].label
    assert (results / "models/theirs/base/model.safetensors").read_bytes() == (
        MODEL / "model.safetensors"
    ).read_bytes()


def test_a_finished_study_asks_nobody(finished):
    (finished / "study.yaml").write_text(yaml.safe_dump(study()))

    assert planned(finished) == {}


def test_the_study_is_verified_back_to_its_pins(finished, capsys):
    assert verified(finished) == 0
    weights = next((finished / "results/hub/models/another/base").glob("*.safetensors"))
    content = weights.read_bytes()
    try:
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert verified(finished) == 1
    finally:
        weights.write_bytes(content)
    assert "results/hub/models/another/base: content changed" in capsys.readouterr().err


def test_another_revision_of_a_model_reruns_its_own_chain_alone(finished):
    changed = study()
    changed["models"]["theirs"]["hub"]["revision"] = "v2"
    (finished / "study.yaml").write_text(yaml.safe_dump(changed))
    try:
        jobs = planned(finished)
    finally:
        (finished / "study.yaml").write_text(yaml.safe_dump(study()))

    assert jobs == {
        **{"pin_repository": 1, "fetch_model": 1, "check_model": 1, "finetune": 1},
        **{"score_task": 1, "extract_vectors__pair": 2, "cluster_words": 2, "score_concepts": 2},
        **AFTER_SCORES,
        "plot_figure": 12,
    }


def test_a_pin_is_kept_until_the_user_says_update(hub, at_hub, finished):
    before = pin_of(finished)
    model = {path.name: path.read_bytes() for path in MODEL.iterdir()}
    commit = hub.add("model", "owner/tiny", model | {"README.md": b"new"})
    target = "results/hub/models/theirs/base"

    again = snakemake(finished, target, "--forcerun", "fetch_model", **at_hub)
    kept = pin_of(finished)
    updated = snakemake(finished, target, "--forcerun", "pin_repository", **at_hub)

    assert (again.returncode, updated.returncode) == (0, 0), updated.stderr[-2000:]
    assert kept == before
    assert before["commit"] != commit == pin_of(finished)["commit"]


@pytest.mark.parametrize(
    ("path", "value", "target", "messages"),
    [
        (
            ("models", "theirs", "hub", "model"),
            "owner/nothing",
            "models/theirs/checked.json",
            ["model owner/nothing", "log in"],
        ),
        (
            ("models", "theirs", "layers"),
            [0, 5],
            "models/theirs/checked.json",
            ["4 blocks have the layers 0 to 4, not [5]"],
        ),
        (
            ("tasks", "ner", "test", "languages"),
            ["en", "xx"],
            "tasks/ner/test/xx.conll",
            ["no file matches 'xx/all-*.parquet': it lacks 'xx'", "de, en"],
        ),
        (
            ("tasks", "mood", "labels"),
            ["good", "bad"],
            "tasks/mood/train/en.tsv",
            ["positive", "good"],
        ),
    ],
)
def test_bad_input_is_told_before_anything_is_trained(
    at_hub, tmp_path, path, value, target, messages
):
    settings = json.loads(json.dumps(study()))
    *parents, last = path
    place = settings
    for key in parents:
        place = place[key]
    place[last] = value
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(settings))
    own_text(tmp_path)

    run = snakemake(tmp_path, f"results/hub/{target}", **at_hub)

    assert run.returncode == 1
    assert [text for text in messages if text not in run.stdout + run.stderr] == []
    assert not list(tmp_path.glob("results/hub/logs/finetune*"))
