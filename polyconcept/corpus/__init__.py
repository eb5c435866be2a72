"""Text files in, words out: sentences of each language and the words that the metrics need."""

from polyconcept.corpus._escapes import unescaped
from polyconcept.corpus._labelled import read_labelled, write_labelled
from polyconcept.corpus._parallel import (
    read_joined,
    read_pairs,
    read_parallel,
    read_sentences,
    read_texts,
    write_sentences,
)
from polyconcept.corpus._phrases import PhraseLinks, filter_phrases, rank_among_equals
from polyconcept.corpus._rows import (
    labelled_from_columns,
    parallel_from_columns,
    sentences_from_column,
    tagged_from_columns,
)
from polyconcept.corpus._selection import (
    KEPT,
    REASONS,
    ChosenPair,
    ChosenWords,
    Metric,
    choose_words,
)
from polyconcept.corpus._table import (
    build_word_table,
    capped_rows,
    check_enough_words,
    select_rows,
    split_words,
    table_places,
)
from polyconcept.corpus._tagged import iob2_tags, read_tagged, recognise_tagged, write_tagged

__all__ = [
    "KEPT",
    "REASONS",
    "ChosenPair",
    "ChosenWords",
    "Metric",
    "PhraseLinks",
    "build_word_table",
    "capped_rows",
    "check_enough_words",
    "choose_words",
    "filter_phrases",
    "iob2_tags",
    "labelled_from_columns",
    "parallel_from_columns",
    "rank_among_equals",
    "read_joined",
    "read_labelled",
    "read_pairs",
    "read_parallel",
    "read_sentences",
    "read_tagged",
    "read_texts",
    "recognise_tagged",
    "select_rows",
    "sentences_from_column",
    "split_words",
    "table_places",
    "tagged_from_columns",
    "unescaped",
    "write_labelled",
    "write_sentences",
    "write_tagged",
]
