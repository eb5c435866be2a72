"""Translations by beam search, and their BLEU and chrF++."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.generation import load_for_generation
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.records.scores import Score
from polyconcept.records.text import Sentences, Translations
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.score_rows import TaskRun, check_shape, task_score
from polyconcept.tasks.translation import prompts
from polyconcept.text.parallel import read_pairs

_BATCH = 32


def score(
    directory: Path, files: Sequence[Path], settings: Mapping[str, Any], run: TaskRun, device: str
) -> tuple[list[Score], list[Translations]]:
    """Score the model of `directory` as `polyconcept.tasks` says."""
    model, tokenizer = load_for_generation(directory, device=device), load_tokenizer(directory)
    limit_length(tokenizer, model)
    return evaluate_translation(
        model,
        tokenizer,
        read_pairs(files[: len(files) // 2], files[len(files) // 2 :]),
        run=replace(run, side="encoder-decoder"),
        n_beams=settings["n_beams"],
        max_length=settings["max_length"],
        language_codes=settings.get("language_codes"),
    )


def translate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sentences,
    target: str,
    *,
    n_beams: int,
    max_length: int,
    batch: int = _BATCH,
    language_codes: Mapping[str, str] | None = None,
) -> list[str]:
    """Translate sentences by beam search: words joined by blanks, in the order of the sentences.

    Args:
        model: A model with encoder, decoder and vocabulary head, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        sentences: What to translate.
        target: Code of the language to translate into.
        n_beams: Translations kept at each step.
        max_length: Most subwords of a sentence with its prompt, and of a translation.
        batch: Sentences translated together.
        language_codes: See `language_codes.language_code`.
    """
    asked = [prompts.translation_prompt(words, target) for words in sentences.words]
    return write_answers(
        model,
        tokenizer,
        asked,
        n_beams=n_beams,
        max_length=max_length,
        batch=batch,
        where=f"{sentences.language}-{target}",
        language=sentences.language,
        answer_language=target,
        language_codes=language_codes,
    )


def score_translation(translations: Translations, *, run: TaskRun) -> list[Score]:
    """Give BLEU and chrF++ of a language pair's translations, with sacrebleu's signatures.

    BLEU cuts words as sacrebleu advises for the target language: by characters for Chinese, by
    MeCab for Japanese and Korean, as WMT does (``13a``) for all others. There is no second choice
    where MeCab is not installed: BLEU of two tokenizers are no comparable numbers.

    Args:
        translations: Hypotheses and their references; a hypothesis may be empty, which is wrong.
        run: Whose scores they are.

    Raises:
        ValueError: No sentence, unequal numbers of them, or a tokenizer that is not installed.
    """
    pair = f"{translations.source}-{translations.target}"
    reference, hypothesis = list(translations.reference), list(translations.hypothesis)
    check_shape([1] * len(reference), [1] * len(hypothesis), pair)
    rows = []
    for name, metric in (("bleu", _bleu(translations.target)), ("chrf", CHRF(word_order=2))):
        score = metric.corpus_score(hypothesis, [reference])
        rows.append(
            task_score(
                name,
                score.score,
                run,
                translations.target,
                source=translations.source,
                n_total=len(reference),
                signature=metric.get_signature().format(),
            )
        )
    return rows


def evaluate_translation(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[tuple[Sentences, Sentences]],
    *,
    run: TaskRun,
    n_beams: int,
    max_length: int,
    batch: int = _BATCH,
    language_codes: Mapping[str, str] | None = None,
) -> tuple[list[Score], list[Translations]]:
    """Translate the test set of each language pair; give scores, and the translations themselves.

    A row is zero-shot where its target is not among the languages that `run` was trained to
    translate into; its source is the language translated from.

    Args:
        model: A model with encoder, decoder and vocabulary head, on the device it shall run on.
        tokenizer: Its fast tokenizer.
        tests: Parallel sentences of each pair: what to translate, and its reference.
        run: Whose scores they are.
        n_beams: Translations kept at each step.
        max_length: Most subwords of a sentence with its prompt, and of a translation.
        batch: Sentences translated together.
        language_codes: See `language_codes.language_code`.

    Raises:
        ValueError: Languages of a pair with other numbers of sentences, or a tokenizer that is not
            installed: before anything is translated; or no sentence.
    """
    for source, target in tests:
        if len(source) != len(target):
            raise ValueError(
                f"{run.corpus}, {source.language}-{target.language}: parallel sentences are "
                f"needed, found {len(source)} and {len(target)}"
            )
        _bleu(target.language)
    scores: list[Score] = []
    found: list[Translations] = []
    for source, target in tests:
        hypothesis = translate(
            model,
            tokenizer,
            source,
            target.language,
            n_beams=n_beams,
            max_length=max_length,
            batch=batch,
            language_codes=language_codes,
        )
        translations = Translations(
            source=source.language,
            target=target.language,
            sentence=tuple(" ".join(words) for words in source.words),
            reference=tuple(" ".join(words) for words in target.words),
            hypothesis=tuple(hypothesis),
        )
        scores += score_translation(translations, run=run)
        found.append(translations)
    return scores, found


def _bleu(language: str) -> BLEU:
    code = re.split("[-_]", language)[0].lower()
    try:
        # Our text is split into words at blanks; `force` only keeps sacrebleu from remarking on it.
        return BLEU(trg_lang=code, force=True)
    except RuntimeError as error:
        raise ValueError(
            f"BLEU of {language!r} needs a tokenizer that is not installed: "
            f"pip install 'sacrebleu[{code}]'"
        ) from error
