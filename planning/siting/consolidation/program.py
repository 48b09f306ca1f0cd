"""Consolidation as an integer program: one column per deed, one row per rule.

Every home takes exactly one of its deeds. Deeds that a rule bars are columns too, held at 0, and every rule that sums has a slack, held at 0, so
that the same program answers which rule is in the way when nothing keeps them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.consolidation.problem import Consolidation, Deed, Home, Option, Rules
from planning.travel.costs import within

Array = NDArray[np.float64]
# Rules that can stand in the way, in the order in which they are named.
RULES = ("changes", "budget", "care", "beds", "size", "stay", "far", "cells")


@dataclass(frozen=True)
class Column:
    """A deed as a column, what it costs, and the rules that bar it."""

    deed: Deed
    home: Home
    option: Option | None
    cost: float
    once: float
    travel: float
    rank: int
    bars: frozenset[str]

    @property
    def stands(self) -> bool:
        """Whether the home stands afterwards."""
        return self.option is not None and self.option.action != "leave"

    @property
    def changes(self) -> bool:
        """Whether the home does not stay as it is."""
        return self.option is None or self.option.action not in {"keep", "leave"}


@dataclass(frozen=True)
class Program:
    """Rows ``low <= rows @ (deeds, slacks) <= high``.

    Attributes
    ----------
    columns : tuple of Column
        By home id; of one home in the order of preference.
    rows : csr_array, shape (rows, deeds + slacks)
    low, high : float64, shape (rows,)
    slack_rule : tuple of str, shape (slacks,)
        The rule that a slack loosens.
    slack_weight : float64, shape (slacks,)
        What one unit of a slack counts when rules are loosened: a person, a bed, a unit of money or a change.
    """

    columns: tuple[Column, ...]
    rows: sparse.csr_array
    low: Array
    high: Array
    slack_rule: tuple[str, ...]
    slack_weight: Array

    def each(self, name: str) -> Array:
        """Return a figure of each deed followed by zeros for the slacks, shape (deeds + slacks,)."""
        return np.array([float(getattr(column, name)) for column in self.columns] + [0.0] * len(self.slack_rule))


def program_of(problem: Consolidation, rules: Rules, *, every_cell: bool = False) -> Program:
    """Write a consolidation as an integer program.

    Parameters
    ----------
    problem : Consolidation
    rules : Rules
    every_cell : bool
        Whether sets of cells that others imply have rows too: needed only where rows are loosened.
    """
    columns = tuple(column for home in sorted(problem.homes, key=lambda home: home.site) for column in _columns(problem, rules, home))
    writer = _Writer(columns)
    for home in problem.homes:
        writer.row(dict.fromkeys(writer.of(home.site), 1.0), 1.0, 1.0)
        writer.beds(home)
    sites, sets, people = _cells(problem, rules, minimal=not every_cell)
    for near, count in zip(sets, people, strict=True):
        serving = [at for at, column in enumerate(columns) if column.stands and column.option and column.option.serves]
        names = {site for site, is_near in zip(sites, near, strict=True) if is_near}
        writer.row({at: 1.0 for at in serving if columns[at].deed.site in names}, 1.0, np.inf, "cells", float(count))
    if rules.care_share > 0:
        care = {at: o.care_beds - rules.care_share * o.beds for at, column in enumerate(columns) if (o := column.option)}
        writer.row(care, 0.0, np.inf, "care", 1.0)
    if rules.changes is not None:
        writer.row({at: 1.0 for at, column in enumerate(columns) if column.changes}, -np.inf, float(rules.changes), "changes", 1.0)
    if rules.budget is not None:
        writer.row({at: column.once for at, column in enumerate(columns) if column.once}, -np.inf, rules.budget, "budget", 1.0)
    return writer.program()


def _columns(problem: Consolidation, rules: Rules, home: Home) -> list[Column]:
    found: list[Column] = []

    def add(deed: Deed, option: Option | None, travel: float, bars: set[str]) -> None:
        once = home.ending_cost if option is None else option.cost
        cost = once if option is None else once + rules.years * option.running
        found.append(Column(deed, home, option, cost, once, travel, len(found), frozenset(bars)))

    for number, option in enumerate(home.options):
        sized = option.action in {"leave", "convert"} or rules.least_beds <= option.beds <= rules.most_beds
        bars = ({"stay"} if home.stays and option.action == "leave" else set()) | (set() if sized else {"size"})
        add(Deed(home.site, number), option, 0.0, bars)
    stays = {"stay"} if home.stays else set()
    if not home.new and not home.residents:
        add(Deed(home.site, None), None, 0.0, stays)
    if home.residents:
        order = {other.site: at for at, other in enumerate(problem.homes)}
        for into in sorted(set(order) - {home.site}):
            way = float(problem.transfers[order[home.site], order[into]])
            if np.isfinite(way):
                far = set() if within(np.array([way]), rules.transfer_limit)[0] else {"far"}
                add(Deed(home.site, None, into), None, home.residents * way, stays | far)
    return found


class _Writer:
    """Rows as they are written."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self._rows: list[dict[int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._slacks: list[tuple[int, str, float, float]] = []

    def of(self, site: str) -> list[int]:
        """Return the columns of a home."""
        return [at for at, column in enumerate(self.columns) if column.deed.site == site]

    def row(self, terms: dict[int, float], low: float, high: float, rule: str = "", weight: float = 0.0) -> None:
        """Add a row; with a rule it has a slack that loosens it."""
        if rule:
            self._slacks.append((len(self._rows), rule, weight, 1.0 if np.isinf(high) else -1.0))
        self._rows.append(terms)
        self._low.append(low)
        self._high.append(high)

    def beds(self, home: Home) -> None:
        """Residents, its own and those who come, have a bed; nobody comes where nobody is received."""
        coming = [(at, column) for at, column in enumerate(self.columns) if column.deed.into == home.site]
        going_on = [(at, column.option) for at, column in enumerate(self.columns) if column.home is home and column.option]
        terms = {at: column.home.residents for at, column in coming}
        self.row(terms | {at: home.residents - option.beds for at, option in going_on if option.beds}, -np.inf, 0.0, "beds", 1.0)
        receiving = {at: -1.0 for at, option in going_on if option.receives and option.beds}
        for at, _ in coming:
            self.row({at: 1.0} | receiving, -np.inf, 0.0)

    def program(self) -> Program:
        """Return what was written."""
        count = len(self.columns)
        terms = [(row, at, value) for row, line in enumerate(self._rows) for at, value in line.items()]
        terms += [(row, count + slack, sign) for slack, (row, _, _, sign) in enumerate(self._slacks)]
        row, at, value = (list(part) for part in zip(*terms, strict=True)) if terms else ([], [], [])
        shape = (len(self._rows), count + len(self._slacks))
        rows = sparse.csr_array((np.array(value, dtype=np.float64), (row, at)), shape=shape)
        low, high = (np.array(side, dtype=np.float64) for side in (self._low, self._high))
        rules = tuple(rule for _, rule, *_ in self._slacks)
        return Program(self.columns, rows, low, high, rules, np.array([weight for *_, weight, _ in self._slacks]))


def _cells(problem: Consolidation, rules: Rules, *, minimal: bool) -> tuple[list[str], NDArray[np.bool_], Array]:
    """Return the sets of homes of which one must stand for some cells, shape (sets, homes), and the people of those cells."""
    sites = sorted(home.site for home in problem.homes)
    near = np.zeros((len(problem.people), len(sites)), dtype=bool)
    for number, site in enumerate(sites):
        cells, costs = problem.costs.column(site)
        near[cells, number] = within(costs, rules.limit)
    existing = [number for number, site in enumerate(sites) if not problem.home(site).new]
    served = (problem.people > 0) & near[:, existing].any(axis=1)
    if not served.any():
        return sites, np.zeros((0, len(sites)), dtype=bool), np.zeros(0)
    packed, which = np.unique(np.packbits(near[served], axis=1), axis=0, return_inverse=True)
    sets: NDArray[np.bool_] = np.unpackbits(packed, axis=1, count=len(sites)).astype(np.bool_)
    people: Array = np.bincount(which.ravel(), weights=problem.people[served], minlength=len(sets)).astype(np.float64)
    if minimal:
        chosen = _smallest(sets)
        return sites, sets[chosen], people[chosen]
    return sites, sets, people


def _smallest(sets: NDArray[np.bool_]) -> list[int]:
    """Return the sets that hold no other one: a home for those cells is a home for the cells of every larger set."""
    chosen: list[int] = []
    for number in np.argsort(sets.sum(axis=1), kind="stable").tolist():
        if not any((sets[small] <= sets[number]).all() for small in chosen):
            chosen.append(number)
    return chosen
