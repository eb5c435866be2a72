"""Run a model over a plan, and read the words' vectors from its hidden states."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from polyconcept.machine.logs import progress
from polyconcept.models.shape import Side, max_subwords, n_blocks_of
from polyconcept.records.arrays import Float32, Int32, Int64, Rows, Vectors
from polyconcept.records.concepts import BEFORE_NORM, VectorHeader, layer_name
from polyconcept.records.text import Sentences, Words
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.planned import ExtractionPlan, Pooling
from polyconcept.vectors.stack import check_plan, layers_to_read, n_embeddings, watched
from polyconcept.vectors.transfer import mark, to_device, to_host

_log = logging.getLogger(__name__)

# A CPU gains nothing from larger parts of a batch: they take memory, and leave its caches.
_CPU_SUBWORDS = 1024
# Parts that a device is given before the vectors of the first are waited for: while those are
# packed and written, it computes the next. On a CPU nothing comes before all of it is computed.
_N_AHEAD = {"cuda": 1}

_Indices: TypeAlias = Int64[np.ndarray, " _"]
_States: TypeAlias = tuple[torch.Tensor | None, ...]
_Batches: TypeAlias = Iterator[tuple[Rows, dict[int, Vectors]]]
_ByLayer: TypeAlias = Mapping[int, torch.Tensor]


@dataclass(frozen=True)
class _Part:
    """Inputs that pass through the model together."""

    inputs: _Indices
    filled_as: _Indices
    """Inputs up to whose longest they are filled: all of a batch, so that its parts read what it
    reads as one. What they give may have other last bits, as products of fewer rows do."""


@dataclass(frozen=True)
class _Coming:
    """States of a part's words on their way from the device."""

    words: _Indices
    """Places in the plan's rows."""
    counts: _Indices
    """States that each word is made of."""
    states: Mapping[int, torch.Tensor]
    """Float32 by layer, one row a state; on the CPU, and whole once `arrived` has passed."""
    arrived: torch.cuda.Event | None


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
) -> Iterator[tuple[VectorHeader, Rows, Int32[np.ndarray, " word"], _Batches]]:
    """Read one text after the other; the vectors of each must be taken before the next is asked.

    Each text has its word table, its sentences, and what the encoder is given to read while the
    decoder is forced, if anything. `run` names the model and its variant; `options` are those of
    `plan_extraction`.

    Yields:
        Of each text what is known of its vectors, the rows of its word table that get one, of how
        many subwords each word is, and the places in these rows with their vectors by layer, as
        they come.
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
        yield header, plan.rows, plan.n_subwords, extract_vectors(model, plan, layers=wanted)


def extract_vectors(
    model: PreTrainedModel, plan: ExtractionPlan, *, layers: Sequence[int]
) -> _Batches:
    """Run the model over a plan's batches; all wanted layers come from one pass.

    The model computes where it lies and in the precision it was loaded in; the vectors come out
    as float32 on the CPU. Of an encoder-decoder model only the sides that the plan needs run. Layer
    0 is the embedding output, n the output of block n; see also `layers_to_read`.

    Returns:
        An iterator over the batches, or parts of them: places in `plan.rows` [word], and for each
        layer their vectors, float32 [word, dim]. Every place comes once.

    Raises:
        ValueError: As `check_plan`, before the model runs; a model without hidden states; a vector
            that is not finite (names sentence and layer).
    """
    check_plan(model, plan, layers)
    return _run(model, plan, tuple(dict.fromkeys(layers)))


def _run(model: PreTrainedModel, plan: ExtractionPlan, layers: tuple[int, ...]) -> _Batches:
    n_ahead = _N_AHEAD.get(model.device.type, 0)
    waiting: deque[_Coming] = deque()
    for coming in _parts(model, plan, layers):
        waiting.append(coming)
        if len(waiting) > n_ahead:
            first = waiting.popleft()
            yield first.words, _arrived(model, plan, first)
    for last in waiting:
        yield last.words, _arrived(model, plan, last)


def _parts(
    model: PreTrainedModel, plan: ExtractionPlan, layers: tuple[int, ...]
) -> Iterator[_Coming]:
    """Give the model one part after the other; a GPU may be making the states that this yields."""
    title = f"vectors of {plan.language}"
    # Subwords of a part of a batch; on a GPU once a batch was too large for it.
    budget: int | None = _CPU_SUBWORDS if model.device.type == "cpu" else None
    was_halved = False
    for batch in progress(plan.batches, total=len(plan.batches), description=title):
        waiting = _within(plan, batch, budget)
        while waiting:
            try:
                part = _Part(waiting[0], waiting[0] if was_halved else batch)
                coming = _part_states(model, plan, part, layers)
            except torch.OutOfMemoryError as error:
                budget, was_halved = _halved(plan, waiting[0], error), True
                waiting = _within(plan, np.concatenate(waiting), budget)
                continue
            waiting.pop(0)
            yield coming


def _longest(plan: ExtractionPlan, batch: _Indices) -> int:
    """Return the subwords of a batch's longest input, to which the others are padded."""
    return int((plan.subword_bound[batch + 1] - plan.subword_bound[batch]).max())


def _within(plan: ExtractionPlan, batch: _Indices, budget: int | None) -> list[_Indices]:
    """Return a batch in as few parts as keep the budget; of one input at least."""
    if budget is None:
        return [batch]
    n_inputs = max(1, budget // _longest(plan, batch))
    return np.array_split(batch, -(-len(batch) // n_inputs))


def _halved(plan: ExtractionPlan, batch: _Indices, error: Exception) -> int:
    """Return the budget for all further batches, after one did not fit into the GPU's memory."""
    # The budget stays: what did not fit would not fit again, and each try costs time.
    if len(batch) == 1:
        sentence, size = int(plan.sentence[batch[0]]), _longest(plan, batch)
        raise MemoryError(
            f"{plan.language}, sentence {sentence} (line {sentence + 1}): the GPU's memory does "
            f"not hold this sentence alone ({size} subwords); needed: a larger GPU, or "
            "`dtype: bfloat16`"
        ) from error
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    budget = len(batch) * _longest(plan, batch) // 2
    text = "out of GPU memory at %d sentences: the token budget is halved to %d subwords from here"
    _log.warning(text, len(batch), budget)
    return budget


def _part_states(
    model: PreTrainedModel, plan: ExtractionPlan, part: _Part, layers: tuple[int, ...]
) -> _Coming:
    """Return the states of the kept words of a part of a batch, for each layer."""
    states = _hidden_states(model, plan, part, layers)
    batch, longest = part.inputs, _longest(plan, part.filled_as)
    words = _ranges(plan.word_bound[batch], plan.word_bound[batch + 1])
    n_words = plan.word_bound[batch + 1] - plan.word_bound[batch]
    line = np.repeat(np.arange(len(batch)), n_words)
    first, last = plan.first[words] + line * longest, plan.last[words] + line * longest
    read = to_device(_ranges(first, last + 1), model.device)
    found = {layer: to_host(states[layer].flatten(0, 1)[read].float()) for layer in layers}
    return _Coming(words, last - first + 1, found, mark(model.device))


def _arrived(model: PreTrainedModel, plan: ExtractionPlan, part: _Coming) -> dict[int, Vectors]:
    """Return the vectors of a part's words by layer, once all its states are here."""
    if part.arrived is not None:
        part.arrived.synchronize()
    vectors: dict[int, Vectors] = {}
    for layer, states in part.states.items():
        vectors[layer] = _means(states.numpy(), part.counts)
        finite = np.isfinite(vectors[layer]).all(axis=1)
        if not finite.all():
            place = part.words[np.flatnonzero(~finite)[0]]
            sentence = int(plan.sentence[np.searchsorted(plan.word_bound, place, "right") - 1])
            raise ValueError(
                f"{plan.language}, sentence {sentence} (line {sentence + 1}): a vector of "
                f"{layer_name(layer)} is not finite (model in {model.dtype})"
            )
    return vectors


@torch.inference_mode()
def _hidden_states(
    model: PreTrainedModel, plan: ExtractionPlan, part: _Part, layers: tuple[int, ...]
) -> _ByLayer:
    """Return a batch's hidden states by layer, each (inputs, longest, dim), on its device."""
    numbered = [layer for layer in layers if layer != BEFORE_NORM]
    needed = n_blocks_of(model.config, plan.side) + 1
    # Only the wanted layers, where the model can tell them apart: all of them would take several
    # times the memory of a batch.
    for wanted in (numbered, True):
        with watched(model, plan.side, wanted=BEFORE_NORM in layers) as before_norm:
            states = _run_model(model, plan, part, wanted)
        if states is None or len(states) != needed:
            raise ValueError(
                f"{type(model).__name__} gives {len(states or ())} hidden states of its "
                f"{plan.side}, {needed} are needed: the embedding output and one for each block"
            )
        found = {layer: state for layer in numbered if (state := states[layer]) is not None}
        if len(found) == len(set(numbered)):
            return found | ({BEFORE_NORM: before_norm[-1]} if before_norm else {})
    raise ValueError(f"{type(model).__name__} gives no hidden states of some of {list(layers)}")


def _run_model(
    model: PreTrainedModel, plan: ExtractionPlan, part: _Part, wanted: list[int] | bool
) -> _States | None:
    """Return the hidden states that a side of the model gives for a batch."""
    subwords, mask = _padded(model, plan, part, given=False)
    options: dict[str, Any] = {"attention_mask": mask, "output_hidden_states": wanted}
    if plan.given:
        output = _forced(model, plan, part, subwords, options)
        return getattr(output, "decoder_hidden_states", None)
    if plan.side == "decoder":
        output = model(input_ids=subwords, use_cache=False, **options)
    else:
        encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        output = encoder(input_ids=subwords, **options)
    return getattr(output, "hidden_states", None)


def _forced(
    model: Any,  # noqa: ANN401 - torch hides what a call of a model takes
    plan: ExtractionPlan,
    part: _Part,
    subwords: torch.Tensor,
    options: Mapping[str, Any],
) -> Any:  # noqa: ANN401 - each architecture has an output class of its own
    """Return the output of a decoder that reads its start symbol and all subwords but the last."""
    # So the state at place j predicts subword j, and the one at j + 1 has just read it.
    begin = model.config.decoder_start_token_id if plan.start is None else plan.start
    start = torch.full_like(subwords[:, :1], begin)
    read, read_mask = _padded(model, plan, part, given=True)
    encoded = model.get_encoder()(input_ids=read, attention_mask=read_mask)
    return model(
        encoder_outputs=encoded,
        attention_mask=read_mask,
        decoder_input_ids=torch.cat([start, subwords[:, :-1]], dim=1),
        decoder_attention_mask=options["attention_mask"],
        output_hidden_states=options["output_hidden_states"],
        use_cache=False,
    )


def _padded(
    model: PreTrainedModel, plan: ExtractionPlan, part: _Part, *, given: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a part's subwords, filled on the right, and which of them count; (inputs, longest)."""
    bound = plan.given_bound if given else plan.subword_bound
    flat = plan.given_subwords if given else plan.subwords
    starts, ends = bound[part.inputs], bound[part.inputs + 1]
    longest = (bound[part.filled_as + 1] - bound[part.filled_as]).max()
    mask = np.arange(longest) < (ends - starts)[:, None]
    # The tokenizer's symbol may be one that the model was never given an embedding for.
    padding = plan.padding if plan.padding < n_embeddings(model) else 0
    subwords = np.full(mask.shape, padding, dtype=np.int64)
    subwords[mask] = flat[_ranges(starts, ends)]
    return to_device(subwords, model.device), to_device(mask.astype(np.int64), model.device)


def _means(
    state: Float32[np.ndarray, "subword dim"], counts: Int64[np.ndarray, " word"]
) -> Vectors:
    """Return the mean of each run of `counts` rows, added up on the CPU in a fixed order."""
    if (counts == 1).all():
        return state
    sums = np.add.reduceat(state, np.concatenate([[0], np.cumsum(counts[:-1])]), axis=0)
    means: Vectors = sums / counts[:, None].astype(np.float32)
    return means


def _ranges(starts: _Indices, ends: _Indices) -> _Indices:
    """Return the ranges starts[i], ..., ends[i] - 1, one after the other."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    ranges: _Indices = np.arange(counts.sum()) + np.repeat(starts - before, counts)
    return ranges
