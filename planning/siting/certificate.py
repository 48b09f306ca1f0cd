"""A certificate of a bound: leaves that no plan escapes, and for each leaf prices that bound every plan in it.

What a plan costs is ``sum over rows j: weight[j] * min(beyond[j], cheapest open site)``. Let each row name a price ``u[j] <= beyond[j]``. Then

    cost(S) >= sum over j: weight[j] * u[j]  -  sum over open i in S: rho[i],     rho[i] = sum over j: weight[j] * max(u[j] - cost[i, j], 0)

because a row with open sites pays at least ``u[j]`` less what these offer below it, and one without pays ``beyond[j]``. The right side is added up
site by site, so the worst plan of a leaf is found by sorting ``rho``. Where sites are counted and the cost is limited by a budget, ``count(S) >=
count(S) + multiplier * (cost(S) - budget)`` gives a bound in the same way (Cornuéjols, Fisher & Nemhauser 1977; Geoffrion 1974).

:func:`proven` evaluates a certificate in plain numpy. It shares no code with the reduction, the cuts, the linear programs, the tree or the
heuristics, and believes nothing: whatever the prices are, what it returns holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

# Whole numbers are whole to this, as long as sums of floats up to so much are far more exact.
_WHOLE, _EXACT = 1e-6, 1e9
# Entries that are looked at together.
_AT_ONCE = 1_000_000


class Purse(Protocol):
    """Prices of sites; as :class:`planning.siting.purse.Purse`."""

    @property
    def price(self) -> Array:
        """Money for each site, not negative, shape (sites,)."""

    @property
    def spend(self) -> float:
        """Money at most."""

    @property
    def charged(self) -> bool:
        """Prices are part of the cost."""


class Rows(Protocol):
    """What a certificate is about; rows stand as in :class:`planning.siting.reduce.Reduced`, in any order within a row."""

    @property
    def sites(self) -> tuple[str, ...]:
        """Free candidates."""

    @property
    def weight(self) -> Array:
        """People, shape (rows,)."""

    @property
    def beyond(self) -> Array:
        """Cost of one person where no free candidate serves the row, shape (rows,); inf: it must be served."""

    @property
    def start(self) -> Places:
        """Row ``j`` is ``start[j]:start[j + 1]`` of ``site`` and ``cost``, shape (rows + 1,)."""

    @property
    def site(self) -> NDArray[np.int32]:
        """Positions of sites, shape (entries,)."""

    @property
    def cost(self) -> Array:
        """Cost of one person, shape (entries,)."""


@dataclass(frozen=True)
class Leaf:
    """Plans bounded by one vector of prices."""

    price: int


@dataclass(frozen=True)
class Split:
    """Plans without a site, and plans with it: the positions of their nodes."""

    site: int
    closed: int
    opened: int


@dataclass(frozen=True)
class Fixed:
    """Plans that open one of ``closed`` or close one of ``opened`` are bounded by one vector of prices; all others are in node ``then``."""

    price: int
    closed: Places
    opened: Places
    then: int


@dataclass(frozen=True)
class Certificate:
    """A tree of leaves, the first node first, and their prices.

    Attributes
    ----------
    sites : tuple of str
        What the positions in the nodes mean.
    most : int or None
        Free sites to open at most.
    budget : float or None
        Cost at most; then the number of sites is bounded, otherwise the cost.
    nodes : sequence of Leaf, Split or Fixed
        A node's successors stand behind it.
    prices : sequence of float64, each shape (rows,)
    multipliers : sequence of float
        What one unit of cost counts in sites, for each vector of prices; not used where the cost is bounded.
    purse : Purse or None
        What sites cost in money, where that matters.
    rates : sequence of float
        What one unit of money spent counts in cost (in sites, where these are counted), for each vector of prices; not used without a purse.
    instead : mapping of site to site
        Sites that no plan needs because another serves every row at least as well.
    cells : bool, or None
        About a raw problem: the cells whose rows are asked to pay; None: all.
    """

    sites: tuple[str, ...]
    most: int | None
    budget: float | None
    nodes: Sequence[Leaf | Split | Fixed]
    prices: Sequence[Array]
    multipliers: Sequence[float]
    purse: Purse | None = None
    rates: Sequence[float] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    cells: Flags | None = None


def proven(rows: Rows, certificate: Certificate) -> float:
    """Return what no plan can cost less than, by this certificate; inf where no plan exists.

    Parameters
    ----------
    rows : Rows
        With the sites of the certificate.
    certificate : Certificate

    Raises
    ------
    ValueError
        When the certificate is none: a leaf is missing, a price is above ``beyond`` or no number, a multiplier is negative, sites differ.
    """
    if tuple(rows.sites) != tuple(certificate.sites):
        raise ValueError("the certificate is about other sites")
    count, lowest, whole = len(rows.sites), np.inf, _whole(rows, certificate)
    known: dict[int, Valuation] = {}
    stack = [(0, np.zeros(count, bool), np.zeros(count, bool))]
    while stack:
        place, opened, closed = stack.pop()
        if not 0 <= place < len(certificate.nodes):
            raise ValueError(f"the certificate lacks node {place}: its leaves do not hold every plan")
        node = certificate.nodes[place]
        if isinstance(node, Split):
            stack += [(node.closed, opened, _with(closed, node.site)), (node.opened, _with(opened, node.site), closed)]
            _behind(place, node.closed, node.opened)
            continue
        if node.price not in known:
            known = {node.price: valuation(rows, certificate, node.price)}
        if isinstance(node, Leaf):
            lowest = min(lowest, known[node.price].bound(opened, closed))
            continue
        _behind(place, node.then)
        with_one, without_one = known[node.price].bounds_with(opened, closed), known[node.price].bounds_without(opened, closed)
        lowest = min(lowest, float(with_one[node.closed].min(initial=np.inf)), float(without_one[node.opened].min(initial=np.inf)))
        stack.append((node.then, _with(opened, node.opened), _with(closed, node.closed)))
    return float(np.ceil(lowest - _WHOLE)) if whole and np.isfinite(lowest) else float(lowest)


def _behind(place: int, *following: int) -> None:
    if any(0 <= after <= place for after in following):
        raise ValueError("a node of the certificate stands before the one that leads to it")


def _with(flags: Flags, places: int | Places) -> Flags:
    flags = flags.copy()
    flags[places] = True
    return flags


@dataclass(frozen=True)
class Valuation:
    """What one vector of prices says of all plans.

    Attributes
    ----------
    base : float
        Bound of a plan that opens nothing.
    worth : float64, shape (sites,)
        What opening a site takes from the bound; below 0 where it adds to it.
    most : int or None
    """

    base: float
    worth: Array
    most: int | None

    def bound(self, opened: Flags, closed: Flags) -> float:
        """Return what no plan costs less than that opens some sites and closes others; inf where there is none."""
        room = len(self.worth) if self.most is None else self.most - int(opened.sum())
        if room < 0 or bool((opened & closed).any()):
            return np.inf
        return self.base - float(self.worth[opened].sum()) - float(self._taken(opened, closed, room).sum())

    def bounds_with(self, opened: Flags, closed: Flags) -> Array:
        """Return the same for plans that open each site in turn as well, shape (sites,)."""
        room = len(self.worth) if self.most is None else self.most - int(opened.sum())
        if room < 1:
            return np.where(opened, self.bound(opened, closed), np.inf)
        taken = self._taken(opened, closed, room)
        last = float(taken[-1]) if len(taken) == room else 0.0
        bound = self.bound(opened, closed)
        # A site among those taken is opened anyhow; another takes the place of the last one.
        others = np.where(self.worth > last, bound, bound + last - self.worth)
        return np.where(opened, bound, np.where(closed, np.inf, others))

    def bounds_without(self, opened: Flags, closed: Flags) -> Array:
        """Return the same for plans that close each site in turn as well, shape (sites,)."""
        room = len(self.worth) if self.most is None else self.most - int(opened.sum())
        bound = self.bound(opened, closed)
        taken = self._taken(opened, closed, max(room, 0) + 1)
        following = float(taken[-1]) if len(taken) == room + 1 else 0.0
        others = bound + np.maximum(self.worth - following, 0.0)
        return np.where(opened, np.inf, np.where(closed, bound, others))

    def _taken(self, opened: Flags, closed: Flags, room: int) -> Array:
        """Return the greatest worths above 0 of sites that are neither, so many at most, the greatest first."""
        free = self.worth[~opened & ~closed]
        free = free[free > 0.0]
        return np.sort(free)[::-1][:room]


def valuation(rows: Rows, certificate: Certificate, place: int) -> Valuation:
    """Return what a certificate's vector of prices says; raises ValueError where it is none."""
    if not 0 <= place < len(certificate.prices):
        raise ValueError(f"the certificate lacks prices {place}")
    price, multiplier = np.asarray(certificate.prices[place], dtype=np.float64), float(certificate.multipliers[place])
    if price.shape != rows.weight.shape or not np.isfinite(price).all() or bool((price > rows.beyond).any()):
        raise ValueError("a price is no number, or above what its row costs when nobody serves it")
    paid, rho = rows.weight * price, np.zeros(len(rows.sites))
    for begin, end in _portions(rows.start):
        span, width = slice(rows.start[begin], rows.start[end]), np.diff(rows.start[begin : end + 1])
        if rows.cost.strides == (0,) and not rows.cost[:1].any():  # one zero, seen as many
            spared = np.repeat(rows.weight[begin:end] * np.maximum(price[begin:end], 0.0), width)
        else:
            spared = np.repeat(rows.weight[begin:end], width) * np.maximum(np.repeat(price[begin:end], width) - rows.cost[span], 0.0)
        rho += np.bincount(rows.site[span], weights=spared, minlength=len(rho))
    total = float(paid.sum())
    if certificate.budget is not None:
        total, rho = _scaled(multiplier) * (total - certificate.budget), multiplier * rho - 1.0
    if certificate.purse is not None:
        purse = certificate.purse
        rate = _scaled(float(certificate.rates[place])) if np.isfinite(purse.spend) else 0.0
        total, rho = total - (rate * purse.spend if rate else 0.0), rho - (rate + purse.charged) * purse.price
    return Valuation(total, rho, certificate.most)


def _scaled(multiplier: float) -> float:
    if not 0.0 <= multiplier < np.inf:
        raise ValueError("a multiplier is negative or no number")
    return multiplier


def _portions(start: Places) -> Iterator[tuple[int, int]]:
    """Yield rows from and to, so many that their entries are not copied all at once."""
    begin = 0
    while begin < len(start) - 1:
        end = max(int(np.searchsorted(start, start[begin] + _AT_ONCE, "right")) - 1, begin + 1)
        yield begin, end
        begin = end


def _whole(rows: Rows, certificate: Certificate) -> bool:
    """Return whether what is bounded can only be a whole number."""
    if certificate.budget is not None:
        return True
    purse = certificate.purse
    figures = (rows.weight, rows.cost, rows.beyond[np.isfinite(rows.beyond)], purse.price if purse is not None and purse.charged else np.empty(0))
    dearest = max(float(figure.max(initial=0.0)) for figure in figures[1:])
    return float(rows.weight.sum()) * dearest < _EXACT and all(bool((figure == np.round(figure)).all()) for figure in figures)
