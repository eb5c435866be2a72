"""A tiny random mT5 with its tokenizer, made in memory, and text for it to learn by heart."""

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
from transformers import MT5Config, MT5ForConditionalGeneration, PreTrainedTokenizerFast

from polyconcept.records.text import Sentences

TEXT = {
    "en": (
        "the dog sees a cat",
        "the cat likes a dog",
        "a child finds the river",
        "the river draws a child",
    ),
    "de": (
        "der Hund sieht eine Katze",
        "die Katze mag einen Hund",
        "ein Kind findet den Fluss",
        "der Fluss malt ein Kind",
    ),
    "fr": (
        "le chien voit un chat",
        "le chat aime un chien",
        "un enfant trouve la rivière",
        "la rivière dessine un enfant",
    ),
}
ASKED = (
    "translate to de: fr: it: entities: sentiment: PER: LOC: none ; positive negative "
    "Ada Lovelace Paris Rome"
)


def sentences(language):
    return Sentences(language, tuple(tuple(line.split()) for line in TEXT[language]))


def unigram_with_end():
    """As mT5's: <pad> is 0, </s> is 1 and ends every text, subwords join again to text."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        [*(line for lines in TEXT.values() for line in lines), ASKED],
        trainers.UnigramTrainer(
            vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    roles = ("pad_token", "eos_token", "unk_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, special, strict=True))
    )


def mt5(tokenizer, seed=0, **changes):
    sizes = {
        "d_model": 32,
        "d_kv": 16,
        "d_ff": 64,
        "num_layers": 1,
        "num_heads": 2,
        "dropout_rate": 0.0,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "decoder_start_token_id": 0,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = MT5Config(vocab_size=len(tokenizer), **sizes | changes)
        return MT5ForConditionalGeneration(config).eval()
