"""Minimum distances: new sites not too near each other, and not too near where many people live.

A minimum distance between facilities keeps two of them from serving the same streets; for cemeteries and the like a distance to homes is asked for
by siting rules. Sources: Moon & Chaudhry 1984 (anticovering, r-separation); Church & ReVelle 1974 for the cover models it is added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from layers.errors import PlanningError
from planning.siting.problem import SitingProblem

Places = NDArray[np.float64]

# Distances are compared after rounding to this, in m (convention 4).
_MILLIMETRE = 1e-3


@dataclass(frozen=True)
class Homes:
    """Where people live, and what counts as dense.

    Attributes
    ----------
    places : float64, shape (cells, 2)
        Metric coordinates, in m.
    people : float64, shape (cells,)
    crowd, around : float
        A home is in dense population when at least ``crowd`` people live within ``around`` m of it, those at the home included.
    """

    places: Places
    people: NDArray[np.float64]
    crowd: float
    around: float

    def __post_init__(self) -> None:
        _check(self.places, len(self.people), self.around)


def too_near_pairs(sites: Sequence[str], places: Places, distance: float) -> tuple[tuple[str, str], ...]:
    """Return the pairs of sites nearer to each other than a distance; exactly the distance is allowed.

    Parameters
    ----------
    sites : sequence of str
    places : float64, shape (sites, 2)
        Metric coordinates, in m.
    distance : float
        In m, straight line.

    Returns
    -------
    tuple of pairs
        Each pair sorted, and the pairs sorted.

    Raises
    ------
    ValueError
    """
    _check(places, len(sites), distance)
    if distance <= 0:
        return ()
    pairs = KDTree(places).query_pairs(distance, output_type="ndarray")
    apart = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
    near = pairs[_nearer(apart, distance)]
    names: list[tuple[str, str]] = [(min(one, other), max(one, other)) for one, other in ((sites[i], sites[j]) for i, j in near.tolist())]
    return tuple(sorted(names))


def near_dense(sites: Sequence[str], places: Places, homes: Homes, distance: float) -> tuple[str, ...]:
    """Return the sites nearer than a distance to a home around which many people live.

    Parameters
    ----------
    sites : sequence of str
    places : float64, shape (sites, 2)
    homes : Homes
    distance : float
        In m, straight line; exactly the distance is allowed.

    Raises
    ------
    ValueError
    """
    _check(places, len(sites), distance)
    lived = np.flatnonzero(homes.people > 0)
    if distance <= 0 or not len(lived) or not len(sites):
        return ()
    at, living = homes.places[lived], homes.people[lived]
    tree = KDTree(at)
    near = [tree.query_ball_point(place, distance) for place in places]
    beside = np.unique(np.concatenate([np.empty(0, np.int64), *(np.asarray(some, np.int64) for some in near)]))
    crowded = np.zeros(len(lived), dtype=bool)
    for home in beside.tolist():
        crowded[home] = living[tree.query_ball_point(at[home], homes.around + _MILLIMETRE / 2)].sum() >= homes.crowd
    named = []
    for site, place, some in zip(sites, places, near, strict=True):
        dense = np.asarray([home for home in some if crowded[home]], np.int64)
        if _nearer(np.hypot(*(at[dense] - place).T), distance).any():
            named.append(site)
    return tuple(sorted(named))


def kept_apart(problem: SitingProblem, places: Places, distance: float) -> SitingProblem:
    """Return a problem in which no new site may be nearer than a distance to another new one or to a kept one.

    Parameters
    ----------
    problem : SitingProblem
    places : float64, shape (sites, 2)
        Metric coordinates in the order of ``problem.costs.sites``, in m.
    distance : float
        In m, straight line; exactly the distance is allowed.
    """
    pairs = too_near_pairs(list(problem.costs.sites), places, distance)
    return replace(problem, conflicts=tuple(sorted({*problem.conflicts, *pairs})))


def kept_away(problem: SitingProblem, near: Iterable[str], distance: float) -> SitingProblem:
    """Return a problem in which candidates too near dense population (:func:`near_dense`) are forbidden; kept sites stay as they are.

    Raises
    ------
    PlanningError
        When a site that must open is among them.
    """
    near = set(near)
    required = sorted(site for site in near if problem.status[site] == "must_open")
    if required:
        raise PlanningError("siting.too_near_people", named="、".join(required), distance=distance)
    status = {site: "forbidden" if site in near and was == "candidate" else was for site, was in problem.status.items()}
    return replace(problem, status=status)


def _nearer(apart: NDArray[np.float64], distance: float) -> NDArray[np.bool_]:
    nearer: NDArray[np.bool_] = np.round(apart, 3) < np.round(distance, 3)
    return nearer


def _check(places: Places, count: int, distance: float) -> None:
    if places.shape != (count, 2) or not np.isfinite(places).all() or not 0 <= distance < np.inf:
        raise ValueError("places must be finite, one pair of metres each, and distances finite and not negative")
