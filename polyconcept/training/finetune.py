"""Fine-tune a model to find named entities or to tell the sentiment of sentences."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
import transformers
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.utils import logging as logging_of_transformers

from polyconcept.reading import read_words
from polyconcept.records import LabelledSentences, TaggedSentences
from polyconcept.training.checkpoints import fingerprint, last_checkpoint, mark_complete
from polyconcept.training.masking import NOT_SCORED

__all__ = ["FinetuneOptions", "finetune_ner", "finetune_sentiment"]

Example: TypeAlias = dict[str, list[int] | int]

_SECONDS_BETWEEN_LINES = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinetuneOptions:
    """How a model is fine-tuned."""

    epochs: float = 3.0
    """Passes over the training sentences."""
    learning_rate: float = 5e-5
    """Highest learning rate; rises from 0 in the warm-up, then falls linearly to 0."""
    batch_size: int = 32
    """Sentences of one step."""
    max_length: int = 256
    """Most subwords of a sentence; at most what the model can read."""
    warmup_share: float = 0.1
    """Share of the steps in the warm-up, from 0 to below 1."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    checkpoint_steps: int = 500
    """Steps between two checkpoints."""
    seed: int = 212
    """Seed of the order of the sentences and of dropout."""

    def __post_init__(self) -> None:
        for name in ("epochs", "learning_rate", "batch_size", "max_length", "checkpoint_steps"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)} should be above 0")
        if not 0 <= self.warmup_share < 1:
            raise ValueError(f"warmup_share={self.warmup_share} should be from 0 to below 1")


def finetune_ner(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[TaggedSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to give each word its tag; the first subword carries it.

    Where `checkpoint_directory` holds a whole checkpoint of the same model, data and options, the
    run goes on from there and ends, on CPU with as many threads, with the weights of a run that
    was never cut off. Other checkpoints there are removed.

    Args:
        model: A token classifier whose labels include all tags; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: No sentences, or a tag that is none of the model's labels.
    """
    numbers = _label_numbers(model, {tag for part in train for tags in part.tags for tag in tags})
    examples: list[Example] = []
    for part in train:
        reads = read_words(part.words, tokenizer, max_length=options.max_length)
        _tell_lost(part.language, sum(read.n_lost for read in reads))
        for read, tags in zip(reads, part.tags, strict=True):
            labels = [NOT_SCORED] * len(read.ids)
            for place, tag in zip(read.first, tags, strict=True):
                if place is not None:
                    labels[place] = numbers[tag]
            examples.append({"input_ids": read.ids, "labels": labels})
    key = fingerprint(model, [*_what_decides(options, tokenizer), repr(train)])
    _train(model, tokenizer, examples, options, checkpoint_directory, key)


def finetune_sentiment(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Sequence[LabelledSentences],
    *,
    options: FinetuneOptions,
    checkpoint_directory: Path,
) -> None:
    """Fine-tune `model` in place to give each sentence its label; else as `finetune_ner`.

    Args:
        model: A sequence classifier whose labels include all labels; ends in evaluation mode.
        tokenizer: Its fast tokenizer.
        train: Sentences of each language to learn from.
        options: How to train.
        checkpoint_directory: Folder for checkpoints alone, outside the results.

    Raises:
        ValueError: No sentences, or a label that is none of the model's.
    """
    numbers = _label_numbers(model, {label for part in train for label in part.label})
    examples: list[Example] = []
    for part in train:
        reads = read_words(part.words, tokenizer, max_length=options.max_length)
        _tell_lost(part.language, sum(read.n_lost for read in reads))
        for read, label in zip(reads, part.label, strict=True):
            examples.append({"input_ids": read.ids, "labels": numbers[label]})
    key = fingerprint(model, [*_what_decides(options, tokenizer), repr(train)])
    _train(model, tokenizer, examples, options, checkpoint_directory, key)


def _label_numbers(model: PreTrainedModel, needed: set[str]) -> dict[str, int]:
    numbers = {str(label): int(number) for label, number in (model.config.label2id or {}).items()}
    unknown = sorted(needed - set(numbers))
    if unknown:
        raise ValueError(
            f"the training data has labels {unknown} that the model lacks; it has {sorted(numbers)}"
        )
    return numbers


def _tell_lost(language: str, n_lost: int) -> None:
    if n_lost:
        _log.warning(
            "%s: %d words are cut off or have no subword: not trained on", language, n_lost
        )


def _what_decides(options: FinetuneOptions, tokenizer: PreTrainedTokenizerFast) -> Iterable[str]:
    yield repr(options)
    yield tokenizer.backend_tokenizer.to_str()
    yield f"torch {torch.__version__}, transformers {transformers.__version__}"


def _train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: list[Example],
    options: FinetuneOptions,
    directory: Path,
    key: str,
) -> None:
    if not examples:
        raise ValueError("fine-tuning needs at least one sentence, got none")
    trainer = Trainer(
        model=model,
        args=_arguments(options, directory),
        train_dataset=examples,
        data_collator=_collate_with(int(tokenizer.pad_token_id)),
        callbacks=[_MarkWhole(key), _LineAMinute()],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_checkpoint(directory, key)
    if checkpoint is not None:
        _log.info("fine-tuning goes on from %s", checkpoint)
    with _bars_only_on_terminals():
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model.to("cpu").eval()  # type: ignore[arg-type]


@contextmanager
def _bars_only_on_terminals() -> Iterator[None]:
    """Each checkpoint would leave a bar in the log."""
    if sys.stderr.isatty() or not logging_of_transformers.is_progress_bar_enabled():
        yield
        return
    logging_of_transformers.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging_of_transformers.enable_progress_bar()  # type: ignore[no-untyped-call]


def _arguments(options: FinetuneOptions, directory: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(directory),
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.batch_size,
        warmup_steps=options.warmup_share,  # below 1 it is a share
        weight_decay=options.weight_decay,
        save_strategy="steps",
        save_steps=options.checkpoint_steps,
        # The last but one stays until the last is marked as whole.
        save_total_limit=2,
        seed=options.seed,
        data_seed=options.seed,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
    )


def _collate_with(pad: int) -> Callable[[list[Example]], dict[str, torch.Tensor]]:
    """A function that pads examples into one batch; labels of words are padded as not scored."""

    def collate(examples: list[Any]) -> dict[str, torch.Tensor]:
        longest = max(len(each["input_ids"]) for each in examples)
        ids = torch.full((len(examples), longest), pad)
        attention = torch.zeros_like(ids)
        labels = torch.full((len(examples), longest), NOT_SCORED)
        for row, each in enumerate(examples):
            n = len(each["input_ids"])
            ids[row, :n] = torch.tensor(each["input_ids"])
            attention[row, :n] = 1
            if isinstance(each["labels"], list):
                labels[row, :n] = torch.tensor(each["labels"])
        if not isinstance(examples[0]["labels"], list):
            labels = torch.tensor([each["labels"] for each in examples])
        return {"input_ids": ids, "attention_mask": attention, "labels": labels}

    return collate


class _MarkWhole(TrainerCallback):
    """Marks each checkpoint once all its files are written."""

    def __init__(self, key: str) -> None:
        self._key = key

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        del control
        mark_complete(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}", self._key)


class _LineAMinute(TrainerCallback):
    """Asks the Trainer for the mean loss once a minute and logs it."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        del args, state
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        del args, control
        if logs and "loss" in logs:
            text = "fine-tuning: step %d of %d, loss %.4f"
            _log.info(text, state.global_step, state.max_steps, logs["loss"])
