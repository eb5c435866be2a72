"""Words become subwords in one way: training, scoring and extraction read the same ids."""

import numpy as np
import pytest
import torch
from tiny_models import SIZES, TEXT, sentences_of, table_of
from tiny_tasks import finetune_translation
from tiny_writers import mt5
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import decoders as decoding
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

from polyconcept.models.loading import load_tokenizer
from polyconcept.models.reader import Reader, read_words, written_text
from polyconcept.records.text import Sentences, TaggedSentences
from polyconcept.tasks import writer
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.denoising import _prompt
from polyconcept.tasks.entities import train_classifier
from polyconcept.tasks.entities.score_classifier import tag_words
from polyconcept.tasks.masking import split_into_subwords
from polyconcept.tasks.scorer import ScoreOptions
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.tasks.translation import prompts, train_writer
from polyconcept.tasks.translation.score_writer import translate
from polyconcept.vectors.plan import plan_extraction

LINES = (
    "das Haus ist groß",
    "The old doctor built a house near the river",
    "الطبيب القديم بنى البيت",
    "日本 🙂 is здесь e\u0301 , now .",
    "I'm don't x\u00a0y 12345 a",
    "a \u200b b \u00ad c",
    "10\u00a0km ½ ﬁn ´a ١٢٣ ไทย ๆ क्ष नमस्ते",
    "\u0301b a \u0301c \u2028 d",
    "می\u200cخواهم کتاب",
    "old",
)
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>"]
ROLES = dict(zip(("pad_token", "eos_token", "bos_token", "unk_token"), SPECIAL, strict=True))
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel.alphabet()


def around(template):
    return processors.TemplateProcessing(
        single=template, special_tokens=[("<eos>", 1), ("<bos>", 2)]
    )


def built(model, trainer, normalizer, pieces, decoder, processor, text=TEXT + LINES):
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pieces
    tokenizer.train_from_iterator(text, trainer)
    if decoder is not None:
        tokenizer.decoder = decoder
    tokenizer.post_processor = processor
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ROLES)


def wordpiece(template="<bos> $A <eos>", **options):
    return built(
        models.WordPiece(unk_token="<unk>"),
        trainers.WordPieceTrainer(vocab_size=220, special_tokens=SPECIAL, show_progress=False),
        normalizers.BertNormalizer(**options),
        pre_tokenizers.BertPreTokenizer(),
        decoding.WordPiece(),
        around(template),
    )


def unigram(scheme, template="<bos> $A <eos>", *, split=False, normalizer=None):
    marks = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    if split:
        marks = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), marks])
    return built(
        models.Unigram(),
        trainers.UnigramTrainer(
            vocab_size=220, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
        ),
        normalizer or normalizers.NFKC(),
        marks,
        decoding.Metaspace(prepend_scheme=scheme),
        around(template),
    )


def byte_bpe(pieces, template="<bos> $A <eos>", normalizer=None, *, trim_offsets=True):
    return built(
        models.BPE(),
        trainers.BpeTrainer(
            vocab_size=420, special_tokens=SPECIAL, initial_alphabet=BYTES, show_progress=False
        ),
        normalizer,
        pieces,
        decoding.ByteLevel(),
        processors.Sequence([processors.ByteLevel(trim_offsets=trim_offsets), around(template)]),
    )


def gemma(template="<bos> $A", normalizer=None, *, merging=False):
    """Blanks become a letter; unless merging, no piece holds one inside (as in Gemma's text)."""
    tokenizer = built(
        models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True),
        trainers.BpeTrainer(
            vocab_size=620,
            special_tokens=[*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))],
            show_progress=False,
        ),
        normalizer or normalizers.Replace(" ", "▁"),
        pre_tokenizers.Split("\n" if merging else "▁", "merged_with_next"),
        decoding.Sequence([decoding.Replace("▁", " "), decoding.ByteFallback(), decoding.Fuse()]),
        around(template),
    )
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return tokenizer


KINDS = {
    "WordPiece": lambda: wordpiece(lowercase=False, strip_accents=False),
    "WordPiece, uncased": lambda: wordpiece(lowercase=True),
    "XLM-R": lambda: unigram("always", split=True),
    "unigram, first": lambda: unigram("first"),
    "unigram, never": lambda: unigram("never"),
    "unigram, blanks squeezed": lambda: unigram(
        "always",
        normalizer=normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        ),
    ),
    "mT5": lambda: unigram("always", "$A <eos>", split=True),
    "BART": lambda: byte_bpe(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "byte-level, blank first": lambda: byte_bpe(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "Llama 3": lambda: byte_bpe(
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(LLAMA_3), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        ),
        "<bos> $A",
        normalizers.NFC(),
        trim_offsets=False,
    ),
    "Qwen": lambda: byte_bpe(pre_tokenizers.ByteLevel(add_prefix_space=False), "$A"),
    "Llama 2": lambda: gemma(
        normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    ),
    "Gemma": gemma,
    "T5Gemma": lambda: gemma("$A <eos>"),
    "merging across blanks": lambda: gemma(merging=True),
}


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return KINDS[request.param]()


def tagger(tokenizer):
    config = BertConfig(
        vocab_size=len(tokenizer), **SIZES | {"max_position_embeddings": 256}, num_labels=2
    )
    config.id2label = {0: "O", 1: "B-PER"}
    config.label2id = {"O": 0, "B-PER": 1}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return BertForTokenClassification(config).eval()


def scored_ids(model, ask):
    """What a model is given while `ask` runs, without padding, longest last."""
    seen = []

    def keep(_module, _args, given):
        for ids, mask in zip(given["input_ids"], given["attention_mask"], strict=True):
            seen.append(ids[mask.bool()].tolist())

    hook = model.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        ask()
    finally:
        hook.remove()
    return seen


def cut(whole, bare, max_length):
    """A sentence whose last subwords are left out; what is added around it stays."""
    n_before = next(n for n in range(len(whole)) if whole[n : n + len(bare)] == bare)
    after = whole[n_before + len(bare) :]
    room = max_length - n_before - len(after)
    return [*whole[:n_before], *bare[:room], *after]


def inputs_of(plan):
    return [part.tolist() for part in np.split(plan.subwords, plan.subword_bound[1:-1])]


@pytest.mark.parametrize("max_length", [200, 7])
def test_training_scoring_and_extraction_read_the_same_ids(tokenizer, max_length):
    sentences = sentences_of(*LINES)
    tags = tuple(("B-PER",) * len(words) for words in sentences.words)
    model = tagger(tokenizer)
    whole = [tokenizer(line).input_ids for line in LINES]  # the library's ids of the running text
    bare = [tokenizer(line, add_special_tokens=False).input_ids for line in LINES]

    trained = train_classifier.examples(
        model,
        tokenizer,
        [TaggedSentences("en", sentences.words, tags)],
        FinetuneOptions(epochs=1.0, max_length=max_length),
    )
    scored = scored_ids(
        model,
        lambda: tag_words(model, tokenizer, sentences.words, ScoreOptions(max_length=max_length)),
    )
    plan = plan_extraction(
        tokenizer,
        sentences,
        table_of(sentences),
        max_length=max_length,
        token_budget=100,
        pooling="first",
    )
    guessed = split_into_subwords(sentences, tokenizer, max_subwords=max_length)

    ids = [row["input_ids"] for row in trained]
    assert ids == [cut(*each, max_length) for each in zip(whole, bare, strict=True)]
    assert sorted(scored) == sorted(ids)
    assert inputs_of(plan) == [ids[number] for number in plan.sentence]
    assert [each.ids.tolist() for each in guessed] == [text[:max_length] for text in bare]


def test_a_prefix_stands_before_each_sentence_for_every_use(tokenizer):
    prefix = "query: "
    sentences = sentences_of(*LINES)
    words = table_of(sentences)
    tags = tuple(("B-PER",) * len(each) for each in sentences.words)
    model = tagger(tokenizer)

    trained = train_classifier.examples(
        model,
        tokenizer,
        [TaggedSentences("en", sentences.words, tags)],
        FinetuneOptions(epochs=1.0, max_length=200, prefix=prefix),
    )
    options = ScoreOptions(max_length=200, prefix=prefix)
    scored = scored_ids(model, lambda: tag_words(model, tokenizer, sentences.words, options, "en"))
    plan = plan_extraction(
        tokenizer,
        sentences,
        words,
        max_length=200,
        token_budget=100,
        pooling="first",
        prefix=prefix,
    )

    ids = [row["input_ids"] for row in trained]
    assert ids == [tokenizer(prefix + line).input_ids for line in LINES]
    assert sorted(scored) == sorted(ids)
    assert inputs_of(plan) == [ids[number] for number in plan.sentence]
    # The words begin where they would if the prefix were a word of the text.
    as_words = read_words(
        [("query:", *each) for each in sentences.words], tokenizer, max_length=200
    )
    for row, read in zip(trained, as_words, strict=True):
        labelled = [place for place, label in enumerate(row["labels"]) if label != -100]
        assert labelled == [place for place in read.first[1:] if place is not None]
    starts = [read.first[1:] for read in as_words]
    sentence = np.repeat(plan.sentence, np.diff(plan.word_bound))
    expected = [
        starts[number][place]
        for number, place in zip(sentence, words.position[plan.rows], strict=True)
    ]
    assert plan.first.tolist() == expected


def test_a_prefix_that_leaves_no_room_is_refused(tokenizer):
    with pytest.raises(ValueError, match=r"max_length is 3, more than \d+ is needed for a word"):
        Reader(tokenizer, max_length=3, prefix="Represent this sentence for searching:")


def test_a_word_begins_at_the_same_subword_for_every_use(tokenizer):
    sentences = sentences_of(*LINES)
    words = table_of(sentences)
    tags = tuple(("B-PER",) * len(each) for each in sentences.words)
    trained = train_classifier.examples(
        tagger(tokenizer),
        tokenizer,
        [TaggedSentences("en", sentences.words, tags)],
        FinetuneOptions(epochs=1.0, max_length=200),
    )
    reads = read_words(sentences.words, tokenizer, max_length=200)
    plan = plan_extraction(
        tokenizer, sentences, words, max_length=None, token_budget=100, pooling="first"
    )
    guessed = split_into_subwords(sentences, tokenizer, max_subwords=200)

    for row, read, own in zip(trained, reads, guessed, strict=True):
        labelled = [place for place, label in enumerate(row["labels"]) if label != -100]
        assert labelled == [place for place in read.first if place is not None]
        n_before = read.ids.index(own.ids[0]) if len(own.ids) else 0
        starts = [n_before + int(np.argmax(own.word == word)) for word in np.unique(own.word)]
        assert labelled == starts
    of_table = zip(words.sentence[plan.rows], words.position[plan.rows], plan.first, strict=True)
    for sentence, position, place in of_table:
        assert reads[sentence].first[position] == place


def test_where_words_given_apart_read_the_same_their_owners_do_too(tokenizer):
    n_alike = 0
    for line in LINES:
        words = line.split(" ")
        apart = tokenizer(words, is_split_into_words=True)
        tokens = Reader(tokenizer).tokens([words])
        if apart.input_ids == tokens.subwords.tolist():
            n_alike += 1
            assert [-1 if w is None else w for w in apart.word_ids()] == tokens.word.tolist()
    assert n_alike >= 1  # a sentence of one word, at least


@pytest.mark.parametrize(
    "kind", ["mT5", "BART", "byte-level, blank first", "Qwen", "Gemma", "T5Gemma", "Llama 2"]
)
def test_what_is_taught_to_be_written_reads_as_it_was(kind, monkeypatch):
    tokenizer = KINDS[kind]()
    model = mt5(tokenizer, eos_token_id=1)
    monkeypatch.setattr(writer, "_check_writer", lambda *_: None)  # of the end only
    pair = Sentences("en", (("the", "house"),)), Sentences("de", (("das", "Haus", "ist", "groß"),))

    options = FinetuneOptions(epochs=1.0, max_length=64)
    [row] = train_writer.examples(model, tokenizer, [pair], options)
    asked = scored_ids(
        model.get_encoder(),
        lambda: translate(model, tokenizer, pair[0], "de", ScoreOptions(n_beams=1, max_length=64)),
    )

    assert row["labels"] == tokenizer("das Haus ist groß").input_ids
    assert written_text(tokenizer, row["labels"]) == "das Haus ist groß"
    assert asked == [row["input_ids"]] == [tokenizer("translate to de: the house").input_ids]


@pytest.mark.parametrize("kind", ["BART", "T5Gemma"])
def test_a_model_writes_the_blanks_that_it_was_taught(kind, tmp_path):
    tokenizer = KINDS[kind]()
    model = mt5(tokenizer, eos_token_id=1)
    pair = Sentences("en", (("the", "house"),)), Sentences("de", (("das", "Haus", "ist", "groß"),))
    options = FinetuneOptions(
        epochs=60.0, learning_rate=1e-2, batch_size=1, max_length=64, checkpoint_steps=1000
    )

    finetune_translation(model, tokenizer, [pair], options=options, checkpoint_directory=tmp_path)

    answers = write_answers(
        model,
        tokenizer,
        [prompts.translation_prompt(pair[0].words[0], "de")],
        ScoreOptions(max_length=64, batch=1),
        where="en-de",
    )
    assert answers == ["das Haus ist groß"]


# --- by hand


def merging():
    """Every blank is ▁, and pieces may hold one: "of▁the" is a single subword."""
    pieces = [*SPECIAL, "o", "f", "▁", "t", "h", "e", "d", "g", "s", "of", "th", "the"]
    pieces += ["▁the", "of▁the", "do", "dog", "s▁", "s▁th"]
    merges = [("o", "f"), ("t", "h"), ("th", "e"), ("▁", "the"), ("of", "▁the")]
    merges += [("d", "o"), ("do", "g"), ("s", "▁"), ("s▁", "th")]
    tokenizer = Tokenizer(
        models.BPE({piece: n for n, piece in enumerate(pieces)}, merges, unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.post_processor = around("<bos> $A <eos>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ROLES)


def test_a_subword_of_two_words_is_the_later_ones_and_the_earlier_word_has_no_vector():
    tokenizer = merging()
    sentences = sentences_of("dog of the dog", "dogs th")

    tokens = Reader(tokenizer).tokens(sentences.words)
    names = tokenizer.convert_ids_to_tokens(tokens.subwords)
    plan = plan_extraction(
        tokenizer, sentences, table_of(sentences), max_length=None, token_budget=50
    )
    reads = read_words(sentences.words, tokenizer, max_length=50)

    assert names == [
        *("<bos>", "dog", "▁", "of▁the", "▁", "dog", "<eos>"),
        *("<bos>", "dog", "s▁th", "<eos>"),
    ]
    assert tokens.word.tolist() == [-1, 0, 1, 2, 3, 3, -1, -1, 0, 1, -1]
    assert (tokens.merged_sentence.tolist(), tokens.merged_word.tolist()) == ([0, 1], [1, 0])
    # Of "of" there is but the blank, and "dogs" would pass for "dog".
    assert plan.rows.tolist() == [0, 2, 3, 5]
    assert plan.dropped["no subwords"] == 2
    # A tag needs the first subword of a word alone.
    assert reads[0].first == [1, 2, 3, 4]
    assert reads[1].first == [1, 2]


def test_a_cut_takes_the_end_whatever_side_the_tokenizer_cuts():
    tokenizer = KINDS["BART"]()
    tokenizer.truncation_side = "left"
    words = ("the", "old", "doctor", "built", "a", "house")

    [read] = read_words([words], tokenizer, max_length=5)

    assert read.ids == [2, *tokenizer(" ".join(words), add_special_tokens=False).input_ids[:3], 1]


def test_words_cut_off_far_behind_the_table_cost_no_word_of_the_next_sentence():
    # The table names the first word of each sentence; word 4 of the first is cut off.
    tokenizer = wordpiece(lowercase=False, strip_accents=False)
    sentences = sentences_of("old old old old old", "old old")
    words = table_of(sentences, skip={(0, k) for k in range(1, 5)})

    plan = plan_extraction(tokenizer, sentences, words, max_length=4, token_budget=50)

    assert plan.dropped["truncated"] == 0
    assert plan.rows.tolist() == [0, 1, 2]


def test_limits_that_hold_no_word_are_refused():
    tokenizer = KINDS["BART"]()

    with pytest.raises(ValueError, match="max_length is 2, more than 2 is needed for a word"):
        read_words([("old",)], tokenizer, max_length=2)
    tokenizer.model_max_length = 2
    with pytest.raises(ValueError, match="max_length is 2, more than 2 is needed for a word"):
        Reader(tokenizer)


def test_no_sentence_and_no_word_are_read_as_such():
    tokenizer = KINDS["BART"]()

    assert read_words([], tokenizer, max_length=9) == []
    assert [read.ids for read in read_words([(), ("old",)], tokenizer, max_length=9)] == [
        tokenizer("").input_ids,
        tokenizer("old").input_ids,
    ]


@pytest.mark.parametrize("name", ["bert", "xlmr", "mt5"])
def test_the_built_in_models_read_words_as_they_did(name, request):
    root = request.config.rootpath / "polyconcept/builtin/models"
    tokenizer = load_tokenizer(root / name)
    sentences = [tuple(line.split(" ")) for line in (*TEXT, *LINES)]

    read = read_words(sentences, tokenizer, max_length=12)

    apart = tokenizer(
        [list(words) for words in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=12,
    )
    assert [each.ids for each in read] == apart.input_ids
    for number, each in enumerate(read):
        of_word = apart.word_ids(number)
        assert each.first == [
            of_word.index(word) if word in of_word else None for word in range(len(each.first))
        ]


def test_a_prompt_before_a_sentence_is_pre_trained_on_as_it_is_asked(request):
    tokenizer = load_tokenizer(request.config.rootpath / "polyconcept/builtin/models/mt5")
    words = ("the", "old", "house")

    [asked] = read_words([prompts.translation_prompt(words, "de")], tokenizer, max_length=64)
    [own] = split_into_subwords(Sentences("en", (words,)), tokenizer, max_subwords=64)

    end = tokenizer.eos_token_id
    assert asked.ids == [*_prompt("de", tokenizer), *own.ids, end]
