"""Where a result comes from: the code behind it, a record of each run, and their verification.

`code` says which code a script reaches; `runs` is the record that every job writes beside its
outputs; `watch` makes it; `verification` follows the records from results to sources. Only what the
workflow needs at its start is imported here.
"""

from polyconcept.provenance.code import code_files, code_fingerprint

__all__ = ["code_files", "code_fingerprint"]
