"""Word links and dictionaries of a pair, learnt from its text, from further text, or from both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polyconcept.records.text import Dictionary, Links, Sentences
from polyconcept.text.align import align_by, align_words
from polyconcept.text.coverage import held_out_coverage
from polyconcept.text.dictionary import build_dictionary
from polyconcept.text.pharaoh import links_of_first


def learn_links(
    text: tuple[Sentences, Sentences],
    extra: tuple[Sentences, Sentences],
    *,
    learn_from: str,
    **options: Any,  # noqa: ANN401 - those of `align_words`
) -> tuple[Links, tuple[Dictionary, Dictionary]]:
    """Link the words of a text, and count links into a dictionary each way.

    Args:
        text: The two languages' sentences whose words are clustered.
        extra: Further sentences of both; there may be none.
        learn_from: `own` and `both`: both texts train the model, and links of both count. `extra`:
            the further text alone does.
        options: Those of `align_words`.

    Returns:
        The links of the text; dictionaries from source to target, and back, with what they cover
        of held-out sentences of the text (`held_out_coverage`).

    Raises:
        ValueError: As `align_words`.
    """
    n_sentences = len(text[0])
    source, target = (
        Sentences(side.language, side.words + more.words)
        for side, more in zip(text, extra, strict=True)
    )
    if learn_from == "extra":
        counted, own = align_by(extra, text, **options)
        counted = replace(counted, sentence=counted.sentence + n_sentences)
    else:
        counted = align_words(source, target, **options)
        own = links_of_first(counted, n_sentences)
    forward, backward = build_dictionary(counted, source, target)
    there, back = held_out_coverage(own, counted, source, target, n_sentences=n_sentences)
    return own, (replace(forward, coverage=there), replace(backward, coverage=back))
