"""What an extraction reads, and where the words are in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from polyconcept.models.shape import Side
from polyconcept.records.arrays import Int32, Int64, Rows
from polyconcept.records.text import Dropped

Reading: TypeAlias = Literal["predicts", "reads"]
"""State of a decoder that stands for a subword: the one that predicts it, or has just read it."""
Pooling: TypeAlias = Literal["last", "first", "mean"]
"""Subword that stands for a word: its last or first one, or the mean of all."""

REASONS = ("no subwords", "special token", "truncated", "nothing before")
"""Why a word has no vector: the tokenizer removed it whole, or made its end one subword with the
word after it; its spelling is read as one of the model's control symbols; the sentence is too long
for the model and the word is not whole in it; it is the first subword, so that no state
predicts it."""


@dataclass(frozen=True)
class ExtractionPlan:
    """What the model will read: sentences as subwords, in batches, and where the words are."""

    language: str
    """Language of the word table."""
    given: str
    """Language that the encoder reads while the decoder is forced; empty elsewhere."""
    side: Side
    """Stack of layers whose states are read."""
    reading: str
    """State of a decoder that stands for a subword: the one that ``predicts`` it, or that has just
    read it (``reads``); empty for encoders."""
    rows: Rows
    """Rows of the word table that get a vector, ascending."""
    dropped: Dropped
    """Reason -> number of words of the table that get none; every reason is listed."""
    first: Int32[np.ndarray, " word"]
    """Place in its input of the first state that a kept word's vector is the mean of."""
    last: Int32[np.ndarray, " word"]
    """Place of the last such state; with all between, they are the vector."""
    n_subwords: Int32[np.ndarray, " word"]
    """Subwords that each kept word is made of, whatever states its vector is the mean of."""
    sentence: Int32[np.ndarray, " input"]
    """Sentence (0-based line) of each input; only sentences with a kept word are read."""
    subwords: Int32[np.ndarray, " subword"]
    """Subword numbers of all inputs, special tokens included, one input after the other."""
    subword_bound: Int64[np.ndarray, " bound"]
    """Input i is subwords[subword_bound[i] : subword_bound[i + 1]]."""
    given_subwords: Int32[np.ndarray, " given_subword"]
    """As `subwords`, of the sentences that the encoder is given; empty where there are none."""
    given_bound: Int64[np.ndarray, " bound"]
    """As `subword_bound`, for `given_subwords`."""
    word_bound: Int64[np.ndarray, " bound"]
    """Kept words word_bound[i] to word_bound[i + 1] - 1 are those of input i."""
    batches: tuple[Int64[np.ndarray, " _"], ...]
    """Inputs that pass through the model together, ascending; the longest inputs come first."""
    start: int | None
    """Subword that the decoder begins with where it is the code of the language (mBART); None where
    the model's configuration says what it begins with."""
    padding: int
    """Subword number that fills an input up to the longest of its batch."""

    @property
    def n_words(self) -> int:
        """Number of words that get a vector."""
        return len(self.rows)
