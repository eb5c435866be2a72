"""CALIGN, COLAP and their rivals, and what a score means: chance, ceilings, intervals, curves."""
