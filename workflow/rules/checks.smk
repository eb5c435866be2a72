"""Is the study's file in order? Asked before its settings are read."""

from pathlib import Path

from polyconcept.cli.yaml_file import read_yaml
from polyconcept.study.parse import SettingsError

try:
    for file in workflow.overwrite_configfiles or ["config.yaml"]:
        read_yaml(Path(file))
except SettingsError as error:
    raise WorkflowError(str(error))
