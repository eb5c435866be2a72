"""The released study's clustering: scikit-learn's Elkan k-means in float64."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from polyconcept.records.arrays import Centers, Float, Vectors
from polyconcept.records.concepts import KMeansClusters


def sklearn_clusters(
    vectors: Vectors,
    *,
    n_clusters: int,
    seed: int,
    n_restarts: int,
    max_iterations: int,
    tolerance: float,
    start: Float[np.ndarray, "cluster dim"] | None,
) -> KMeansClusters:
    """Return the best restart of ``KMeans(algorithm="elkan")`` on the vectors in float64."""
    # The same as one fit with ``n_init=n_restarts, random_state=seed``, of which scikit-learn tells
    # only the best inertia: the restarts are fitted one by one from the one random stream. With one
    # thread, because scikit-learn adds up the threads' sums in the order they finish.
    wide = vectors.astype(np.float64)
    algorithm = "elkan" if n_clusters > 1 else "lloyd"  # as scikit-learn does, with a warning
    options = {"max_iter": max_iterations, "tol": tolerance, "algorithm": algorithm}
    random_state = np.random.RandomState(seed)
    fits = []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the caller warns, for each engine
        for _ in range(n_restarts if start is None else 1):
            model = KMeans(
                n_clusters,
                init="k-means++" if start is None else start.astype(np.float64),
                n_init=1,
                random_state=random_state,
                **options,
            )
            fits.append(model.fit(wide))
    inertias = np.array([fit.inertia_ for fit in fits])
    best = fits[int(inertias.argmin())]
    centers: Centers = best.cluster_centers_.astype(np.float32)
    return KMeansClusters(
        cluster=best.labels_.astype(np.int32),
        n_clusters=n_clusters,
        centers=centers,
        inertia=float(best.inertia_),
        restart_inertias=inertias,
        n_iterations=int(best.n_iter_),
    )
