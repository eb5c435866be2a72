"""What the tests' readers of vectors have in common with that of a vector file."""


def placed(vectors, out):
    """The vectors in the memory that the caller gives, or in their own where it gives none."""
    if out is None:
        return vectors
    assert out.shape == vectors.shape
    out[:] = vectors
    return out
