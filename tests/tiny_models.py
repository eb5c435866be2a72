"""Tiny random models and tokenizers, made in memory: no file of a real model is needed."""

import numpy as np
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForMaskedLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MT5Config,
    MT5ForConditionalGeneration,
    MT5Model,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from polyconcept.records.text import Sentences, Words

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


# Models with a decoder, and tokenizers as theirs.


def t5_unigram(pieces=None, text=TEXT, vocab_size=120, **options):
    """mT5's kind of tokenizer, trained on a text or with the given pieces."""
    special = ["<pad>", "</s>", "<unk>"]
    given = pieces and [*((piece, 0.0) for piece in special), *((piece, -1.0) for piece in pieces)]
    tokenizer = Tokenizer(models.Unigram(given, unk_id=2) if given else models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    if not given:
        trainer = trainers.UnigramTrainer(
            vocab_size=vocab_size, special_tokens=special, unk_token="<unk>", show_progress=False
        )
        tokenizer.train_from_iterator(text, trainer)
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    roles = ("pad_token", "eos_token", "unk_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, special, strict=True)), **options
    )


def begun(tokenizer, begin):
    """Let sentences begin with the symbol `begin`, where there is one."""
    if begin:
        special = [(begin, tokenizer.token_to_id(begin))]
        return processors.TemplateProcessing(single=f"{begin} $A", special_tokens=special)
    return processors.TemplateProcessing(single="$A", special_tokens=[])


def byte_bpe(begin="<|begin|>", *, text=TEXT, vocab_size=330, trim_offsets=True, **options):
    """The kind of tokenizer that Llama 3, Qwen and GPT-2 have, without a symbol for padding."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|begin|>", "<|end|>", "<|turn|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=trim_offsets), begun(tokenizer, begin)]
    )
    roles = {"bos_token": begin} if begin else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", **roles | options
    )


def gemma_bpe(text=TEXT, vocab_size=150, **options):
    """Gemma's kind of tokenizer: blanks become a letter, and only they mark a word's start."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(text, trainer)
    # As in Gemma's file: no blank is left for it to find.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = begun(tokenizer, "<bos>")
    roles = ("pad_token", "eos_token", "bos_token", "unk_token")
    options = {"padding_side": "left"} | options
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, special, strict=True)), **options
    )


def random_model(kind, config, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind(config).eval()


def mt5(tokenizer, **changes):
    """Two blocks in the encoder, two in the decoder, of which the second may be changed."""
    config = MT5Config(
        vocab_size=len(tokenizer),
        **{"d_model": 16, "d_kv": 8, "d_ff": 32, "num_heads": 2}
        | {"num_layers": 2, "num_decoder_layers": 2, "dropout_rate": 0.0}
        | {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
        | {"initializer_factor": 1.0}
        | changes,
    )
    return random_model(MT5ForConditionalGeneration, config, seed=7)


def without_head(model):
    """MT5's model without head, of the same modules; it has no `base_model` of its own."""
    own = MT5Model(model.config)
    own.shared, own.encoder, own.decoder = model.shared, model.encoder, model.decoder
    return own.eval()


CAUSAL_SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "intermediate_size": 32,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}


def llama(tokenizer, **changes):
    config = LlamaConfig(vocab_size=len(tokenizer), **CAUSAL_SIZES | changes)
    return random_model(LlamaForCausalLM, config, seed=8)


def qwen2(tokenizer, **changes):
    sizes = {key: value for key, value in CAUSAL_SIZES.items() if key != "head_dim"}
    config = Qwen2Config(vocab_size=len(tokenizer), **sizes | changes)
    return random_model(Qwen2ForCausalLM, config, seed=9)


def gemma2(tokenizer, **changes):
    # The window of its even layers is shorter than the sentences.
    window = {"sliding_window": 4, "query_pre_attn_scalar": 8}
    config = Gemma2Config(vocab_size=len(tokenizer), **CAUSAL_SIZES | window | changes)
    return random_model(Gemma2ForCausalLM, config, seed=10)
