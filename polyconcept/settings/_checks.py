"""Checks across keys: every name that one key uses must be defined by another."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence

from polyconcept.settings._schema import Examples, Study

__all__ = ["cross_faults", "layer_faults", "nearest"]


def cross_faults(study: Study) -> Iterator[str]:
    """Yield what is wrong between the keys of `study`, one sentence each."""
    corpora, tasks, models = set(study.corpora), set(study.tasks), set(study.models)
    yield from _unknown("corpus", [study.corpus], corpora, "corpus")
    yield from _unknown(
        "word_links.extra_corpora", study.word_links.extra_corpora, corpora, "corpus"
    )
    if "base" in tasks:
        yield "tasks: `base` names the variant that is not fine-tuned; choose another name"
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
    yield from _repeated("word_links.extra_corpora", study.word_links.extra_corpora)
    yield from _repeated("clustering.seeds", study.clustering.seeds)
    for name, task in study.tasks.items():
        yield from _repeated(f"tasks.{name}.labels", task.labels)
        yield from _repeated(f"tasks.{name}.train.languages", task.train.languages)
        yield from _repeated(f"tasks.{name}.test.languages", task.test.languages)
    for name, model in study.models.items():
        yield from _unknown(f"models.{name}.tasks", model.tasks, tasks, "task")
        yield from _repeated(f"models.{name}.tasks", model.tasks)
        if model.pretrain is not None:
            key = f"models.{name}.pretrain"
            yield from _unknown(f"{key}.corpora", model.pretrain.corpora, corpora, "corpus")
            yield from _repeated(f"{key}.corpora", model.pretrain.corpora)
            yield from _repeated(f"{key}.languages", model.pretrain.languages)
            n_blocks = model.pretrain.model.n_layers
            yield from layer_faults(study, name, n_blocks, f"{key}.model.n_layers")
    examples = study.figures.examples
    if examples is not None:
        yield from _unknown("figures.examples.model", [examples.model], models, "model")
        if examples.model in models:
            yield from _example_faults(study, examples)
    yield from _builtin_faults(study)


def layer_faults(study: Study, model: str, n_blocks: int, key: str) -> Iterator[str]:
    """Yield, under `key`, the layers wanted of a model that its `n_blocks` blocks do not have."""
    beyond = [layer for layer in study.layers_of(model) if layer > n_blocks]
    if beyond:
        yield f"{key}: {n_blocks} blocks have the layers 0 to {n_blocks}, not {beyond} (`layers`)"


def _example_faults(study: Study, examples: Examples) -> Iterator[str]:
    variants = study.variants_of(examples.model)
    yield from _unknown("figures.examples.variant", [examples.variant], set(variants), "variant")
    layers = study.layers_of(examples.model)
    if examples.layer not in layers:
        yield f"figures.examples.layer: {examples.layer} is not among the layers {list(layers)}"


def _builtin_faults(study: Study) -> Iterator[str]:
    # The grammar's languages; imported here since most studies need none of it.
    from polyconcept.builtin import LANGUAGES

    used = {f"corpora.{name}": study.languages for name in _builtin_corpora_used(study)}
    for name, task in study.tasks.items():
        for split, data in (("train", task.train), ("test", task.test)):
            if data.builtin is not None:
                used[f"tasks.{name}.{split}"] = data.languages
    for name, model in study.models.items():
        recipe = model.pretrain
        if recipe is not None and any(_is_builtin(study, corpus) for corpus in recipe.corpora):
            used[f"models.{name}.pretrain.languages"] = recipe.languages
    for key, languages in used.items():
        yield from _unknown(key, languages, set(LANGUAGES), "language of the built-in corpus")


def _builtin_corpora_used(study: Study) -> list[str]:
    names = dict.fromkeys([study.corpus, *study.word_links.extra_corpora])
    return [name for name in names if _is_builtin(study, name)]


def _is_builtin(study: Study, corpus: str) -> bool:
    return corpus in study.corpora and study.corpora[corpus].builtin is not None


def _unknown(key: str, given: Iterable[str], known: Collection[str], what: str) -> Iterator[str]:
    for name in given:
        if name not in known:
            yield f"{key}: unknown {what} {name!r}{nearest(name, known)}; known: {sorted(known)}"


def _repeated(key: str, given: Sequence[object]) -> Iterator[str]:
    twice = [value for value in dict.fromkeys(given) if given.count(value) > 1]
    if twice:
        yield f"{key}: {twice} stands more than once in {list(given)}"


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at the known name most like `name`, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
