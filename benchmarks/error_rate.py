"""Alignment error rate of the word aligner beside systran-align (fast_align) on gold links.

    OMP_NUM_THREADS=1 python benchmarks/error_rate.py [--data FOLDER]

The built-in text has gold links for every pair. FOLDER may hold gold_align/en-es (dev.en.txt,
dev.es.txt, dev.align.txt) and pud (en.txt, es.txt): the gold sentences are then linked together
with pud.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wordalign import systran_links

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.records.text import Links, Sentences
from polyconcept.text.align import align_words
from polyconcept.text.error_rate import alignment_error_rate
from polyconcept.text.parallel import read_joined, read_texts
from polyconcept.text.pharaoh import links_of_first, read_pharaoh

PAIRS = (("en", "de"), ("en", "fr"), ("en", "es"), ("en", "it"), ("en", "ar"), ("de", "it"))
N_SENTENCES = 3000


def builtin_cases() -> Iterator[tuple[str, Sentences, Sentences, Links]]:
    """Yield name, text and gold links of each pair of the built-in text."""
    text = generate_corpus(n_sentences=N_SENTENCES, seed=77)
    for source, target in PAIRS:
        gold = text.links(source, target)
        yield f"built-in {source}-{target}", text.sentences[source], text.sentences[target], gold


def real_case(data: Path) -> Iterator[tuple[str, Sentences, Sentences, Links]]:
    """Yield the gold sentences first, then those of pud."""
    gold = [data / f"gold_align/en-es/dev.{language}.txt" for language in ("en", "es")]
    pud = [data / f"pud/{language}.txt" for language in ("en", "es")]
    alone = read_texts(gold, ["en", "es"])
    text = read_joined([*gold, *pud], ["en", "es"])
    links = read_pharaoh(data / "gold_align/en-es/dev.align.txt", alone[0], alone[1])
    yield "gold_align en-es with pud", text["en"], text["es"], links


def lower(sentences: Sentences) -> Sentences:
    """Return text as fast_align's authors advise; our aligner folds case by itself."""
    words = tuple(tuple(word.lower() for word in line) for line in sentences.words)
    return Sentences(sentences.language, words)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with gold_align and pud")
    data = parser.parse_args().data
    print(f"{'gold links':<28}{'sentences':>10}{'ours':>8}{'systran-align':>15}")
    for case in [*builtin_cases(), *(real_case(data) if data else ())]:
        name, source, target, gold = case
        n_gold = int(gold.sentence.max()) + 1
        theirs = systran_links(lower(source), lower(target))
        rates = [
            alignment_error_rate(links_of_first(links, n_gold), gold)
            for links in (
                align_words(source, target),
                replace(theirs, source=source.language, target=target.language),
            )
        ]
        print(f"{name:<28}{len(source):>10}{rates[0]:>8.3f}{rates[1]:>15.3f}", flush=True)


if __name__ == "__main__":
    main()
