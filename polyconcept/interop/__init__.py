"""Files of ConceptX and of the released code, in and out: clusters and dictionaries."""
