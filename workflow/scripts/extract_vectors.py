"""Read the vector of every word of one language from one model, all layers in one pass."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyconcept import corpus, devices, extraction, models, store
from polyconcept.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with log_to(snakemake.log[0], threads=snakemake.threads):
    settings, names = snakemake.params.settings, snakemake.wildcards
    directory = Path(snakemake.input.model)
    words = store.read_words(Path(snakemake.input.words))
    tokenizer = models.load_tokenizer(directory)
    model = models.load_encoder(
        directory,
        device=devices.choose_device(settings["device"]),
        dtype=getattr(torch, settings["dtype"]),
    )
    plan = extraction.plan_extraction(
        tokenizer,
        corpus.read_sentences(Path(snakemake.input.text), names.language),
        words,
        max_length=models.max_subwords(model, tokenizer),
        token_budget=settings["token_budget"],
    )
    vectors = extraction.extract_vectors(
        model, plan, layers=settings["layers"], pooling=settings["pooling"]
    )
    header = store.VectorHeader(
        **dict(names.items()),
        words_fingerprint=words.fingerprint,
        pooling=settings["pooling"],
        dropped=plan.dropped,
    )
    store.write_vectors(Path(snakemake.output.vectors), header, plan.rows, vectors)
