"""What follows from the score table: rivals' rank correlations, and verdicts on the paper's claims.

Everything here takes rows of the score table and nothing else (docs/STATISTICS.md).
"""
