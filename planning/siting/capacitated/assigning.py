"""From units at sites to the people of cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.capacitated.flow import Flow, flow_of
from planning.siting.capacitated.prices import Limits, bound_at
from planning.siting.capacitated.units import Array, Flags, Ints, Units
from planning.siting.capacitated.whole import placed_whole
from planning.siting.problem import Assigned, SitingProblem

# People of a cell below this share are rounding.
_SLIVER = 1e-9


def assigned_of(problem: SitingProblem, units: Units, plan: Flow) -> tuple[Assigned, ...]:
    """Return who goes where, in the order of cells, then sites."""
    cells = np.flatnonzero(units.unit >= 0)
    cells = cells[np.argsort(units.unit[cells], kind="stable")]
    begin = np.searchsorted(units.unit[cells], np.arange(len(units.weight) + 1))
    some = np.flatnonzero(plan.amount > _SLIVER * units.weight[units.row])
    pieces: list[tuple[int, int, float]] = []
    for unit, entries in _by_unit(units, some):
        mine = cells[begin[unit] : begin[unit + 1]]
        pieces += _shared(mine, problem.people[mine], units.site[entries], plan.amount[entries], divided=plan.left[unit] > 0 or len(entries) > 1)
    pieces.sort(key=lambda piece: (piece[0], units.sites[piece[1]]))
    cell, site = np.array([piece[0] for piece in pieces], np.int64), np.array([piece[1] for piece in pieces], np.int64)
    cost = _costs(problem, units, cell, site)
    labels = problem.costs.cells[cell].tolist()
    return tuple(
        Assigned(label, units.sites[place], people, each)
        for label, (_, place, people), each in zip(labels, pieces, cost.tolist(), strict=True)
    )  # fmt: skip


def _by_unit(units: Units, entries: Ints) -> list[tuple[int, Ints]]:
    unit, first = np.unique(units.row[entries], return_index=True)
    return list(zip(unit.tolist(), np.split(entries, first)[1:], strict=True))


def _shared(cells: Ints, people: Array, sites: NDArray[np.int32], amounts: Array, *, divided: bool) -> list[tuple[int, int, float]]:
    """Share the people of cells among sites, cell after cell, site after site; what is over is left."""
    if not divided:
        return [(cell, int(sites[0]), many) for cell, many in zip(cells.tolist(), people.tolist(), strict=True)]
    pieces, place, room = [], 0, float(amounts[0])
    for cell, many in zip(cells.tolist(), people.tolist(), strict=True):
        lacking = many
        while lacking > _SLIVER * many and place < len(sites):
            much = min(lacking, room)
            if much > _SLIVER * many:
                pieces.append((cell, int(sites[place]), much))
            lacking, room = lacking - much, room - much
            if room <= _SLIVER * float(amounts[place]):
                place += 1
                room = float(amounts[place]) if place < len(sites) else 0.0
    return pieces


def _costs(problem: SitingProblem, units: Units, cell: Ints, site: Ints) -> Array:
    cost, known = np.zeros(len(cell)), np.zeros(len(problem.people))
    for place in np.unique(site).tolist():
        cells, costs = problem.costs.column(units.sites[place])
        known[cells] = costs
        mine = site == place
        cost[mine] = known[cell[mine]]
    return cost


def without_idle(units: Units, plan: Flow, look: Callable[[], None]) -> Flow:
    """Close free sites that a plan can do without at the same cost, the greatest id first."""
    if units.whole:
        load = np.bincount(units.site, weights=plan.amount, minlength=len(units.sites))
        return replace(plan, opened=units.fixed | (plan.opened & (load > 0)))
    limits = Limits(units.fixed, plan.opened, len(units.sites), None, np.full(len(units.weight), units.beyond))
    plan = flow_of(units, plan.opened, look)
    for site in np.flatnonzero(plan.opened & ~units.fixed)[::-1]:
        # A site's gain at a plan's own prices is the least that closing it costs.
        gain = bound_at(units, limits, np.minimum(plan.price, limits.top), look)[0].gain[site]
        if gain <= _SLIVER * max(plan.cost, 1.0):
            opened = plan.opened.copy()
            opened[site] = False
            fewer = flow_of(units, opened, look)
            if fewer.cost <= plan.cost + _SLIVER * 1e-3 * max(plan.cost, 1.0):
                plan = fewer
    return plan


def keeping(units: Units, plan: Flow, exists: Flags, look: Callable[[], None]) -> Flow:
    """Return a plan that costs as much, in which no existing site that closes can take the place of a new one for nothing."""
    limits = Limits(units.fixed, np.ones(len(units.sites), bool), len(units.sites), None, np.full(len(units.weight), units.beyond))
    for come in np.flatnonzero(exists & ~plan.opened):
        gain = bound_at(units, limits, np.minimum(plan.price, limits.top), look)[0].gain
        # A plan's own prices say which swaps cannot be free.
        for go in np.flatnonzero(plan.opened & ~exists & ~units.fixed & (gain <= gain[come] + _SLIVER * max(plan.cost, 1.0)))[::-1]:
            opened = plan.opened.copy()
            opened[come], opened[go] = True, False
            other = flow_of(units, opened, look)
            other = placed_whole(units, opened, other) if units.whole else other
            if other.cost <= plan.cost + _SLIVER * 1e-3 * max(plan.cost, 1.0):
                plan = other
                break
    return plan
