"""Good plans where sites are counted, live in townships and may exclude each other: greedy, rounding and swaps.

Slower by a swap than :mod:`planning.siting.heuristic`, but every plan it makes keeps sites apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from planning.siting.counted import Array, Counted, Open
from planning.siting.counted_program import Aim

Look = Callable[[Open], None]

# Site shares below this are nothing.
_NOTHING = 1e-6
# A township counts exp(-steepness) less for each share of its people already reached when the worst is to be made better.
_STEEPNESS = 20.0
# Sites tried in place of one that leaves.
_TRIED = 3


def fill(rows: Counted, aim: Aim, opened: Open, look: Look) -> Open:
    """Open the site that gains most, or most for its price, again and again, until no more may be opened or none gains; ties go to the smaller id."""
    opened = opened.copy()
    # What costs nothing comes first where money is short.
    free = (rows.price <= 0.0) & np.isfinite(aim.spend)
    dear = np.where(free | np.isinf(aim.spend), 1.0, rows.price)
    while not _full(rows, aim, opened):
        gain = gains(rows, aim, opened)
        gain = np.where(free & (gain > 0.0), np.inf, gain / dear)
        best = int(gain.argmax()) if len(gain) else 0
        if not len(gain) or gain[best] <= 0.0:
            break
        opened[best] = True
        look(opened)
    return opened


def gains(rows: Counted, aim: Aim, opened: Open) -> Array:
    """Return what opening each site gains, shape (sites,); -inf where it is open, excluded or too dear."""
    counts = rows.counts(opened)
    credit = np.where(counts < 1, 1.0, np.where(counts < 2, aim.second, 0.0)) * rows.people
    if aim.kind == "worst" and aim.base is not None:
        first, _ = rows.covered(opened)
        base = np.where(aim.base > 0, aim.base, np.inf)
        share = first / base
        credit *= (np.exp(-_STEEPNESS * (share - share[np.isfinite(base)].min(initial=1.0))) / base)[rows.town]
    gain: Array = rows.by_site @ credit
    gain[opened | (rows.exclusion @ opened > 0) | (rows.price > aim.spend - rows.price[opened].sum())] = -np.inf
    return gain


def rounded(rows: Counted, aim: Aim, y: Array, look: Look) -> Open:
    """Return the plan next to shares of sites: the greatest first, as far as they agree, then filled up."""
    opened = np.zeros(len(y), dtype=bool)
    excluded = np.zeros(len(y), dtype=bool)
    for site in np.lexsort((np.arange(len(y)), -y)):
        if y[site] <= _NOTHING or _full(rows, aim, opened):
            break
        if not excluded[site] and rows.price[site] <= aim.spend - rows.price[opened].sum():
            opened[site] = True
            excluded[rows.exclusion.indices[rows.exclusion.indptr[site] : rows.exclusion.indptr[site + 1]]] = True
    opened = fill(rows, aim, opened, look)
    return without_spare(rows, aim, opened) if aim.kind == "sites" else opened


def improved(rows: Counted, aim: Aim, opened: Open, look: Look) -> Open:
    """Replace one site by another while that makes the plan better."""
    cost, again = aim.cost(rows, opened), True
    while again and np.isfinite(cost):
        again = False
        for site in np.flatnonzero(opened):
            look(opened)
            rest = opened.copy()
            rest[site] = False
            gain = gains(rows, aim, rest)
            for come in np.lexsort((np.arange(len(gain)), -gain))[:_TRIED]:
                other = rest.copy()
                other[come] = True
                if gain[come] > 0.0 and aim.cost(rows, other) < cost - 1e-12 * max(abs(cost), 1.0):
                    opened, cost, again = other, aim.cost(rows, other), True
                    break
    return opened


def without_spare(rows: Counted, aim: Aim, opened: Open) -> Open:
    """Close sites without which the plan is as good, the greatest id first."""
    opened = opened.copy()
    before = rows.covered(opened)
    for site in np.flatnonzero(opened)[::-1]:
        opened[site] = False
        after = rows.covered(opened)
        if aim.kind == "sites":
            spare = bool(np.isfinite(aim.cost(rows, opened)))
        else:
            spare = bool((after[0] == before[0]).all() and (aim.second == 0.0 or (after[1] == before[1]).all()))
        opened[site] = not spare
    return opened


def _full(rows: Counted, aim: Aim, opened: Open) -> bool:
    if aim.kind == "sites":
        return bool(np.isfinite(aim.cost(rows, opened)))
    return aim.most is not None and int(opened.sum()) >= aim.most
