"""Fine-tune a model on a task: what a kind of task has to give, and the way through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import limit_length
from polyconcept.tasks.shares import begin_with_shares
from polyconcept.tasks.trainer import Example, FinetuneOptions, label_counts, train_on


@runtime_checkable
class Learner(Protocol):
    """A kind of task, learnt in one way: a module of `polyconcept.tasks`."""

    def read(self, files: Sequence[Path], labels: Sequence[str], /) -> Sequence[Any]:
        """Read what to learn from."""
        ...

    def load(self, base: Path, labels: Sequence[str], /, *, seed: int) -> PreTrainedModel:
        """Load a pre-trained model, under a new head where the task needs one."""
        ...

    def examples(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        parts: Any,  # noqa: ANN401 - what `read` gives
        options: FinetuneOptions,
        language_codes: Mapping[str, str] | None = None,
    ) -> list[Example]:
        """Return what the model reads, and what it is to answer."""
        ...


def finetune(
    kind: Learner,
    base: Path,
    files: Sequence[Path],
    labels: Sequence[str],
    options: FinetuneOptions,
    folder: Path,
    language_codes: Mapping[str, str] | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Fine-tune the model of `base` on a task, and return it with its tokenizer.

    `folder` is for checkpoints alone, outside the results; `language_codes` are the tokenizer's,
    where the study names any.

    Raises:
        ValueError: Files fit neither the task nor the model; says which file and line.
    """
    parts = kind.read(files, labels)
    model, tokenizer = kind.load(base, labels, seed=options.seed), load_tokenizer(base)
    limit_length(tokenizer, model)
    examples = kind.examples(model, tokenizer, parts, options, language_codes)
    if not model.config.is_encoder_decoder:
        begin_with_shares(model, label_counts(examples))
    train_on(model, tokenizer, examples, options=options, directory=folder)
    return model, tokenizer
