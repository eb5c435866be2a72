"""Tasks: how models learn them, and how well they do. A room for each kind.

A classifier is told apart by labels, a writer (encoder-decoder) writes its answer. Each way has a
module to learn it, and one to be scored on it, so that no edit of a score trains a model again:

- ``train_{way}.train(base, files, labels, options, folder, language_codes)`` gives the model and
  its tokenizer;
- ``score_{way}.score(directory, files, settings, run, device)`` gives rows, and translations.

`polyconcept.study.kinds` lists the kinds; jobs load the one module that they need by name.
"""
