import json
import re
from pathlib import Path

import pytest
import yaml

from polyconcept.study.checks import cautions
from polyconcept.study.parse import SettingsError, parse_study

ROOT = Path(__file__).parents[1]


def minimal():
    return {
        "name": "mine",
        "corpus": "news",
        "corpora": {"news": {"directory": "text"}},
        "pairs": ["en-de"],
        "layers": [0, 2],
        "models": {"tiny": {"directory": "tiny"}},
    }


def changed(path, value):
    config = minimal()
    *parents, last = path.split(".")
    place = config
    for part in parents:
        place = place[part]
    place[last] = value
    return config


def recipe(**size):
    return {
        "pretrain": {
            "corpora": ["news"],
            "languages": ["en", "de"],
            "tokenizer": {"kind": "wordpiece"},
            "model": {"architecture": "bert", **size},
        }
    }


def task(kind, **keys):
    data = {"files": {"en": "x"}}
    return {"it": {"kind": kind, "train": data, "test": data} | keys}


def translation(source="en", labels=None, **train):
    data = {"corpus": "news", "languages": ["de"]}
    task = {"kind": "translation", "source": source, "train": data | train, "test": data}
    return {"it": task | ({"labels": labels} if labels else {})}


def hub(**keys):
    return {"hub": {"dataset": "a/b", **keys}}


def test_the_folder_of_a_pair_may_name_it_in_the_other_order(tmp_path):
    corpus = parse_study(changed("corpora.news", {"directory": "own", "pairwise": True}))
    corpus = corpus.corpora["news"]
    for folder in ("ru-en", "en-fr", "fr-en"):
        (tmp_path / "own" / folder).mkdir(parents=True)

    assert corpus.file_of("en", "en-ru", where=tmp_path) == "own/ru-en/en.txt"
    assert corpus.file_of("ru", "ru-en", where=tmp_path) == "own/ru-en/ru.txt"
    assert corpus.file_of("fr", "en-fr", where=tmp_path) == "own/en-fr/fr.txt"
    assert corpus.file_of("de", "en-de", where=tmp_path) == "own/en-de/de.txt"
    assert corpus.file_of("de") == "own/de.txt"


@pytest.mark.parametrize("name", ["nan", "NA", "None", "null", "true", "125", "1e5", "inf"])
def test_names_that_a_table_does_not_keep_as_text_are_refused(name):
    tiny = {"directory": "tiny"}
    for path, value, place in (
        ("models", {"tiny": tiny, name: tiny}, "models"),
        ("pairs", ["en-de", f"en-{name}"], r"pairs\.1"),
        ("corpora", {"news": {"directory": "text"}, name: {"directory": "text"}}, "corpora"),
    ):
        with pytest.raises(SettingsError, match=rf"{place}.*'{name}' is read as a number"):
            parse_study(changed(path, value))


@pytest.mark.parametrize("name", ["na", "no", "2024_01", "7b", "1.5.2", "nan_"])
def test_names_that_only_look_like_numbers_are_taken(name):
    study = parse_study(changed("models", {name: {"directory": "tiny"}}))

    assert list(study.models) == [name]
    assert parse_study(changed("name", "2024")).name == "2024"


def test_a_minimal_study_takes_the_published_defaults():
    study = parse_study(minimal())

    assert study.clustering.n_clusters == 600
    assert study.clustering.seeds == (212, 213, 214, 215, 216)
    assert (study.calign.match, study.calign.n, study.calign.size_ratio) == (0.8, 10, 0.6)
    assert (study.calign.min_types, study.colap.share, study.words.cap) == (5, 0.3, 15)
    assert study.languages == ("en", "de")
    assert study.variants_of("tiny") == ("base", "random")


@pytest.mark.parametrize("path", ["config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))])
def test_shipped_studies_are_valid(path):
    study = parse_study(yaml.safe_load((ROOT / path).read_text()), where=str(path))

    assert study.models


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("layres", [1], r"layres: unknown key \(did you mean 'layers'\?\)"),
        ("models.tiny.task", ["ner"], r"models.tiny.task: unknown key \(did you mean 'tasks'\?\)"),
        ("models.tiny.tasks", ["ner"], "models.tiny.tasks: unknown task 'ner'; known: "),
        (
            "models.tiny",
            {},
            "models.tiny: needs exactly one of `directory`, `hub`, `builtin` and `pretrain`",
        ),
        ("corpus", "newz", r"corpus: unknown corpus 'newz' \(did you mean 'news'\?\)"),
        ("corpora.news", {"builtin": {"n_sentences": 9}, "directory": "x"}, "exactly one of"),
        ("corpora.news", {"builtin": {"n_sentences": 0}}, "n_sentences: .*greater than or equal"),
        ("pairs", ["en-en"], "en-en joins a language with itself"),
        ("pairs", ["en-de", "en-de"], "a pair stands twice"),
        ("pairs", ["en-de", "de-en"], "pairs: en-de and de-en are one pair"),
        ("controls", {"models": ["tinny"]}, r"controls.models: unknown model .* mean 'tiny'\?"),
        ("controls", {"vectors": ["centered"]}, "controls.vectors.0: .*'centred'"),
        ("controls", {"cluster_factors": [0]}, "cluster_factors.0: .*greater than 0"),
        ("controls", {"cluster_factors": [1.0]}, "1.0 x 600 clusters is 600: no other number"),
        ("statistics", {"n_permutations": 4}, "n_permutations: 4 for 5 .* one of each seed"),
        (
            "statistics",
            {"n_resamples": 9},
            "statistics.n_resamples: 9 for 5 `clustering.seeds`; at least two of each seed",
        ),
        (
            "clustering",
            {"method": "ward", "seeds": [1, 2], "n_restarts": 1},
            "clustering: method ward draws nothing: 2 `seeds`, `n_restarts` would have no effect",
        ),
        ("clustering", {"method": "hdbscan"}, "clustering.method: .*'kmeans' or 'ward'"),
        ("clustering", {"seeds": [1, 2, 1]}, r"clustering.seeds: \[1\] stands more than once"),
        ("models.tiny", recipe(n_layers=1), r"models.tiny.pretrain.model.n_layers: 1 .* \[2\]"),
        ("tasks", task("entities", spellings={"a": "PER"}), "tasks.it: `spellings` is for sent"),
        ("tasks", task("sentiment", ignored=["MISC"]), "tasks.it: `ignored` is for entities"),
        (
            "tasks",
            task("entities", train={"files": {"en": "x"}, "columns": {"sentence": 2}}),
            r"it: `train.columns` names \['sentence'\]; for entities it may name word and tag",
        ),
        (
            "tasks",
            task("sentiment", train={"files": {"en": "x"}, "columns": {"tag": "x"}}),
            r"names \['tag'\]; for sentiment it may name sentence and label",
        ),
        (
            "tasks",
            task("entities", train={"files": {"en": "x"}, "columns": {"word": 2, "tag": 2}}),
            "tasks.it.train: `columns` names one column twice",
        ),
        (
            "tasks",
            task("entities", train={"files": {"en": "x"}, "columns": {"word": 0}}),
            "train.columns.word.*: .*greater than or equal to 1",
        ),
        (
            "tasks",
            task(
                "entities",
                train={"builtin": {"n_sentences": 9}, "languages": ["en"], "columns": {"word": 1}},
            ),
            "tasks.it.train: `columns` is for `files`, not for `builtin`",
        ),
        (
            "tasks",
            task("entities", test={"corpus": "news", "languages": ["en"]}),
            "tasks.it: `test.corpus` is not for entities: give `files` or `builtin` or `hub`",
        ),
        ("tasks", translation(languages=["en"]), "it.train.languages: en is the language transl"),
        ("tasks", translation(corpus="newz"), r"tasks.it.train.corpus: unknown corpus 'newz'"),
        ("tasks", translation(labels=["a", "b"]), "tasks.it: `labels` is not for translation"),
        ("tasks", translation(source=None), "tasks.it: `source`, the language translated from, is"),
        ("tasks", task("entities", labels=["PER"]), r"`labels` needs two or more, found \['PER'\]"),
        (
            "tasks",
            task("entities", train={"builtin": {"n_sentences": 9}}),
            "needs `languages` beside",
        ),
        ("corpora.news", hub(files="x.txt"), r"`files` or `column` needs \{language\}"),
        ("corpora.news", hub(files="{pair}", column="{language}"), r"\{pair\} .* `pairwise: true`"),
        (
            "tasks",
            task("entities", test=hub(files="x.parquet") | {"languages": ["en", "de"]}),
            r"tasks.it.test: `hub.files` needs \{language\}: \['en', 'de'\] would be the same",
        ),
        ("corpora.news", {"builtin": {"n_sentences": 9}, "pairwise": True}, "not for `builtin`"),
        ("models.tiny", {"builtin": "mt5", "family": "encoder"}, "`family` is for `directory` and"),
        ("models.tiny", {"directory": "x", "sides": ["decoder"]}, "family encoder has .* missing"),
        ("models.tiny", {"builtin": "bert", "sides": []}, "family encoder has"),
        (
            "models.tiny",
            {"builtin": "mt5", "language_codes": {"de": "deu_Latn"}},
            "`language_codes` is for `directory` and `hub`",
        ),
        (
            "models.tiny",
            {"directory": "x", "language_codes": {"dee": "deu_Latn"}},
            r"models.tiny.language_codes: unknown language 'dee' \(did you mean 'de'\?\)",
        ),
        ("models.tiny", {"builtin": "bert", "prefix": " "}, "needed text of one line, such as"),
        ("models.tiny", {"builtin": "mt5", "prefix": "query:"}, "`prefix` is for models of one"),
        (
            "models.tiny",
            {"builtin": "mt5", "translates": ["de"]},
            "`translates` is for `directory`",
        ),
        ("models.tiny", {"directory": "x", "translates": "all"}, "encoder-decoder, found encoder"),
        (
            "models.tiny",
            {"directory": "x", "family": "encoder-decoder", "translates": ["dee"]},
            r"models.tiny.translates: unknown language 'dee' \(did you mean 'de'\?\)",
        ),
        ("models.tiny", {"hub": {"model": "a/b/c"}}, "needed a repository on the hub, such as"),
        ("models.tiny", {"hub": {"model": "a/b", "revision": "../x"}}, "revision: found '../x'"),
        ("models.tiny", recipe(architecture="mt5"), "`mt5` and tokenizer kind `unigram-t5` go tog"),
        ("tasks", task("entities", labels=["PER", "PER"]), r"tasks.it.labels: \['PER'\] stands"),
        ("models.tiny", recipe(hidden_size=10, n_heads=4), "multiple of `n_heads`, found 10 and 4"),
        ("word_links", {"extra_corpora": ["news", "news"]}, "extra_corpora: .* more than once"),
        ("pairs", ["ende"], "pairs.0: found 'ende'; needed two such languages as `en-de`"),
        ("pairs", ["../x-de"], "pairs.0: found '../x-de'; needed"),
        ("pairs", ["..-de"], "pairs.0: found '..-de'; needed"),
        ("name", "../elsewhere", "name: found '../elsewhere'; needed a name of letters"),
        ("name", 2024, "name: needed text, found 2024; put it in quotes$"),
        ("models", {"a/b": {"directory": "x"}}, "models: found 'a/b'; needed a name of letters"),
        ("layers", [-1], "layers.0: .*greater than or equal to 0, found -1"),
        ("calign", {"match": 1.5}, "calign.match: .*less than or equal to 1, found 1.5"),
        ("figures", {"examples": {"model": "tiny", "layer": 1}}, r"1 is not among .* \[0, 2\]"),
        ("clustering", {"engine": "faiss"}, "'torch' or 'scikit-learn', found 'faiss'"),
    ],
)
def test_faults_are_named_with_their_key(path, value, message):
    with pytest.raises(SettingsError, match=message):
        parse_study(changed(path, value))


def test_a_language_that_the_builtin_corpus_lacks_is_named():
    config = changed("corpora.news", {"builtin": {"n_sentences": 9}}) | {"pairs": ["en-xx"]}

    with pytest.raises(SettingsError, match=r"corpora.news: unknown language .* 'xx'"):
        parse_study(config)


def test_norwegian_that_yaml_reads_as_false_is_explained():
    """`no` without quotes is false in YAML, as a value and as a name."""
    files = {"files": yaml.safe_load("{en: x.conll, no: y.conll}")}

    with pytest.raises(SettingsError) as caught:
        parse_study(minimal() | {"tasks": task("entities", train=files), "pairs": [False]})
    message = str(caught.value)

    hint = "needed text, found False; put it in quotes (YAML reads no and off as false)"
    assert f"tasks.it.train.files: {hint}" in message
    assert f"pairs.0: {hint}" in message


def test_a_recipe_on_a_language_that_the_builtin_corpus_lacks_is_refused():
    config = changed("models.tiny", recipe()) | {"pairs": ["en-xx"]}
    config["corpora"]["ours"] = {"builtin": {"n_sentences": 9}}
    config["models"]["tiny"]["pretrain"] |= {"corpora": ["ours"], "languages": ["en", "xx"]}

    with pytest.raises(SettingsError, match=r"tiny.pretrain.languages: unknown language .* 'xx'"):
        parse_study(config)


def test_all_faults_are_listed_at_once():
    config = changed("layres", [1]) | {"pairs": ["en"], "name": ""}

    with pytest.raises(SettingsError) as caught:
        parse_study(config, where="studies/mine.yaml")
    message = str(caught.value)

    assert message.startswith("studies/mine.yaml cannot be used:")
    assert all(key in message for key in ("layres", "pairs.0", "name"))


def test_labels_default_by_kind():
    data = {"files": {"en": "x.tsv"}}
    config = minimal() | {
        "tasks": {
            "mood": {"kind": "sentiment", "train": data, "test": data},
            "ner": {"kind": "entities", "train": data, "test": data},
        }
    }
    study = parse_study(config)

    assert study.tasks["mood"].labels == ("negative", "positive")
    assert study.tasks["ner"].labels == ("PER", "LOC", "ORG")


def test_only_encoder_decoder_models_translate_and_decoders_are_not_fine_tuned():
    config = minimal() | {"tasks": translation() | task("entities")}
    config["tasks"]["ner"] = config["tasks"].pop("it")
    config["tasks"] |= translation()
    config["models"] = {
        "tiny": {"directory": "x", "tasks": ["it"]},
        "causal": {"directory": "y", "family": "decoder", "tasks": ["ner"]},
        "both": {"directory": "z", "family": "encoder-decoder", "tasks": ["it", "ner"]},
    }

    with pytest.raises(SettingsError) as caught:
        parse_study(config)

    assert str(caught.value).splitlines()[1:] == [
        "  models.tiny.tasks: it is of kind translation: it needs family encoder-decoder",
        "  models.causal.tasks: a model of family decoder is measured as it is, not fine-tuned",
    ]


def test_sides_follow_from_the_family():
    config = minimal()
    config["models"] = {
        "bert": {"builtin": "bert"},
        "mt5": {"builtin": "mt5"},
        "llama": {"directory": "x", "family": "decoder"},
        "half": {"hub": {"model": "a/b"}, "family": "encoder-decoder", "sides": ["encoder"]},
    }

    found = {name: model.of_sides for name, model in parse_study(config).models.items()}

    assert found == {
        "bert": ("encoder",),
        "mt5": ("encoder", "decoder", "encoder-decoder"),
        "llama": ("decoder",),
        "half": ("encoder",),
    }


def test_what_a_model_translates_before_fine_tuning_follows_from_where_it_comes_from():
    own = {"directory": "x", "family": "encoder-decoder"}
    text_to_text = recipe(architecture="mt5")["pretrain"]
    text_to_text["tokenizer"] = {"kind": "unigram-t5"}
    alone = text_to_text | {"mixture": {"translation_share": 0}}
    config = minimal()
    config["models"] = {
        "shipped": {"builtin": "mt5"},
        "encoder": {"builtin": "xlmr"},
        "unknown": own,
        "told": own | {"translates": ["de"]},
        "nllb": own | {"translates": "all"},
        "made": {"pretrain": text_to_text},
        "made_alone": {"pretrain": alone},
        "made_encoder": recipe(),
    }

    found = {name: model.of_translates for name, model in parse_study(config).models.items()}

    shipped = json.loads((ROOT / "polyconcept/builtin/models/mt5/RECIPE.json").read_text())
    assert shipped["recipe"]["options"]["mixture"]["translation_share"] > 0
    assert found == {
        "shipped": tuple(shipped["corpus"]["languages"]),
        "encoder": (),
        "unknown": (),
        "told": ("de",),
        "nllb": "all",
        "made": ("en", "de"),
        "made_alone": (),
        "made_encoder": (),
    }


def test_a_tilde_is_the_home_in_every_path(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    labels = {"files": {"en": "~/labels/en.conll"}}
    config = minimal() | {"tasks": task("entities", train=labels, test=labels)}
    config["corpora"]["news"]["directory"] = "~/text"
    config["models"]["tiny"]["directory"] = "~/models/tiny"

    study = parse_study(config)

    assert study.corpora["news"].directory == "/home/ada/text"
    assert study.models["tiny"].directory == "/home/ada/models/tiny"
    assert study.tasks["it"].test.files == {"en": "/home/ada/labels/en.conll"}
    # As text, a tilde elsewhere is a letter.
    for name in ("./~text", "a~b", "text/~"):
        read = parse_study(changed("corpora.news.directory", name))
        assert read.corpora["news"].directory == name
    with pytest.raises(SettingsError, match=r"there is no home of ~nobody\.such"):
        parse_study(changed("corpora.news.directory", "~nobody.such/text"))


def test_fine_tunings_that_differ_in_their_seed_alone_are_repeats():
    def tuned(**finetuning):
        return task("entities", finetuning={"epochs": 1} | finetuning)["it"]

    tasks = {
        "ner": tuned(seed=1),
        "ner_2": tuned(seed=2),
        "longer": tuned(seed=1, epochs=2),
        "ner_3": tuned(seed=3),
    }
    study = parse_study(
        minimal() | {"tasks": tasks, "models": {"tiny": {"directory": "x", "tasks": list(tasks)}}}
    )

    assert study.repeats_of("tiny") == [("ner", "ner_2", "ner_3")]


def test_the_lines_that_repeat_a_fine_tuning_in_config_yaml_do():
    text = (ROOT / "config.yaml").read_text()
    repeats = re.sub(r"^  # (ner_\d:)", r"  \1", text, flags=re.MULTILINE)
    study = parse_study(
        yaml.safe_load(repeats.replace("tasks: [ner, sentiment]", "tasks: [ner, ner_2, ner_3]"))
    )

    assert study.repeats_of("mbert") == [("ner", "ner_2", "ner_3")]
    assert {study.tasks[name].finetuning.seed for name in ("ner", "ner_2", "ner_3")} == {
        212, 213, 214
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clustering", "n_told"),
    [
        ({"seeds": [1]}, 1),
        ({"seeds": [1, 2]}, 1),
        ({"seeds": [1, 2, 3]}, 0),
        ({}, 0),
        ({"method": "ward"}, 0),  # draws nothing
    ],
)
def test_few_seeds_are_told(clustering, n_told):
    told = list(cautions(parse_study(minimal() | {"clustering": clustering})))

    assert len(told) == n_told
    assert all(f"{len(clustering['seeds'])} given, three" in line for line in told)


def test_controls_are_of_all_models_or_of_those_that_are_named():
    two = {name: {"directory": name} for name in ("one", "two")}
    every = parse_study(minimal() | {"models": two})
    some = parse_study(minimal() | {"models": two, "controls": {"models": ["two"]}})
    none = parse_study(minimal() | {"models": two, "controls": {"random_weights": False}})

    assert every.controlled == ("one", "two")
    assert (some.variants_of("one"), some.variants_of("two")) == (("base",), ("base", "random"))
    assert none.variants_of("two") == ("base",)
    # Two languages are a pair; only three or more mix besides.
    assert every.mixed == ()
    assert parse_study(minimal() | {"models": two, "pairs": ["en-de", "en-fr"]}).mixed == (
        "one",
        "two",
    )
