"""The explorer's data of one language pair: its text, and the concepts of every run."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.explorer.pair import pair_shards
from polyconcept.explorer.shards import write_shards
from polyconcept.records.explored import PairText
from polyconcept.scoring.word_classes import classes_of_pair
from polyconcept.store.explored import opened_runs
from polyconcept.store.words import read_selections, read_words
from polyconcept.text.dictionary import read_dictionaries
from polyconcept.text.parallel import read_texts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, settings = snakemake.input, dict(snakemake.params.settings)
    words = read_words(Path(files.source_words)), read_words(Path(files.target_words))
    languages = words[0].language, words[1].language
    source, target = read_texts([files.source, files.target], languages)
    dictionaries = read_dictionaries(files.forward, files.backward, *languages)
    text = PairText(
        words,
        (source, target),
        dictionaries,
        read_selections(Path(files.selections), *words),
        classes_of_pair(*words, dictionaries),
    )
    of_runs = list(settings.pop("runs").values()), files.concepts, files.alignments, files.overlaps
    with opened_runs(*of_runs, words) as runs:
        write_shards(pair_shards(text, runs, **settings), Path(snakemake.output.data))
