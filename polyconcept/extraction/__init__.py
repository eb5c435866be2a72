"""From a model and a word table to one vector per word and layer.

The sentences are already split into words; a word's vector is read from the hidden states of its
subwords. A word whose subwords do not all reach the model has no vector and is left out with a
counted reason, never given zeros (docs/EXTRACTION.md).
"""

from polyconcept.collector import paused

with paused():
    from polyconcept.extraction._plan import plan_extraction
    from polyconcept.extraction._record import REASONS, ExtractionPlan, Pooling, Reading, Side
    from polyconcept.extraction._stack import layers_to_read
    from polyconcept.extraction._vectors import extract_vectors

__all__ = [
    "REASONS",
    "ExtractionPlan",
    "Pooling",
    "Reading",
    "Side",
    "extract_vectors",
    "layers_to_read",
    "plan_extraction",
]
