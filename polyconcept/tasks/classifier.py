"""What all classifiers that learn have in common."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.reader import Read, read_words
from polyconcept.records.text import LabelledSentences, TaggedSentences
from polyconcept.tasks.trainer import FinetuneOptions

_log = logging.getLogger(__name__)


def label_numbers(model: PreTrainedModel, needed: set[str]) -> dict[str, int]:
    """Return the number of each label of `model`.

    Raises:
        ValueError: The model lacks one of `needed`.
    """
    numbers = {str(label): int(number) for label, number in (model.config.label2id or {}).items()}
    unknown = sorted(needed - set(numbers))
    if unknown:
        raise ValueError(
            f"the training data has labels {unknown} that the model lacks; it has {sorted(numbers)}"
        )
    return numbers


def read_part(
    part: TaggedSentences | LabelledSentences,
    tokenizer: PreTrainedTokenizerFast,
    options: FinetuneOptions,
    language_codes: Mapping[str, str] | None,
) -> list[Read]:
    """Return the subwords of each sentence, and log how many words are not trained on."""
    reads = read_words(
        part.words,
        tokenizer,
        max_length=options.max_length,
        language=part.language,
        language_codes=language_codes,
        prefix=options.prefix,
    )
    # They have no subword that could carry a label; the rest of their sentence is learnt.
    n_lost = sum(read.n_lost for read in reads)
    if n_lost:
        text = "%s: %d words are cut off or have no subword: not trained on"
        _log.warning(text, part.language, n_lost)
    return reads
