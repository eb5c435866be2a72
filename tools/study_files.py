"""Which files a study's jobs read, and which it promises, as `workflow/rules/files.smk` has it.

Written a second time, without Snakemake: `make verify` must not take from the workflow what it
checks of it. The tests run whole studies and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from study_paths import Files, Names

from polyconcept.study.pins import pin_of
from polyconcept.study.schema import Study

__all__ = ["final_files", "inputs_of"]

METRICS = ("calign", "colap")
KINDS = ("curves", "controls")
"""Figures of each metric besides the one by layer."""


def final_files(study: Study) -> tuple[str, ...]:
    """The score tables and figures that a finished study has."""
    names = [*METRICS, *(f"{metric}_{kind}" for metric in METRICS for kind in KINDS), "rivals"]
    if any(model.tasks for model in study.models.values()):
        names += [*(f"{metric}_change" for metric in METRICS), "tasks"]
    if study.figures.examples:
        names.append("examples")
    results = f"results/{study.name}"
    figures = [f"{results}/figures/{name}.{suffix}" for name in names for suffix in ("pdf", "png")]
    tables = [f"{results}/{name}" for name in ("scores.parquet", "scores.csv")]
    claims = [f"{results}/{name}" for name in ("claims.json", "claims.html")]
    return (*tables, *claims, *figures)


def inputs_of(rule: str, study: Study, names: Names) -> list[str]:
    """What a job reads.

    Args:
        rule: Its rule.
        study: The study.
        names: Its wildcards.

    Raises:
        ValueError: The study has no such job.
    """
    try:
        return list(_INPUTS[rule](Files(study), names))
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"the study has no job of {rule} with {dict(names)}: {error}") from error


def _align_words(files: Files, names: Names) -> Iterator[str]:
    for corpus in (files.study.corpus, *files.study.word_links.extra_corpora):
        for code in names["pair"].split("-"):
            yield files.text(corpus, names["pair"], code)


def _split_words(files: Files, names: Names) -> Iterator[str]:
    study, own, language = files.study, names["part"].removesuffix("/"), names["language"]
    pairs = study.pairs_with(language, own)
    for code in study.partners_of(language, own):
        yield files.text(study.corpus, pairs[0], code)
    for pair in pairs:
        yield files.links(pair)


def _select_words(files: Files, names: Names) -> Iterator[str]:
    for code in names["pair"].split("-"):
        yield files.text(files.study.corpus, names["pair"], code)
    yield from _word_tables(files, names)
    yield files.links(names["pair"])


def _word_tables(files: Files, names: Names) -> Iterator[str]:
    for code in names["pair"].split("-"):
        yield files.words(names["pair"], code)


def _fetch_corpus(files: Files, names: Names) -> Iterator[str]:
    folder = files.study.corpora[names["corpus"]].directory
    if folder is None:
        raise KeyError("the text comes from elsewhere")
    yield f"{folder}/{names['part']}{names['language']}.txt"


def _fetch_labels(files: Files, names: Names) -> Iterator[str]:
    yield files.labels(names).files[names["language"]]


def _fetch_pinned(files: Files, names: Names) -> Iterator[str]:
    yield files.pin(names)


def _fetch_hub_model(files: Files, names: Names) -> Iterator[str]:
    hub = files.study.models[names["model"]].hub
    pin = pin_of("model", hub.model, hub.revision, hub.converted)
    yield f"{files.results}/hub/{pin}/source.json"


def _fetch_model(files: Files, names: Names) -> Iterator[str]:
    model = files.study.models[names["model"]]
    found = f"polyconcept/builtin/models/{model.builtin}" if model.builtin else model.directory
    if found is None:
        raise KeyError("the model comes from elsewhere")
    yield found


def _pretrain(files: Files, names: Names) -> Iterator[str]:
    recipe = files.study.models[names["model"]].pretrain
    for corpus in recipe.corpora:
        for code in recipe.languages:
            yield files.text(corpus, "", code)


def _check_model(files: Files, names: Names) -> Iterator[str]:
    yield files.model({**names, "variant": "base"})


def _check_task(files: Files, names: Names) -> Iterator[str]:
    both = [file for split in ("train", "test") for file in files.task(names["task"], split)]
    yield from dict.fromkeys(both)


def _finetune(files: Files, names: Names) -> Iterator[str]:
    yield files.model({**names, "variant": "base"})
    yield f"{files.results}/models/{names['model']}/checked.json"
    yield f"{files.results}/tasks/{names['variant']}/checked.json"
    yield from files.task(names["variant"], "train")


def _score_task(files: Files, names: Names) -> Iterator[str]:
    yield files.model(names)
    yield from files.task(names["variant"], "test")


def _extract_vectors(files: Files, names: Names) -> Iterator[str]:
    pair, language = names["part"].removesuffix("/"), names["language"]
    yield files.model(names)
    yield files.text(files.study.corpus, pair, language)
    yield files.words(pair, language)
    if files.two_sided(names) and names["side"] == "decoder":
        [given] = set(pair.split("-")) - {language}
        yield files.text(files.study.corpus, pair, given)


def _cluster_words(files: Files, names: Names) -> Iterator[str]:
    pair, sides = names["pair"], names["side"].split("-")
    source, target = pair.split("-")
    yield from _word_tables(files, names)
    yield files.vectors(names, sides[0], pair, source)
    yield files.vectors(names, sides[-1], pair, target)
    yield f"{files.results}/selections/{pair}.parquet"


def _random_model(files: Files, names: Names) -> Iterator[str]:
    yield files.model({**names, "variant": "base"})
    yield f"{files.results}/models/{names['model']}/checked.json"


def _score_concepts(files: Files, names: Names) -> Iterator[str]:
    yield from _dictionaries(files, names)
    concepts = f"{files.run('concepts', names)}/{names['pair']}"
    yield f"{concepts}.h5"
    if names["model"] in files.study.controlled:
        yield f"{concepts}.controls.h5"


def _dictionaries(files: Files, names: Names) -> Iterator[str]:
    yield from _word_tables(files, names)
    for name in ("forward", "backward"):
        yield f"{files.results}/dictionaries/{names['pair']}/{name}.tsv"


def _of_runs(files: Files, suffixes: Sequence[str]) -> Iterator[str]:
    for name, model in files.study.models.items():
        for variant in files.study.variants_of(name):
            for side in model.of_sides:
                run = files.run("scores", {"model": name, "variant": variant, "side": side})
                for pair in files.study.pairs:
                    yield from (f"{run}/{pair}.{suffix}.parquet" for suffix in suffixes)


def _mix_languages(files: Files, names: Names) -> Iterator[str]:
    for code in files.study.languages:
        yield files.words("", code)
    for code in files.study.languages:
        yield f"{files.run('vectors', names)}/{code}.h5"


def _compare_variants(files: Files, _names: Names) -> Iterator[str]:
    yield from _of_runs(files, METRICS)
    yield from _of_runs(files, [f"{metric}_resamples" for metric in METRICS])


def _merge_scores(files: Files, _names: Names) -> Iterator[str]:
    yield from _of_runs(files, [*METRICS, "similarity"])
    for name in files.study.mixed:
        for variant in files.study.variants_of(name):
            for side in files.study.mixed_sides(name):
                names = {"model": name, "variant": variant, "side": side}
                yield f"{files.run('scores', names)}/languages.parquet"
    yield f"{files.results}/scores/changes.parquet"
    for name, model in files.study.models.items():
        for task in model.tasks:
            yield f"{files.results}/scores/{name}/{task}/task.parquet"


def _find_examples(files: Files, names: Names) -> Iterator[str]:
    chosen = files.study.figures.examples
    side = chosen.side or files.study.models[chosen.model].of_sides[0]
    run = {"model": chosen.model, "variant": chosen.variant, "side": side}
    yield from _dictionaries(files, names)
    yield f"{files.run('concepts', run)}/{names['pair']}.h5"


def _plot_examples(files: Files, _names: Names) -> Iterator[str]:
    yield from (f"{files.results}/examples/{pair}.json" for pair in files.study.pairs)


def _plot(files: Files, _names: Names) -> Iterator[str]:
    yield f"{files.results}/scores.parquet"


def _nothing(_files: Files, _names: Names) -> Iterator[str]:
    yield from ()


_INPUTS: Mapping[str, Callable[[Files, Names], Iterator[str]]] = {
    **dict.fromkeys(("generate_corpus", "generate_entities", "generate_sentiment"), _nothing),
    "pin_repository": _nothing,
    "fetch_corpus": _fetch_corpus,
    **dict.fromkeys(("fetch_entities", "fetch_sentiment"), _fetch_labels),
    **dict.fromkeys(("fetch_hub_pair", "fetch_hub_text"), _fetch_pinned),
    **dict.fromkeys(("fetch_hub_entities", "fetch_hub_sentiment"), _fetch_pinned),
    "fetch_hub_model": _fetch_hub_model,
    "fetch_model": _fetch_model,
    "align_words": _align_words,
    "split_words": _split_words,
    "select_words": _select_words,
    "pretrain": _pretrain,
    "check_model": _check_model,
    "check_task": _check_task,
    **{
        f"{step}_{kind}": function
        for step, function in (("finetune", _finetune), ("score", _score_task))
        for kind in ("entities", "entities_text", "sentiment", "sentiment_text", "translation")
    },
    "extract_vectors": _extract_vectors,
    "random_model": _random_model,
    **dict.fromkeys(("cluster_words", "cluster_controls", "score_similarity"), _cluster_words),
    **dict.fromkeys(("score_calign", "score_colap"), _score_concepts),
    "mix_languages": _mix_languages,
    "compare_variants": _compare_variants,
    "merge_scores": _merge_scores,
    "state_claims": _plot,
    **dict.fromkeys(("plot_by_layer", "plot_change", "plot_tasks", "plot_rivals"), _plot),
    **dict.fromkeys(("plot_curves", "plot_controls"), _plot),
    "find_examples": _find_examples,
    "plot_examples": _plot_examples,
}
