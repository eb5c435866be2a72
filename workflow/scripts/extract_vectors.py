"""Read the vector of every word of one language from one model, all layers in one pass."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyconcept.audit.jobs import running
from polyconcept.machine.devices import choose_device
from polyconcept.models import loading, shape
from polyconcept.store.vectors import VectorHeader, write_vectors
from polyconcept.store.words import read_words
from polyconcept.text.parallel import read_sentences
from polyconcept.vectors import extract, plan, stack

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    settings, names = snakemake.params.settings, snakemake.wildcards
    device = choose_device(settings["device"], n_gpus=snakemake.resources.get("gpu", 0))
    directory, given = Path(snakemake.input.model), snakemake.input.get("given")
    words = read_words(Path(snakemake.input.words))
    tokenizer = loading.load_tokenizer(directory)
    dtype = getattr(torch, settings["dtype"])
    model = loading.load_backbone(directory, side=names.side, device=device, dtype=dtype)
    planned = plan.plan_extraction(
        tokenizer,
        read_sentences(Path(snakemake.input.text), names.language),
        words,
        max_length=shape.max_subwords(model, tokenizer),
        side=names.side,
        given=read_sentences(Path(given), Path(given).stem) if given else None,
        **{key: settings[key] for key in ("token_budget", "pooling", "reading")},
    )
    header = VectorHeader(
        **{key: getattr(names, key) for key in ("language", "model", "variant", "side")},
        **{key: getattr(planned, key) for key in ("given", "reading", "dropped")},
        words_fingerprint=words.fingerprint,
        pooling=settings["pooling"],
    )
    layers = stack.layers_to_read(model, names.side, settings["layers"])
    vectors = extract.extract_vectors(model, planned, layers=layers)
    write_vectors(Path(snakemake.output.vectors), header, planned.rows, vectors)
