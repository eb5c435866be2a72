"""Is the study's file one? Before its settings are read; where the profiles have not asked yet."""

import sys
from pathlib import Path

from polyconcept.study.parse import SettingsError

sys.path.append(str(Path(workflow.current_basedir).parent))

from study_yaml import read_yaml

try:
    # Another workflow that has this one as a `module:` gives it a study and no file.
    for file in workflow.overwrite_configfiles or Path().glob("config.yaml"):
        read_yaml(Path(file))
except SettingsError as error:
    raise WorkflowError(str(error))
