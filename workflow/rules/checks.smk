"""What YAML would pass over in silence; before the settings are read, where it misleads."""

from pathlib import Path

import yaml


def repeated_keys(node):
    """Lines of a YAML file on which a key stands again: YAML would quietly keep the last."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from repeated_keys(item)
    if isinstance(node, yaml.MappingNode):
        first = {}
        for key, value in node.value:
            before = first.setdefault(str(key.value), key.start_mark.line)
            if before != key.start_mark.line:
                yield (
                    f"line {key.start_mark.line + 1}: {key.value!r} stands here again, "
                    f"first in line {before + 1}"
                )
            yield from repeated_keys(value)


repeated = [
    f"{file}, {fault}"
    for file in workflow.configfiles
    for fault in dict.fromkeys(repeated_keys(yaml.compose(Path(file).read_bytes())))
]
if repeated:
    raise WorkflowError("the study cannot be used:\n  " + "\n  ".join(repeated))
