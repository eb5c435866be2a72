import subprocess
import sys
from pathlib import Path

import pytest

JOB = """
import logging
from polyconcept.machine.logs import log_to
with log_to("/dev/full"):
    logging.getLogger("job").info("begun")
    raise OSError(28, "No space left on device")
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_log_on_a_full_disk_does_not_bury_the_message():
    run = subprocess.run([sys.executable, "-c", JOB], capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert run.stderr.splitlines()[1:] == [
        "OSError: [Errno 28] No space left on device",
        "  (log: /dev/full)",
    ]
