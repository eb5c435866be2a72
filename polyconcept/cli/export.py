"""Write a study's clusters in the formats of other programs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from polyconcept.cli import project
from polyconcept.interop.clusters import cluster_file, pool, write_clusters
from polyconcept.records.text import Definition
from polyconcept.store.results import Results, clustered_parts, load


class Format(StrEnum):
    """Formats that there are."""

    CONCEPTX = "conceptx"


class Metric(StrEnum):
    """Whose words are clustered."""

    CALIGN = "calign"
    COLAP = "colap"


def export(
    study: project.StudyFile,
    # The one format that there is: a line that names it stays right when others come.
    _format: Annotated[
        Format, typer.Option("--format", help="word|||occurrence|||sentence|||position|||cluster")
    ] = Format.CONCEPTX,
    to: Annotated[Path, typer.Option(help="Folder for the files; it is made.")] = Path("export"),
    run: Annotated[str | None, typer.Option(help="Only this run: model/variant/side.")] = None,
    pair: Annotated[str | None, typer.Option(help="Only this pair, such as en-de.")] = None,
    layer: Annotated[int | None, typer.Option(help="Only this layer.")] = None,
    metric: Annotated[
        Metric, typer.Option(help="Whose clusters: of each language alone, or of both together.")
    ] = Metric.CALIGN,
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected", help="Words of the corrected definition, not of the published one."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the clustering; by default the lowest.")
    ] = None,
    folder: project.Folder = Path(),
) -> None:
    """Write the clusters of a finished study as files of ConceptX.

    A file for each layer and language, of all runs, pairs and layers that no option leaves out.
    Languages that were clustered together stand in one file, the target's sentences behind the
    source's.
    """
    definition: Definition = "corrected" if corrected else "published"
    with project.faults_told():
        results = load(folder / f"results/{project.read_study(study).name}")
        to.mkdir(parents=True, exist_ok=True)
        n_files = 0
        for own_run, own_pair in chosen(results, run, pair):
            for path in write_layers(
                results, own_run, own_pair, layer, metric.value, definition, seed, to
            ):
                project.say(str(path))
                n_files += 1
    project.say(f"{n_files} files")


def chosen(results: Results, run: str | None, pair: str | None) -> list[tuple[str, str]]:
    """Return the runs and pairs to write.

    Raises:
        ValueError: There are none.
    """
    every = [(name, own) for name, pairs in results.runs.items() for own in pairs]
    found = [(name, own) for name, own in every if run in (None, name) and pair in (None, own)]
    if not found:
        known = ", ".join(f"{name} {own}" for name, own in every) or "none"
        raise ValueError(f"{results.folder}: no such concepts; there are: {known}")
    return found


def write_layers(
    results: Results,
    run: str,
    pair: str,
    layer: int | None,
    metric: str,
    definition: Definition,
    seed: int | None,
    to: Path,
) -> Iterator[Path]:
    """Write the layers of a run and pair (or the one that is asked for), and yield the files.

    Raises:
        StoreError: There is no such clustering.
        ValueError: A word cannot be written.
    """
    name = run.replace("/", ".")
    with results.opened(run, pair) as concepts:
        for number in concepts.layers if layer is None else [layer]:
            parts = clustered_parts(concepts, number, metric, definition, seed)
            files = [cluster_file(*part) for part in parts]
            if metric == "colap":
                n_sentences = int(parts[0][0].sentence.max(initial=-1)) + 1
                files = [pool(*files, n_sentences=n_sentences)]
            for file in files:
                path = to / f"{name}.{pair}.layer{number}.{file.words.language}.txt"
                write_clusters(file, path)
                yield path
