"""Train a model with the library's Trainer so that it can be resumed, and repeated exactly."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
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
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.utils import logging as logging_of_transformers

from polyconcept.machine.devices import cpu_threads
from polyconcept.records.arrays import Int64
from polyconcept.tasks.checkpoints import fingerprint, last_checkpoint, mark_complete
from polyconcept.tasks.order import SimilarLengths
from polyconcept.tasks.shares import chance_loss, tell_loss
from polyconcept.tasks.used_rows import UsedRows

Example: TypeAlias = dict[str, list[int] | int]
"""``input_ids``, the subwords read; ``labels``, one number for all of them, or a list."""

NOT_SCORED = -100
"""Label of a place whose subword is not to be guessed, as in transformers."""

_SECONDS_BETWEEN_LINES = 60.0
_MOST_COMPARED = 1000
"""Sentences whose loss is compared with chance after a training: a matter of seconds."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinetuneOptions:
    """How a model is fine-tuned."""

    epochs: float = 3.0
    """Passes over the training sentences."""
    learning_rate: float = 5e-5
    """Highest learning rate; rises from 0 in the warm-up, then falls linearly to 0."""
    head_learning_rate: float = 1e-3
    """The same of a new classifier, which begins from nothing; a model that writes has none."""
    batch_size: int = 32
    """Sentences of one step."""
    max_length: int = 256
    """Most subwords of a sentence; at most what the model can read."""
    warmup_share: float = 0.1
    """Share of the steps in the warm-up, from 0 to below 1."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    checkpoint_steps: int = 500
    """Most steps between two checkpoints; a short training has one after each quarter."""
    seed: int = 212
    """Seed of the order of the sentences and of dropout."""
    device: str = "auto"
    """What to train on: `cpu`, or the best that torch finds."""
    prefix: str = ""
    """Text that a classifier reads before each sentence."""
    n_threads: int = 1
    """Threads of a CPU: another number adds in another order and ends in other weights."""

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "learning_rate",
            "head_learning_rate",
            "batch_size",
            "max_length",
            "checkpoint_steps",
            "n_threads",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)} should be above 0")
        if not 0 <= self.warmup_share < 1:
            raise ValueError(f"warmup_share={self.warmup_share} should be from 0 to below 1")


def train_on(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: list[Example],
    *,
    options: FinetuneOptions,
    directory: Path,
) -> None:
    """Train `model` in place on `examples`; it ends on the CPU, in evaluation mode.

    If `directory` holds a complete checkpoint of the same model, examples and options, training
    resumes there; on CPU with as many threads it ends with the weights of an uninterrupted run.
    Other checkpoints there are removed. The log says how the loss ends beside `chance_loss`.

    Raises:
        ValueError: No examples.
    """
    if not examples:
        raise ValueError("fine-tuning needs at least one sentence, got none")
    pad = int(tokenizer.pad_token_id)
    key = fingerprint(model, _what_decides(options, pad, examples))
    two_sided = bool(model.config.is_encoder_decoder)
    # A model that writes may write any subword.
    rows = None if two_sided else UsedRows.of(model, {pad, *_subwords_read(examples)})
    trainer = (_WriterTrainer if two_sided else _ClassifierTrainer)(
        model=model,
        args=_arguments(
            Seq2SeqTrainingArguments if two_sided else TrainingArguments,
            options,
            directory,
            len(examples),
        ),
        train_dataset=examples,
        data_collator=_collate_with(pad),
        callbacks=[_MarkWhole(key), _LineAMinute()],
    )
    if not two_sided:
        _give_head_its_rate(trainer, model, options.head_learning_rate)
    # It prints the losses that `_LineAMinute` logs.
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_checkpoint(directory, key)
    if checkpoint is not None:
        _log.info("fine-tuning goes on from %s", checkpoint)
    with _bars_only_on_terminals(), cpu_threads(options.n_threads):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        compared = examples[:: math.ceil(len(examples) / _MOST_COMPARED)]
        loss: float = trainer.evaluate(compared)["eval_loss"]  # type: ignore[arg-type]
        tell_loss(loss, chance_loss(label_counts(compared)))
    model.to("cpu").eval()  # type: ignore[arg-type]
    if rows is not None:
        rows.put_back(_decays(trainer, rows.weight))


def _subwords_read(examples: list[Example]) -> Iterator[int]:
    for example in examples:
        subwords = example["input_ids"]
        assert isinstance(subwords, list)
        yield from subwords


def _decays(trainer: Trainer, weights: torch.nn.Parameter) -> list[float]:
    """Return by what AdamW's weight decay has multiplied these weights in each step."""
    # Worked out from the schedule, since a training that was resumed has not done all of them.
    optimizer: Any = trainer.optimizer
    schedule: Any = trainer.lr_scheduler
    (group,) = (
        number
        for number, each in enumerate(optimizer.param_groups)
        if any(one is weights for one in each["params"])
    )
    share = optimizer.param_groups[group]["weight_decay"]
    if not share:
        return []
    highest, course = schedule.base_lrs[group], schedule.lr_lambdas[group]
    return [1 - highest * course(step) * share for step in range(trainer.state.global_step)]


class _SimilarLengths:
    """Lets a Trainer read its examples by `SimilarLengths`."""

    args: TrainingArguments

    def _get_train_sampler(self, train_dataset: Any = None) -> SimilarLengths:  # noqa: ANN401 - list[Example]
        lengths = [len(example["input_ids"]) for example in train_dataset]
        return SimilarLengths(lengths, self.args.train_batch_size, self.args.seed)


class _ClassifierTrainer(_SimilarLengths, Trainer):
    pass


class _WriterTrainer(_SimilarLengths, Seq2SeqTrainer):
    pass


def _give_head_its_rate(trainer: Trainer, model: PreTrainedModel, rate: float) -> None:
    """Let all that is not pre-trained learn at a rate of its own, which falls like the other."""
    inside = f"{model.base_model_prefix}."
    head = {id(each) for name, each in model.named_parameters() if not name.startswith(inside)}
    optimizer = trainer.create_optimizer()
    for group in list(optimizer.param_groups):
        new = [weights for weights in group["params"] if id(weights) in head]
        group["params"] = [weights for weights in group["params"] if id(weights) not in head]
        optimizer.add_param_group({**group, "params": new, "lr": rate})


def label_counts(examples: Iterable[Example]) -> Counter[int]:
    """Return how often each label is to be learnt: of sentences, of words, of written subwords."""
    labels = (example["labels"] for example in examples)
    rows = (label if isinstance(label, list) else [label] for label in labels)
    return Counter(label for row in rows for label in row if label != NOT_SCORED)


def _what_decides(options: FinetuneOptions, pad: int, examples: list[Example]) -> Iterator[str]:
    yield repr(options)
    # Another version would go on with other numbers.
    yield f"torch {torch.__version__}, transformers {transformers.__version__}, padding {pad}"
    # A checkpoint of the whole table of subwords would not fit what is trained.
    yield "used rows"
    for example in examples:
        yield repr(example)


@contextmanager
def _bars_only_on_terminals() -> Iterator[None]:
    """Show progress bars on terminals only."""
    # Each checkpoint would leave a bar in the log.
    if sys.stderr.isatty() or not logging_of_transformers.is_progress_bar_enabled():
        yield
        return
    logging_of_transformers.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging_of_transformers.enable_progress_bar()  # type: ignore[no-untyped-call]


def _arguments(
    kind: type[TrainingArguments], options: FinetuneOptions, directory: Path, n_examples: int
) -> TrainingArguments:
    n_steps = math.ceil(options.epochs * math.ceil(n_examples / options.batch_size))
    return kind(
        output_dir=str(directory),
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.batch_size,
        warmup_steps=options.warmup_share,  # below 1 it is a share
        weight_decay=options.weight_decay,
        save_strategy="steps",
        save_steps=min(options.checkpoint_steps, math.ceil(n_steps / 4)),
        # The last but one stays until the last is marked as whole.
        save_total_limit=2,
        use_cpu=options.device == "cpu",
        seed=options.seed,
        data_seed=options.seed,
        # `_LineAMinute` asks for the loss when it is time.
        logging_strategy="no",
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
        dataloader_pin_memory=options.device != "cpu" and torch.cuda.is_available(),
        # The examples are no data set of the library, and have nothing but what is needed.
        remove_unused_columns=False,
    )


def _collate_with(pad: int) -> Callable[[list[Example]], dict[str, torch.Tensor]]:
    """Return a function that pads examples into a batch; padding of labels is not scored."""

    def collate(examples: list[Any]) -> dict[str, torch.Tensor]:
        ids = [each["input_ids"] for each in examples]
        labels = [each["labels"] for each in examples]
        read = [[1] * len(row) for row in ids]
        return {
            "input_ids": _padded(ids, pad),
            "attention_mask": _padded(read, 0),
            "labels": _padded(labels, NOT_SCORED)
            if isinstance(labels[0], list)
            else torch.tensor(labels),
        }

    return collate


def _padded(rows: list[list[int]], filler: int) -> Int64[torch.Tensor, "row place"]:
    # On the right, whichever side the tokenizer would pad, as scoring and extraction do.
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


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
