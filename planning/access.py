"""Access: the two-step floating catchment area (2SFCA) of Luo and Wang (2003)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from planning.travel.costs import TravelCosts, within


@dataclass(frozen=True)
class Access:
    """Capacity within reach per person.

    Attributes
    ----------
    cells : DataFrame
        Index ``cell``; columns ``access`` (capacity per person; 0 where no site is within the threshold, NaN where the cell is unreachable) and
        ``partial`` (bool: a site of unknown capacity is within the threshold, so that access is at least this much).
    unknown : tuple of str
        Sites left out because their capacity is unknown.
    idle : tuple of str
        Sites with capacity that have nobody within the threshold; their capacity reaches no one.
    """

    cells: pd.DataFrame
    unknown: tuple[str, ...]
    idle: tuple[str, ...]

    def per_1000(self, people: pd.Series[float]) -> float:
        """Return the mean access of people on the network per 1,000 of them, NaN where there are none.

        Parameters
        ----------
        people : Series
            Of some of the cells.
        """
        access = self.cells["access"].reindex(people.index)
        reached = access.notna()
        given = float(people[reached].sum())
        return float((access[reached] * people[reached]).sum()) / given * 1000 if given else float("nan")


def two_step_floating_catchment(costs: TravelCosts, people: pd.Series[float], capacity: pd.Series[float], threshold: float) -> Access:
    """Share out the capacity of every site among the people within reach of it.

    Step 1: each site's capacity is divided by the people within the threshold of it. Step 2: each cell adds up these ratios over the sites within
    the threshold. Access times people, summed over all cells, is the capacity of the sites that have anybody in reach.

    Parameters
    ----------
    costs : TravelCosts
    people : Series, shape (cells,)
        Indexed as ``costs.cells``.
    capacity : Series, shape (sites,)
        Indexed by site; NaN where unknown. Such sites are left out and named.
    threshold : float
        In the unit of the costs; a cost equal to it is within.

    Returns
    -------
    Access

    Raises
    ------
    ValueError
        When people or capacity do not fit the costs, or the costs were searched less far than the threshold.

    References
    ----------
    Luo, W. and Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment: synthesis and a case study in the Chicago
    region. Environment and Planning B, 30(6), 865-884.
    """
    if not people.index.equals(costs.cells) or not capacity.index.equals(costs.sites):
        raise ValueError("people and capacity must be given for the cells and sites of the travel costs")
    if round(threshold, 3) > round(costs.limit, 3):
        raise ValueError(f"costs searched to {costs.limit:g} {costs.unit} cannot tell who is within {threshold:g}")
    given, held = people.to_numpy(dtype=float), capacity.to_numpy(dtype=float)
    access, partial, idle = np.zeros(len(given)), np.zeros(len(given), dtype=bool), []
    for position, site in enumerate(costs.sites):
        cells, cost = costs.column(site)
        reached = cells[within(cost, threshold)]
        catchment = given[reached].sum()
        if np.isnan(held[position]):
            partial[reached] = True
        elif catchment > 0:
            access[reached] += held[position] / catchment
        elif held[position] > 0:
            idle.append(str(site))
    access[~costs.reachable] = np.nan
    cells_table = pd.DataFrame({"access": access, "partial": partial}, index=people.index)
    return Access(cells_table, tuple(str(site) for site in costs.sites[np.isnan(held)]), tuple(idle))
