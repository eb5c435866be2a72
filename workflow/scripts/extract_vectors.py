"""Read the vector of every word of one language from one model, all layers in one pass."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyconcept import corpus, devices, extraction, models, store
from polyconcept.jobs import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory, given = Path(snakemake.input.model), snakemake.input.get("given")
    words = store.read_words(Path(snakemake.input.words))
    tokenizer = models.load_tokenizer(directory)
    dtype = getattr(torch, settings["dtype"])
    model = models.load_backbone(directory, side=names.side, device=device, dtype=dtype)
    plan = extraction.plan_extraction(
        tokenizer,
        corpus.read_sentences(Path(snakemake.input.text), names.language),
        words,
        max_length=models.max_subwords(model, tokenizer),
        side=names.side,
        language_codes=settings.get("language_codes"),
        given=corpus.read_sentences(Path(given), Path(given).stem) if given else None,
        **{key: settings[key] for key in ("token_budget", "pooling", "reading")},
    )
    header = store.VectorHeader(
        **{key: getattr(names, key) for key in ("language", "model", "variant", "side")},
        **{key: getattr(plan, key) for key in ("given", "reading", "dropped")},
        words_fingerprint=words.fingerprint,
        pooling=settings["pooling"],
    )
    layers = extraction.layers_to_read(model, names.side, settings["layers"])
    vectors = extraction.extract_vectors(model, plan, layers=layers)
    store.write_vectors(Path(snakemake.output.vectors), header, plan.rows, vectors)
