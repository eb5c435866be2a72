"""Batches for text-to-text models: sentences with spans taken out, and translations to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from transformers import PreTrainedTokenizerFast

from polyconcept.models.reader import Reader
from polyconcept.records.arrays import Int64
from polyconcept.tasks.batches import Mixture, drawn_batches
from polyconcept.tasks.masking import NOT_SCORED, Subwords
from polyconcept.tasks.translation.prompts import translation_prompt

# Subwords of a span on average (Raffel et al. 2020, section 3.3.4).
_MEAN_SPAN = 3

Ids: TypeAlias = Int64[np.ndarray, " _"]
"""Vocabulary numbers of some subwords; two arguments may be of unequal length."""


@dataclass(frozen=True)
class Task:
    """What a text-to-text model reads, and what it is to write; both end with ``</s>``."""

    source: Ids
    """Vocabulary number of each subword that the encoder reads."""
    target: Ids
    """Vocabulary number of each subword that the decoder writes."""


@dataclass(frozen=True)
class TaskBatch:
    """Tasks of one training step, padded to the longest."""

    source: Int64[np.ndarray, "task source_subword"]
    """Vocabulary numbers that the encoder reads."""
    attention: Int64[np.ndarray, "task source_subword"]
    """1 where there is a subword, 0 where there is padding."""
    label: Int64[np.ndarray, "task target_subword"]
    """Vocabulary numbers to write, or -100 where the target has ended."""


@dataclass(frozen=True)
class Marks:
    """What the making of tasks needs to know about a tokenizer."""

    end: int
    """Number of ``</s>``."""
    pad: int
    """Number of ``<pad>``."""
    sentinels: tuple[int, ...]
    """Numbers of ``<extra_id_0>``, ``<extra_id_1>``, ..."""

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> Marks:
        """Take them from `tokenizer`.

        Raises:
            ValueError: The tokenizer lacks the padding, the end or two sentinels.
        """
        vocabulary = tokenizer.get_vocab()
        sentinels: list[int] = []
        while (name := f"<extra_id_{len(sentinels)}>") in vocabulary:
            sentinels.append(vocabulary[name])
        end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
        if end is None or pad is None or len(sentinels) < 2:
            raise ValueError(
                "text-to-text pre-training needs a tokenizer with </s>, <pad>, <extra_id_0> and "
                f"<extra_id_1>, this one has eos_token={tokenizer.eos_token!r}, "
                f"pad_token={tokenizer.pad_token!r} and {len(sentinels)} sentinels"
            )
        return cls(int(end), int(pad), tuple(sentinels))


def corrupt_spans(sentence: Ids, spans: Sequence[tuple[int, int]], marks: Marks) -> Task:
    """Take spans out of a sentence: a sentinel replaces each, and the target says what it hides.

    From ``a b c d e`` without ``b c`` and ``e``, the source is ``a <0> d <1> </s>`` and the
    target ``<0> b c <1> e <2> </s>`` (Raffel et al. 2020, section 3.1.4 and figure 2).

    A span is its first place and the place after its last. Spans ascend, with at least one subword
    between two.

    Raises:
        ValueError: Spans that are empty, overlap, touch or leave the sentence, or more spans than
            the tokenizer has sentinels for.
    """
    ends = [0, *(end for _, end in spans)]
    wrong = [
        (start, end)
        for number, (start, end) in enumerate(spans)
        if not (start > ends[number] or (number == 0 and start == 0)) or start >= end
    ]
    if wrong or ends[-1] > len(sentence):
        raise ValueError(
            f"spans {list(spans)} of a sentence of {len(sentence)} subwords should hold something, "
            "ascend and not touch"
        )
    if len(spans) + 1 > len(marks.sentinels):
        raise ValueError(
            f"{len(spans)} spans need {len(spans) + 1} sentinels, the tokenizer has "
            f"{len(marks.sentinels)}"
        )
    source: list[int] = []
    target: list[int] = []
    for (start, end), before, sentinel in zip(spans, ends, marks.sentinels, strict=False):
        source += [*sentence[before:start].tolist(), sentinel]
        target += [sentinel, *sentence[start:end].tolist()]
    source += [*sentence[ends[-1] :].tolist(), marks.end]
    target += [marks.sentinels[len(spans)], marks.end]
    return Task(np.array(source, dtype=np.int64), np.array(target, dtype=np.int64))


def draw_spans(
    n_subwords: int, *, share: float, random: np.random.Generator, most_spans: int
) -> list[tuple[int, int]]:
    """Draw the spans to take out of a sentence: `share` of its subwords, about three to a span.

    Fractions are rounded up or down at random, so that the mean is right over short sentences
    too; at least one subword is taken out.
    """
    if n_subwords == 0:
        return []
    n_out = min(max(1, int(n_subwords * share + random.random())), n_subwords)
    n_kept = n_subwords - n_out
    wanted = int(n_out / _MEAN_SPAN + random.random())
    n_spans = min(max(1, wanted), n_out, n_kept + 1, most_spans)
    sizes = _parts(n_out, n_spans, random)
    # T5's released code always keeps the start and takes out the end, for it cuts long text.
    # At least one kept subword between two spans, any number before the first and after the last.
    gaps = _parts(n_kept + 2, n_spans + 1, random)
    gaps[0] -= 1
    spans: list[tuple[int, int]] = []
    place = 0
    for gap, size in zip(gaps, sizes, strict=False):
        spans.append((place + gap, place + gap + size))
        place += gap + size
    return spans


def _parts(total: int, n_parts: int, random: np.random.Generator) -> list[int]:
    """Return sizes, at least 1, of random parts of `total`; all divisions are equally likely."""
    cuts = np.sort(random.choice(total - 1, size=n_parts - 1, replace=False)) + 1
    sizes: list[int] = np.diff(cuts, prepend=0, append=total).tolist()
    return sizes


def translate(source: Ids, target: Ids, prompt: Ids, marks: Marks, *, longest: int) -> Task:
    """Ask for a sentence's translation; what does not fit into `longest` subwords is cut off."""
    room = longest - len(prompt) - 1
    read = np.concatenate([prompt, source[:room], [marks.end]])
    return Task(read, np.append(target[: longest - 1], marks.end))


def pad_tasks(tasks: Sequence[Task], marks: Marks) -> TaskBatch:
    """Pad tasks into one batch."""
    longest_source = max(len(task.source) for task in tasks)
    longest_target = max(len(task.target) for task in tasks)
    source = np.full((len(tasks), longest_source), marks.pad, dtype=np.int64)
    attention = np.zeros_like(source)
    label = np.full((len(tasks), longest_target), NOT_SCORED, dtype=np.int64)
    for row, task in enumerate(tasks):
        source[row, : len(task.source)] = task.source
        attention[row, : len(task.source)] = 1
        label[row, : len(task.target)] = task.target
    return TaskBatch(source, attention, label)


def task_batches(
    text: Mapping[str, list[Subwords]],
    tokenizer: PreTrainedTokenizerFast,
    random: np.random.Generator,
    *,
    mixture: Mixture,
) -> Iterator[TaskBatch]:
    """Yield batches of corrupted sentences and of translations, in both directions, without end.

    All languages of `text` have the same sentences; `mixture.mask_share` is the share of subwords
    taken out.

    Raises:
        ValueError: The tokenizer lacks special subwords, or states a length too short for a
            prompt and a subword.
    """
    marks = Marks.of(tokenizer)
    languages = sorted(text)
    parts = [text[language] for language in languages]
    prompts = [_prompt(language, tokenizer) for language in languages]
    longest = tokenizer.model_max_length

    def alone(language: int, row: int) -> Task:
        sentence = parts[language][row].ids
        spans = draw_spans(
            len(sentence),
            share=mixture.mask_share,
            random=random,
            most_spans=len(marks.sentinels) - 1,
        )
        return corrupt_spans(sentence, spans, marks)

    def pair(first: int, second: int, row: int) -> Task:
        # A heavier language tends to be drawn first; both directions should be equally frequent.
        if random.random() < 0.5:
            first, second = second, first
        source, target = parts[first][row].ids, parts[second][row].ids
        return translate(source, target, prompts[second], marks, longest=longest)

    def lengths(task: Task) -> tuple[int, int]:
        return len(task.source), len(task.target)

    for _, tasks in drawn_batches(text, alone, pair, lengths, random=random, mixture=mixture):
        yield pad_tasks(tasks, marks)


def _prompt(language: str, tokenizer: PreTrainedTokenizerFast) -> Ids:
    words = translation_prompt((), language)
    ids: Ids = Reader(tokenizer, special=False).tokens([words]).subwords.astype(np.int64)
    if len(ids) + 2 > tokenizer.model_max_length:
        raise ValueError(
            f"the prompt {' '.join(words)!r} takes {len(ids)} subwords: no room for a sentence "
            f"within max_length={tokenizer.model_max_length}"
        )
    return ids
