"""The only door to HDF5, Parquet and JSON files; their formats are written down in docs/FORMAT.md.

Files appear whole or not at all and are never opened again for writing. Every file names its kind
and version; files that belong to another word table are refused.
"""

from polyconcept.store._claims import write_claims
from polyconcept.store._concept_scores import write_alignments, write_overlaps
from polyconcept.store._concepts import ConceptFile, write_concepts
from polyconcept.store._content import content_bytes, content_sha256, files_inside, links_out_of
from polyconcept.store._datasets import existing_column, read_columns
from polyconcept.store._difference import Difference, content_difference
from polyconcept.store._examples import read_examples, write_examples
from polyconcept.store._faults import StoreError
from polyconcept.store._json import read_json, sha256, write_json
from polyconcept.store._resamples import read_resamples, write_resamples
from polyconcept.store._scores import (
    read_scores,
    typed_first,
    write_scores,
    write_scores_csv,
)
from polyconcept.store._sources import read_pin, write_pin
from polyconcept.store._translations import read_translations, write_translations
from polyconcept.store._vectors import VectorFile, VectorHeader, write_vectors
from polyconcept.store._words import (
    read_selections,
    read_words,
    write_selections,
    write_words,
)

__all__ = [
    "ConceptFile",
    "Difference",
    "StoreError",
    "VectorFile",
    "VectorHeader",
    "content_bytes",
    "content_difference",
    "content_sha256",
    "existing_column",
    "files_inside",
    "links_out_of",
    "read_columns",
    "read_examples",
    "read_json",
    "read_pin",
    "read_resamples",
    "read_scores",
    "read_selections",
    "read_translations",
    "read_words",
    "sha256",
    "typed_first",
    "write_alignments",
    "write_claims",
    "write_concepts",
    "write_examples",
    "write_json",
    "write_overlaps",
    "write_pin",
    "write_resamples",
    "write_scores",
    "write_scores_csv",
    "write_selections",
    "write_translations",
    "write_vectors",
    "write_words",
]
