"""Plain text, one sentence a line; line i of every language is the same sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.records.text import Sentences
from polyconcept.text.lines import check_start, check_words, few, read_lines, split_words


def read_sentences(path: Path, language: str) -> Sentences:
    r"""Return the sentences of a UTF-8 text file with one sentence a line.

    Lines end at ``\n`` or ``\r\n`` only. Words are separated by ASCII spaces or tabs; other Unicode
    spaces, such as the no-break space, belong to their word. Scripts without blanks must be split
    into words before.

    Raises:
        ValueError: the file is empty, not UTF-8, or has blank lines; with file and line.
    """
    return read_parallel({language: path})[language]


def read_parallel(paths: Mapping[str, Path]) -> dict[str, Sentences]:
    """Return the sentences of several languages whose files agree line by line.

    Returns:
        Language -> its sentences, all of the same length, in the order of `paths`.

    Raises:
        ValueError: no file given; a file is empty, not UTF-8 or of another length (every file's
            line count is listed); a line is blank on any side (file and line).
    """
    if not paths:
        raise ValueError("no text files given; one per language was needed")
    words = {
        language: tuple(split_words(line) for line in read_lines(path))
        for language, path in paths.items()
    }
    if len({len(sentences) for sentences in words.values()}) > 1:
        counts = ", ".join(f"{paths[language]} has {len(words[language]):,}" for language in words)
        raise ValueError(f"parallel files need the same number of lines; {counts}")
    _refuse_blank_lines(paths, words)
    return {language: Sentences(language, sentences) for language, sentences in words.items()}


def read_texts(paths: Sequence[Path | str], languages: Sequence[str]) -> list[Sentences]:
    """Return the sentences of several parallel corpora, each with one file per language, in turn.

    `paths` has the files of the first corpus in the order of `languages`, then of the second, and
    so on.

    Returns:
        Sentences of each file, in the order of `paths`.

    Raises:
        ValueError: files are missing for the last corpus, or as `read_parallel` raises.
    """
    n_languages = len(set(languages))
    if n_languages != len(languages) or not languages or len(paths) % n_languages:
        raise ValueError(
            f"found {len(paths)} files for the languages {', '.join(languages) or '(none)'}; each "
            "corpus needs one file per language, each language once"
        )
    texts: list[Sentences] = []
    for start in range(0, len(paths), n_languages):
        files = [Path(path) for path in paths[start : start + n_languages]]
        texts += read_parallel(dict(zip(languages, files, strict=True))).values()
    return texts


def read_each(paths: Sequence[Path | str]) -> list[Sentences]:
    """Read files named ``{language}.txt``, as `read_sentences` does."""
    return [read_sentences(Path(path), Path(path).stem) for path in paths]


def read_joined(paths: Sequence[Path | str], languages: Sequence[str]) -> dict[str, Sentences]:
    """Return several parallel corpora as one: each language's sentences, corpus after corpus.

    Arguments and errors are those of `read_texts`.
    """
    texts = read_texts(paths, languages)
    return {
        language: Sentences(
            language,
            tuple(words for text in texts[place :: len(languages)] for words in text.words),
        )
        for place, language in enumerate(languages)
    }


def read_pairs(paths: Sequence[Path]) -> list[tuple[Sentences, Sentences]]:
    """Return sentences and their translations, from files named ``{language}.txt``.

    `paths` has the texts translated from, then as many translations.

    Raises:
        ValueError: an odd number of files, or as `read_parallel` raises.
    """
    n_pairs = len(paths) // 2
    pairs = []
    for files in zip(paths[:n_pairs], paths[n_pairs:], strict=True):
        source, target = read_parallel({file.stem: file for file in files}).values()
        pairs.append((source, target))
    return pairs


def write_sentences(path: Path, sentences: Sentences) -> None:
    """Write one sentence a line, words joined by one space; `read_sentences` gives it back.

    Raises:
        ValueError: there is no sentence, a sentence has no word, or a word cannot be written.
    """
    if not sentences.words:
        raise ValueError(f"{path}: no sentence to write; at least one was needed")
    for number, words in enumerate(sentences.words, start=1):
        if not words:
            raise ValueError(f"{path}, line {number}: the sentence has no words")
        check_words(words, f"{path}, line {number}")
    text = "".join(" ".join(words) + "\n" for words in sentences.words)
    check_start(path, text)
    write_text_atomic(path, text)


def _refuse_blank_lines(
    paths: Mapping[str, Path], words: Mapping[str, tuple[tuple[str, ...], ...]]
) -> None:
    """Name every file with blank lines at once, with its line numbers."""
    # All at once: each file is repaired only once then.
    blank = {
        language: [number for number, line in enumerate(sentences, start=1) if not line]
        for language, sentences in words.items()
    }
    found = [
        f"{paths[language]}, line {few(blank[language])}" for language in words if blank[language]
    ]
    if found:
        raise ValueError(
            f"blank line in {'; '.join(found)}; every line needs a sentence in every language: "
            "fill it in, or remove that line from all files"
        )
