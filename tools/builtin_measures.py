"""What the models that the project ships have learnt, measured on sentences they never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sacrebleu
import torch

from polyconcept.models.shape import max_subwords, n_layers
from polyconcept.records.arrays import Float32
from polyconcept.records.text import Sentences, Words
from polyconcept.scoring.retrieval import retrieval_hits, sentence_means
from polyconcept.tasks.translation.prompts import translation_prompt
from polyconcept.vectors.extract import extract_vectors
from polyconcept.vectors.plan import plan_extraction

PIVOT = "en"
_BATCH = 50
_MOST_WRITTEN = 64


def retrieval(
    encoder: Any,  # noqa: ANN401 - as above
    tokenizer: Any,  # noqa: ANN401
    text: Mapping[str, Sentences],
) -> dict[str, list[float]]:
    """Share of sentences whose translation is found by mean word vectors, for each layer.

    Words spelt alike in both sentences (names, the full stop) are left out: by them even random
    weights would find the translation.

    The encoder is a model without head, in evaluation mode; the text is parallel.

    Returns:
        For each language with the pivot, by layer: the smaller share of both directions.
    """
    read = {language: _word_vectors(encoder, tokenizer, part) for language, part in text.items()}
    return {
        language: [
            min(float(hits.mean()) for hits in retrieval_hits(pivot, other))
            for pivot, other in zip(
                _sentence_means(read[PIVOT], text[PIVOT], text[language]),
                _sentence_means(read[language], text[language], text[PIVOT]),
                strict=True,
            )
        ]
        for language in text
        if language != PIVOT
    }


def _sentence_means(
    read: tuple[Words, Float32[np.ndarray, "layer word dim"]], own: Sentences, other: Sentences
) -> list[Float32[np.ndarray, "sentence dim"]]:
    """Return each sentence's mean vector by layer, of words that the other does not hold."""
    words, vectors = read
    kept = np.array(
        [
            words.types[kind] not in other.words[sentence]
            for sentence, kind in zip(words.sentence, words.word_type, strict=True)
        ]
    )
    return [
        sentence_means(layer[kept], words.sentence[kept], n_sentences=len(own)) for layer in vectors
    ]


def _word_vectors(
    encoder: Any,  # noqa: ANN401 - as above
    tokenizer: Any,  # noqa: ANN401
    sentences: Sentences,
) -> tuple[Words, Float32[np.ndarray, "layer word dim"]]:
    """Return every word of the sentences and its vector in each layer from 0."""
    words = _all_words(sentences)
    plan = plan_extraction(
        tokenizer,
        sentences,
        words,
        max_length=max_subwords(encoder, tokenizer),
        token_budget=8192,
    )
    if plan.n_words < words.n_words:
        raise ValueError(f"{sentences.language}: words without vectors: {plan.dropped}")
    layers = range(n_layers(encoder) + 1)
    size = (len(layers), words.n_words, encoder.config.hidden_size)
    vectors = np.zeros(size, dtype=np.float32)
    for places, of_layer in extract_vectors(encoder, plan, layers=layers):
        for layer in layers:
            vectors[layer, places] = of_layer[layer]
    return words, vectors


def _all_words(sentences: Sentences) -> Words:
    """Return the word table of every word, none left out."""
    lengths = [len(words) for words in sentences.words]
    flat = [word for words in sentences.words for word in words]
    types = {word: number for number, word in enumerate(dict.fromkeys(flat))}
    return Words(
        language=sentences.language,
        sentence=np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        position=np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
        word_type=np.array([types[word] for word in flat], dtype=np.int32),
        types=tuple(types),
    )


def best_layer(found: Mapping[str, list[float]]) -> int:
    """Return the layer at which the language that is found worst is found best."""
    return int(np.argmax(np.min(np.array(list(found.values())), axis=0)))


def translation_bleu(
    model: Any,  # noqa: ANN401 - as above
    tokenizer: Any,  # noqa: ANN401
    text: Mapping[str, Sentences],
    *,
    n_beams: int = 1,
) -> dict[str, float]:
    """Return BLEU (sacrebleu) of translations from the pivot, for each other language.

    The text is parallel, and split into words already: sacrebleu is told to split it at blanks
    only. The model writes text, and is in evaluation mode.
    """
    found = {}
    for language in (language for language in text if language != PIVOT):
        asked = [translation_prompt(words, language) for words in text[PIVOT].words]
        written = [
            answer
            for start in range(0, len(asked), _BATCH)
            for answer in _written(model, tokenizer, asked[start : start + _BATCH], n_beams)
        ]
        wanted = [" ".join(words) for words in text[language].words]
        score = sacrebleu.corpus_bleu(written, [wanted], tokenize="none", force=True)
        found[language] = round(score.score, 1)
    return found


@torch.inference_mode()
def _written(
    model: Any,  # noqa: ANN401 - as above
    tokenizer: Any,  # noqa: ANN401
    asked: Sequence[Sequence[str]],
    n_beams: int,
) -> list[str]:
    """Return the answers to some questions."""
    coded = tokenizer(
        [list(words) for words in asked],
        is_split_into_words=True,
        truncation=True,
        padding=True,
        return_tensors="pt",
    )
    answers = model.generate(
        input_ids=coded["input_ids"],
        attention_mask=coded["attention_mask"],
        max_new_tokens=_MOST_WRITTEN,
        num_beams=n_beams,
        do_sample=False,
    )
    # Else the tokenizer's file would tell the length of this padding.
    tokenizer.backend_tokenizer.no_padding()
    read: list[str] = tokenizer.batch_decode(answers, skip_special_tokens=True)
    return read
