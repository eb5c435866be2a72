"""Named entities that a model writes, and how well."""

from __future__ import annotations

import logging

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.models.loading import load_for_generation
from polyconcept.records.scores import Score
from polyconcept.records.text import TaggedSentences, Translations
from polyconcept.tasks.answers import write_answers
from polyconcept.tasks.entities import prompts
from polyconcept.tasks.entities.scores import score_entities
from polyconcept.tasks.scorer import ScoreOptions, TaskRun, check_labels
from polyconcept.text.tagged import read_tagged_files

read, load = read_tagged_files, load_for_generation
SIDE = "encoder-decoder"


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    test: TaggedSentences,
    options: ScoreOptions,
    run: TaskRun,
) -> tuple[list[Score], list[Translations]]:
    """Ask for the entities of a test set's sentences, and score them by strict F1.

    An entity of an answer that has no place in the sentence, or cannot be read, counts as
    predicted and wrong (`prompts.read_entities`); how many there are is logged.

    Raises:
        ValueError: An entity of a type that the task lacks, or as `score_entities`.
    """
    where, labels = f"{run.corpus}, {test.language}", options.labels
    types = {tag[2:] for tags in test.tags for tag in tags if tag != "O"}
    check_labels(types, labels, where, "task")
    asked = [prompts.entities_prompt(words) for words in test.words]
    language = test.language
    answers = write_answers(model, tokenizer, asked, options, where=where, language=language)
    found = [
        prompts.read_entities(answer, words, labels)
        for answer, words in zip(answers, test.words, strict=True)
    ]
    n_wrong = sum(each.n_wrong for each in found)
    if n_wrong:
        text = "%s: %d entities in %d of %d answers have no place in the sentence: wrong"
        n_answers = sum(each.n_wrong > 0 for each in found)
        logging.getLogger(__name__).warning(text, where, n_wrong, n_answers, len(found))
    return score_entities(test, [each.tags for each in found], run=run, n_wrong=n_wrong), []
