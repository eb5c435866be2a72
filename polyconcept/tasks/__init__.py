"""Tasks: how models learn them, and how well they do. A room for each kind.

A classifier chooses among labels; a writer (encoder-decoder) writes its answer. Learning and
scoring stand apart, so that no edit of a score trains a model again:

- ``train_{way}`` has the functions of `trainer.Learner`,
- ``score_{way}`` those of `scorer.Examiner`.

Their data are labelled files, one for each language, or parallel texts: all sources, then all
targets. `polyconcept.study.kinds` lists the kinds; jobs load the one module that they need by name.
"""
