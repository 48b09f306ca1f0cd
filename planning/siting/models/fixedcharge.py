"""Fixed charge: open the sites whose price and the travel they leave cost least together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.model import Blocked, Frame, free_sites, money_left
from planning.siting.problem import SitingProblem
from planning.siting.purse import Purse
from planning.siting.reduce import reduce_costs
from planning.siting.sites import allied, of_status, prices
from planning.siting.value import affordable, spent, travel


@dataclass(frozen=True)
class FixedCharge:
    """Simple plant location, the uncapacitated fixed charge problem (Balinski 1965; Erlenkotter 1978), also within a budget.

    Parameters
    ----------
    rate : float
        Money for one person-metre (or person-second) of travel, above 0, over the time that the prices stand for: what a metre costs a person, times
        the trips of a person in a year, times the years.
    sites : int or None
        New sites, and existing ones that may close and stay, at most; None: as many as pay.
    budget : float or None
        Sum of the prices of all open sites of ours at most.
    beyond : {"refuse", "limit"}
        As in :class:`~planning.siting.models.pmedian.PMedian`.

    Notes
    -----
    The value is money: the prices of all open sites of ours, kept ones among them, and ``rate`` times the sum of people x cost to the nearest open
    site, whoever runs it; a lower bound proves it. People whom no usable site serves at all are in no sum; they are counted in ``left_out_people``.
    """

    key: ClassVar[str] = "fixedcharge"
    rate: float
    sites: int | None = None
    budget: float | None = None
    beyond: Literal["refuse", "limit"] = "refuse"

    def __post_init__(self) -> None:
        if not 0 < self.rate < math.inf or self.beyond not in {"refuse", "limit"}:
            raise ValueError("FixedCharge needs a finite rate above 0, and beyond must be 'refuse' or 'limit'")
        if (self.sites is not None and self.sites < 1) or not 0 <= (self.budget or 0.0) < math.inf:
            raise ValueError("FixedCharge needs at least one site where a number is given, and a finite budget that is not negative")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | Blocked:
        """Frame as: make the prices of sites and the cost of all trips, both in money, small together."""
        free, left = free_sites(problem, self.sites), money_left(problem, self.budget)
        if isinstance(free, Blocked):
            return free
        if isinstance(left, Blocked):
            return left
        charge = problem.costs.limit if self.beyond == "limit" else math.inf
        reduced = reduce_costs(allied(problem), beyond=charge, look=look)
        possible = float(problem.people[~reduced.left_out].sum())
        certain = math.fsum(prices(problem, of_status(problem, "kept", "must_open")).tolist()) + self.rate * reduced.settled
        purse = Purse(prices(problem, reduced.sites), left, charged=True)

        def value(opened: Iterable[str]) -> float:
            opened = set(opened)
            paid = spent(problem, opened) if affordable(problem, opened, self.budget) else math.nan
            return paid + self.rate * travel(problem, opened, possible, charge)

        return Frame(reduced.times(self.rate), Goal(most=free, purse=purse), lambda cost: cost + certain, value)
