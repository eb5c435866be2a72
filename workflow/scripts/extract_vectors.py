"""Read the vector of every word of one language from one model, all layers in one pass."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyconcept.audit.jobs import running
from polyconcept.machine import devices
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.models.shape import max_subwords
from polyconcept.store.vectors import VectorHeader, write_vectors
from polyconcept.store.words import read_words
from polyconcept.text.parallel import read_sentences
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.stack import layers_to_read

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = devices.choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory, given = Path(snakemake.input.model), snakemake.input.get("given")
    words = read_words(Path(snakemake.input.words))
    tokenizer = load_tokenizer(directory)
    dtype = getattr(torch, settings["dtype"])
    model = load_backbone(directory, side=names.side, device=device, dtype=dtype)
    plan = plan_extraction(
        tokenizer,
        read_sentences(Path(snakemake.input.text), names.language),
        words,
        max_length=max_subwords(model, tokenizer),
        side=names.side,
        language_codes=settings.get("language_codes"),
        given=read_sentences(Path(given), Path(given).stem) if given else None,
        **{key: settings[key] for key in ("token_budget", "pooling", "reading")},
    )
    header = VectorHeader(
        **{key: getattr(names, key) for key in ("language", "model", "variant", "side")},
        **{key: getattr(plan, key) for key in ("given", "reading", "dropped")},
        words_fingerprint=words.fingerprint,
        pooling=settings["pooling"],
    )
    layers = layers_to_read(model, names.side, settings["layers"])
    vectors = extract_vectors(model, plan, layers=layers)
    write_vectors(Path(snakemake.output.vectors), header, plan.rows, vectors)
