"""Products in bfloat16, and how far off they may be: enough to rule out words that are far."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from polyconcept.clustering.assign import rounding
from polyconcept.records.arrays import Float32


@dataclass(frozen=True)
class CoarseWords:
    """Trial words for products in bfloat16."""

    centers: torch.Tensor
    """In bfloat16 [candidate, dim]."""
    half: Float32[torch.Tensor, " candidate"]
    """Half their squared lengths."""
    length: float
    """Of the longest."""
    lost: float
    """Length of the most that rounding takes off one."""

    @classmethod
    def of(
        cls, centers: Float32[torch.Tensor, "candidate dim"], norm: Float32[torch.Tensor, " c"]
    ) -> CoarseWords:
        """Round words that are `norm` long."""
        lost = float(lost_length(centers).max())
        return cls(centers.bfloat16(), norm.square() / 2, float(norm.max()), lost)

    def room(
        self,
        limit: Float32[torch.Tensor, "segment restart place"],
        norm: Float32[torch.Tensor, "segment 1 place"],
        lost: Float32[torch.Tensor, "segment 1 place"],
        n_dims: int,
    ) -> Float32[torch.Tensor, "segment restart place"]:
        """Return the least x.c - ||c||^2 / 2, as it comes out, of ||c||^2 - 2 x.c below `limit`.

        Padding, whose limit is minus infinity, gets no number: nothing is above it.
        """
        # By Cauchy and Schwarz x.c is off by what is lost of either, times the length of the other.
        # Its sum is rounded as in `rounding`, and then to bfloat16: rounding keeps the order, so a
        # near one comes out at no less than the limit does, which is off by its unit.
        off = lost * self.length + norm * (1.01 * self.lost)
        flat = norm.flatten()
        off = off + rounding(flat, torch.full_like(flat, self.length), n_dims).view(norm.shape)
        least = self.half.min() - limit / 2, self.half.max() - limit / 2
        unit = 1.01 * torch.finfo(torch.bfloat16).eps / 2
        return -limit / 2 - off - unit * (least[0].abs().maximum(least[1].abs()) + off)


def lost_length(rows: Float32[torch.Tensor, "row dim"]) -> Float32[torch.Tensor, " row"]:
    """Return at least the length of what bfloat16 takes off each row."""
    return (rows - rows.bfloat16()).square_().sum(1).sqrt_() * 1.001


def has_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16 faster than float32."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
