"""Exact comparison of a share with a threshold that is written as a decimal.

As doubles 29/100*100 is below 29 and 7/100*100 above 7: whether a tie passes would depend on
rounding. Here a tie is a tie.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from polyconcept.records.arrays import Int, Int64


def exact(share: float) -> Fraction:
    """Return the fraction a threshold stands for: the nearest with a denominator up to 10^9.

    0.8 is 4/5, the 0.30000000000000004 of a sweep is 3/10, and 2 / 3 is two thirds.
    """
    return Fraction(share).limit_denominator(10**9)


def least_count(share: float, totals: Int[np.ndarray, "*total"]) -> Int64[np.ndarray, "*total"]:
    """Return the smallest whole number n with n / total >= share, exactly, for each total.

    Raises:
        ValueError: A product that 64 bits do not hold: totals of thousands of millions.
    """
    threshold = exact(share)
    over, under = threshold.numerator, threshold.denominator
    if totals.size and over * int(totals.max()) >= 2**63:
        raise ValueError(f"share {share} of {totals.max()}: too large to be counted exactly")
    least: Int64[np.ndarray, "*total"] = -(-(over * totals.astype(np.int64)) // under)
    return least
