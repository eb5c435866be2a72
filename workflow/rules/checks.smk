"""Is the study's file one? Before its settings are read; where the profiles have not asked yet."""

import sys
from pathlib import Path

from polyconcept.study.parse import SettingsError

sys.path.append(f"{workflow.basedir}/workflow")

from study_yaml import read_yaml

try:
    for file in workflow.overwrite_configfiles or ["config.yaml"]:
        read_yaml(Path(file))
except SettingsError as error:
    raise WorkflowError(str(error))
