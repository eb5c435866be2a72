"""Pre-train the three models that the project ships, and write down how (`make builtin-models`).

Each model runs in a process of its own with one thread; on one machine the same versions give the
same weights. What came out, and how long it took, stands in RECIPE.json beside each model's files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import multiprocessing
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
import torch
import transformers
from builtin_measures import PIVOT, best_layer, retrieval, translation_bleu

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.builtin.read_lexicon import LANGUAGES
from polyconcept.models.directory import save_model
from polyconcept.records.text import Sentences
from polyconcept.tasks.architecture import Architecture, build_model
from polyconcept.tasks.batches import Mixture
from polyconcept.tasks.pretrain import PretrainOptions, pretrain
from polyconcept.tasks.tokenizers import TokenizerKind, train_tokenizer

DIRECTORY = Path(__file__).parents[1] / "polyconcept" / "builtin" / "models"
CORPUS_SEED = 1
N_TRAINING = 40_000
FIRST_HELD_OUT = 1_000_000
N_HELD_OUT = 400


@dataclass(frozen=True)
class Recipe:
    """How one model is made."""

    architecture: Architecture
    tokenizer: TokenizerKind
    options: PretrainOptions
    vocab_size: int
    max_length: int = 128
    hidden_size: int = 64
    n_layers: int = 4
    n_heads: int = 4
    intermediate_size: int = 256


MIXTURE = Mixture(
    batch_tokens=2048,
    translation_share=0.9,
    mask_share=0.1,
    pair_mask_share=0.7,
    short_batches=1500,
    # The only language of another script is learnt more slowly.
    language_weights={"ar": 2.0},
)
OPTIONS = PretrainOptions(
    n_steps=3000, seed=1, mixture=MIXTURE, learning_rate=4e-3, warmup_share=0.05
)
RECIPES = {
    "bert": Recipe("bert", "wordpiece", OPTIONS, vocab_size=6000),
    # Without segment embeddings the two sentences of a pair are told apart more slowly.
    "xlmr": Recipe("xlm-roberta", "unigram", replace(OPTIONS, n_steps=4000), vocab_size=7000),
    "mt5": Recipe(
        "mt5",
        "unigram-t5",
        replace(
            OPTIONS,
            n_steps=3500,
            learning_rate=3e-3,
            mixture=replace(
                MIXTURE,
                translation_share=0.9,
                mask_share=0.15,
                short_batches=1000,
                language_weights={"en": 3.0, "ar": 2.0},
            ),
        ),
        vocab_size=6000,
        n_layers=3,
        intermediate_size=128,
    ),
}


def main() -> None:
    """Train the models named on the command line, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *RECIPES], help="models; all by default")
    names = parser.parse_args().names or list(RECIPES)
    # A process for each: the machine's cores are used, and neither disturbs the other's threads.
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=make, args=(name,), name=name) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    failed = [process.name for process in processes if process.exitcode]
    if failed:
        raise SystemExit(f"not made: {', '.join(failed)} (their messages stand above)")


def make(name: str) -> None:
    """Pre-train one model and save it with its record."""
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name}: %(message)s")
    torch.set_num_threads(1)
    recipe, started = RECIPES[name], time.monotonic()
    text = training_text()
    held_out = held_out_text(text[PIVOT])
    tokenizer = train_tokenizer(
        text.values(),
        kind=recipe.tokenizer,
        vocab_size=recipe.vocab_size,
        max_length=recipe.max_length,
    )
    model = new_model(recipe, tokenizer)
    untrained = measured(model, tokenizer, held_out)
    watch = _watch(lambda: retrieval(encoder_of(model.eval()), tokenizer, held_out))
    losses = pretrain(model, tokenizer, text, options=recipe.options, watch=watch)
    directory = DIRECTORY / name
    save_model(model, tokenizer, directory)
    trained = measured(model, tokenizer, held_out)
    minutes = (time.monotonic() - started) / 60
    record = _record(recipe, directory, losses, {"trained": trained, "untrained": untrained})
    record["minutes"] = round(minutes, 1)
    path = directory / "RECIPE.json"
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    logging.info("saved %s after %.1f minutes", directory, minutes)


def training_text() -> Mapping[str, Sentences]:
    """Return the sentences that the models learn from."""
    return generate_corpus(LANGUAGES, n_sentences=N_TRAINING, seed=CORPUS_SEED).sentences


def held_out_text(trained_on: Sentences) -> dict[str, Sentences]:
    """Return sentences that the models never saw, all different.

    Those of `trained_on` are in the pivot language.
    """
    far = generate_corpus(
        LANGUAGES, n_sentences=2 * N_HELD_OUT, first=FIRST_HELD_OUT, seed=CORPUS_SEED
    ).sentences
    seen = {language: set[tuple[str, ...]]() for language in LANGUAGES}
    seen[PIVOT].update(trained_on.words)
    kept: list[int] = []
    for row in range(2 * N_HELD_OUT):
        if all(far[language].words[row] not in seen[language] for language in LANGUAGES):
            kept.append(row)
            for language in LANGUAGES:
                seen[language].add(far[language].words[row])
    if len(kept) < N_HELD_OUT:
        raise ValueError(f"only {len(kept)} held-out sentences are new, {N_HELD_OUT} are needed")
    return {
        language: Sentences(language, tuple(far[language].words[row] for row in kept[:N_HELD_OUT]))
        for language in LANGUAGES
    }


def new_model(recipe: Recipe, tokenizer: Any) -> Any:  # noqa: ANN401 - see models
    """Return the model before training."""
    model = build_model(
        recipe.architecture,
        tokenizer,
        seed=recipe.options.seed,
        hidden_size=recipe.hidden_size,
        n_layers=recipe.n_layers,
        n_heads=recipe.n_heads,
        intermediate_size=recipe.intermediate_size,
        dropout=0.0,  # every batch is new: there is nothing to overfit
    )
    model.eval()  # type: ignore[no-untyped-call]
    return model


def encoder_of(model: Any) -> Any:  # noqa: ANN401 - as above
    """Return the stack of layers that reads."""
    return model.get_encoder() if model.config.is_encoder_decoder else model.base_model


def measured(
    model: Any,  # noqa: ANN401 - as above
    tokenizer: Any,  # noqa: ANN401
    text: Mapping[str, Sentences],
) -> dict[str, Any]:
    """Return what the model has learnt, under the names that the record uses."""
    found: dict[str, Any] = {}
    found["retrieval_with_en_by_layer"] = retrieval(encoder_of(model), tokenizer, text)
    if model.config.is_encoder_decoder:
        found["bleu_from_en"] = translation_bleu(model, tokenizer, text)
    return found


def _watch(measure: Callable[[], dict[str, list[float]]]) -> Callable[[int, float], None]:
    def watch(step: int, loss: float) -> None:
        found = measure()
        layer = best_layer(found)
        shares = ", ".join(f"{language} {shares[layer]:.2f}" for language, shares in found.items())
        logging.info("step %d, loss %.3f, found at layer %d: %s", step, loss, layer, shares)

    return watch


def _record(
    recipe: Recipe,
    directory: Path,
    losses: list[float],
    found: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    weights = directory / "model.safetensors"
    retrieved = "retrieval_with_en_by_layer"
    return {
        "recipe": asdict(recipe),
        "corpus": {
            "languages": list(LANGUAGES),
            "seed": CORPUS_SEED,
            "training": {"first": 0, "n_sentences": N_TRAINING},
            "held_out": {"first": FIRST_HELD_OUT, "n_sentences": N_HELD_OUT},
        },
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "bytes": weights.stat().st_size,
        "loss": {
            "first_100_steps": float(np.mean(losses[:100])),
            "last_100_steps": float(np.mean(losses[-100:])),
        },
        "best_layer": best_layer(found["trained"][retrieved]),
        # Of each measure: trained, then untrained.
        **{
            measure: {state: values[measure] for state, values in found.items()}
            for measure in found["trained"]
        },
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
        },
    }


if __name__ == "__main__":
    main()
