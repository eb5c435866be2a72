"""Something done before and after a call that is not ours to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def surround(
    action: Callable[..., Any],
    *,
    begin: Callable[..., None],
    end: Callable[..., None],
) -> Callable[..., Any]:
    """`action` with `begin` before it and `end` behind it, whether or not it raises.

    Stands here and not in a rules file, to which Snakemake would ascribe all errors of the action.

    Args:
        action: Takes arguments by name only.
        begin: Given the same arguments; where it raises, neither of the others is called.
        end: Given the same arguments, and `succeeded`: whether the action did not raise.
    """

    def surrounded(**arguments: Any) -> Any:  # noqa: ANN401 - whatever the action takes and gives
        begin(**arguments)
        succeeded = False
        try:
            result = action(**arguments)
            succeeded = True
        finally:
            end(succeeded=succeeded, **arguments)
        return result

    return surrounded
