"""How large what a study reads and makes is, from its settings and from files that are at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from polyconcept.records.cluster_counts import count_clusters
from polyconcept.study.data import BuiltinText, TaskData
from polyconcept.study.schema import Study
from polyconcept.study.text_sizes import (
    Number,
    TextSize,
    assumed_text,
    count_text,
    labelled_sentences,
    lines_of,
    tagged_sentences,
)

FLOAT_BYTES = 4
BUILTIN_SENTENCES = 300
"""Most sentences of the built-in text that are drawn to count their words."""
BuiltinLines: TypeAlias = Callable[[str, BuiltinText], Iterable[str]]
"""Language and range -> sentences of the built-in text."""


@dataclass(frozen=True)
class ModelSize:
    """What counts of a model."""

    parameters: Number
    """Of the blocks of one side."""
    n_layers: int
    """Blocks of one side."""
    n_dims: int
    file_bytes: Number
    folder: Path | None = None
    """Where it is at hand."""


class Sizes:
    """Sizes of a study's text, models and vectors, by rates as benchmarks/rates.json has them.

    Args:
        study: The study.
        rates: Among them what is assumed of text and models that are not at hand.
        root: Of the project, with the built-in models.
        builtin: Gives sentences of the built-in text.

    Attributes:
        unknown: What the study does not say and was taken instead; grows with each question.
        assumed: Whether any of it was used since this was last set to False.
    """

    def __init__(
        self, study: Study, rates: Mapping[str, float], root: Path, builtin: BuiltinLines
    ) -> None:
        self._study, self._rates, self._root, self._builtin = study, rates, root, builtin
        self.unknown: set[str] = set()
        self.assumed = False
        self._texts: dict[object, TextSize] = {}

    # --- text

    def text(self, corpus: str, language: str = "", pair: str = "") -> TextSize:
        """Return the size of a text of a corpus; of its first language where none is named."""
        source = self._study.corpora[corpus]
        code, own = language or pair.split("-")[0], pair if source.pairwise else ""
        key = f"corpora.{corpus}"
        if source.builtin is not None:
            return self._builtin_text(source.builtin, code)
        file = None if source.hub is not None else Path(str(source.file_of(code, own)))
        rows = None if source.hub is None else source.hub.n_sentences
        return self._counted(key, file, lines_of, rows)

    def words(self, language: str, pair: str = "") -> Number:
        """Return the rows of a language's word table, which have vectors."""
        study = self._study
        own = pair if study.corpora[study.corpus].pairwise else ""
        n_pairs = max(1, len(study.pairs_with(language, own)))
        return self.text(study.corpus, language, pair).n_rows(n_pairs)

    def clustered(self, pair: str, metric: str, definition: str) -> Number:
        """Return the words of both languages of a pair that a metric clusters, by rule of thumb."""
        texts = [self.text(self._study.corpus, code, pair) for code in pair.split("-")]
        linked = metric == "calign" and definition == "published"
        return sum(text.n_linked if linked else text.n_capped for text in texts)

    def clusters(self, pair: str, factor: float = 1.0) -> int:
        """Return the clusters that words of each language of a pair are put into; or a multiple."""
        settings = self._study.clustering
        if isinstance(settings.n_clusters, int):
            return round(factor * settings.n_clusters)
        n_words = self.clustered(pair, "calign", "published") / 2
        return count_clusters(n_words, settings.words_per_cluster / factor)

    def capped(self, language: str) -> Number:
        """Return the words of a language where each spelling's first few alone count."""
        return self.text(self._study.corpus, language).n_capped

    def subwords(self, name: str, text: TextSize) -> Number:
        """Return the subwords that a model reads of a text, special ones included."""
        return text.n_words * self.subwords_per_word(name, text.sample)

    def subwords_per_word(self, name: str, sample: tuple[str, ...]) -> float:
        """Return the subwords of a word: as the model's tokenizer has it where both are at hand."""
        folder = self.model(name).folder
        if folder is None or not sample or not (folder / "tokenizer.json").is_file():
            self.assumed = True
            return self._rates["subwords_per_word"]
        return _subwords_per_word(folder / "tokenizer.json", sample)

    def task_texts(self, task: str, split: str) -> list[TextSize]:
        """Return the sizes of a task's data, of each of its languages."""
        settings = self._study.tasks[task]
        data: TaskData = getattr(settings, split)
        key = f"tasks.{task}.{split}"
        read = tagged_sentences if settings.kind == "entities" else labelled_sentences
        found = []
        for language in data.of_languages:
            if data.corpus is not None:
                pair = f"{settings.source}-{language}"
                found.append(self.text(data.corpus, language, pair))
            elif data.builtin is not None:
                found.append(self._builtin_text(data.builtin, language))
            elif data.files is not None:
                found.append(self._counted(key, Path(data.files[language]), read, None))
            else:
                rows = None if data.hub is None else data.hub.n_sentences
                found.append(self._counted(key, None, read, rows))
        return found

    def _builtin_text(self, source: BuiltinText, language: str) -> TextSize:
        key = (source, language)
        if key not in self._texts:
            few = source.model_copy(
                update={"n_sentences": min(source.n_sentences, BUILTIN_SENTENCES)}
            )
            counted = count_text(
                self._builtin(language, few), self._study.words.cap, source.n_sentences
            )
            assert counted is not None
            self._texts[key] = counted
        return self._texts[key]

    def _counted(
        self,
        key: str,
        file: Path | None,
        read: Callable[[Path], Iterable[str]],
        n_sentences: int | None,
    ) -> TextSize:
        """Count a file that is at hand; else take what the study says, or a number."""
        cap = self._study.words.cap
        if file is not None and file.is_file():
            found = self._texts.get(file) or count_text(read(file), cap)
            if found is not None:
                self._texts[file] = found
                return found
        self.assumed = True
        if n_sentences is None:
            n_sentences = int(self._rates["rows_where_not_said"])
            self.unknown.add(f"{key}: its number of sentences is not said; taken: {n_sentences:,}")
        return assumed_text(n_sentences, self._rates["words_per_sentence"], cap)

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
            n_bytes = FLOAT_BYTES * (blocks * self.n_sides(name) + table)
            return ModelSize(blocks, recipe.n_layers, recipe.hidden_size, n_bytes)
        builtin = self._root / "polyconcept/builtin/models" / str(model.builtin)
        folder = builtin if model.builtin else Path(model.directory or "")
        if model.hub is not None:  # once the study has fetched it
            folder = Path("results", self._study.name, "models", name, "base")
        if (folder / "config.json").is_file():
            return _model_on_disk(folder)
        self.assumed = True
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


@cache
def _subwords_per_word(tokenizer: Path, sample: tuple[str, ...]) -> float:
    # Not transformers, which takes seconds to import.
    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(tokenizer)).encode_batch(list(sample))
    return sum(len(line.ids) for line in read) / max(1, sum(len(line.split()) for line in sample))


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
    return ModelSize(_block_parameters(n_layers, n_dims, inside), n_layers, n_dims, size, folder)
