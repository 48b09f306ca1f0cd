"""Good plans where sites have prices: greedy by what money gains, then opening, closing and swapping what can be paid.

The greedy rule by gain per money, with the plain one beside it, is that of Khuller, Moss & Naor (1999) for cover within a budget; opening, closing
and swapping is the local search of Kuehn & Hamburger (1963) for the fixed charge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.siting.bound import Goal
from planning.siting.heuristic import Look, Open, Swaps, charged, nearest, total
from planning.siting.kernels import savings
from planning.siting.purse import Purse
from planning.siting.reduce import Reduced

Array = NDArray[np.float64]

# Site shares below this are nothing; a move must gain more than the second share of the cost: less is rounding.
_NOTHING, _EPSILON = 1e-6, 1e-12


def greedy(reduced: Reduced, goal: Goal, purse: Purse, look: Look) -> Open:
    """Return the better of two plans: the site that saves most is opened again and again, and the one that saves most per money."""
    none = np.zeros(len(reduced.sites), dtype=bool)
    plans = [fill(reduced, goal, purse, none, look, per_money=per_money) for per_money in (True, False)]
    return min(plans, key=lambda plan: _cost(reduced, purse, plan))


def fill(reduced: Reduced, goal: Goal, purse: Purse, begin: Open, look: Look, *, per_money: bool = True) -> Open:
    """Open the site that saves most, or most per money, until none is worth it, can be paid or may be opened; ties go to the smaller id."""
    opened, beyond, price = begin.copy(), charged(reduced), purse.price
    while goal.most is None or int(opened.sum()) < goal.most:
        near = nearest(reduced, opened, beyond).cost
        gain = savings(reduced.start, reduced.site, reduced.cost, reduced.weight, near, len(opened)) - purse.charged * price
        gain[opened | (price > purse.spend - purse.sum(opened))] = -np.inf
        rank = np.where(price > 0, gain / np.where(price > 0, price, 1.0), np.where(gain > 0, np.inf, -np.inf)) if per_money else gain
        best = int(np.lexsort((np.arange(len(gain)), -gain, -rank))[0]) if len(gain) else 0
        if not len(gain) or gain[best] <= _EPSILON * max(total(reduced.weight, near), 1.0):
            break
        opened[best] = True
        look(opened)
    return opened


def rounded(reduced: Reduced, goal: Goal, purse: Purse, y: Array, look: Look) -> Open:
    """Return the plan next to shares of sites: the greatest first as far as they can be paid, then filled up."""
    opened = np.zeros(len(y), dtype=bool)
    least = 0.5 if purse.charged and goal.most is None and np.isinf(purse.spend) else _NOTHING
    for site in np.lexsort((np.arange(len(y)), -y)):
        if y[site] <= least or (goal.most is not None and int(opened.sum()) >= goal.most):
            break
        opened[site] = True
        opened[site] = purse.sum(opened) <= purse.spend
    return fill(reduced, goal, purse, opened, look)


@dataclass(frozen=True)
class _Move:
    """Open ``come`` and close ``go``, -1 for none; ``place`` is where the latter stands among the open ones."""

    saves: float
    come: int = -1
    go: int = -1
    place: int = -1


def improved(reduced: Reduced, goal: Goal, purse: Purse, opened: Open, look: Look) -> Open:
    """Open, close or swap sites while that saves and can be paid, the best move first."""
    swaps, cost = Swaps(reduced, opened, charged(reduced)), _cost(reduced, purse, opened)
    while True:
        look(opened)
        move = max((_best_swap(swaps, purse), _best_opening(swaps, goal, purse), _best_closing(swaps, purse)), key=lambda move: move.saves)
        if not move.saves > _EPSILON * max(cost, 1.0):
            return opened
        swaps = _after(reduced, swaps, move)
        after = _cost(reduced, purse, swaps.opened)
        if after >= cost:  # what seemed to be saved was rounding
            return opened
        opened, cost = swaps.opened.copy(), after


def _after(reduced: Reduced, swaps: Swaps, move: _Move) -> Swaps:
    if move.come >= 0 and move.go >= 0:
        swaps.swap(move.come, move.place)
        return swaps
    opened = swaps.opened.copy()
    if move.come >= 0:
        opened[move.come] = True
    else:
        opened[move.go] = False
    return Swaps(reduced, opened, charged(reduced))


def _best_swap(swaps: Swaps, purse: Purse) -> _Move:
    price, inside = purse.price, swaps.inside
    if not len(inside) or swaps.opened.all():
        return _Move(-np.inf)
    saved = swaps.saved() + purse.charged * (price[inside][None, :] - price[:, None])
    left = purse.spend - purse.sum(swaps.opened)
    saved[price[:, None] > left + price[inside][None, :]] = -np.inf
    come, place = divmod(int(saved.argmax()), len(inside))
    return _Move(float(saved[come, place]), come, int(inside[place]), place)


def _best_opening(swaps: Swaps, goal: Goal, purse: Purse) -> _Move:
    if swaps.opened.all() or (goal.most is not None and len(swaps.inside) >= goal.most):
        return _Move(-np.inf)
    gain = swaps.gain - purse.charged * purse.price
    gain[swaps.opened | (purse.price > purse.spend - purse.sum(swaps.opened))] = -np.inf
    come = int(gain.argmax())
    return _Move(float(gain[come]), come)


def _best_closing(swaps: Swaps, purse: Purse) -> _Move:
    if not len(swaps.inside) or not purse.charged:
        return _Move(-np.inf)
    saved = purse.price[swaps.inside] - swaps.loss
    place = len(saved) - 1 - int(saved[::-1].argmax())
    return _Move(float(saved[place]), go=int(swaps.inside[place]))


def _cost(reduced: Reduced, purse: Purse, opened: Open) -> float:
    """Return the cost of a plan, a high price for each person who must be served and is not."""
    return total(reduced.weight, nearest(reduced, opened, charged(reduced)).cost) + purse.charge(opened)
