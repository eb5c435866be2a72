"""A Python that has imported the large packages already, and runs scripts and modules in its forks.

A whole study is a hundred processes, and to import torch and transformers anew takes most of them
longer than their work. Of this project's own code nothing is imported before: each process reads
what its path leads to, as ever. Forks share one hash seed, their memory begins with what they
share, and /proc does not show the variables they were given: what measures memory, ends processes
by force or looks for another hash seed starts `sys.executable`, as `make demo` does.
"""

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from pathlib import Path

LARGE = (
    *("h5py", "jaxtyping", "numpy", "pandas", "pyarrow.dataset", "pyarrow.parquet", "pydantic"),
    *("scipy.optimize", "scipy.stats", "sklearn.cluster", "sklearn.metrics", "tokenizers", "torch"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"),
    *("matplotlib.backends.backend_svg", "datasets", "transformers", "transformers.trainer"),
    *("transformers.models.bert.modeling_bert", "transformers.models.mt5.modeling_mt5"),
    *("transformers.models.xlm_roberta.modeling_xlm_roberta", "snakemake.cli"),
)
CLIENT = """#!{python} -IS
import array, json, os, socket, sys
known = sys.argv[1] == "-m" or not sys.argv[1].startswith("-")
# What talks to the hub reads where that is when it is imported.
if not known or {{name: os.environ[name] for name in os.environ if name[:3] == "HF_"}} != {hub!r}:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    fds = array.array("i", [0, 1, 2])
    server.sendmsg([len(request).to_bytes(8)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    server.sendall(request)
    status = int.from_bytes(server.recv(8) or b"\\1", signed=True)
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


@cache
def warm_python(**hub):
    """Return the path of a program that is called as Python is; it ends with this process.

    `hub` are variables that say where the hub is, of the processes that it is for.
    """
    folder = Path(tempfile.mkdtemp(prefix="warm"))
    address, program = folder / "socket", folder / "python"
    program.write_text(CLIENT.format(python=sys.executable, address=str(address), hub=hub))
    program.chmod(0o700)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"} | hub
    server = subprocess.Popen([sys.executable, __file__, address, program], env=environment)
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.kill)
    while not address.exists():
        assert server.poll() is None
        time.sleep(0.05)
    return str(program)


def serve(address, program):
    parent = os.getppid()
    for name in LARGE:
        importlib.import_module(name)
    gc.freeze()
    sys.executable = program  # what a process starts in turn begins here as well
    # Bound under another name first: who sees the name may connect.
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{address}.new")
        server.listen(64)
        Path(f"{address}.new").rename(address)
        server.settimeout(2)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper ended
        while os.getppid() == parent:
            with contextlib.suppress(TimeoutError):
                client, _ = server.accept()
                with client:
                    if os.fork() == 0:
                        server.close()
                        keep(client)


def keep(client):
    """Run what one client asks for in a process below this one, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    client.setblocking(True)
    fds = array.array("i")
    begun, ancillary, *_ = client.recvmsg(8, socket.CMSG_LEN(3 * fds.itemsize))
    fds.frombytes(ancillary[0][2])
    length, request = int.from_bytes(begun), b""
    while len(request) < length:
        request += client.recv(length - len(request))
    child = os.fork()
    if child == 0:
        client.close()
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
            os.close(fd)
        run(*json.loads(request))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        client.sendall(status.to_bytes(8, signed=True))
    os._exit(0)


def run(arguments, folder, environment):
    """Do in this process what Python does that is started so."""
    status = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        first, *others = arguments
        sys.path[0] = folder if first == "-m" else str(Path(first).parent.resolve())
        given = environment.get("PYTHONPATH", "").split(":")
        sys.path[1:1] = [str(Path(path).absolute()) for path in given if path]
        importlib.invalidate_caches()
        if first == "-m":
            sys.argv = others
            runpy.run_module(others[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(str(Path(first).absolute()), run_name="__main__")
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(*sys.argv[1:])
