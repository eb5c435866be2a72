"""CALIGN between two parts of the sentences, and inside them: what sharing sentences does to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import block_array, csr_array

from polyconcept.records.arrays import Int64
from polyconcept.records.concepts import ClusteredWords
from polyconcept.records.scores import Score
from polyconcept.scoring.calign import translation_table
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.statistics import frequency_bands

_BANDS = 64
"""More than a language has bands of frequency."""


def parts_measure(
    *,
    sides: Sequence[tuple[ClusteredWords, ClusteredWords]],
    part_of_sentence: Int64[np.ndarray, " sentence"],
    **options: Any,  # noqa: ANN401 - fields of `PartsMeasure`
) -> PartsMeasure:
    """Return CALIGN of words that were clustered by parts; arguments are those of `PartsMeasure`.

    `part_of_sentence` is 0 or 1 of sentences of the two parts, 2 of others.
    """
    apart = [
        (_apart(source, part_of_sentence), _apart(target, part_of_sentence))
        for source, target in sides
    ]
    return PartsMeasure(sides=apart, **options)


@dataclass(frozen=True)
class PartsMeasure(CalignMeasure):
    """CALIGN of both parts together: hits and totals of two comparisons are added.

    The words of a side are those of both parts, and a type stands twice among its types: as one of
    the first part, and after all of these as one of the second.
    """

    crossed: bool
    """Whether source words of a part meet the target words of the other one, or of the same."""

    def control_rows(self) -> Iterator[Score]:
        """Yield the rows of the score, and the coverage, which is the same crossed or not."""
        yield from super().control_rows()
        yield self.coverage()

    def _translations(self, n: int) -> csr_array:
        source, target = self.sides[0]
        types = [words.types[: len(words.types) // 2] for words in (source, target)]
        table = translation_table(self.dictionaries[0], types[0], types[1], n=n)
        # Thinned alike: what one part of the target words lacks, the other must not have.
        present = np.zeros(len(target.types), dtype=bool)
        present[target.word_type] = True
        in_both = present[: len(types[1])] & present[len(types[1]) :]
        table.data[~in_both[table.indices]] = 0
        table.eliminate_zeros()
        blocks = [[None, table], [table, None]] if self.crossed else [[table, None], [None, table]]
        return csr_array(block_array(blocks, format="csr"))

    def _bands(self, target: ClusteredWords) -> Int64[np.ndarray, " type"]:
        """Return bands of frequency, others in each part: a permutation leaves the parts alone."""
        bands = frequency_bands(target)
        bands[len(bands) // 2 :] += _BANDS
        return bands


def _apart(
    words: ClusteredWords, part_of_sentence: Int64[np.ndarray, " sentence"]
) -> ClusteredWords:
    """Return the words of both parts, the types of the second after those of the first."""
    assert words.sentence is not None
    part = part_of_sentence[words.sentence]
    second = (part == 1).astype(np.int32)
    numbered = replace(
        words,
        types=(*words.types, *words.types),
        word_type=words.word_type + len(words.types) * second,
    )
    return numbered.only(part < 2)
