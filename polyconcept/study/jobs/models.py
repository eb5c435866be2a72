"""Base models: fetched, pre-trained, checked."""

from __future__ import annotations

from polyconcept.study.jobs.job import Inputs, Job, Values, language_codes, plain
from polyconcept.study.jobs.paths import Files, Names
from polyconcept.study.jobs.work import ACTIVATIONS, Cost, Work
from polyconcept.study.schema import Study
from polyconcept.study.sizes import FLOAT_BYTES


def _model_source(files: Files, names: Names) -> Inputs:
    model = files.study.models[names["model"]]
    if model.hub is not None:
        hub = model.hub
        return {"pin": files.pin("model", hub.model, hub.revision, hub.converted)}
    found = f"polyconcept/builtin/models/{model.builtin}" if model.builtin else model.directory
    if found is None:
        raise KeyError("the model comes from elsewhere")
    return {"model": found}


def _model_kinds(study: Study, names: Names) -> tuple[str, ...]:
    found = "own_model" if study.models[names["model"]].hub is None else "hub_model"
    return (f"polyconcept.sources.{found}",)


def _copied_cost(work: Work, names: Names) -> Cost:
    """Count the hashing of what is read (the hub's files as they come) and written."""
    size = work.sizes.model(names["model"]).file_bytes
    return work.hashed(2 * size).holding(0.0, size)


def _pretraining_texts(files: Files, names: Names) -> Inputs:
    recipe = files.study.models[names["model"]].pretrain
    if recipe is None:
        raise KeyError("the model comes from elsewhere")
    texts = [files.text(corpus, "", code) for corpus in recipe.corpora for code in recipe.languages]
    return {"texts": texts}


def _pretrain(study: Study, names: Names) -> Values:
    return plain(study.models[names["model"]].pretrain) | {"device": study.device}


def _pretrain_cost(work: Work, names: Names) -> Cost:
    name = names["model"]
    recipe = work.study.models[name].pretrain
    assert recipe is not None
    n_subwords = recipe.training.n_steps * recipe.mixture.batch_tokens
    model = work.sizes.model(name)
    batch = ACTIVATIONS * recipe.mixture.batch_tokens * model.n_layers * model.n_dims
    done = work.training(name, n_subwords)
    return done.holding(4 * model.file_bytes + FLOAT_BYTES * batch, model.file_bytes)


def stacks_of(study: Study, names: Names) -> list[str]:
    """Return the stacks of layers that a model must have: its encoder, its decoder, or both."""
    family = study.models[names["model"]].of_family
    return ["encoder", "decoder"] if family == "encoder-decoder" else [family]


def _check_model(study: Study, names: Names) -> Values:
    """Return what a model must have, known before it is fine-tuned."""
    model = study.models[names["model"]]
    settings = {
        "side_names": stacks_of(study, names),
        "layers": list(study.layers_of(names["model"])),
        "trained": bool(model.tasks),
    }
    return settings | _languages(study, names) | language_codes(study, names)


def _languages(study: Study, names: Names) -> Values:
    """Languages that a model's tokenizer may need codes for: those of NLLB and mBART do."""
    if study.models[names["model"]].family != "encoder-decoder":
        return {}
    return {"languages": list(study.languages_of(names["model"]))}


def _check_cost(work: Work, names: Names) -> Cost:
    """Load it with its tokenizer, and look at its weights one by one."""
    size = work.sizes.model(names["model"]).file_bytes
    return (work.loading(names["model"]) + work.loading(names["model"])).holding(1.5 * size)


JOBS = {
    "fetch_model": Job(
        "models",
        _model_source,
        kinds=_model_kinds,
        cost=_copied_cost,
        sources=("model",),
        local=True,
        start="torch",
    ),
    "pretrain": Job(
        "models", _pretraining_texts, _pretrain, cost=_pretrain_cost, gpu=True, start="transformers"
    ),
    "check_model": Job(
        "models",
        lambda files, names: {"model": files.model(names, "base")},
        _check_model,
        cost=_check_cost,
        start="transformers",
    ),
}
