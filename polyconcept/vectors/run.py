"""Vectors of several texts from one model, which is loaded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from polyconcept.models.shape import max_subwords
from polyconcept.records.arrays import Rows, Vectors
from polyconcept.records.concepts import VectorHeader
from polyconcept.records.text import Sentences, Words
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.planned import Pooling, Side
from polyconcept.vectors.stack import layers_to_read

_Batches: TypeAlias = Iterator[tuple[Rows, dict[int, Vectors]]]


def read_texts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[tuple[Words, Sentences, Sentences | None]],
    *,
    run: tuple[str, str],
    side: Side,
    layers: Sequence[int],
    pooling: Pooling,
    **options: Any,  # noqa: ANN401 - those of `plan_extraction`
) -> Iterator[tuple[VectorHeader, Rows, _Batches]]:
    """Read one text after the other; the vectors of each must be taken before the next is asked.

    Args:
        model: A model without head.
        tokenizer: Its fast tokenizer.
        texts: Of each its word table, its sentences, and what the encoder is given to read while
            the decoder is forced, if anything (`plan_extraction`).
        run: Names of the model and of its variant.
        side: Stack of layers to read.
        layers: Layers that are wanted.
        pooling: Which subword stands for the word.
        options: How else a word is read: ``token_budget``, ``reading``.

    Yields:
        Of each text what is known of its vectors, the rows of its word table that get one, and the
        places in these rows with their vectors by layer, as they come.
    """
    wanted = layers_to_read(model, side, layers)
    longest = max_subwords(model, tokenizer)
    for words, sentences, given in texts:
        plan = plan_extraction(
            tokenizer,
            sentences,
            words,
            max_length=longest,
            side=side,
            given=given,
            pooling=pooling,
            **options,
        )
        header = VectorHeader(
            plan.language,
            words.fingerprint,
            *run,
            side=side,
            given=plan.given,
            reading=plan.reading,
            pooling=pooling,
            dropped=plan.dropped,
        )
        yield header, plan.rows, extract_vectors(model, plan, layers=wanted)
