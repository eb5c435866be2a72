"""Results that were copied or touched: what Snakemake needs to see that they are as they were.

Only in the process that plans: the jobs' own processes leave everything as it is.
"""

import atexit
import json
from base64 import urlsafe_b64encode
from datetime import datetime

from polyconcept.machine.atomic import write_text_atomic
from polyconcept.audit.runs import read_record
from polyconcept.audit.times import restore_times
from polyconcept.store.content import links_out_of

# Whole paths: at the end of the process Snakemake is back in the folder that it was called from.
HERE = Path.cwd()
RESULTS = HERE / "results" / STUDY.name
# With which settings each file was made, as Snakemake keeps it outside the results: without it a
# copy of them would count as up to date whatever the study says.
KEPT = RESULTS / "snakemake.json"
METADATA = HERE / ".snakemake" / "metadata"


def metadata_file(output):
    """Where Snakemake keeps what it knows of a file: the name in base64, in parts that fit."""
    name = urlsafe_b64encode(output.encode()).decode()
    most = os.pathconf(HERE, "PC_NAME_MAX") - 1
    parts = [name[i : i + most] for i in range(0, len(name), most)]
    return METADATA.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def outputs_with_records():
    """Outputs of this study as their run records name them, and when their run ended."""
    for path in sorted(RESULTS.rglob("*.run.json")):
        try:
            record = read_record(path)
            ended = datetime.fromisoformat(record.ended).timestamp()
        except (OSError, ValueError):
            continue  # `polyconcept verify` says what is wrong with it
        yield from ((output.path, ended) for output in record.outputs)


def known_here(output):
    """What Snakemake knows of an output in this folder; None where it knows nothing."""
    file = metadata_file(output)
    return json.loads(file.read_text()) if file.is_file() else None


def keep_metadata():
    """Copy what Snakemake knows of this study's files into its results."""
    known = {output: known_here(output) for output, _ in outputs_with_records()}
    found = {output: record for output, record in known.items() if record}
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if found and not (KEPT.is_file() and KEPT.read_text() == text):
        write_text_atomic(KEPT, text)


def read_kept():
    """What was kept; it came with results that may be another's."""
    try:
        kept = json.loads(KEPT.read_text())
        for record in kept.values():
            float(record["endtime"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkflowError(
            f"results/{STUDY.name}/{KEPT.name}: not as Snakemake's notes are kept "
            f"({type(error).__name__}: {error}); remove the file"
        ) from None
    return kept


def bring_metadata():
    """Tell Snakemake what was known of results that were copied here.

    Where it knows of another run already, the one counts whose end is that of the run record.
    """
    kept = read_kept()
    for output, ended in outputs_with_records():
        brought, here = kept.get(output), known_here(output)
        if brought is not None and (
            here is None
            or abs(brought["endtime"] - ended) < abs(here["endtime"] - ended)
        ):
            write_text_atomic(metadata_file(output), json.dumps(brought))


if workflow.is_main_process and RESULTS.is_dir():
    if links := links_out_of(RESULTS):
        raise WorkflowError(
            f"results/{STUDY.name}/{links[0]}: a link that leads out of the results, where a job "
            "would write or delete what is not its own; remove it (the whole folder "
            f"results/{STUDY.name} may be a link)"
        )
    if KEPT.is_file():
        bring_metadata()
    for restored in restore_times(RESULTS, HERE):
        logger.info(f"unchanged since its run, in spite of its time: {restored}")

if workflow.is_main_process:
    atexit.register(keep_metadata)
