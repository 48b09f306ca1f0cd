"""What one reading of the costs tells before anything is merged: enough for a plan and a bound when a search that has just begun is stopped."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.kernels import lower, owed, reach, saving
from planning.siting.problem import SitingProblem
from planning.siting.purse import Purse
from planning.siting.sites import choosable, nearest_rival, of_status, places_of
from planning.travel.costs import within

Array = NDArray[np.float64]
Cells = NDArray[np.int32]
# The cells of one free site, each once, and the cost of each, None where serving costs nothing.
Column = tuple[Cells, Array | None]

# What float64 sums over many cells may be off by, as a share.
_ROUNDING = 1e-9
# Columns read for one site of the first plan at most, and about so many cells of each: a stop is to be answered at once.
_TRIED, _SAMPLE = 100, 4096


@dataclass(frozen=True)
class Survey:
    """The raw problem as the search sees it: people, what they cost without a free site, and how much less with each.

    Attributes
    ----------
    people : float64, shape (cells,)
        Those whom some usable site serves; 0 where a plan changes nothing.
    beyond : float64, shape (cells,)
        Cost of one person when no free site serves him; inf where one must.
    least : float64, shape (cells,)
        Cost of one person when all free sites are open.
    saved : float64, shape (sites,)
        What each free site alone would save, where a person who must be served costs ``price`` as long as he is not.
    price : float
    column : callable
        Gives the column of a free site by its position.
    """

    people: Array
    beyond: Array
    least: Array
    saved: Array
    price: float
    column: Callable[[int], Column]

    @property
    def pays(self) -> Array:
        """What a person costs before any free site is open, shape (cells,), the price where one must be served."""
        return np.where(np.isfinite(self.beyond), self.beyond, self.price)

    def times(self, rate: float) -> Survey:
        """Return the survey with each person counting for so many."""
        return replace(self, people=self.people * rate, saved=self.saved * rate)

    def saves(self, site: int, pays: Array) -> float:
        """Return what a site saves where people pay so much: in a large column by each so-manieth cell, and by all where that finds nothing."""
        cells, costs = self.column(site)
        step = max(len(cells) // _SAMPLE, 1)
        return step * self._saves(cells, costs, pays, step) or self._saves(cells, costs, pays, 1)

    def _saves(self, cells: Cells, costs: Array | None, pays: Array, step: int) -> float:
        some = np.ascontiguousarray(cells[::step])
        return float(owed(some, self.people, pays) if costs is None else saving(some, np.ascontiguousarray(costs[::step]), self.people, pays))

    def open(self, site: int, pays: Array) -> None:
        """Open a site: whom it serves pays less from now on."""
        cells, costs = self.column(site)
        if costs is None:
            pays[cells] = 0.0
        else:
            lower(cells, costs, pays)


def covered_cells(problem: SitingProblem, threshold: float, wanted: NDArray[np.bool_]) -> Callable[[int], Cells]:
    """Return what gives the cells wanted that the site at some position covers: column by column, as costs may be larger than memory."""
    costs, rival, everybody = problem.costs, nearest_rival(problem), bool(wanted.all())

    def cells_of(site: int) -> Cells:
        span = slice(costs.start[site], costs.start[site + 1])
        cells, values = costs.cell[span], costs.cost[span]
        if len(values) and not within(values.max(keepdims=True), threshold)[0]:
            near = within(values, threshold)
            cells, values = cells[near], values[near]
        if rival is not None:
            cells = cells[within(values, rival[cells])]
        return cells if everybody else cells[wanted[cells]]

    return cells_of


def survey_cover(problem: SitingProblem, cells_of: Callable[[int], Cells], sites: int, beyond: float) -> Survey:
    """Survey who is covered; ``cells_of`` gives the cells of each free site."""
    reached = np.zeros(len(problem.people), bool)
    saved = np.array([reach(cells_of(site), problem.people, reached) for site in range(sites)], dtype=np.float64)

    people, least = np.where(reached, problem.people, 0.0), np.zeros(len(reached))
    return Survey(people, np.full(len(reached), beyond), least, saved, 1.0, lambda site: (cells_of(site), None))


def survey_costs(problem: SitingProblem, beyond: float) -> tuple[Survey, NDArray[np.bool_]]:
    """Survey what trips cost; return the cells with people whom no usable site serves, too."""

    def column(place: int) -> tuple[Cells, Array]:
        span = slice(problem.costs.start[place], problem.costs.start[place + 1])
        return problem.costs.cell[span], problem.costs.cost[span].astype(np.float64)

    known, fallback = np.full(len(problem.people), np.inf), np.full(len(problem.people), beyond)
    for place in places_of(problem, of_status(problem, "kept", "must_open")):
        lower(*column(place), known)
    least, places = known.copy(), places_of(problem, choosable(problem))
    for place in places:
        lower(*column(place), least)
    served = np.isfinite(least)
    people, least = np.where(served, problem.people, 0.0), np.where(served, least, 0.0)
    price = 1000.0 * (float(problem.costs.cost.max(initial=0.0)) + 1.0)
    survey = Survey(people, np.minimum(fallback, known), np.minimum(least, beyond), np.empty(0), price, lambda site: column(places[site]))
    saved = np.array([saving(*column(place), people, survey.pays) for place in places], dtype=np.float64)
    return replace(survey, saved=saved), ~served & (problem.people > 0)


@dataclass(frozen=True)
class First:
    """A plan made without any merging, and a bound.

    Attributes
    ----------
    opened : bool, shape (sites,)
    cost : float
        Of the people not left out, with what is charged for sites; inf where somebody who must be served is not.
    bound : float
        No plan of so many sites costs less.
    fewest : int
        No plan with fewer sites costs as little as asked for.
    """

    opened: NDArray[np.bool_]
    cost: float
    bound: float
    fewest: int


def first_plan(survey: Survey, most: int, enough: float, purse: Purse | None = None) -> First:
    """Open the site that saves most, again and again, reading only columns that may be next (Minoux 1978), and not many; ties go to the smaller id.

    What several sites save together is at most the sum of what each saves alone, which gives the bound.

    Parameters
    ----------
    survey : Survey
    most : int
        Sites to open at most.
    enough : float
        Stop as soon as the cost is not above this.
    purse : Purse, optional
        No site is opened that cannot be paid, or, where prices are charged, that does not save its price.
    """
    price = np.zeros(len(survey.saved)) if purse is None or not purse.charged else purse.price
    pays, opened = survey.pays, np.zeros(len(survey.saved), dtype=bool)
    left = begin = float(np.sum(survey.people * pays))
    heap = [(-gain, site) for site, gain in enumerate((survey.saved - price).tolist()) if gain > 0.0]
    heapq.heapify(heap)
    while heap and opened.sum() < most and left > enough:
        tried: list[tuple[float, int]] = []
        while heap and len(tried) < _TRIED and (not tried or heap[0] < min(tried)):
            _, site = heapq.heappop(heap)
            if purse is None or purse.sum(opened) + purse.price[site] <= purse.spend:
                tried.append((price[site] - survey.saves(site, pays), site))
        tried = sorted((gain, site) for gain, site in tried if gain < 0.0)
        for other in tried[1:]:
            heapq.heappush(heap, other)
        for _, site in tried[:1]:
            opened[site] = True
            survey.open(site, pays)
        left = float(np.sum(survey.people * pays))
    unserved = bool(((pays >= survey.price) & np.isinf(survey.beyond) & (survey.people > 0)).any())
    together = begin - np.concatenate([[0.0], np.cumsum(np.sort(np.maximum(survey.saved - price, 0.0))[::-1])])
    bound = max(float(np.sum(survey.people * survey.least)), float(together[min(most, len(survey.saved))]))
    fewest = int(np.argmax(together <= enough + _ROUNDING * max(begin, 1.0))) if together[-1] <= enough + _ROUNDING * max(begin, 1.0) else 0
    paid = 0.0 if purse is None else purse.charge(opened)
    return First(opened, np.inf if unserved else left + paid, max(bound - _ROUNDING * max(begin, 1.0), 0.0), fewest)
