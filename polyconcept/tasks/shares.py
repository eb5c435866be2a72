"""How frequent each label is: where a new classifier begins, and what it has to do better than."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import torch
from torch import nn
from transformers import PreTrainedModel

_LEARNT_SHARE = 0.9
"""Of the loss by chance; a training that ends above it has found little more than how frequent
each label is."""
_log = logging.getLogger(__name__)


def chance_loss(counts: Mapping[int, int]) -> float:
    """Return the loss, in nats, of always answering with the share that each label has.

    It is the entropy of the labels; `counts` says how often each one stands among those to learn.
    """
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values())


def begin_with_shares(model: PreTrainedModel, counts: Mapping[int, int]) -> None:
    """Let a new classifier begin with the share of each label, in place.

    From even guesses, the first steps would move all vectors alike, towards the label that most
    words have: a narrow model may never find its way back to the words. (Lin et al. 2017, Focal
    Loss for Dense Object Detection, section 4.1, for the same reason.)

    A classifier without a bias (Gemma's) cannot; the log says so.
    """
    labels, inside = model.config.id2label or {}, f"{model.base_model_prefix}."
    heads = [
        module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
        and module.out_features == len(labels)
        and not name.startswith(inside)
    ]
    if not heads or heads[-1].bias is None:
        text = "%s has no classifier with a bias: it begins with even guesses"
        _log.info(text, type(model).__name__)
        return
    # One more of each: a label that is never seen is unlikely, not impossible.
    frequency = torch.tensor([counts.get(label, 0) + 1.0 for label in range(len(labels))])
    with torch.no_grad():
        heads[-1].bias.copy_((frequency / frequency.sum()).log())


def tell_loss(loss: float, chance: float) -> None:
    """Log how a training ended; warn where it has taught little."""
    text = "fine-tuning: the loss ends at %.4f, on sentences trained on; by chance it is %.4f"
    _log.info(text, loss, chance)
    if not loss < _LEARNT_SHARE * chance:  # true of NaN as well
        _log.warning(
            "fine-tuning has taught little: a loss of %.4f, where giving each label its share has "
            '%.4f; what to do: docs/TASKS.md, "Has it learnt?"',
            loss,
            chance,
        )
