"""A tiny mT5 learns to write its answers, is cut off while it does, and is scored."""

from copy import copy
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import bert, wordpiece
from tiny_tasks import finetune_entities_as_text, finetune_sentiment_as_text, finetune_translation
from tiny_writers import TEXT, mt5, sentences, unigram_with_end
from tokenizers import processors
from transformers import TrainerCallback

from polyconcept.models.directory import save_model
from polyconcept.models.loading import load_for_generation, load_tokenizer
from polyconcept.records.text import LabelledSentences, Sentences, TaggedSentences, Translations
from polyconcept.tasks import trainer as trainer_module
from polyconcept.tasks.checkpoints import remove_checkpoints
from polyconcept.tasks.entities import score_writer as entities_writer
from polyconcept.tasks.scorer import ScoreOptions, TaskRun
from polyconcept.tasks.sentiment import score_writer as sentiment_writer
from polyconcept.tasks.trainer import FinetuneOptions
from polyconcept.tasks.translation.score_writer import evaluate, translate

PAIRS = [(sentences("en"), sentences(target)) for target in ("de", "fr")]  # 8 pairs
# 240 small steps: with 60 larger ones a few tokenizers in a hundred (each process trains another)
# were not learnt by heart.
OPTIONS = FinetuneOptions(
    epochs=240.0, learning_rate=3e-3, batch_size=8, max_length=40, checkpoint_steps=1000
)
SEARCH = ScoreOptions(n_beams=4, max_length=40)
SEARCH_ENTITIES = replace(SEARCH, labels=("PER", "LOC"))
SEARCH_MOODS = replace(SEARCH, labels=("negative", "positive"))
NAMES = TaggedSentences(
    "en",
    (
        ("Ada", "Lovelace", "sees", "Paris"),
        ("Rome", "likes", "Ada"),
        ("a", "dog", "draws", "Rome"),
        ("the", "cat", "sees", "a", "river"),
    ),
    (
        ("B-PER", "I-PER", "O", "B-LOC"),
        ("B-LOC", "O", "B-PER"),
        ("O", "O", "O", "B-LOC"),
        ("O", "O", "O", "O", "O"),
    ),
)
MOODS = LabelledSentences(
    "en", sentences("en").words, ("positive", "positive", "negative", "negative")
)


def run_of(variant, *languages):
    return TaskRun("tiny", variant, "book", languages, 3, side="encoder-decoder")


@pytest.fixture(scope="module")
def tokenizer():
    return unigram_with_end()


@pytest.fixture(scope="module")
def translator(tokenizer, tmp_path_factory):
    model = mt5(tokenizer)
    checkpoints = tmp_path_factory.mktemp("checkpoints")
    finetune_translation(model, tokenizer, PAIRS, options=OPTIONS, checkpoint_directory=checkpoints)
    return model


def weights_of(model):
    return torch.cat([weights.detach().reshape(-1) for weights in model.state_dict().values()])


def loss_of(model, tokenizer, words, answer):
    coded = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
    return model(**coded, labels=tokenizer(answer, return_tensors="pt")["input_ids"]).loss.item()


# --- translation


def test_translations_into_several_languages_are_told_apart_by_the_prompt(tokenizer, translator):
    assert not translator.training
    for target in ("de", "fr"):
        found = translate(translator, tokenizer, sentences("en"), target, SEARCH)
        assert found == list(TEXT[target])

    words = ("translate", "to", "de:", *sentences("en").words[0])
    learnt = loss_of(translator, tokenizer, words, TEXT["de"][0])
    assert learnt < 0.02
    assert loss_of(mt5(tokenizer), tokenizer, words, TEXT["de"][0]) > 3
    # Its first subword is unlikely; of those that follow it the model is sure.
    assert loss_of(translator, tokenizer, words, TEXT["fr"][0]) > max(0.2, 20 * learnt)


def test_a_saved_translator_translates_the_same(tokenizer, translator, tmp_path):
    save_model(translator, tokenizer, tmp_path / "model")
    model, own = load_for_generation(tmp_path / "model"), load_tokenizer(tmp_path / "model")

    assert translate(model, own, sentences("en"), "fr", SEARCH) == list(TEXT["fr"])


def test_scores_say_what_was_translated_and_what_is_zero_shot(tokenizer, translator):
    italian = Sentences("it", (("il", "cane"),) * 4)

    scores, translations = [], []
    for pair in (PAIRS[0], (sentences("en"), italian)):
        found = evaluate(translator, tokenizer, pair, SEARCH, run_of("mt", "de", "fr"))
        scores += found[0]
        translations += found[1]

    assert [(row.metric, row.source, row.target, row.zero_shot) for row in scores] == [
        ("bleu", "en", "de", False),
        ("chrf", "en", "de", False),
        ("bleu", "en", "it", True),
        ("chrf", "en", "it", True),
    ]
    assert [row.value for row in scores[:2]] == pytest.approx([100.0, 100.0])
    assert all(row.value < 50 for row in scores[2:])
    assert {(row.side, row.n_hit, row.n_total) for row in scores} == {("encoder-decoder", None, 4)}
    assert translations[0] == Translations("en", "de", TEXT["en"], TEXT["de"], TEXT["de"])
    assert translations[1].reference == ("il cane",) * 4
    assert len(translations[1].hypothesis) == 4


@pytest.mark.parametrize(
    ("known", "kind", "seen"),
    [((), "mt5", ""), (("it",), "mt5", "pre-training"), ((), "m2m_100", "pre-training")],
)
def test_what_pre_training_taught_is_not_zero_shot(tokenizer, translator, known, kind, seen):
    italian = Sentences("it", (("il", "cane"),) * 4)
    run = replace(run_of("mt", "de", "fr"), pretrained_on=known)
    model = copy(translator)
    model.config = copy(translator.config)
    model.config.model_type = kind

    rows = [
        row
        for pair in (PAIRS[0], (sentences("en"), italian))
        for row in evaluate(model, tokenizer, pair, SEARCH, run)[0]
    ]

    assert [(row.target, row.seen, row.zero_shot) for row in rows[::2]] == [
        ("de", "fine-tuning", False),
        ("it", seen, not seen),
    ]


def test_unequal_texts_are_refused_before_anything_is_translated(tokenizer, tmp_path):
    model, short = mt5(tokenizer), Sentences("de", sentences("de").words[:3])

    with pytest.raises(ValueError, match="en-de: parallel sentences are needed, found 4 and 3"):
        finetune_translation(
            model,
            tokenizer,
            [(sentences("en"), short)],
            options=OPTIONS,
            checkpoint_directory=tmp_path,
        )
    with pytest.raises(ValueError, match=r"book, en-de: parallel sentences .* found 4 and 3"):
        evaluate(model, tokenizer, (sentences("en"), short), SEARCH, run_of("mt", "de"))
    with pytest.raises(ValueError, match="at least one sentence"):
        finetune_translation(model, tokenizer, [], options=OPTIONS, checkpoint_directory=tmp_path)


# --- entities and sentiment


def test_entities_are_learnt_as_text(tokenizer, tmp_path):
    model = mt5(tokenizer)
    finetune_entities_as_text(
        model, tokenizer, [NAMES], options=OPTIONS, checkpoint_directory=tmp_path
    )
    tests = [NAMES, TaggedSentences("fr", NAMES.words, NAMES.tags)]

    scores = []
    for test in tests:
        run = run_of("ner", "en")
        scores += entities_writer.evaluate(model, tokenizer, test, SEARCH_ENTITIES, run)[0]

    assert [(row.metric, row.value, row.source, row.target, row.zero_shot) for row in scores] == [
        ("entity_f1", 1.0, "en", "en", False),
        ("entity_f1", 1.0, "en", "fr", True),
    ]


def test_sentiment_is_learnt_as_text(tokenizer, tmp_path):
    model = mt5(tokenizer)
    finetune_sentiment_as_text(
        model, tokenizer, [MOODS], options=OPTIONS, checkpoint_directory=tmp_path
    )

    run = run_of("sst2", "en")
    scores, _ = sentiment_writer.evaluate(model, tokenizer, MOODS, SEARCH_MOODS, run)

    assert [(row.metric, row.value, row.n_hit, row.n_total) for row in scores] == [
        ("accuracy", 1.0, 4, 4),
        ("macro_f1", 1.0, None, None),
    ]


def test_an_untrained_model_scores_zero_and_no_answer_is_dropped(tokenizer, caplog):
    model = mt5(tokenizer)

    [entities], _ = entities_writer.evaluate(
        model, tokenizer, NAMES, SEARCH_ENTITIES, run_of("ner", "en")
    )
    (accuracy, macro), _ = sentiment_writer.evaluate(
        model, tokenizer, MOODS, SEARCH_MOODS, run_of("sst2", "en")
    )

    assert (entities.value, accuracy.value, macro.value) == (0.0, 0.0, 0.0)
    assert "book, en: 4 entities in 4 of 4 answers have no place in the sentence" in caplog.text
    assert "book, en: 4 of 4 answers are no label" in caplog.text


# --- stopped and resumed, cut, refused


def test_batches_are_padded_and_padding_is_not_scored(tokenizer):
    rows = [{"input_ids": [5, 6, 1], "labels": [7, 1]}, {"input_ids": [8, 1], "labels": [9, 4, 1]}]

    batch = trainer_module._collate_with(0)(rows)

    assert batch["input_ids"].tolist() == [[5, 6, 1], [8, 1, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [[7, 1, -100], [9, 4, 1]]

    model = mt5(tokenizer, seed=2)
    with torch.no_grad():
        # The mean over the five subwords that are written.
        alone = [
            model(**{name: torch.tensor([row[name]]) for name in row}).loss.item() for row in rows
        ]
        together = model(**batch).loss.item()

    assert together == pytest.approx((2 * alone[0] + 3 * alone[1]) / 5, rel=1e-5)


class PreemptedError(Exception):
    """The job was stopped."""


@pytest.fixture(params=["tied", "untied"])
def base(request, tokenizer, tmp_path):
    """A directory with a model whose vocabulary head is the embedding, or its own as in mT5."""
    save_model(mt5(tokenizer, dropout_rate=0.1), tokenizer, tmp_path / "base")
    if request.param == "untied":
        file = tmp_path / "base" / "model.safetensors"
        weights = load_file(file)
        head = 0.5 * weights["shared.weight"].flip(0).contiguous()
        save_file(weights | {"lm_head.weight": head}, file, metadata={"format": "pt"})
    return tmp_path / "base"


def test_preempted_finetuning_ends_with_the_same_weights(tokenizer, base, tmp_path, monkeypatch):
    options = FinetuneOptions(
        epochs=6.0, learning_rate=5e-3, batch_size=2, max_length=40, checkpoint_steps=5, seed=7
    )  # 4 steps an epoch, 24 in all

    def run(directory):
        model = load_for_generation(base)  # with dropout: the random state must come back, too
        finetune_translation(
            model, tokenizer, PAIRS, options=options, checkpoint_directory=directory
        )
        return weights_of(model)

    class StopAtStep(TrainerCallback):
        def on_step_end(self, _args, state, *_, **__):
            if state.global_step == 13:
                raise PreemptedError

    steps = []

    class CountSteps(TrainerCallback):
        def on_step_end(self, _args, state, *_, **__):
            steps.append(state.global_step)

    expected = run(tmp_path / "whole")
    monkeypatch.setattr(trainer_module, "_LineAMinute", StopAtStep)
    with pytest.raises(PreemptedError):
        run(tmp_path / "cut")
    monkeypatch.setattr(trainer_module, "_LineAMinute", CountSteps)

    assert torch.equal(run(tmp_path / "cut"), expected)
    assert steps == list(range(11, 25))

    remove_checkpoints(tmp_path / "cut")

    assert not (tmp_path / "cut").exists()


def test_another_target_language_is_another_finetuning(tokenizer, tmp_path, caplog):
    options = FinetuneOptions(epochs=1.0, batch_size=4, max_length=40, checkpoint_steps=1)
    source, target = PAIRS[0]

    def run(directory, language):
        model = mt5(tokenizer)
        pair = (source, Sentences(language, target.words))
        finetune_translation(
            model, tokenizer, [pair], options=options, checkpoint_directory=directory
        )
        return weights_of(model)

    run(tmp_path / "old", "de")

    assert torch.equal(run(tmp_path / "old", "it"), run(tmp_path / "new", "it"))
    assert "belongs to other options, data or starting weights" in caplog.text


def test_what_is_cut_off_is_counted(tokenizer, tmp_path, caplog):
    options = FinetuneOptions(epochs=1.0, max_length=16)
    words = ("the",) * 20
    long = (Sentences("en", (words, ("the",))), Sentences("de", (("Hund",) * 30, ("Hund",))))

    def n_read(words):
        ids = tokenizer(list(words), is_split_into_words=True)
        return len({word for word in ids.word_ids()[:15] if word is not None})

    finetune_translation(
        mt5(tokenizer), tokenizer, [long], options=options, checkpoint_directory=tmp_path
    )

    n_source = 23 - n_read(("translate", "to", "de:", *words))
    n_target = 30 - n_read(("Hund",) * 30)
    assert f"en-de: {n_source} words in 1 of the texts that are read are cut off" in caplog.text
    assert f"en-de: {n_target} words in 1 of the texts that are written are cut" in caplog.text


def test_models_that_cannot_write_are_refused(tokenizer, tmp_path):
    encoder = wordpiece()
    common = {"options": OPTIONS, "checkpoint_directory": tmp_path}

    with pytest.raises(ValueError, match=r"needs encoder, decoder .*; BertForMaskedLM is none"):
        finetune_translation(bert(encoder), encoder, PAIRS, **common)
    with pytest.raises(ValueError, match=r"texts end with \[1\] .*; the model needs \[2\] and 0"):
        finetune_translation(mt5(tokenizer, eos_token_id=2), tokenizer, PAIRS, **common)

    endless = unigram_with_end()
    endless.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A")

    with pytest.raises(ValueError, match="tokenizer and model do not fit"):
        finetune_sentiment_as_text(mt5(tokenizer), endless, [MOODS], **common)


def test_answers_that_cannot_be_written_are_refused(tokenizer, tmp_path):
    common = {"options": OPTIONS, "checkpoint_directory": tmp_path}
    moods = LabelledSentences("en", MOODS.words, ("★", "positive", "positive", "★"))
    names = TaggedSentences("en", NAMES.words[:1], (("B-XYZ", "I-XYZ", "O", "O"),))

    with pytest.raises(ValueError, match=r"the tokenizer cannot write \['★'\]"):
        finetune_sentiment_as_text(mt5(tokenizer), tokenizer, [moods], **common)
    with pytest.raises(ValueError, match=r"the tokenizer cannot write \['XYZ:'\]"):
        finetune_entities_as_text(mt5(tokenizer), tokenizer, [names], **common)


def test_labels_that_the_task_lacks_are_refused(tokenizer):
    model = mt5(tokenizer)

    with pytest.raises(ValueError, match=r"book, en has labels \['LOC'\] that the task lacks"):
        entities_writer.evaluate(
            model, tokenizer, NAMES, replace(SEARCH, labels=("PER",)), run_of("ner", "en")
        )
    with pytest.raises(ValueError, match=r"has labels \['negative'\] that the task lacks"):
        sentiment_writer.evaluate(
            model, tokenizer, MOODS, replace(SEARCH, labels=("positive",)), run_of("sst2", "en")
        )
