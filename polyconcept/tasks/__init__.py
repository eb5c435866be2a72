"""Tasks: how models learn them, and how well they do. A room for each kind.

A classifier is told apart by labels, a writer (encoder-decoder) writes its answer. Each way has a
module to learn it, and one to be scored on it, so that no edit of a score trains a model again:

- ``train_{way}.train(base, files, labels, options, folder, language_codes)`` gives the fine-tuned
  model and its tokenizer. `files` hold labelled sentences, one for each language, or texts of each
  pair of languages: all sources, then all targets. Checkpoints stand in `folder`, outside the
  results. `language_codes` are the tokenizer's codes of languages, where the study names any.
- ``score_{way}.score(directory, files, settings, run, device)`` gives rows of the score table for
  each test language, and translations, if the task is one. `settings` hold ``labels``,
  ``max_length``, of a writer ``n_beams``, and ``language_codes`` where the study names any; `run`
  says whose scores they are.

Both raise ValueError where files do not fit the task, or the model, with the file and line.

`polyconcept.study.kinds` lists the kinds; jobs load the one module that they need by name.
"""
