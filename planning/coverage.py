"""Coverage: for every cell the nearest site, what it costs, and the state of its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.types import Mode, Unit
from planning.travel.costs import TravelCosts, within

STATES = ("covered", "uncovered", "unreachable")


@dataclass(frozen=True)
class Coverage:
    """Coverage of one type by one reach.

    Attributes
    ----------
    cells : DataFrame
        Index ``cell`` as in the population; columns ``site`` (nearest site within the search limit, empty text where none), ``cost`` (float64,
        NaN where no site is within the search limit), ``state`` (one of :data:`STATES`). Every cell is a row.
    people : Series
        People of the demand group per cell.
    not_located, outside : float
        People without usable position; people beyond the county (not part of the sum).
    threshold : float
        In ``unit``; a cost equal to it is covered.
    """

    cells: pd.DataFrame
    people: pd.Series[float]
    not_located: float
    outside: float
    threshold: float
    unit: Unit
    mode: Mode | Literal["imported"]

    @property
    def totals(self) -> dict[str, float]:
        """People by state: covered, uncovered, unreachable, not_located; they add up to the people given (convention 3)."""
        sums = self.people.groupby(self.cells["state"].to_numpy()).sum()
        return {**{state: float(sums.get(state, 0.0)) for state in STATES}, "not_located": self.not_located}

    @property
    def covered_share(self) -> float:
        """Covered people as a share of the people given, 0 where there are none."""
        totals = self.totals
        given = sum(totals.values())
        return totals["covered"] / given if given else 0.0

    def by_area(self, areas: pd.Series[str]) -> pd.DataFrame:
        """Return people by state in each area.

        Parameters
        ----------
        areas : Series
            Area of every cell, indexed as ``cells``.

        Returns
        -------
        DataFrame
            One row per area that has a cell; columns :data:`STATES`.

        Raises
        ------
        ValueError
            When the areas are not those of the cells.
        """
        if not areas.index.equals(self.cells.index):
            raise ValueError("areas must be given for the cells of the coverage")
        people = {state: self.people.where(self.cells["state"] == state, 0.0) for state in STATES}
        return pd.DataFrame(people).groupby(areas.to_numpy()).sum()

    def by_site(self, sites: pd.Index[str]) -> pd.DataFrame:
        """Return people by their nearest site.

        Parameters
        ----------
        sites : Index

        Returns
        -------
        DataFrame
            Same index; columns ``assigned`` (people covered, whose nearest site it is) and ``beyond`` (people whose nearest site it is within
            the search limit, but not within the threshold).
        """
        covered = self.cells["state"].to_numpy() == "covered"
        near = self.cells["site"].to_numpy()
        columns = {"assigned": self.people[covered].groupby(near[covered]).sum(), "beyond": self.people[~covered].groupby(near[~covered]).sum()}
        return pd.DataFrame({name: sums.reindex(sites, fill_value=0.0) for name, sums in columns.items()}, index=sites)


def cover(costs: TravelCosts, people: pd.Series[float], threshold: float, *, not_located: float = 0.0, outside: float = 0.0) -> Coverage:
    """Find every cell's nearest site and the state of its people.

    Costs are compared after rounding to 1 mm or 1 ms (convention 4); of sites at one cost the smaller id is the nearest. Without any site all
    people on the network are uncovered.

    Parameters
    ----------
    costs : TravelCosts
        One column per site.
    people : Series, shape (cells,)
        People of the demand group, indexed as ``costs.cells``.
    threshold : float
        In the unit of the costs.
    not_located, outside : float
        People without usable position, and beyond the county.

    Returns
    -------
    Coverage

    Raises
    ------
    ValueError
        When people and costs have other cells, or the costs were searched less far than the threshold.
    """
    if not people.index.equals(costs.cells):
        raise ValueError("people must be given for the cells of the travel costs")
    if round(threshold, 3) > round(costs.limit, 3):
        raise ValueError(f"costs searched to {costs.limit:g} {costs.unit} cannot tell who is within {threshold:g}")
    position, cost = nearest(costs)
    cost[~costs.reachable] = np.nan
    names = np.append(costs.sites.to_numpy(dtype=object), "")
    site = names[np.where(np.isnan(cost), -1, position)]
    state = np.where(costs.reachable, np.where(within(cost, threshold), "covered", "uncovered"), "unreachable")
    cells = pd.DataFrame({"site": site, "cost": cost, "state": state}, index=people.index)
    return Coverage(cells, people.astype(float), not_located, outside, threshold, costs.unit, costs.mode)


def nearest(costs: TravelCosts) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return every cell's nearest site and what it costs.

    Parameters
    ----------
    costs : TravelCosts

    Returns
    -------
    position : int64, shape (cells,)
        Position in ``costs.sites``, -1 where no site is within the search limit.
    cost : float64, shape (cells,)
        NaN where there is none.
    """
    position = np.full(len(costs.cells), -1, dtype=np.int64)
    cost = np.full(len(costs.cells), np.nan)
    rounded = np.full(len(costs.cells), np.inf)
    # Site by site in the order of ids: an equal cost then leaves the smaller id, and no array is larger than the cells.
    for site in np.argsort(costs.sites.to_numpy(dtype=str), kind="stable"):
        span = slice(costs.start[site], costs.start[site + 1])
        cells, here = costs.cell[span], costs.cost[span].astype(np.float64)
        better = np.round(here, 3) < rounded[cells]
        won = cells[better]
        position[won], cost[won], rounded[won] = site, here[better], np.round(here[better], 3)
    return position, cost
