"""What decides a covering question for everybody: rows that imply no other, sites that no other replaces; exactly.

When every row must be covered, a row whose sites include all sites of another is covered with it, and a site whose rows another site covers as well
is never needed (Toregas & ReVelle 1973; Beasley 1987). Each makes more of the other, so both are repeated until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.cover_kernels import Table, without_larger, without_smaller
from planning.siting.reduce import Reduced, no_costs


def table_of(reduced: Reduced) -> Table:
    """Return which sites cover which rows, both ways round."""
    return _table(sparse.csr_array((np.ones(len(reduced.site), np.int8), reduced.site, reduced.start), shape=_shape(reduced)))


def decisive(reduced: Reduced, look: Callable[[], None]) -> tuple[Reduced, NDArray[np.int64]]:
    """Return the rows and sites that decide which sites cover every row, when all sites count the same.

    Parameters
    ----------
    reduced : Reduced
        Of a covering question; only whether a site covers a row is looked at.
    look : callable
        Called between steps; may raise Cancelled.

    Returns
    -------
    reduced : Reduced
        A plan that covers its rows covers all rows given, and some smallest plan opens none of the sites that stand in no row any more. Sites keep
        their numbers; of sites that cover the same the first one stays. A row's weight is its own only.
    rows : int64, shape (rows left,)
        Which rows they are.
    """
    covers = sparse.csr_array((np.ones(len(reduced.site), np.int8), reduced.site, reduced.start), shape=_shape(reduced))
    rows, before = np.arange(len(reduced.weight)), -1
    while covers.nnz != before:
        look()
        before, kept = covers.nnz, np.flatnonzero(without_larger(_table(covers)))
        covers, rows = covers[kept], rows[kept]
        stays = without_smaller(_table(covers))
        covers = _without(covers, ~stays)
    start, site = covers.indptr.astype(np.int64), covers.indices.astype(np.int32)
    left = replace(reduced, weight=reduced.weight[rows], beyond=reduced.beyond[rows], start=start, site=site, cost=no_costs(len(site)))
    return left, rows


def _shape(reduced: Reduced) -> tuple[int, int]:
    return len(reduced.weight), len(reduced.sites)


def _without(covers: sparse.csr_array, leaving: NDArray[np.bool_]) -> sparse.csr_array:
    stays = ~leaving[covers.indices]
    start = np.concatenate([[0], np.cumsum(stays)])[covers.indptr]
    return sparse.csr_array((covers.data[stays], covers.indices[stays], start), shape=covers.shape)


def _table(covers: sparse.csr_array) -> Table:
    turned = covers.tocsc()
    return Table(
        covers.indptr.astype(np.int64), covers.indices.astype(np.int32), turned.indptr.astype(np.int64), turned.indices.astype(np.int32)
    )  # fmt: skip
