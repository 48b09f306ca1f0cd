"""Coverage: for every cell the nearest site, what it costs, and the state of its people."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from layers.types import Mode, Unit

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
    mode: Mode

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
