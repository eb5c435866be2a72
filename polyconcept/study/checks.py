"""Checks across keys: every name that one key uses must be defined by another."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from pydantic import BaseModel

from polyconcept.study.kinds import TASK_KINDS
from polyconcept.study.models import Model
from polyconcept.study.names import name_faults
from polyconcept.study.schema import Examples, Study

_FEWEST_SEEDS = 3
"""Two seeds give a variance of one degree of freedom: intervals by Student's t say nothing."""


def cross_faults(study: Study) -> Iterator[str]:
    """Yield what is wrong between the keys of `study`, one sentence each."""
    corpora = set(study.corpora)
    yield from _unknown("corpus", [study.corpus], corpora, "corpus")
    yield from _unknown(
        "word_links.extra_corpora", study.word_links.extra_corpora, corpora, "corpus"
    )
    yield from name_faults(study)
    yield from _repeats_in(study, ())
    yield from _pair_faults(study)
    yield from _task_faults(study)
    for name, model in study.models.items():
        yield from _model_faults(study, name, model)
    yield from _example_faults(study)
    yield from _statistics_faults(study)
    yield from _builtin_faults(study)


def cautions(study: Study) -> Iterator[str]:
    """Yield what may stand in `study`, but weakens what it can say, one sentence each."""
    n_seeds = len(study.clustering.seeds)
    if study.clustering.draws and n_seeds < _FEWEST_SEEDS:
        yield (
            f"clustering.seeds: {n_seeds} given, three or more are needed; scores differ between "
            "seeds, and intervals then hold little of that, or nothing"
        )


def layer_faults(study: Study, model: str, n_blocks: int, key: str) -> Iterator[str]:
    """Yield, under `key`, the layers wanted of a model that its `n_blocks` blocks do not have."""
    beyond = [layer for layer in study.layers_of(model) if layer > n_blocks]
    if beyond:
        yield f"{key}: {n_blocks} blocks have the layers 0 to {n_blocks}, not {beyond} (`layers`)"


def _pair_faults(study: Study) -> Iterator[str]:
    for pair in study.pairs:
        source, target = pair.split("-")
        if source == target:
            yield f"pairs: {pair} joins a language with itself"
        elif source > target and f"{target}-{source}" in study.pairs:
            yield (
                f"pairs: {pair} and {target}-{source} are one pair; corrected CALIGN is scored in "
                "both directions and would stand twice: keep one, or make two studies"
            )
    if len(set(study.pairs)) < len(study.pairs):
        yield f"pairs: a pair stands twice in {list(study.pairs)}"


def _task_faults(study: Study) -> Iterator[str]:
    for name, task in study.tasks.items():
        for split, data in (("train", task.train), ("test", task.test)):
            key = f"tasks.{name}.{split}"
            if data.corpus is not None:
                yield from _unknown(f"{key}.corpus", [data.corpus], set(study.corpora), "corpus")
            if task.source is not None and task.source in data.languages:
                yield f"{key}.languages: {task.source} is the language translated from (`source`)"


def _model_faults(study: Study, name: str, model: Model) -> Iterator[str]:
    key = f"models.{name}"
    yield from _unknown(f"{key}.tasks", model.tasks, set(study.tasks), "task")
    languages = set(study.languages_of(name))
    yield from _unknown(f"{key}.language_codes", model.language_codes, languages, "language")
    if model.translates != "all":
        yield from _unknown(f"{key}.translates", model.translates, languages, "language")
    if model.of_family == "decoder" and model.tasks:
        yield f"{key}.tasks: a model of family decoder is measured as it is, not fine-tuned"
    for task in model.tasks:
        if task in study.tasks and model.of_family != "decoder":
            kind = study.tasks[task].kind
            families = TASK_KINDS[kind].families
            if model.of_family not in families:
                needed = " or ".join(families)
                yield f"{key}.tasks: {task} is of kind {kind}: it needs family {needed}"
    if model.pretrain is not None:
        key = f"{key}.pretrain"
        recipe = model.pretrain
        yield from _unknown(f"{key}.corpora", recipe.corpora, set(study.corpora), "corpus")
        weighted = recipe.mixture.language_weights
        known = set(recipe.languages)
        yield from _unknown(f"{key}.mixture.language_weights", weighted, known, "language")
        for corpus in recipe.corpora:
            if corpus in study.corpora and study.corpora[corpus].pairwise:
                yield f"{key}.corpora: {corpus} is `pairwise`; one text in all languages is needed"
        n_blocks = recipe.model.n_layers
        yield from layer_faults(study, name, n_blocks, f"{key}.model.n_layers")


def _statistics_faults(study: Study) -> Iterator[str]:
    chosen = study.controls.models or ()
    yield from _unknown("controls.models", chosen, set(study.models), "model")
    n_resamples, n_seeds = study.statistics.n_resamples, len(study.clustering.seeds)
    if study.statistics.n_permutations < n_seeds:
        yield (
            f"statistics.n_permutations: {study.statistics.n_permutations} for {n_seeds} "
            "`clustering.seeds`; at least one of each seed is needed"
        )
    yield from _sweep_faults(study)
    if n_resamples < 2 * n_seeds:
        yield (
            f"statistics.n_resamples: {n_resamples} for {n_seeds} `clustering.seeds`; at least two "
            "of each seed are needed for a variance"
        )


def _sweep_faults(study: Study) -> Iterator[str]:
    """Yield values that are tried besides those of the study, and would be tried twice."""
    own = study.clustering.n_clusters
    # The number of `auto` is known to the jobs alone; its multiples are multiples of words.
    of_one, told = (own, f"{own} clusters") if isinstance(own, int) else (1, own)
    seen: set[float] = {0, of_one}
    for factor in study.controls.cluster_factors:
        count = round(factor * own) if isinstance(own, int) else factor
        if count in seen:
            yield f"controls.cluster_factors: {factor} x {told} is {count:g}: no other number"
        seen.add(count)
    sweeps = study.statistics.sweeps
    # Where the values are the defaults, a user who chose one of them for the study is not at fault.
    for name in sorted(sweeps.model_fields_set):
        if (value := getattr(study.calign, name)) in getattr(sweeps, name):
            yield f"statistics.sweeps.{name}: {value} is `calign.{name}`, which is scored anyway"


def _example_faults(study: Study) -> Iterator[str]:
    examples = study.figures.examples
    if examples is None:
        return
    yield from _unknown("figures.examples.model", [examples.model], set(study.models), "model")
    if examples.model in study.models:
        yield from _example_run_faults(study, examples)


def _example_run_faults(study: Study, examples: Examples) -> Iterator[str]:
    variants = study.variants_of(examples.model)
    yield from _unknown("figures.examples.variant", [examples.variant], set(variants), "variant")
    layers = study.layers_of(examples.model)
    if examples.layer not in layers:
        yield f"figures.examples.layer: {examples.layer} is not among the layers {list(layers)}"
    if examples.side is not None:
        sides = set(study.models[examples.model].of_sides)
        yield from _unknown("figures.examples.side", [examples.side], sides, "side")


def _builtin_faults(study: Study) -> Iterator[str]:
    # The grammar's languages; imported here since most studies need none of it.
    from polyconcept.builtin.read_lexicon import LANGUAGES

    # Further corpora may lack a language: `Files.extra_corpora` looks for it.
    used = {}
    if _is_builtin(study, study.corpus):
        used[f"corpora.{study.corpus}"] = study.languages
    for name, task in study.tasks.items():
        for split, data in (("train", task.train), ("test", task.test)):
            if data.builtin is not None or (data.corpus and _is_builtin(study, data.corpus)):
                source = (task.source,) if task.source else ()
                used[f"tasks.{name}.{split}"] = (*source, *data.languages)
    for name, model in study.models.items():
        recipe = model.pretrain
        if recipe is not None and any(_is_builtin(study, corpus) for corpus in recipe.corpora):
            used[f"models.{name}.pretrain.languages"] = recipe.languages
    for key, languages in used.items():
        yield from _unknown(key, languages, set(LANGUAGES), "language of the built-in corpus")


def _is_builtin(study: Study, corpus: str) -> bool:
    return corpus in study.corpora and study.corpora[corpus].builtin is not None


def _unknown(key: str, given: Iterable[str], known: Collection[str], what: str) -> Iterator[str]:
    for name in given:
        if name not in known:
            yield f"{key}: unknown {what} {name!r}{nearest(name, known)}; known: {sorted(known)}"


# Pairs are checked together with their turned twins; two numbers of a data set may mean one tag.
_MAY_REPEAT = ("pairs", "classes")


def _repeats_in(found: object, place: tuple[str, ...]) -> Iterator[str]:
    """Yield every list of the settings, at any depth, that holds a value twice."""
    if isinstance(found, BaseModel):
        for name in type(found).model_fields:
            if name not in _MAY_REPEAT:
                yield from _repeats_in(getattr(found, name), (*place, name))
    elif isinstance(found, Mapping):
        for name, value in found.items():
            yield from _repeats_in(value, (*place, str(name)))
    elif isinstance(found, tuple):
        twice = [value for value in dict.fromkeys(found) if found.count(value) > 1]
        if twice:
            yield f"{'.'.join(place)}: {twice} stands more than once in {list(found)}"


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at the known name most like `name`, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
