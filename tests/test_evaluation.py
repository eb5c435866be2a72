"""Task scores: by hand, and what a model predicts."""

import warnings
from dataclasses import replace

import pytest
import sacrebleu
import torch
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score as entity_f1_score
from seqeval.scheme import IOB2
from sklearn.metrics import accuracy_score, f1_score
from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification

from polyconcept.records.scores import Score
from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences, Translations
from polyconcept.tasks.chance import exceeds_chance
from polyconcept.tasks.entities.score_classifier import tag_words
from polyconcept.tasks.entities.scores import score_entities
from polyconcept.tasks.label_scores import score_labels
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_labels, learnt, task_score
from polyconcept.tasks.sentiment.score_classifier import label_sentences
from polyconcept.tasks.tokenizers import train_tokenizer
from polyconcept.tasks.translation.score_writer import score_translation

RUN = TaskRun(model="tiny", variant="ner", corpus="newspaper", trained_on=("en", "de"), seed=3)
WORDS = (("Anna", "Maria", "met", "Peter", "in", "Rome"),)


def entity_f1(gold, predicted, n_wrong=0):
    words = tuple(tuple("w" for _ in row) for row in gold)
    tagged = TaggedSentences("en", words, tuple(tuple(row) for row in gold))
    [score] = score_entities(tagged, predicted, run=RUN, n_wrong=n_wrong)
    return score.value


# --- entities

GOLD = ["B-PER", "I-PER", "O", "B-PER", "O", "B-LOC"]


@pytest.mark.parametrize(
    ("predicted", "precision", "recall"),
    [
        (GOLD, 3 / 3, 3 / 3),
        # One of two found right, three to find: the wrong end of "Anna Maria" spoils it.
        (["B-PER", "O", "O", "B-PER", "O", "O"], 1 / 2, 1 / 3),
        # The right words, but the wrong type.
        (["B-LOC", "I-LOC", "O", "B-PER", "O", "B-LOC"], 2 / 3, 2 / 3),
        # Strict: an I- without its B- is no entity.
        (["B-PER", "I-PER", "O", "I-PER", "O", "B-LOC"], 2 / 2, 2 / 3),
        # An I- of another type does not continue the entity.
        (["B-PER", "I-LOC", "O", "B-PER", "O", "B-LOC"], 2 / 3, 2 / 3),
        # Two neighbours of one type are two entities.
        (["B-PER", "B-PER", "O", "B-PER", "O", "B-LOC"], 2 / 4, 2 / 3),
    ],
)
def test_strict_entity_f1_by_hand(predicted, precision, recall):
    expected = 2 * precision * recall / (precision + recall)

    assert entity_f1([GOLD], [predicted]) == pytest.approx(expected)


tag = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])


@given(st.lists(st.tuples(tag, tag), min_size=1, max_size=12))
def test_strict_entity_f1_is_that_of_seqeval(pairs):
    gold, predicted = ["B-LOC", *(a for a, _ in pairs)], ["B-PER", *(b for _, b in pairs)]

    expected = entity_f1_score([gold], [predicted], mode="strict", scheme=IOB2, zero_division=0)

    assert entity_f1([gold], [predicted]) == pytest.approx(float(expected))


def test_entities_without_a_place_count_as_predicted():
    # Two of two found right, two more that no tag shows: precision 2/4, recall 2/3.
    predicted = ["B-PER", "I-PER", "O", "O", "O", "B-LOC"]
    expected = 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)

    assert entity_f1([GOLD], [predicted], n_wrong=2) == pytest.approx(expected)
    assert entity_f1([GOLD], [["O"] * 6], n_wrong=2) == 0.0


def test_nothing_found_is_zero_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert entity_f1([GOLD], [["O"] * 6]) == 0.0


def test_entities_are_counted_over_all_sentences():
    # 2 of 3 found, of 2 said: not the mean of the sentences' F1 (1 and 0).
    gold = [["B-PER", "B-LOC"], ["B-ORG", "O"]]
    predicted = [["B-PER", "B-LOC"], ["O", "O"]]

    assert entity_f1(gold, predicted) == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))


def test_rows_say_whose_score_it_is_and_what_is_zero_shot():
    gold = TaggedSentences("fr", WORDS, (tuple(GOLD),))

    [score] = score_entities(gold, [GOLD], run=RUN)

    assert score == Score(
        metric="entity_f1",
        definition="",
        over="",
        model="tiny",
        variant="ner",
        side="encoder",
        corpus="newspaper",
        source="en+de",
        target="fr",
        layer=None,
        seed=3,
        n_hit=None,
        n_total=None,
        value=1.0,
        # One sentence alone has no other's answer.
        null_mean=1.0,
        null_low=1.0,
        null_high=1.0,
        p=1.0,
        zero_shot=True,
        seen="",
        signature="",
    )

    [seen] = score_entities(TaggedSentences("de", WORDS, (tuple(GOLD),)), [GOLD], run=RUN)

    assert (seen.zero_shot, seen.seen) == (False, "fine-tuning")


def test_scores_refuse_what_does_not_fit():
    gold = TaggedSentences("fr", WORDS, (tuple(GOLD),))
    nobody = TaggedSentences("fr", WORDS, (("O",) * 6,))

    with pytest.raises(ValueError, match="fr: 2 sentences are predicted, 1 are needed"):
        score_entities(gold, [GOLD, GOLD], run=RUN)
    with pytest.raises(ValueError, match="fr, sentence 0: 5 words are tagged, it has 6"):
        score_entities(gold, [GOLD[:5]], run=RUN)
    with pytest.raises(ValueError, match="newspaper, fr: no entity to find"):
        score_entities(nobody, [GOLD], run=RUN)
    with pytest.raises(ValueError, match="fr: no sentence to score"):
        score_labels(LabelledSentences("fr", (), ()), [], run=RUN)


# --- sentiment


def test_accuracy_and_macro_f1_by_hand():
    gold = LabelledSentences("ar", WORDS * 5, ("good", "good", "good", "bad", "bad"))
    predicted = ["good", "good", "bad", "bad", "good"]

    accuracy, macro = score_labels(gold, predicted, run=RUN)

    # good: precision 2/3, recall 2/3; bad: precision 1/2, recall 1/2.
    assert (accuracy.metric, accuracy.n_hit, accuracy.n_total) == ("accuracy", 3, 5)
    assert accuracy.value == pytest.approx(3 / 5)
    assert (macro.metric, macro.n_hit, macro.n_total) == ("macro_f1", None, None)
    assert macro.value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert accuracy.zero_shot
    assert accuracy.value == accuracy_score(gold.label, predicted)
    assert macro.value == f1_score(gold.label, predicted, average="macro")


def test_a_label_that_is_never_predicted_counts_as_zero_without_a_warning():
    gold = LabelledSentences("ar", WORDS * 2, ("good", "bad"))

    _, macro = score_labels(gold, ["good", "good"], run=RUN)

    assert macro.value == pytest.approx((2 / 3 + 0) / 2)


def test_an_answer_that_is_no_label_counts_as_wrong():
    gold = LabelledSentences("ar", WORDS * 4, ("good", "good", "bad", "bad"))
    predicted = ["good", None, "bad", "good"]

    accuracy, macro = score_labels(gold, predicted, run=RUN)

    assert (accuracy.n_hit, accuracy.n_total, accuracy.value) == (2, 4, 2 / 4)
    # good: precision 1/2, recall 1/2; bad: precision 1, recall 1/2. No third label is averaged.
    assert macro.value == pytest.approx((1 / 2 + 2 * 1 * (1 / 2) / (1 + 1 / 2)) / 2)


# --- translation

REFERENCE = ("the cat sat on the mat .", "a dog barks at the old moon .")


def translated(hypothesis, target="de", reference=REFERENCE):
    return Translations("en", target, ("x",) * len(reference), reference, hypothesis)


def test_bleu_and_chrf_by_hand():
    # One sentence of four words, all found, one word short of five: exp(1 - 5/4) of 100.
    short = translated(("a b c d",), reference=("a b c d e",))

    bleu, _ = score_translation(short, run=RUN)
    same = score_translation(translated(REFERENCE), run=RUN)

    assert bleu.value == pytest.approx(100 * 2.718281828459045 ** (1 - 5 / 4))
    assert [row.value for row in same] == pytest.approx([100.0, 100.0])
    assert [row.metric for row in same] == ["bleu", "chrf"]


@pytest.mark.parametrize(
    ("target", "tokenize", "reference", "hypothesis"),
    [
        ("de", "13a", REFERENCE, ("the cat sat on a mat.", "a dog barks at the moon ,")),
        ("de", "13a", REFERENCE, ("the cat sat on the mat .", "")),  # an empty one is wrong
        ("de", "13a", REFERENCE, ("", "")),
        ("zh", "zh", ("我 喜欢 猫 和 狗 。",), ("我 喜欢 狗 和 猫 。",)),
        ("zh-TW", "zh", ("我 喜欢 猫 和 狗 。",), ("我 喜欢 猫 。",)),
    ],
)
def test_bleu_and_chrf_are_those_of_sacrebleu(target, tokenize, reference, hypothesis):
    expected = (
        sacrebleu.corpus_bleu(list(hypothesis), [list(reference)], tokenize=tokenize).score,
        sacrebleu.corpus_chrf(list(hypothesis), [list(reference)], word_order=2).score,
    )

    bleu, chrf = score_translation(translated(hypothesis, target, reference), run=RUN)

    assert (bleu.value, chrf.value) == expected
    version = f"version:{sacrebleu.__version__}"
    assert bleu.signature == f"nrefs:1|case:mixed|eff:no|tok:{tokenize}|smooth:exp|{version}"
    assert chrf.signature == f"nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|{version}"


def test_translation_rows_name_the_pair_and_what_is_zero_shot():
    known, _ = score_translation(translated(REFERENCE, "de"), run=RUN)
    new, _ = score_translation(translated(REFERENCE, "it"), run=RUN)

    assert (known.source, known.target, known.zero_shot) == ("en", "de", False)
    assert (new.source, new.target, new.zero_shot) == ("en", "it", True)
    assert (known.n_hit, known.n_total, known.seed) == (None, 2, 3)


def test_a_missing_tokenizer_is_no_other_tokenizer(monkeypatch):
    from sacrebleu.tokenizers import tokenizer_ja_mecab

    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)

    with pytest.raises(
        ValueError, match=r"'ja' needs a tokenizer .*: pip install 'sacrebleu\[ja\]'"
    ):
        score_translation(translated(("猫",), "ja", ("猫",)), run=RUN)
    with pytest.raises(ValueError, match="en-de: no sentence to score"):
        score_translation(translated((), reference=()), run=RUN)


# --- chance, and what is learnt


def test_by_chance_each_sentence_has_the_answer_to_another():
    # 20 sentences, 20 places: all found, and by chance the one that keeps its own answer.
    rows = [tuple("B-PER" if word == place else "O" for word in range(20)) for place in range(20)]
    gold = TaggedSentences("en", (tuple("w" * 20),) * 20, tuple(rows))

    [score] = score_entities(gold, rows, run=RUN)

    assert score.value == 1.0
    assert score.null_mean == pytest.approx(1 / 20, abs=0.02)
    assert (score.null_low, score.null_high) == (0.0, pytest.approx(3 / 20, abs=0.051))
    assert score.p == pytest.approx(1 / 101)
    assert exceeds_chance([score])


def test_one_answer_to_all_is_chance():
    gold = LabelledSentences("en", WORDS * 10, ("good",) * 7 + ("bad",) * 3)

    scores = score_labels(gold, ["good"] * 10, run=RUN)

    # Accuracy 7/10; F1 of good 2 * 0.7 / 1.7, of bad 0.
    assert [score.value for score in scores] == pytest.approx([0.7, 0.7 / 1.7])
    for score in scores:
        null = (score.null_low, score.null_mean, score.null_high)
        assert null == pytest.approx((score.value,) * 3)
        assert score.p == 1.0
    assert not exceeds_chance(scores)


def test_answers_of_the_right_shares_are_chance():
    # The shares are right, and of each label one half is hit: 0.5 again by chance.
    gold = LabelledSentences("en", WORDS * 40, ("good", "bad") * 20)

    accuracy, _ = score_labels(gold, ["good", "good", "bad", "bad"] * 10, run=RUN)

    assert accuracy.value == 0.5
    assert accuracy.null_mean == pytest.approx(0.5, abs=0.03)
    assert accuracy.null_low < 0.4 < 0.6 < accuracy.null_high
    assert accuracy.p > 0.5
    assert not exceeds_chance([accuracy])


def test_translations_of_other_sentences_are_chance():
    bleu, chrf = score_translation(translated(REFERENCE * 10, reference=REFERENCE * 10), run=RUN)

    # Of two sentences ten times over, half are right whatever is exchanged.
    assert (bleu.value, chrf.value) == (pytest.approx(100), pytest.approx(100))
    for score in (bleu, chrf):
        assert score.null_low < 50 < score.null_high < 90
        assert score.null_mean == pytest.approx(55, abs=5)


def score_of(value, target="en", metric="entity_f1", null=(0.01, 0.0, 0.02)):
    mean, low, high = null
    score = task_score(metric, value, RUN, target)
    return replace(score, null_mean=mean, null_low=low, null_high=high)


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ([score_of(0.0)], 0.0),
        ([score_of(0.05)], 0.0),  # above the range of chance, and of no use
        ([score_of(0.07)], 1.0),
        ([score_of(0.07, null=(0.01, 0.0, 0.08))], 0.0),  # within the range of chance
        ([score_of(0.0), score_of(0.3, "de")], 1.0),  # both were fine-tuned on
        ([score_of(0.0), score_of(0.3, "fr")], 0.0),  # French was not
        ([score_of(0.3, "fr")], 1.0),  # no language fine-tuned on is tested
        ([score_of(18.0, metric="chrf", null=(15.0, 14.0, 16.0))], 0.0),
        ([score_of(21.0, metric="chrf", null=(15.0, 14.0, 16.0))], 1.0),
    ],
)
def test_a_task_is_learnt_where_a_language_fine_tuned_on_exceeds_chance(scores, value, caplog):
    row = learnt(scores, RUN)

    assert (row.metric, row.value, row.zero_shot, row.seen) == ("learnt", value, None, "")
    assert (row.source, row.variant, row.seed) == ("en+de", "ner", 3)
    assert ("tiny has not learnt ner" in caplog.text) == (value == 0)


def test_the_warning_says_what_was_found_and_where_to_read_on(caplog):
    learnt([score_of(0.0), score_of(0.3, "fr")], RUN)

    assert "entity_f1 of en 0.000, by chance 0.000 to 0.020. " in caplog.text
    assert "fr" not in caplog.text
    assert '"Has it learnt?"' in caplog.text


# --- predictions

TAGS = ("O", "B-PER", "B-LOC")
ASKED = ScoreOptions(max_length=12)


@pytest.fixture(scope="module")
def tokenizer():
    text = Sentences("en", (("ab", "cd", "ef", "gh"), ("abc", "de")))
    return train_tokenizer([text], kind="wordpiece", vocab_size=40, max_length=12)


def model_of(kind, tokenizer, labels):
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=12,
        initializer_range=1.0,  # so that predictions differ from word to word
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    return kind(config).eval()


def test_a_word_gets_the_tag_of_its_first_subword(tokenizer):
    model = model_of(BertForTokenClassification, tokenizer, TAGS)
    sentences = [("ab", "fedcab", "gh"), ("ef",), ("cd", "hgfe")]

    expected = []
    for words in sentences:  # one by one: padding must not matter
        coded = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
        best = model(**coded).logits[0].argmax(-1).tolist()
        places = [coded.word_ids(0).index(word) for word in range(len(words))]
        expected.append(tuple(TAGS[best[place]] for place in places))

    assert tag_words(model, tokenizer, sentences, ASKED) == tuple(expected)
    assert len(set().union(*expected)) > 1


def test_words_that_the_model_cannot_see_are_outside_and_counted(tokenizer, caplog):
    model = model_of(BertForTokenClassification, tokenizer, TAGS)
    with torch.no_grad():
        model.classifier.bias[1] += 100.0  # every word that is seen is a person

    tags = tag_words(model, tokenizer, [("ab", "\u200b", "cd"), ("ab",) * 12], ASKED)

    assert tags == (("B-PER", "O", "B-PER"), ("B-PER",) * 10 + ("O",) * 2)
    assert "3 words are cut off or have no subword: tagged O" in caplog.text


def test_sentences_get_the_best_label_in_their_order(tokenizer):
    model = model_of(BertForSequenceClassification, tokenizer, ("bad", "good"))
    sentences = [("ab", "cd", "ef", "gh"), ("ef",), ("cd", "gh"), ("gh",), ("abc", "ab", "de")]

    def logits(words):
        coded = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
        return model(**coded).logits[0].detach()

    with torch.no_grad():  # so that some are good and some are bad
        model.classifier.bias -= torch.stack([logits(words) for words in sentences]).mean(0)
    expected = [("bad", "good")[int(logits(words).argmax())] for words in sentences]

    assert label_sentences(model, tokenizer, sentences, ASKED) == tuple(expected)
    assert set(expected) == {"bad", "good"}


def test_nothing_to_predict_gives_nothing(tokenizer):
    model = model_of(BertForTokenClassification, tokenizer, TAGS)

    assert tag_words(model, tokenizer, [], ASKED) == ()


def test_labels_that_the_model_lacks_are_refused(tokenizer):
    model = model_of(BertForTokenClassification, tokenizer, TAGS)

    check_labels(["O", "B-LOC"], model.config.label2id, "test set", "model")
    with pytest.raises(
        ValueError, match=r"test set has labels \['B-ORG', 'I-ORG'\] that the model"
    ):
        check_labels(["O", "I-ORG", "B-ORG"], model.config.label2id, "test set", "model")
