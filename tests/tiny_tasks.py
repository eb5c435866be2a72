"""Models in memory learn a kind of task."""

from functools import partial

from polyconcept.tasks.entities import train_classifier as tagger
from polyconcept.tasks.entities import train_writer as entity_writer
from polyconcept.tasks.sentiment import train_classifier as labeller
from polyconcept.tasks.sentiment import train_writer as sentiment_writer
from polyconcept.tasks.trainer import train_on
from polyconcept.tasks.translation import train_writer as translator


def learn(kind, model, tokenizer, parts, *, options, checkpoint_directory):
    examples = kind.examples(model, tokenizer, parts, options)
    train_on(model, tokenizer, examples, options=options, directory=checkpoint_directory)


finetune_ner = partial(learn, tagger)
finetune_entities_as_text = partial(learn, entity_writer)
finetune_sentiment = partial(learn, labeller)
finetune_sentiment_as_text = partial(learn, sentiment_writer)
finetune_translation = partial(learn, translator)
