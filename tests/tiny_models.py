"""Tiny random models and tokenizers, made in memory: no file of a real model is needed."""

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from polyconcept.records import Sentences, Words

TEXT = (
    "The old doctor built a house near the river",
    "the doctor lives in the old house",
    "Der alte Arzt baute ein Haus am Fluss",
    "Die Ärztin wohnt im alten Haus",
    "الطبيب القديم بنى البيت",
    "unbelievable houses rebuilt",
)


def sentences_of(*lines, language="en"):
    return Sentences(language, tuple(tuple(line.split(" ")) for line in lines))


def table_of(sentences, skip=()):
    """A word table of all words but those at the (sentence, position) pairs in `skip`."""
    places = [
        (number, position, word)
        for number, line in enumerate(sentences.words)
        for position, word in enumerate(line)
        if (number, position) not in skip
    ]
    types = tuple(dict.fromkeys(word for _, _, word in places))
    index = {spelling: number for number, spelling in enumerate(types)}
    columns = [[s for s, _, _ in places], [p for _, p, _ in places]]
    columns.append([index[word] for _, _, word in places])
    sentence, position, word_type = (np.array(column, dtype=np.int32) for column in columns)
    return Words(sentences.language, sentence, position, word_type, types)


def wordpiece(text=TEXT, vocab_size=120, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        text,
        trainers.WordPieceTrainer(
            vocab_size=vocab_size, special_tokens=special, show_progress=False
        ),
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    roles = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    options = {"model_max_length": 64} | options
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, special, strict=True)), **options
    )


def unigram(text=TEXT, vocab_size=120, **options):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        text,
        trainers.UnigramTrainer(
            vocab_size=vocab_size, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False
    )
    roles = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")
    options = {"model_max_length": 62} | options
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **dict(zip(roles, special, strict=True)),
        cls_token="<s>",
        sep_token="</s>",
        **options,
    )


SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    # Wide enough that layers and places differ clearly.
    "initializer_range": 0.3,
}


def bert(tokenizer, **changes):
    config = BertConfig(vocab_size=len(tokenizer), **SIZES | changes)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return BertForMaskedLM(config).eval()


def xlm_roberta(tokenizer, **changes):
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    config = XLMRobertaConfig(vocab_size=len(tokenizer), type_vocab_size=1, **SIZES | ids | changes)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        return XLMRobertaForMaskedLM(config).eval()
