"""What follows from the score table: rivals' rank correlations, and verdicts on the paper's claims.

Everything here takes rows of the score table and nothing else (docs/STATISTICS.md).
"""

from polyconcept.claims._page import claims_page
from polyconcept.claims._rivals import rank_correlations
from polyconcept.claims._state import state_claims

__all__ = ["claims_page", "rank_correlations", "state_claims"]
