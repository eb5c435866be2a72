"""Names of a study's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from polyconcept.builtin.read_lexicon import LANGUAGES
from polyconcept.study.data import TaskData
from polyconcept.study.kinds import TASK_KINDS
from polyconcept.study.pins import pin_of
from polyconcept.study.schema import Study

Names: TypeAlias = Mapping[str, str]
"""Wildcards of a job."""

SPLITS = ("train", "test")
SOURCES = {"directory": "own_files", "files": "own_files", "builtin": "builtin_text", "hub": "hub"}
"""Key that says where text or labels come from -> module of `polyconcept.sources`."""

_FOLDERS = {"similarity": "concepts"}
"""Where scores stand that a job makes beside other files: those of a job lie in one folder."""


class Files:
    """Names of a study's files, from the folder in which Snakemake runs.

    That `folder`, from this process' own, is looked at, and stands in no name.
    """

    def __init__(self, study: Study, folder: Path = Path()) -> None:
        self.study, self.results, self.folder = study, f"results/{study.name}", folder

    def is_removed(self, path: str) -> bool:
        """Return whether a result is removed once all jobs have read it."""
        return not self.study.vectors.keep and path.startswith(f"{self.results}/vectors/")

    # --- text

    def own_folder(self, corpus: str, pair: str) -> str:
        """Return the folder of a pair in a corpus where each pair has sentences of its own."""
        return f"{pair}/" if self.study.corpora[corpus].pairwise else ""

    def text(self, corpus: str, pair: str, language: str) -> str:
        """Return the text of one language of a pair."""
        return f"{self.results}/corpora/{corpus}/{self.own_folder(corpus, pair)}{language}.txt"

    def extra_corpora(self, pair: str) -> list[str]:
        """Return the further corpora that have both languages of a pair.

        Raises:
            ValueError: One has both languages of no pair, or there is none to learn from.
        """
        links, found = self.study.word_links, []
        for corpus in links.extra_corpora:
            helped = [one for one in self.study.pairs if self._has_both(corpus, one)]
            if not helped:
                raise ValueError(
                    f"word_links.extra_corpora: {corpus} has both languages of none of the pairs "
                    f"{', '.join(self.study.pairs)}"
                )
            found += [corpus] if pair in helped else []
        if links.learn_from == "extra" and not found:
            raise ValueError(
                f"word_links.learn_from: none of {list(links.extra_corpora)} has both languages of "
                f"{pair}, which has no text to learn from"
            )
        return found

    def _has_both(self, corpus: str, pair: str) -> bool:
        """Whether a corpus has both languages of a pair, where that can be seen."""
        source, codes = self.study.corpora[corpus], pair.split("-")
        if source.builtin is not None:
            return set(codes) <= set(LANGUAGES)
        # What the hub has is not known yet; a folder that is not there is missed by who reads it.
        if source.directory is None or not (self.folder / source.directory).is_dir():
            return True
        own = pair if source.pairwise else ""
        files = [source.file_of(code, own, where=self.folder) for code in codes]
        return all((self.folder / str(file)).is_file() for file in files)

    def words(self, pair: str, language: str) -> str:
        """Return the word table of one language of a pair."""
        corpus = self.study.corpus
        return f"{self.results}/words/{corpus}/{self.own_folder(corpus, pair)}{language}.parquet"

    def links(self, pair: str) -> str:
        """Return the word links of a pair."""
        return f"{self.results}/dictionaries/{pair}/links.txt"

    def both(self, file: Callable[[str, str], str], pair: str, ending: str = "") -> dict[str, str]:
        """Return what `file` gives for the two languages of a pair, as source and target."""
        codes = zip(("source", "target"), pair.split("-"), strict=True)
        return {f"{place}{ending}": file(pair, code) for place, code in codes}

    def pair_texts(self, pair: str) -> dict[str, str]:
        """Return the texts of a pair whose words are clustered."""
        return self.both(lambda pair, code: self.text(self.study.corpus, pair, code), pair)

    def pair_words(self, pair: str) -> dict[str, str]:
        """Return the word tables of a pair."""
        return self.both(self.words, pair, "_words")

    def dictionaries(self, pair: str) -> dict[str, str]:
        """Return the word tables of a pair with its dictionaries both ways and what they cover."""
        folder = f"{self.results}/dictionaries/{pair}"
        names = ("forward", "backward", "coverage")
        return self.pair_words(pair) | {name: f"{folder}/{name}.tsv" for name in names}

    def held_out(self, names: Names) -> dict[str, list[str]]:
        """Return dictionaries learnt without two parts of the text, and these, where wanted."""
        study = self.study
        controlled = study.is_controlled(names["model"], names["variant"])
        wanted = study.controls.same_sentences and controlled
        folder = f"{self.results}/dictionaries/{names['pair']}/held_out"
        files = ("forward.tsv", "backward.tsv", "parts.txt")
        return {"held_out": [f"{folder}/{file}" for file in files] if wanted else []}

    def selections(self, pair: str) -> str:
        """Return which words of a pair each metric clusters."""
        return f"{self.results}/selections/{pair}.parquet"

    # --- the hub

    def pin(self, *asked: str | bool | None) -> str:
        """Return the file that says which commit of a repository is used."""
        return f"{self.results}/hub/{pin_of(*asked)}/source.json"  # type: ignore[arg-type]

    # --- tasks

    def labels(self, names: Names) -> TaskData:
        """Return the settings of labelled data such as ``ner/train``."""
        task, split = names["data"].split("/")
        data: TaskData = getattr(self.study.tasks[task], split)
        return data

    def task(self, task: str, split: str) -> list[str]:
        """Return all files of a task for training or testing; of translations sources, targets."""
        settings = self.study.tasks[task]
        data: TaskData = getattr(settings, split)
        if data.corpus is None:
            folder, suffix = (
                f"{self.results}/tasks/{task}/{split}",
                TASK_KINDS[settings.kind].suffix,
            )
            return [f"{folder}/{code}.{suffix}" for code in data.of_languages]
        source = str(settings.source)
        pairs = [(f"{source}-{code}", code) for code in data.languages]
        sources = [self.text(data.corpus, pair, source) for pair, _ in pairs]
        return sources + [self.text(data.corpus, pair, code) for pair, code in pairs]

    # --- models and runs

    def model(self, names: Names, variant: str = "") -> str:
        """Return the directory of a variant of a model."""
        return f"{self.results}/models/{names['model']}/{variant or names['variant']}"

    def run(self, kind: str, names: Names) -> str:
        """Return the folder of one kind of file of a run."""
        return f"{self.results}/{kind}/{names['model']}/{names['variant']}/{names['side']}"

    def is_forced(self, names: Names) -> bool:
        """Whether what a decoder is asked to say depends on what its encoder reads."""
        two_sided = self.study.models[names["model"]].of_family == "encoder-decoder"
        return two_sided and names["side"] == "decoder"

    def vectors(self, names: Names, side: str, pair: str, language: str) -> str:
        """Return the vectors of one language of a pair on one side of a model."""
        names = {**names, "side": side}
        folder = f"{pair}/" if self.is_forced(names) else self.own_folder(self.study.corpus, pair)
        return f"{self.run('vectors', names)}/{folder}{language}.h5"

    def pair_vectors(self, names: Names) -> dict[str, str]:
        """Return vectors of a pair: of two sides the source's encoder, the target's decoder."""
        sides = names["side"].split("-")
        source, target = names["pair"].split("-")
        return self.pair_words(names["pair"]) | {
            "source_vectors": self.vectors(names, sides[0], names["pair"], source),
            "target_vectors": self.vectors(names, sides[-1], names["pair"], target),
            "selections": self.selections(names["pair"]),
        }

    def of_runs(self, suffixes: Sequence[str]) -> list[str]:
        """Return score files of every run and pair, in the order of the study."""
        return [
            f"{self.run(_FOLDERS.get(suffix, 'scores'), run)}/{pair}.{suffix}.parquet"
            for run in self.runs()
            for pair in self.study.pairs
            for suffix in suffixes
        ]

    def runs(self) -> Iterator[dict[str, str]]:
        """Yield every model, variant and side whose concepts are compared."""
        for name, model in self.study.models.items():
            for variant in self.study.variants_of(name):
                for side in model.of_sides:
                    yield {"model": name, "variant": variant, "side": side}
