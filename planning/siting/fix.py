"""What is left of a problem once some sites are fixed closed: fewer entries, and rows that have become equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.equal import equal_segments, segments
from planning.siting.reduce import Reduced, no_costs, with_sites


def without_sites(reduced: Reduced, closed: NDArray[np.bool_], group: NDArray[np.int64]) -> tuple[Reduced, NDArray[np.int64]]:
    """Drop the entries of closed sites, and merge the rows of a group that are equal then.

    Sites keep their numbers, so that shares, limits and cuts learnt so far stay what they are. A plan that opens none of the closed sites costs what
    it cost before, group by group.

    Parameters
    ----------
    reduced : Reduced
    closed : bool, shape (sites,)
    group : int64, shape (rows,)

    Returns
    -------
    Reduced
        Rows without an entry stand last: they cost ``beyond`` whatever is opened.
    group : int64, shape (rows left,)
    """
    place = np.where(closed, -1, np.arange(len(closed))).astype(np.int32)
    open_still = with_sites(reduced, reduced.sites, place)
    counts = np.diff(open_still.start)
    site, cost = open_still.site, open_still.cost
    some, none = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    start = np.append(open_still.start[:-1][some], open_still.start[-1])
    # One number for what else must be equal: the group, and what a person costs beyond.
    prices, price = np.unique(reduced.beyond, return_inverse=True)
    first, kind = np.unique(equal_segments(start, site, cost, (group * len(prices) + price)[some].astype(np.float64)), return_inverse=True)
    weight = np.bincount(kind, weights=reduced.weight[some], minlength=len(first)).astype(np.float64)
    entries, start = segments(start, first)
    rows = np.concatenate([some[first], none])
    left = replace(
        reduced,
        weight=np.concatenate([weight, reduced.weight[none]]), beyond=reduced.beyond[rows],
        start=np.concatenate([start, np.full(len(none), start[-1])]),
        site=site[entries], cost=no_costs(len(entries)) if reduced.covers else cost[entries],
    )  # fmt: skip
    return left, group[rows]
