"""A bound from prices: what each person pays for a place, and what sites gain from it.

At any prices ``u``, not above ``beyond``, no plan costs less than

    sum of weight[r] * u[r] - (gain of the sites open anyhow + the ``most`` greatest gains of free sites),

where a site's gain is the best it can do with its places at these prices (:mod:`planning.siting.capacitated.knapsacks`): Lagrangian relaxation of
"everybody has one place" (Cornuéjols, Sridharan & Thizy 1991 for plants with capacities; Lorena & Senne 2004 and Ceselli & Righini 2005 for medians).
Prices move where too many or too few sites take a unit (Held, Wolfe & Crowder 1974; averaged as in Barahona & Anbil 2000). Swapping one site into or
out of the greatest gains bounds all plans with or without it, which decides sites (Beasley 1988).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from planning.siting.aggregate import Look, nothing
from planning.siting.capacitated.knapsacks import States, fill, pack
from planning.siting.capacitated.units import Array, Flags, Ints, Units

# What sums over many units may be off by, as a share.
_ROUNDING = 1e-11
# Share of the newest subgradient in the direction of a move, and of the newest plan in the averages.
_FRESH, _AVERAGED = 0.4, 0.1
_LEAST_STEP = 1e-3
# Entries of the sites that are filled before it is asked again whether to stop.
_SLICE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Part of all plans.

    Attributes
    ----------
    low, high : bool, shape (sites,)
        Sites that are open in all of them, and sites that are open in some.
    most : int
        Sites that are not ``low`` to open at most.
    state : int8, shape (entries,), or None
        Where units are whole: 0 not allowed, 1 free, 2 obligatory; site by site as in ``Units.columns``.
    top : float64, shape (units,)
        Prices at most: ``beyond``, or infinity where a unit may not be left.
    """

    low: Flags
    high: Flags
    most: int
    state: States | None
    top: Array


@dataclass(frozen=True)
class Bound:
    """What prices prove.

    Attributes
    ----------
    bound : float
        No plan within the limits costs less.
    gain : float64, shape (sites,)
    chosen : bool, shape (sites,)
        The sites with the greatest gains.
    next_gain, last_gain : float
        The greatest gain of a free site that was not chosen, and the least of one that was.
    """

    bound: float
    gain: Array
    chosen: Flags
    next_gain: float
    last_gain: float


@dataclass
class Averages:
    """How often sites, and entries of whole units, were chosen in the latest moves."""

    site: Array
    entry: Array = field(default_factory=lambda: np.empty(0))


def bound_at(units: Units, limits: Limits, price: Array, look: Look = nothing) -> tuple[Bound, Array, States]:
    """Return what prices prove, the people of each unit whom the chosen sites take, and the entries taken where units are whole.

    ``look`` is called between sites and may raise Cancelled.
    """
    start, unit, cost, _ = units.columns
    gain, taken = np.zeros(len(units.sites)), np.zeros(len(unit), np.int8)
    for some in _slices(np.flatnonzero(limits.high), start):
        look()
        if limits.state is None:
            fill(some, start, unit, cost, units.weight, units.capacity, price, gain, np.empty(0))
        else:
            pack(some, start, unit, cost, units.weight, units.capacity, price, limits.state, gain, taken)
    free = np.flatnonzero(limits.high & ~limits.low)
    order = free[np.lexsort((free, -gain[free]))]
    inside = order[: limits.most][gain[order[: limits.most]] > 0.0]
    chosen = limits.low.copy()
    chosen[inside] = True
    sums = float(np.sum(units.weight * price)), float(np.sum(gain[chosen]))
    bound = sums[0] - sums[1]
    if np.isfinite(bound):
        bound -= _ROUNDING * (abs(sums[0]) + float(np.sum(np.abs(gain[chosen]))))
    room = len(inside) < limits.most
    last_gain = 0.0 if room or not len(inside) else float(gain[inside[-1]])
    following = order[len(inside) :][:1]
    next_gain = max(float(gain[following[0]]), 0.0) if len(following) else 0.0
    found = Bound(bound, gain, chosen, next_gain, last_gain)
    look()
    return found, _placed(units, limits, price, np.flatnonzero(chosen), taken), taken


def _slices(sites: Ints, start: Ints) -> Iterator[Ints]:
    """Yield sites in turn, about as many entries at a time."""
    if len(sites):
        entries = np.cumsum(start[sites + 1] - start[sites])
        yield from np.split(sites, np.flatnonzero(np.diff(entries // _SLICE)) + 1)


def _placed(units: Units, limits: Limits, price: Array, chosen: Ints, taken: States) -> Array:
    start, unit, cost, _ = units.columns
    placed = np.zeros(len(units.weight))
    if limits.state is None:
        fill(chosen, start, unit, cost, units.weight, units.capacity, price, np.zeros(len(units.sites)), placed)
        return placed
    kept = np.zeros(len(units.sites), bool)
    kept[chosen] = True
    taken &= np.repeat(kept, np.diff(start)).astype(np.int8)
    some = np.flatnonzero(taken)
    placed += np.bincount(unit[some], weights=units.weight[unit[some]], minlength=len(placed))
    return placed


class Moving:
    """Prices on the move within limits.

    Parameters
    ----------
    units : Units
    limits : Limits
    price : float64, shape (units,)
        Where to begin.
    step : float
        Length of the first moves, as a share of the way to the target.
    """

    def __init__(self, units: Units, limits: Limits, price: Array, step: float = 1.0) -> None:
        self.units, self.limits = units, limits
        least = np.full(len(units.weight), np.inf)
        np.minimum.at(least, units.row, units.cost)
        self._least = np.minimum(least, limits.top)
        self.price = np.clip(price, self._least, limits.top)
        self.best_price, self.best = self.price.copy(), -np.inf
        self.averages = Averages(np.zeros(len(units.sites)), np.zeros(len(units.site) if limits.state is not None else 0))
        self._slope: Array | None = None
        self._step, self._waited, self._moves = step, 0, 0

    @property
    def tired(self) -> bool:
        """Steps have become too small for the bound to rise much."""
        return self._step < _LEAST_STEP

    def narrow(self, low: Flags, high: Flags) -> None:
        """Go on with the sites that are decided."""
        more = int((low & ~self.limits.low).sum())
        if more or (high != self.limits.high).any():
            state = self.limits.state
            if state is not None:
                state = np.where(high[self.units.site[self.units.columns[3]]], state, 0).astype(np.int8)
            self.limits = replace(self.limits, low=low, high=high, most=self.limits.most - more, state=state)

    def move(self, target: float, patience: int, look: Look = nothing) -> Bound:
        """Bound, then move the prices towards where the bound would be ``target``; ``look`` as in :func:`bound_at`."""
        found, placed, taken = bound_at(self.units, self.limits, self.price, look)
        self._note(found, taken)
        self._waited += 1
        if found.bound > self.best:
            if found.bound > self.best + 1e-4 * max(target - self.best, 0.0):
                self._waited = 0
            self.best, self.best_price = found.bound, self.price.copy()
        elif self._waited > patience:
            self._waited, self._step = 0, self._step / 2
        self._shift(placed, max(target - found.bound, 1e-6 * abs(target)))
        return found

    def _note(self, found: Bound, taken: States) -> None:
        share = max(_AVERAGED, 1.0 / (self._moves + 1))
        self._moves += 1
        self.averages.site += share * (found.chosen - self.averages.site)
        if len(self.averages.entry):
            self.averages.entry += share * (taken - self.averages.entry)

    def _shift(self, placed: Array, distance: float) -> None:
        weight = self.units.weight
        lacks = weight - placed
        lacks[(self.price >= self.limits.top) & (lacks > 0)] = 0.0
        lacks[(self.price <= self._least) & (lacks < 0)] = 0.0
        self._slope = lacks if self._slope is None else _FRESH * lacks + (1.0 - _FRESH) * self._slope
        length = float(np.sum(self._slope**2 / weight))
        if length > 0.0 and np.isfinite(distance):
            self.price = np.clip(self.price + self._step * distance / length * self._slope / weight, self._least, self.limits.top)


def decided(limits: Limits, found: Bound, cutoff: float) -> tuple[Flags, Flags]:
    """Return the sites that every plan below a cutoff opens, and those that some such plan may open."""
    low, high, free = limits.low.copy(), limits.high.copy(), limits.high & ~limits.low
    if np.isfinite(found.bound) and np.isfinite(cutoff):
        high[free & ~found.chosen & (found.bound + found.last_gain - found.gain >= cutoff)] = False
        low[free & found.chosen & (found.bound + found.gain - found.next_gain >= cutoff)] = True
    return low, high
