"""A table of subwords of which only the rows that the examples read are trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from polyconcept.records.arrays import Float, Int64

_BLOCK = 2**16
"""Numbers that stay in a core's cache while they decay step by step."""
_LANES = 32
"""Widths that are a multiple of it have the same norm, to the last bit, without rows of zeros."""


class UsedRows:
    """Takes all but the used rows out of a model's table of subwords, and puts them back.

    A multilingual model has 250,000 rows, of which a language's training text reads some thousand.
    The others get the gradient 0 in every step, and so change by AdamW's weight decay alone: they
    need no gradient, no moments and no place in a checkpoint. What is trained and what is put back
    are the same bytes as those of the whole table.
    """

    @classmethod
    def of(cls, model: PreTrainedModel, used: Iterable[int]) -> UsedRows | None:
        """Take out of `model` what is not among `used`; None where the table is left whole.

        That is where it is also read in another way than by row (as a head that guesses words), and
        where fewer rows would change the last bit of the norm by which gradients are clipped.
        """
        table: Any = model.get_input_embeddings()
        if not isinstance(table, nn.Embedding) or table.embedding_dim % _LANES:
            return None
        readers = [
            module
            for module in model.modules()
            if any(weights is table.weight for weights in module.parameters(recurse=False))
        ]
        return cls(table, used) if readers == [table] else None

    def __init__(self, table: nn.Embedding, used: Iterable[int]) -> None:
        """Take out of a table what is not among `used`; see `of`."""
        self._table, self._whole, self._padding = table, table.weight.data, table.padding_idx
        padding = [] if self._padding is None else [self._padding]
        # In the order of the table, in which the norm of the gradients is added up.
        self._used = torch.tensor(sorted({*used, *padding}))
        place = torch.full((len(self._whole),), -1)  # no row: reading it is an error
        place[self._used] = torch.arange(len(self._used))
        # A buffer goes with the model to its device.
        table.register_buffer("place", place, persistent=False)
        self._hook = table.register_forward_pre_hook(lambda _, read: (self._place[read[0]],))
        padding_place = None if self._padding is None else int(place[self._padding])
        self._set(self._whole[self._used], padding_place)

    @property
    def weight(self) -> nn.Parameter:
        """What is trained."""
        weights: nn.Parameter = self._table.get_parameter("weight")  # torch says only: a tensor
        return weights

    @property
    def _place(self) -> Int64[torch.Tensor, " row"]:
        place: Int64[torch.Tensor, " row"] = self._table.get_buffer("place")
        return place

    def put_back(self, decays: Sequence[float]) -> None:
        """Let the model have its whole table, all of whose other rows decayed by these factors."""
        trained = self.weight.data
        # Rounded after each step, as the optimizer rounds. By block, since the table would be read
        # from memory once a step.
        for block in torch.split(self._whole.view(-1), _BLOCK):
            for decay in decays:
                block.mul_(decay)
        self._whole[self._used] = trained.to(self._whole.device)
        self._hook.remove()
        del self._table.place
        self._set(self._whole, self._padding)

    def _set(self, weights: Float[torch.Tensor, "row dim"], padding: int | None) -> None:
        self._table.weight = nn.Parameter(weights)
        self._table.num_embeddings, self._table.padding_idx = len(weights), padding
