"""Training: tokenizers, small models from scratch, and fine-tuning for a task."""

from polyconcept.collector import paused

with paused():
    from polyconcept.training.architecture import Architecture, build_model
    from polyconcept.training.batches import Mixture
    from polyconcept.training.checkpoints import remove_checkpoints
    from polyconcept.training.finetune import finetune_ner, finetune_sentiment
    from polyconcept.training.pretrain import PretrainOptions, pretrain
    from polyconcept.training.text_to_text import (
        finetune_entities_as_text,
        finetune_sentiment_as_text,
        finetune_translation,
    )
    from polyconcept.training.tokenizers import TokenizerKind, train_tokenizer
    from polyconcept.training.trainer import FinetuneOptions

__all__ = [
    "Architecture",
    "FinetuneOptions",
    "Mixture",
    "PretrainOptions",
    "TokenizerKind",
    "build_model",
    "finetune_entities_as_text",
    "finetune_ner",
    "finetune_sentiment",
    "finetune_sentiment_as_text",
    "finetune_translation",
    "pretrain",
    "remove_checkpoints",
    "train_tokenizer",
]
