"""Word links of sentence pairs: an own deterministic aligner, Pharaoh files, error rate."""

from polyconcept.wordalign._align import align_words
from polyconcept.wordalign._error_rate import alignment_error_rate
from polyconcept.wordalign._pharaoh import (
    links_of_first,
    read_links,
    read_pharaoh,
    write_pharaoh,
)
from polyconcept.wordalign._symmetrize import grow_diag_final_and

__all__ = [
    "align_words",
    "alignment_error_rate",
    "grow_diag_final_and",
    "links_of_first",
    "read_links",
    "read_pharaoh",
    "write_pharaoh",
]
