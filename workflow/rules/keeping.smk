"""Results that were copied or touched: what Snakemake needs to see that they are as they were.

Only in the process that plans: the jobs' own processes leave everything as it is.
"""

import atexit
import json
from base64 import urlsafe_b64encode

from polyconcept.atomic import write_text_atomic
from polyconcept.provenance.times import restore_times

RESULTS = Path("results") / STUDY.name
# With which settings each file was made, as Snakemake keeps it outside the results: without it a
# copy of them would count as up to date whatever the study says.
KEPT = RESULTS / "snakemake.json"
METADATA = Path(".snakemake") / "metadata"


def metadata_file(output):
    """Where Snakemake keeps what it knows of a file: the name in base64, in parts that fit."""
    name = urlsafe_b64encode(output.encode()).decode()
    most = os.pathconf(".", "PC_NAME_MAX") - 1
    parts = [name[i : i + most] for i in range(0, len(name), most)]
    return METADATA.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def outputs_with_records():
    """Outputs of this study as their run records name them."""
    for path in sorted(RESULTS.rglob("*.run.json")):
        try:
            outputs = json.loads(path.read_text())["outputs"]
        except (OSError, ValueError, KeyError):
            continue  # `make verify` says what is wrong with it
        yield from (output["path"] for output in outputs)


def keep_metadata():
    """Copy what Snakemake knows of this study's files into its results."""
    found = {}
    for output in outputs_with_records():
        if metadata_file(output).is_file():
            found[output] = json.loads(metadata_file(output).read_text())
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if found and not (KEPT.is_file() and KEPT.read_text() == text):
        write_text_atomic(KEPT, text)


def bring_metadata():
    """Tell Snakemake what was known of results that were copied here."""
    for output, known in json.loads(KEPT.read_text()).items():
        if Path(output).exists() and not metadata_file(output).exists():
            write_text_atomic(metadata_file(output), json.dumps(known))


if workflow.is_main_process and RESULTS.is_dir():
    if KEPT.is_file():
        bring_metadata()
    for restored in restore_times(RESULTS, Path()):
        logger.info(f"unchanged since its run, in spite of its time: {restored}")

if workflow.is_main_process:
    atexit.register(keep_metadata)
