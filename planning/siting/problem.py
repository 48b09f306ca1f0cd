"""SitingProblem and SitingPlan: what is given, and what is answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from layers import texts
from layers.texts import Language
from planning.travel.costs import TravelCosts

SiteStatus = Literal["kept", "may_close", "must_open", "candidate", "forbidden", "competitor"]
PlanStatus = Literal["proven", "within_gap", "heuristic", "infeasible", "cancelled"]
Checked = Literal["no", "part", "whole"]


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
        ``kept`` sites exist and stay open and do not count; ``may_close`` sites exist, and a plan may give them up: those that stay open count
        like new ones. ``must_open`` and ``candidate`` are new and count; ``forbidden`` stay closed. ``competitor`` sites exist, are run by others and
        never ours to close; they do not count. In the cover models people to whom one of them is nearer than any open site of ours are not
        covered by us; in the models of travel a trip to one is a trip like any other.
    conflicts : tuple of pairs of sites
        Sites that exclude each other, for instance because they are too near (:mod:`planning.siting.apart`): no new site is opened, and no
        ``may_close`` one stays, together with another open one that it excludes, be it a competitor's. Two sites that stay in any case stay as they
        are. The cover models take conflicts; other models refuse them.
    towns : array of str, shape (cells,), or None
        Township of each cell, for models that look at townships.
    price : mapping of site to float
        What opening a new site costs, or keeping one that exists, in any unit of money; missing: 0. Never asked of a competitor or a forbidden site.
    capacity : mapping of site to float
        Places of a site, in people served (beds, plots); finite, not negative. Models that keep capacities need it of every site that can be open;
        other models do not look at it.
    """

    people: NDArray[np.float64]
    costs: TravelCosts
    status: Mapping[str, SiteStatus]
    conflicts: tuple[tuple[str, str], ...] = ()
    towns: NDArray[np.object_] | NDArray[np.str_] | None = None
    price: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.people.shape != (len(self.costs.cells),) or (self.people < 0).any() or not np.isfinite(self.people).all():
            raise ValueError("people must be finite, not negative, one per cell of the travel costs")
        if set(self.status) != set(self.costs.sites):
            raise ValueError("every site needs exactly one status")
        if not set(self.status.values()) <= set(get_args(SiteStatus)):
            raise ValueError(f"a status is one of {', '.join(get_args(SiteStatus))}")
        if not set(self.price) <= set(self.status) or not all(0 <= price < math.inf for price in self.price.values()):
            raise ValueError("prices must be finite and not negative, of sites of the problem")
        if any(one == other or one not in self.status or other not in self.status for one, other in self.conflicts):
            raise ValueError("a conflict is a pair of two different sites of the problem")
        if self.towns is not None and (self.towns.shape != self.people.shape or not all(isinstance(town, str) for town in self.towns)):
            raise ValueError("towns must be one name per cell of the travel costs")
        if any(site not in self.status or not 0 <= places < math.inf for site, places in self.capacity.items()):
            raise ValueError("a capacity is a finite number of places, not a negative one, of a site of the problem")

    def check_threshold(self, threshold: float) -> None:
        """Refuse a threshold beyond the search limit: costs that are needed would not be there.

        Raises
        ------
        ValueError
        """
        if not threshold <= self.costs.limit:
            raise ValueError(f"threshold {threshold} is beyond the search limit {self.costs.limit} of the travel costs")


@dataclass(frozen=True, slots=True)
class Assigned:
    """People of a cell who have their place at a site.

    Attributes
    ----------
    cell : int
        Label of the cell.
    site : str
    people : float
    cost : float
        Travel cost of one of them, in the unit of the costs.
    """

    cell: int
    site: str
    people: float
    cost: float


@dataclass(frozen=True)
class SitingPlan:
    """The answer of a model.

    Attributes
    ----------
    model : str
        ``mclp``, ``lscp``, ``pmedian`` …
    opened : tuple of str
        New sites, sorted by id; empty when infeasible. What stays of the ``may_close`` sites is not among them.
    value, bound : float
        Objective recomputed from the raw problem in float64, and the best proven bound (upper for mclp, lower for lscp and pmedian). The value is NaN
        when there is no plan, both are NaN when infeasible.
    gap : float
        ``abs(bound - value) / abs(value)``, a share; 0 when proven, inf where there is no plan or no bound, NaN when infeasible. With a second aim:
        the larger of both gaps.
    status : {"proven", "within_gap", "heuristic", "infeasible", "cancelled"}
        ``within_gap``: the gap is at most what was asked for, or 0.5 %; ``heuristic``: it is larger when the time is up.
    greedy_value : float
        Value of the greedy heuristic alone, to compare with; NaN where it found no plan.
    nodes : int
        Branch-and-bound nodes.
    seconds : float
        Time used; stands only in run.toml under ``[made]``.
    stopped_by : str
        ``proof``, ``gap``, ``time``, ``cancel``, ``nested`` (a stage of a frontier keeps the sites of the stage before) or the reason of
        infeasibility (a code of layers.texts, filled in with ``reason``).
    reason : mapping
        Values of the sentence why there is no plan.
    left_out : tuple of int
        Cells with people that no usable site serves, in the order of the problem; they are in the value of no model. When infeasible: the cells that
        make it so, or those left by the plan that serves most.
    left_out_people : float
        People of those cells.
    second_value, second_bound : float
        Value and upper bound of a model's second aim, NaN where it has none: people with two sites (backup), people covered (equity). The bound holds
        among the plans whose first value is at least ``value``.
    closed : tuple of str
        The ``may_close`` sites that the plan gives up, sorted by id; empty when there is no plan.
    spent : float
        Sum of the prices of the sites that are open, competitors aside; NaN when there is no plan.
    checked : {"no", "part", "whole"}
        Whether the bound was proven a second time by evaluating its certificate (:mod:`planning.siting.certificate`): ``whole``, all of it; ``part``,
        the certificate at hand proves ``checked_bound`` only; ``no``, there is none for this model, or evaluating it would be too much work.
    checked_bound : float
        The bound that the certificate proves: where it is whole, ``bound``; NaN where nothing was checked.
    assigned : tuple of Assigned
        Who goes where, in the order of cells, then sites; of models that keep capacities, empty for the others.
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
    reason: Mapping[str, object] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()
    left_out_people: float = 0.0
    second_value: float = math.nan
    second_bound: float = math.nan
    closed: tuple[str, ...] = ()
    spent: float = math.nan
    checked: Checked = "no"
    checked_bound: float = math.nan
    assigned: tuple[Assigned, ...] = ()

    def say(self, lang: Language = "zh") -> str:
        """Return how good the plan is, or why there is none and how to repair that, as a sentence."""
        if self.status == "infeasible":
            return texts.say(self.stopped_by, lang, **self.reason) + texts.repair(self.stopped_by, lang, **self.reason)
        if math.isnan(self.value):
            return texts.say("siting.nothing_found", lang) + texts.repair("siting.nothing_found", lang)
        shown = "?" if math.isinf(self.gap) else f"{self.gap:.2%}"
        return texts.say(f"siting.status.{self.status}", lang, gap=shown, stopped_by=texts.say(f"siting.stopped.{self.stopped_by}", lang))
