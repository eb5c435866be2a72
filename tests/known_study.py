"""A small study, finished in a copy of the project that is a repository of its own."""

import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock
from test_workflow import study_of, write_model, write_text
from warm_python import warm_python

ROOT = Path(__file__).parents[1]
PARTS = ("polyconcept", "workflow", "tools", "envs", "profiles", "Snakefile", "config.yaml")


def finished_study(tmp_path_factory):
    """The folder of the study of test_workflow, run once a session by whichever process asks first.

    Its records name a commit of the copy: of the working tree as it is, committed or not. It is
    not to be changed: take a copy.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / "known_study", base / "known_study.done"
    with FileLock(base / "known_study.lock"):
        if not done.exists():
            run_study(folder)
            done.touch()
    return folder


def run_study(folder):
    folder.mkdir()
    write_text(folder / "text")
    write_model(folder / "shared", language_distance=0)
    write_model(folder / "apart", language_distance=30)
    study_of(folder)
    project = project_of(folder)
    copy_project(project)
    command = [
        *(warm_python(), "-m", "snakemake", "--snakefile", str(project / "Snakefile")),
        *("--directory", str(folder), "--configfile", str(folder / "study.yaml")),
        *("--workflow-profile", str(project / "profiles/local")),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(project)}
    environment |= {"PYTHONWARNINGS": "default"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr[-3000:]


def project_of(folder):
    """The copy of the project whose workflow finished the study in `folder`."""
    return folder.with_name(f"{folder.name}_project")


def copy_project(project):
    project.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
        options = (
            {"ignore": shutil.ignore_patterns("__pycache__")} if copy != shutil.copyfile else {}
        )
        copy(ROOT / part, project / part, **options)
    (project / ".gitignore").write_text("__pycache__/\n")
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "a copy")


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


def copy_of(finished, folder):
    return Path(shutil.copytree(finished, folder, symlinks=True))
