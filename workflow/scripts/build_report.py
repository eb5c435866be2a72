"""The report page: claims, figures with their captions, and what they rest on."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.audit.runs import read_record, record_path
from polyconcept.figures.captions import caption
from polyconcept.machine.atomic import write_text_atomic
from polyconcept.report.page import Made, ShownFigure, png_size, report_page
from polyconcept.store.json import read_json
from polyconcept.store.scores import read_scores

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, settings = snakemake.input, snakemake.params.settings
    figures = [
        ShownFigure(name, figure["category"], said.shows, said.text, png_size(Path(picture)))
        for (name, figure), picture in zip(settings["figures"].items(), files.figures, strict=True)
        for said in [caption(figure["module"], figure["settings"])]
    ]
    of_scores = read_record(record_path(files.scores))
    made = Made(
        of_scores.ended,
        of_scores.packages.get("polyconcept", ""),
        of_scores.git.commit if of_scores.git else None,
        dirty=of_scores.git is not None and of_scores.git.dirty,
    )
    page = report_page(
        settings["name"],
        read_json(Path(files.claims)),
        read_scores([Path(files.scores)]),
        figures,
        made,
        definition=settings["definition"],
    )
    write_text_atomic(Path(snakemake.output.page), page)
