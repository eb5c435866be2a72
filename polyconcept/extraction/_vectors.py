"""Running a model over a plan, and reading the words' vectors from its hidden states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from transformers import PreTrainedModel

from polyconcept.extraction._plan import ExtractionPlan
from polyconcept.logs import progress
from polyconcept.records import Float32, Int64, Rows, Vectors

Pooling: TypeAlias = Literal["last", "first", "mean"]

_Indices: TypeAlias = Int64[np.ndarray, " _"]


def extract_vectors(
    model: PreTrainedModel,
    plan: ExtractionPlan,
    *,
    layers: Sequence[int],
    pooling: Pooling = "last",
) -> Iterator[tuple[Rows, dict[int, Vectors]]]:
    """Run the model over a plan's batches; all wanted layers come from one pass.

    The model computes where it lies and in the precision it was loaded in; the vectors come out
    as float32 on the CPU.

    Args:
        model: An encoder in evaluation mode.
        plan: From `plan_extraction`, with this model's tokenizer.
        layers: Layers to read: 0 is the embedding output, n the output of block n.
        pooling: The subword that stands for a word: its ``last`` or ``first``, or the ``mean``
            of all.

    Returns:
        An iterator over the batches: places in `plan.rows` [word], and for each layer their
        vectors, float32 [word, dim]. Every place comes once.

    Raises:
        ValueError: A layer that the model does not have, an unknown pooling, a model in training
            mode or with fewer embeddings than the tokenizer has subwords (all before the model
            runs); a vector that is not finite (names sentence and layer).
    """
    if pooling not in get_args(Pooling):
        raise ValueError(f"pooling is {pooling!r}, expected one of {', '.join(get_args(Pooling))}")
    _check_model(model, plan, layers)
    return _run(model, plan, tuple(dict.fromkeys(layers)), pooling)


def _run(
    model: PreTrainedModel, plan: ExtractionPlan, layers: tuple[int, ...], pooling: Pooling
) -> Iterator[tuple[Rows, dict[int, Vectors]]]:
    title = f"vectors of {plan.language}"
    for batch in progress(plan.batches, total=len(plan.batches), description=title):
        places = _ranges(plan.word_bound[batch], plan.word_bound[batch + 1])
        yield places, _batch_vectors(model, plan, batch, layers, pooling)


def _batch_vectors(
    model: PreTrainedModel,
    plan: ExtractionPlan,
    batch: _Indices,
    layers: tuple[int, ...],
    pooling: Pooling,
) -> dict[int, Vectors]:
    """Vectors of the kept words of a batch of inputs, for each layer."""
    states = _hidden_states(model, plan, batch)
    longest = states[0].shape[1]
    words = _ranges(plan.word_bound[batch], plan.word_bound[batch + 1])
    n_words = plan.word_bound[batch + 1] - plan.word_bound[batch]
    line = np.repeat(np.arange(len(batch)), n_words)
    first = (plan.last if pooling == "last" else plan.first)[words] + line * longest
    last = (plan.first if pooling == "first" else plan.last)[words] + line * longest
    read = torch.from_numpy(_ranges(first, last + 1)).to(model.device)
    vectors: dict[int, Vectors] = {}
    for layer in layers:
        state = states[layer].flatten(0, 1)[read].float().cpu().numpy()  # (subwords read, dim)
        vectors[layer] = _means(state, last - first + 1)
        finite = np.isfinite(vectors[layer]).all(axis=1)
        if not finite.all():
            sentence = int(plan.sentence[batch[line[np.flatnonzero(~finite)[0]]]])
            raise ValueError(
                f"{plan.language}, sentence {sentence} (line {sentence + 1}): a vector of layer "
                f"{layer} is not finite (model in {model.dtype})"
            )
    return vectors


@torch.inference_mode()
def _hidden_states(
    model: PreTrainedModel, plan: ExtractionPlan, batch: _Indices
) -> tuple[torch.Tensor, ...]:
    """Hidden states of a batch by layer, each (inputs, longest, dim), on the model's device."""
    starts, ends = plan.subword_bound[batch], plan.subword_bound[batch + 1]
    lengths = ends - starts
    mask = np.arange(lengths.max()) < lengths[:, None]
    subwords = np.full(mask.shape, plan.padding, dtype=np.int64)
    subwords[mask] = plan.subwords[_ranges(starts, ends)]
    output: Any = model(
        input_ids=torch.from_numpy(subwords).to(model.device),
        attention_mask=torch.from_numpy(mask.astype(np.int64)).to(model.device),
        output_hidden_states=True,
    )
    states: tuple[torch.Tensor, ...] = output.hidden_states
    return states


def _means(
    state: Float32[np.ndarray, "subword dim"], counts: Int64[np.ndarray, " word"]
) -> Vectors:
    """Mean of each run of `counts` rows; added up on the CPU, where the order is fixed."""
    if (counts == 1).all():
        return state
    sums = np.add.reduceat(state, np.concatenate([[0], np.cumsum(counts[:-1])]), axis=0)
    means: Vectors = sums / counts[:, None].astype(np.float32)
    return means


def _ranges(starts: _Indices, ends: _Indices) -> _Indices:
    """The ranges starts[i], ..., ends[i] - 1, one after the other."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    ranges: _Indices = np.arange(counts.sum()) + np.repeat(starts - before, counts)
    return ranges


def _check_model(model: PreTrainedModel, plan: ExtractionPlan, layers: Sequence[int]) -> None:
    deepest = int(model.config.num_hidden_layers)
    wrong = [layer for layer in layers if not 0 <= layer <= deepest]
    if wrong or not layers:
        raise ValueError(
            f"layers {list(layers)}: {wrong or 'none'} asked for, the model has 0 (embedding "
            f"output) to {deepest}"
        )
    if model.training:
        raise ValueError("the model is in training mode: dropout would change its vectors")
    embeddings: Any = model.get_input_embeddings()
    n_embeddings = len(embeddings.weight)
    if plan.subwords.max() >= n_embeddings:
        raise ValueError(
            f"the tokenizer is not the model's: subword number {plan.subwords.max()} found, the "
            f"model has {n_embeddings} embeddings"
        )
