"""Is the study's file in order? Asked before its settings are read."""

from pathlib import Path

from polyconcept.cli.yaml_file import read_yaml
from polyconcept.study.parse import SettingsError

try:
    # Another workflow that has this one as a `module:` gives it a study and no file. Jobs' own
    # processes work from the plan, whatever the file has become.
    files = workflow.overwrite_configfiles or Path().glob("config.yaml")
    for file in files if workflow.is_main_process else ():
        read_yaml(Path(file))
except SettingsError as error:
    raise WorkflowError(str(error))
