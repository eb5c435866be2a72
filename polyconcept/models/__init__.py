"""Models and tokenizers in directories: check, load, save, copy.

The only module that calls ``from_pretrained`` and ``save_pretrained``. Everything is read from a
directory on disk: safetensors weights, a fast tokenizer, no code from outside, no network. A
weight that is missing from a checkpoint is an error unless it belongs to a head that is new by
intention: a silently random layer would look like a finding.
"""

from polyconcept.collector import paused

with paused():
    from polyconcept.models._check import check_model
    from polyconcept.models._directory import check_model_directory, copy_model, save_model
    from polyconcept.models._generation import load_for_generation
    from polyconcept.models._loading import (
        load_backbone,
        load_for_masked_lm,
        load_for_sequence_classification,
        load_for_token_classification,
        load_sequence_classifier,
        load_token_classifier,
        load_tokenizer,
    )
    from polyconcept.models._random import randomise_model
    from polyconcept.models._shape import (
        Side,
        limit_length,
        max_subwords,
        n_layers,
        sides,
    )
    from polyconcept.models._states import check_states

__all__ = [
    "Side",
    "check_model",
    "check_model_directory",
    "check_states",
    "copy_model",
    "limit_length",
    "load_backbone",
    "load_for_generation",
    "load_for_masked_lm",
    "load_for_sequence_classification",
    "load_for_token_classification",
    "load_sequence_classifier",
    "load_token_classifier",
    "load_tokenizer",
    "max_subwords",
    "n_layers",
    "randomise_model",
    "save_model",
    "sides",
]
