"""The Python that tests share does what one of its own would."""

import os
import signal
import subprocess
import sys

import pytest
from warm_python import warm_python

SCRIPT = """
import os, sys
from pathlib import Path
print(__name__, Path(__file__).name, sys.argv[1:], Path.cwd().name, os.environ["GIVEN"])
places = [str(Path(__file__).parent), str(Path("beside").absolute())]
print(*(sys.path.index(place) for place in places), file=sys.stderr)
{end}
"""


def run(folder, python, *arguments, **variables):
    environment = os.environ | {"GIVEN": "a", "PYTHONPATH": "beside"} | variables
    done = subprocess.run(
        [python, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.splitlines()[-2:]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('said')", 1),
        ("raise ValueError('found')", 1),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("sys.stdout.flush(); os._exit(7)", 7),
    ],
)
def test_a_script_ends_as_with_a_python_of_its_own(tmp_path, end, status):
    (tmp_path / "script.py").write_text(SCRIPT.format(end=end))
    own = run(tmp_path, sys.executable, "script.py", "b", "--c=d e")

    assert own[0] == status
    assert run(tmp_path, warm_python(), "script.py", "b", "--c=d e") == own


def test_a_module_is_that_of_the_path_and_code_has_a_python_of_its_own(tmp_path):
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/ours.py").write_text("import sys; print(__name__, sys.argv[1:])")
    for arguments in (("-m", "ours", "a"), ("-c", "import ours", "b"), ("-m", "json.tool", "none")):
        assert run(tmp_path, warm_python(), *arguments) == run(tmp_path, sys.executable, *arguments)


def test_only_forks_have_the_large_packages(tmp_path):
    code = "import sys; print('torch' in sys.modules, 'polyconcept' in sys.modules)"
    (tmp_path / "script.py").write_text(code)

    assert run(tmp_path, warm_python(), "script.py")[1] == "True False\n"
    assert run(tmp_path, warm_python(), "script.py", HF_HOME=str(tmp_path))[1] == "False False\n"
