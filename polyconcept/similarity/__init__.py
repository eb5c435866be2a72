"""How alike two sets of vectors are without clusters: the simple rivals of CALIGN and COLAP.

Linear CKA of linked words, and finding a sentence's translation among all sentences
(docs/STATISTICS.md).
"""

from polyconcept.similarity._cka import linear_cka
from polyconcept.similarity._layers import similarity_layers
from polyconcept.similarity._retrieval import mutual_retrieval, retrieval_accuracy, sentence_means

__all__ = [
    "linear_cka",
    "mutual_retrieval",
    "retrieval_accuracy",
    "sentence_means",
    "similarity_layers",
]
