"""Translations by beam search, and their BLEU and chrF++."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_generation
from polyconcept.records.scores import Score
from polyconcept.records.text import Sentences, Translations
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.chance import beside_chance
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_shape, task_score
from polyconcept.tasks.translation.prompts import translation_prompt
from polyconcept.text.parallel import read_pairs

SIDE = "encoder-decoder"
load = load_for_generation
_TRANSLATORS = ("m2m_100", "nllb-moe")
"""Types of models (M2M-100, NLLB) that are pre-trained on translation into all their languages."""


def read(files: Sequence[Path], _labels: Sequence[str]) -> list[tuple[Sentences, Sentences]]:
    """Read the texts of each pair of languages: all sources, then all targets.

    Raises:
        ValueError: As `read_pairs`, or BLEU needs a tokenizer that is not installed.
    """
    pairs = read_pairs(files)
    # To translate takes long: what would fail afterwards is refused before.
    for _, target in pairs:
        _bleu(target.language)
    return pairs


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    test: tuple[Sentences, Sentences],
    options: ScoreOptions,
    run: TaskRun,
) -> tuple[list[Score], list[Translations]]:
    """Translate the test set of a pair of languages, and score the translations.

    A row is zero-shot where the model never learnt to translate into its target: neither in the
    fine-tuning of `run` nor before. Its source is the language translated from.

    Raises:
        ValueError: Languages with other numbers of sentences, or as `score_translation`.
    """
    source, target = test
    if len(source) != len(target):
        raise ValueError(
            f"{run.corpus}, {source.language}-{target.language}: parallel sentences are "
            f"needed, found {len(source)} and {len(target)}"
        )
    translations = Translations(
        source=source.language,
        target=target.language,
        sentence=tuple(" ".join(words) for words in source.words),
        reference=tuple(" ".join(words) for words in target.words),
        hypothesis=tuple(translate(model, tokenizer, source, target.language, options)),
    )
    if model.config.model_type in _TRANSLATORS:
        run = replace(run, pretrained_on=(target.language,))
    return score_translation(translations, run=run), [translations]


def translate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sentences,
    target: str,
    options: ScoreOptions,
) -> list[str]:
    """Translate into `target` by beam search: words joined by blanks, as `write_answers` does."""
    return write_answers(
        model,
        tokenizer,
        [translation_prompt(words, target) for words in sentences.words],
        options,
        where=f"{sentences.language}-{target}",
        language=sentences.language,
        answer_language=target,
    )


def score_translation(translations: Translations, *, run: TaskRun) -> list[Score]:
    """Return BLEU and chrF++ of a language pair's translations, with sacrebleu's signatures.

    BLEU splits words as sacrebleu advises for the target language: by characters for Chinese, by
    MeCab for Japanese and Korean, as WMT does (``13a``) for all others. Where MeCab is not
    installed there is no second choice: BLEU scores of two tokenizers cannot be compared.

    A hypothesis may be empty, which is wrong.

    Raises:
        ValueError: No sentence, unequal numbers of them, or a tokenizer that is not installed.
    """
    pair = f"{translations.source}-{translations.target}"
    reference, hypothesis = list(translations.reference), list(translations.hypothesis)
    check_shape([1] * len(reference), [1] * len(hypothesis), pair)
    # Given here, the references are counted once, and not for each permutation anew.
    references = [reference]
    metrics = {
        "bleu": _bleu(translations.target, references),
        "chrf": CHRF(word_order=2, references=references),
    }

    def rows(hypothesis: Sequence[str]) -> list[Score]:
        return [
            task_score(
                name,
                metric.corpus_score(hypothesis, None).score,
                run,
                translations.target,
                source=translations.source,
                n_total=len(reference),
                signature=metric.get_signature().format(),
            )
            for name, metric in metrics.items()
        ]

    return beside_chance(rows, hypothesis, seed=run.seed)


def _bleu(language: str, references: Sequence[Sequence[str]] | None = None) -> BLEU:
    code = re.split("[-_]", language)[0].lower()
    try:
        # Our text is split into words at blanks; `force` only keeps sacrebleu from remarking on it.
        return BLEU(trg_lang=code, force=True, references=references)
    except RuntimeError as error:
        raise ValueError(
            f"BLEU of {language!r} needs a tokenizer that is not installed: "
            f"pip install 'sacrebleu[{code}]'"
        ) from error
