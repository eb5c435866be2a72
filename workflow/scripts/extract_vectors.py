"""Read the vector of every word of some languages from one model, all layers in one pass."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyconcept.audit.jobs import running
from polyconcept.machine.devices import choose_device
from polyconcept.models.loading import load_backbone, load_random_backbone, load_tokenizer
from polyconcept.records.text import Sentences
from polyconcept.store.vectors import write_all
from polyconcept.store.words import read_words
from polyconcept.text.parallel import read_each
from polyconcept.vectors.extract import read_texts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names, settings = snakemake.input, snakemake.wildcards, dict(snakemake.params.settings)
    device = choose_device(settings.pop("device"), n_gpus=snakemake.resources.get("gpu", 0))
    dtype, store = getattr(torch, settings.pop("dtype")), settings.pop("store")
    drawn = settings.pop("random_weights", None)
    load = partial(load_random_backbone, seed=drawn["seed"]) if drawn else load_backbone
    model = load(Path(files.model), side=names.side, device=device, dtype=dtype)
    words = [read_words(Path(path)) for path in files.words]
    given: Sequence[Sentences | None] = read_each(files.given) or [None] * len(words)
    texts = zip(words, read_each(files.texts), given, strict=True)
    tokenizer, run = load_tokenizer(Path(files.model)), (names.model, names.variant)
    read = read_texts(model, tokenizer, texts, run=run, side=names.side, **settings)
    write_all([Path(path) for path in snakemake.output.vectors], read, store=store)
