"""A model over words: the plan of what it reads, and the pass that gives the vectors."""
