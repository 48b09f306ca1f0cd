"""SitingProblem and SitingPlan: what is given, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planning.travel.costs import TravelCosts

SiteStatus = Literal["kept", "must_open", "candidate", "forbidden"]
PlanStatus = Literal["proven", "within_gap", "heuristic", "infeasible", "cancelled"]


@dataclass(frozen=True)
class SitingProblem:
    """People, travel costs and sites; what to aim for is in the model.

    Attributes
    ----------
    people : float64, shape (cells,)
        People of the demand group in the order of ``costs.cells``.
    costs : TravelCosts
        Columns of all sites, existing and candidate.
    status : mapping of site to status
        ``kept`` sites exist and stay open and do not count as new; ``must_open`` and ``candidate`` count as new; ``forbidden`` stay closed.
    """

    people: NDArray[np.float64]
    costs: TravelCosts
    status: Mapping[str, SiteStatus]

    def __post_init__(self) -> None:
        if self.people.shape != (len(self.costs.cells),) or (self.people < 0).any() or not np.isfinite(self.people).all():
            raise ValueError("people must be finite, not negative, one per cell of the travel costs")
        if set(self.status) != set(self.costs.sites):
            raise ValueError("every site needs exactly one status")


@dataclass(frozen=True)
class SitingPlan:
    """The answer of a model.

    Attributes
    ----------
    model : str
        ``mclp``, ``lscp``, ``pmedian`` …
    opened : tuple of str
        New sites, sorted by id; empty when infeasible.
    value, bound : float
        Objective recomputed from the raw problem in float64, and the best proven bound (upper for mclp, lower for lscp and pmedian); NaN when
        infeasible.
    gap : float
        ``abs(bound - value) / max(abs(value), tiny)``, a share; 0 when proven.
    status : {"proven", "within_gap", "heuristic", "infeasible", "cancelled"}
    greedy_value : float
        Value of the greedy heuristic alone, to compare with.
    nodes : int
        Branch-and-bound nodes.
    seconds : float
        Time used; stands only in run.toml under ``[made]``.
    stopped_by : str
        ``proof``, ``gap``, ``time``, ``cancel`` or the reason of infeasibility (a code of layers.texts).
    """

    model: str
    opened: tuple[str, ...]
    value: float
    bound: float
    gap: float
    status: PlanStatus
    greedy_value: float
    nodes: int
    seconds: float
    stopped_by: str
