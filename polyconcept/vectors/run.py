"""Vectors of several texts from one model, which is loaded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from polyconcept.models.shape import max_subwords
from polyconcept.records.arrays import Rows, Vectors
from polyconcept.records.text import Sentences, Words
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.planned import ExtractionPlan, Side
from polyconcept.vectors.stack import layers_to_read

_Batches: TypeAlias = Iterator[tuple[Rows, dict[int, Vectors]]]


def read_texts(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[tuple[Words, Sentences, Sentences | None]],
    *,
    side: Side,
    layers: Sequence[int],
    **options: Any,  # noqa: ANN401 - those of `plan_extraction`
) -> Iterator[tuple[ExtractionPlan, _Batches]]:
    """Read one text after the other; the vectors of each must be taken before the next is asked.

    Args:
        model: A model without head.
        tokenizer: Its fast tokenizer.
        texts: Of each its word table, its sentences, and what the encoder is given to read while
            the decoder is forced, if anything (`plan_extraction`).
        side: Stack of layers to read.
        layers: Layers that are wanted.
        options: How a word is read: ``token_budget``, ``pooling``, ``reading``.
    """
    wanted = layers_to_read(model, side, layers)
    longest = max_subwords(model, tokenizer)
    for words, sentences, given in texts:
        plan = plan_extraction(
            tokenizer, sentences, words, max_length=longest, side=side, given=given, **options
        )
        yield plan, extract_vectors(model, plan, layers=wanted)
