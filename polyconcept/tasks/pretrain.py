"""Pre-train a small model on parallel text: to guess masked words, or from text to text."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.records.text import Sentences
from polyconcept.tasks.batches import Mixture, masked_batches
from polyconcept.tasks.denoising import TaskBatch, task_batches
from polyconcept.tasks.masking import (
    NOT_SCORED,
    MaskedBatch,
    Subwords,
    Symbols,
    split_into_subwords,
)

_SECONDS_BETWEEN_LINES = 60.0
# Learning rate of an mT5's queries and keys, relative to that of all else.
_SCORES_RATE = 0.1


@dataclass(frozen=True)
class PretrainOptions:
    """How long and on what a model is pre-trained."""

    n_steps: int
    """Optimizer steps, one batch each."""
    seed: int
    """Seed of the order of the text, of the masks and of dropout."""
    mixture: Mixture = field(default_factory=Mixture)
    """What the batches are made of."""
    learning_rate: float = 1e-3
    """Highest learning rate, reached after the warm-up; falls linearly to 0."""
    warmup_share: float = 0.1
    """Share of the steps in which the learning rate rises from 0."""
    weight_decay: float = 0.01
    """Weight decay of AdamW; biases and norms are left alone."""

    def __post_init__(self) -> None:
        if self.n_steps < 1:
            raise ValueError(f"n_steps={self.n_steps} should be at least 1")
        if not 0 <= self.warmup_share <= 1:
            raise ValueError(f"warmup_share={self.warmup_share} should be from 0 to 1")


def pretrain(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Mapping[str, Sentences],
    *,
    options: PretrainOptions,
    watch: Callable[[int, float], None] | None = None,
    watch_every: int = 500,
) -> list[float]:
    """Train `model` in place on sentences alone and on translation pairs.

    BERT and XLM-R guess masked words. An mT5 writes spans taken out of a sentence, and translations
    from every language into every other, asked for by `prompts.translation_prompt`. On CPU, the
    same options, text and number of threads give the same weights. `watch` is called every
    `watch_every` steps, with the step and the mean loss since the last call.

    Returns:
        The loss of each step: mean over its hidden (or written) subwords, in nats.

    Raises:
        ValueError: Nothing to train on, files of unequal length, a single language where pairs
            are wanted, or a tokenizer without the special subwords that the model needs.
    """
    _check(sentences, options)
    torch.manual_seed(options.seed)
    # Two places are for special subwords (see `masking.alone`).
    room = tokenizer.model_max_length - 2
    text = {
        language: split_into_subwords(part, tokenizer, max_subwords=room)
        for language, part in sentences.items()
    }
    random = np.random.default_rng(options.seed)
    learn = _text_to_text if model.config.model_type == "mt5" else _masked_words
    steps, own = learn(model, tokenizer, text, random, options.mixture)
    optimizer = _optimizer(model, own, options)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate_of(options))
    losses: list[float] = []
    progress = _Progress(options.n_steps)
    model.train()
    for loss in islice(steps, options.n_steps):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        # As in BERT's released code (optimization.py).
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        progress.show(losses)
        if watch is not None and len(losses) % watch_every == 0:
            watch(len(losses), float(np.mean(losses[-watch_every:])))
            # `watch` may have left it in evaluation mode.
            model.train()
    model.eval()  # type: ignore[no-untyped-call]
    return losses


def _masked_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    text: Mapping[str, list[Subwords]],
    random: np.random.Generator,
    mixture: Mixture,
) -> tuple[Iterator[torch.Tensor], list[torch.Tensor]]:
    """Return the loss of one batch after the other, and parameters that are not the model's."""
    # Masked words over translation pairs make the model look for a word's translation in the other
    # sentence (TLM, Conneau & Lample 2019, section 3.3).
    batches = masked_batches(text, Symbols.of(tokenizer), random, mixture=mixture)
    # Added to the masks of translation pairs and thrown away in the end: a model that is told in
    # which language to guess does not need to keep the language in every vector.
    cue = torch.nn.Embedding(len(text) + 1, model.config.hidden_size, padding_idx=0)
    torch.nn.init.zeros_(cue.weight)
    cue.to(model.device)
    return (_loss(model, cue, batch) for batch in batches), [cue.weight]


def _text_to_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    text: Mapping[str, list[Subwords]],
    random: np.random.Generator,
    mixture: Mixture,
) -> tuple[Iterator[torch.Tensor], list[torch.Tensor]]:
    """As `_masked_words`, for a model that writes."""
    # Spans as in T5 (Raffel et al. 2020, section 3.1.4).
    batches = task_batches(text, tokenizer, random, mixture=mixture)
    return (_written_loss(model, batch) for batch in batches), []


def _check(sentences: Mapping[str, Sentences], options: PretrainOptions) -> None:
    lengths = {language: len(part) for language, part in sentences.items()}
    if not lengths or not min(lengths.values()):
        raise ValueError(f"pre-training needs sentences in every language, got {lengths}")
    if len(set(lengths.values())) > 1:
        raise ValueError(f"parallel text needs equally many sentences per language, got {lengths}")
    if options.mixture.translation_share > 0 and len(lengths) < 2:
        raise ValueError(
            f"translation pairs need two languages, got {sorted(lengths)}: "
            "set translation_share to 0 or add a language"
        )


def _optimizer(
    model: PreTrainedModel, own: list[torch.Tensor], options: PretrainOptions
) -> torch.optim.Optimizer:
    # Only mT5 has these names. It does not scale its attention scores down, and T5 was trained
    # with steps relative to a matrix's size (Adafactor): with full steps the attention of a small
    # model was seen to settle on the full stop, and hardly any translation was learnt.
    scores: list[torch.Tensor] = []
    others = list(own)
    for name, parameter in model.named_parameters():
        (scores if name.endswith((".q.weight", ".k.weight")) else others).append(parameter)
    matrices = [each for each in others if each.ndim > 1]
    vectors = [each for each in others if each.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": options.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    if scores:
        rate = options.learning_rate * _SCORES_RATE
        groups.append({"params": scores, "weight_decay": options.weight_decay, "lr": rate})
    # A beta2 of 0.98 is stabler than 0.999 (Liu et al. 2019, RoBERTa, section 3.1).
    return torch.optim.AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.98))


def _rate_of(options: PretrainOptions) -> Callable[[int], float]:
    warmup = max(1, round(options.warmup_share * options.n_steps))

    # A linear warm-up, then a linear fall to 0 (Devlin et al. 2019, appendix A.2).
    def rate(step: int) -> float:
        falling = (options.n_steps - step) / max(1, options.n_steps - warmup)
        return min((step + 1) / warmup, falling)

    return rate


def _loss(model: PreTrainedModel, cue: torch.nn.Embedding, batch: MaskedBatch) -> torch.Tensor:
    """Return the hidden subwords' mean loss; no others reach the vocabulary-wide layer."""
    device = model.device
    label = torch.from_numpy(batch.label).to(device)
    position = torch.from_numpy(batch.position).to(device)
    if model.config.model_type == "xlm-roberta":
        # Positions of the RoBERTa family are counted from the number after the padding's.
        position = position + model.config.pad_token_id + 1
    embeddings = model.get_input_embeddings()(torch.from_numpy(batch.ids).to(device))
    embeddings = embeddings + cue(torch.from_numpy(batch.language).to(device))
    states = model.base_model(
        inputs_embeds=embeddings,
        attention_mask=torch.from_numpy(batch.attention).to(device),
        position_ids=position,
    ).last_hidden_state
    hidden = label != NOT_SCORED
    head: Any = model.cls if model.config.model_type == "bert" else model.lm_head
    return functional.cross_entropy(head(states[hidden]), label[hidden])


def _written_loss(model: Any, batch: TaskBatch) -> torch.Tensor:  # noqa: ANN401 - an MT5
    """Return the mean loss of the target's subwords, each given those before it."""
    label = torch.from_numpy(batch.label).to(model.device)
    attention = torch.from_numpy(batch.attention).to(model.device)
    read = model.encoder(
        input_ids=torch.from_numpy(batch.source).to(model.device), attention_mask=attention
    ).last_hidden_state
    states = model.decoder(
        input_ids=model.prepare_decoder_input_ids_from_labels(label),
        encoder_hidden_states=read,
        encoder_attention_mask=attention,
        use_cache=False,
    ).last_hidden_state
    scored = label != NOT_SCORED
    return functional.cross_entropy(model.lm_head(states[scored]), label[scored])


class _Progress:
    """Logs the mean loss once a minute."""

    def __init__(self, n_steps: int) -> None:
        self._n_steps = n_steps
        self._log = logging.getLogger(__name__)
        self._started = self._last = time.monotonic()
        self._shown = 0

    def show(self, losses: list[float]) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES and len(losses) < self._n_steps:
            return
        mean = float(np.mean(losses[self._shown :]))
        text = "pre-training: step %d of %d, loss %.3f, %.0f s"
        self._log.info(text, len(losses), self._n_steps, mean, now - self._started)
        self._last, self._shown = now, len(losses)
