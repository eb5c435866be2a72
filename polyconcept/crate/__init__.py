"""A finished study as a Workflow Run RO-Crate: its files and how each was made, for any reader.

The run records beside the results say everything; this package says it in the terms of RO-Crate
(https://w3id.org/ro/crate/1.1) and of the three profiles of workflow runs, version 0.5
(https://w3id.org/ro/wfrun/provenance/0.5).
"""

from polyconcept.crate._files import Choice
from polyconcept.crate._graph import FinishedStudy
from polyconcept.crate._pack import CratePaths, pack
from polyconcept.crate._runs import CrateError, read_runs

__all__ = ["Choice", "CrateError", "CratePaths", "FinishedStudy", "pack", "read_runs"]
