"""Training: tokenizers, small models from scratch, and fine-tuning for a task."""

from polyconcept.training.architecture import Architecture, build_model
from polyconcept.training.batches import Mixture
from polyconcept.training.checkpoints import remove_checkpoints
from polyconcept.training.finetune import FinetuneOptions, finetune_ner, finetune_sentiment
from polyconcept.training.pretrain import PretrainOptions, pretrain
from polyconcept.training.tokenizers import TokenizerKind, train_tokenizer

__all__ = [
    "Architecture",
    "FinetuneOptions",
    "Mixture",
    "PretrainOptions",
    "TokenizerKind",
    "build_model",
    "finetune_ner",
    "finetune_sentiment",
    "pretrain",
    "remove_checkpoints",
    "train_tokenizer",
]
