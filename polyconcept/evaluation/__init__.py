"""How well a fine-tuned model does its task: entities, sentiment, translation."""

from polyconcept.collector import paused

with paused():
    from polyconcept.evaluation._as_text import (
        evaluate_entities_as_text,
        evaluate_sentiment_as_text,
    )
    from polyconcept.evaluation._classifiers import (
        check_labels,
        evaluate_entities,
        evaluate_sentiment,
        label_sentences,
        tag_words,
    )
    from polyconcept.evaluation._rows import TaskRun
    from polyconcept.evaluation._scores import score_entities, score_sentiment
    from polyconcept.evaluation._translation import (
        evaluate_translation,
        score_translation,
        translate,
    )

__all__ = [
    "TaskRun",
    "check_labels",
    "evaluate_entities",
    "evaluate_entities_as_text",
    "evaluate_sentiment",
    "evaluate_sentiment_as_text",
    "evaluate_translation",
    "label_sentences",
    "score_entities",
    "score_sentiment",
    "score_translation",
    "tag_words",
    "translate",
]
