"""How large what a study reads and makes is, from its settings and from files that are at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from polyconcept.records.cluster_counts import count_clusters
from polyconcept.study.data import TaskData
from polyconcept.study.schema import Study

FLOAT_BYTES = 4
Number: TypeAlias = int | float
"""Of what is counted or estimated."""


@dataclass(frozen=True)
class ModelSize:
    """What counts of a model."""

    parameters: Number
    """Of the blocks of one side."""
    n_layers: int
    """Blocks of one side."""
    n_dims: int
    file_bytes: Number


class Sizes:
    """Sizes of a study's text, models and vectors, by rates as benchmarks/rates.json has them.

    Attributes:
        unknown: What the study does not say and was taken instead; grows with each question.
    """

    def __init__(self, study: Study, rates: Mapping[str, float], root: Path) -> None:
        self._study, self._rates, self._root = study, rates, root
        self.unknown: set[str] = set()

    # --- text

    def sentences(self, corpus: str, language: str = "", pair: str = "") -> int:
        """Return the sentences of a corpus: as the study says, or as its file has lines."""
        source = self._study.corpora[corpus]
        if source.builtin is not None:
            return source.builtin.n_sentences
        if source.hub is not None:
            return source.hub.n_sentences or self._unknown_rows(f"corpora.{corpus}")
        code, own = language or pair.split("-")[0], pair if source.pairwise else ""
        file = Path(str(source.file_of(code, own)))
        if not file.is_file():
            return self._unknown_rows(f"corpora.{corpus}")
        with file.open("rb") as lines:
            return sum(1 for _ in lines)

    def words(self, language: str, pair: str = "") -> Number:
        """Return the words of a language's text that are read and clustered."""
        return self._words(self.sentences(self._study.corpus, language, pair))

    def clusters(self, languages: Sequence[str], pair: str = "", factor: float = 1.0) -> int:
        """Return the clusters that words of each of some languages are put into; or a multiple."""
        settings = self._study.clustering
        if isinstance(settings.n_clusters, int):
            return round(factor * settings.n_clusters)
        n_words = sum(self.words(code, pair) for code in languages) / len(languages)
        return count_clusters(n_words, settings.words_per_cluster / factor)

    def subwords(self, language: str, pair: str = "") -> Number:
        """Return the subwords of a language's text."""
        return self._subwords(self.sentences(self._study.corpus, language, pair))

    def task_subwords(self, task: str, split: str) -> Number:
        """Return the subwords of a task's data of all languages."""
        data: TaskData = getattr(self._study.tasks[task], split)
        return sum(
            self._subwords(self._rows_of(data, f"tasks.{task}.{split}", language))
            for language in data.of_languages
        )

    def _words(self, n_sentences: Number) -> Number:
        return n_sentences * self._rates["words_per_sentence"]

    def _subwords(self, n_sentences: Number) -> Number:
        return self._words(n_sentences) * self._rates["subwords_per_word"]

    def _rows_of(self, data: TaskData, key: str, language: str) -> int:
        if data.corpus is not None:
            return self.sentences(data.corpus, language)
        for source in (data.builtin, data.hub):
            if source is not None:
                return source.n_sentences or self._unknown_rows(key)
        return self._unknown_rows(key)

    def _unknown_rows(self, key: str) -> int:
        rows = int(self._rates["rows_where_not_said"])
        self.unknown.add(f"{key}: its number of sentences is not said; taken: {rows:,}")
        return rows

    # --- models and vectors

    def model(self, name: str) -> ModelSize:
        """Return the size of a model: by its configuration if at hand, else as of a base model."""
        model = self._study.models[name]
        if model.pretrain is not None:
            recipe = model.pretrain.model
            blocks = _block_parameters(
                recipe.n_layers, recipe.hidden_size, recipe.intermediate_size
            )
            table = model.pretrain.tokenizer.vocab_size * recipe.hidden_size
            n_bytes = FLOAT_BYTES * (blocks + table)
            return ModelSize(blocks, recipe.n_layers, recipe.hidden_size, n_bytes)
        builtin = self._root / "polyconcept/builtin/models" / str(model.builtin)
        folder = builtin if model.builtin else Path(model.directory or "")
        if model.hub is None and (folder / "config.json").is_file():
            return _model_on_disk(folder)
        # BERT base (Devlin et al. 2019, section 3): 12 blocks of 768 dims, 3072 in between.
        self.unknown.add(f"models.{name}: not at hand; taken as of base size (12 x 768)")
        return ModelSize(_block_parameters(12, 768, 3072), 12, 768, self._rates["model_bytes"])

    def n_sides(self, name: str) -> int:
        """Return the number of stacks of blocks of a model."""
        return 2 if self._study.models[name].of_family == "encoder-decoder" else 1

    def has_before_norm(self, name: str) -> bool:
        """Return whether the state before a final norm is kept: all but encoders may have one."""
        last = self.model(name).n_layers in self._study.layers_of(name)
        return last and self._study.models[name].of_family != "encoder"

    def vector_bytes(self, name: str, n_words: Number) -> Number:
        """Return the bytes of the vectors of words in all layers, as raw numbers."""
        stored = len(self._study.layers_of(name)) + self.has_before_norm(name)
        return self._number_bytes * n_words * stored * self.model(name).n_dims

    def packed(self, vector_bytes: Number) -> Number:
        """Return the bytes that raw vectors take in a file."""
        # Of a float's four bytes the lower two are noise, which does not pack: bfloat16 lacks them.
        lacking = FLOAT_BYTES - self._number_bytes
        share = (FLOAT_BYTES * self._rates["packed_share"] - lacking) / self._number_bytes
        return vector_bytes * share

    @property
    def _number_bytes(self) -> int:
        return 2 if self._study.vectors.store == "bfloat16" else FLOAT_BYTES


def _block_parameters(n_layers: int, n_dims: int, intermediate: int) -> Number:
    """Return the parameters of the matrices of a stack of blocks."""
    # Query, key, value and output; then up and down.
    return n_layers * (4 * n_dims**2 + 2 * n_dims * intermediate)


def _model_on_disk(folder: Path) -> ModelSize:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    n_dims = int(config.get("hidden_size") or config["d_model"])
    n_layers = int(config.get("num_hidden_layers") or config["num_layers"])
    inside = int(config.get("intermediate_size") or config.get("d_ff") or 4 * n_dims)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return ModelSize(_block_parameters(n_layers, n_dims, inside), n_layers, n_dims, size)
