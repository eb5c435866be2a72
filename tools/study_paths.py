"""Names of a study's files, without Snakemake (see study_files.py)."""

from __future__ import annotations

from collections.abc import Mapping

from polyconcept.study.data import TaskData
from polyconcept.study.pins import pin_of
from polyconcept.study.schema import Study

__all__ = ["Files", "Names"]

SUFFIXES = {"entities": "conll", "sentiment": "tsv"}
Names = Mapping[str, str]
"""Wildcards of a job."""


class Files:
    """Names of a study's files."""

    def __init__(self, study: Study) -> None:
        self.study, self.results = study, f"results/{study.name}"

    def part(self, corpus: str, pair: str) -> str:
        """The folder of a pair in a corpus where each pair has sentences of its own."""
        return f"{pair}/" if self.study.corpora[corpus].pairwise else ""

    def text(self, corpus: str, pair: str, language: str) -> str:
        """Text of one language of a pair."""
        return f"{self.results}/corpora/{corpus}/{self.part(corpus, pair)}{language}.txt"

    def words(self, pair: str, language: str) -> str:
        """Word table of one language of a pair."""
        corpus = self.study.corpus
        return f"{self.results}/words/{corpus}/{self.part(corpus, pair)}{language}.parquet"

    def links(self, pair: str) -> str:
        """Word links of a pair."""
        return f"{self.results}/dictionaries/{pair}/links.txt"

    def pin(self, names: Names) -> str:
        """Which commit of a data set is used."""
        hub = (
            self.study.corpora[names["corpus"]].hub if "corpus" in names else self.labels(names).hub
        )
        return f"{self.results}/hub/{pin_of('dataset', hub.dataset, hub.revision)}/source.json"

    def labels(self, names: Names) -> TaskData:
        """Settings of labelled data such as ``ner/train``."""
        task, split = names["data"].split("/")
        data: TaskData = getattr(self.study.tasks[task], split)
        return data

    def labelled(self, task: str, split: str) -> list[str]:
        """Labelled sentences of a task, a file for each language."""
        settings = self.study.tasks[task]
        folder, suffix = f"{self.results}/tasks/{task}/{split}", SUFFIXES[settings.kind]
        return [f"{folder}/{code}.{suffix}" for code in getattr(settings, split).of_languages]

    def translated(self, task: str, split: str) -> list[str]:
        """Texts of a translation task: sources, then targets."""
        settings = self.study.tasks[task]
        data = getattr(settings, split)
        pairs = [(f"{settings.source}-{code}", code) for code in data.languages]
        sources = [self.text(data.corpus, pair, settings.source) for pair, _ in pairs]
        return sources + [self.text(data.corpus, pair, code) for pair, code in pairs]

    def task(self, task: str, split: str) -> list[str]:
        """All files of a task for training or for testing."""
        translation = self.study.tasks[task].kind == "translation"
        return self.translated(task, split) if translation else self.labelled(task, split)

    def model(self, names: Names) -> str:
        """Directory of a variant of a model."""
        return f"{self.results}/models/{names['model']}/{names['variant']}"

    def run(self, kind: str, names: Names) -> str:
        """Folder of one kind of file of a run."""
        return f"{self.results}/{kind}/{names['model']}/{names['variant']}/{names['side']}"

    def two_sided(self, names: Names) -> bool:
        """Whether the model has an encoder and a decoder."""
        return self.study.models[names["model"]].of_family == "encoder-decoder"

    def vectors(self, names: Names, side: str, pair: str, language: str) -> str:
        """Vectors of one language of a pair."""
        forced = self.two_sided(names) and side == "decoder"
        folder = f"{pair}/" if forced else self.part(self.study.corpus, pair)
        return f"{self.run('vectors', {**names, 'side': side})}/{folder}{language}.h5"
