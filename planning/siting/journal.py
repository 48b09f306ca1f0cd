"""What a search notes so that a :class:`~planning.siting.certificate.Certificate` can prove its bound a second time.

The linear programs prove bounds by multipliers of cuts. A certificate wants one price per row instead. They are the same thing: a cut charges a row
its critical cost, and the average of several cuts is no better than the cut at the average of their critical costs, because what a site spares a
row, ``max(u - cost, 0)``, is convex in ``u``. So the prices of a node are the critical costs of its cuts, weighed by their multipliers. Nothing here
has to be believed: wrong prices prove less, never too much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from planning.siting.bound import Answer

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["limit", "spend", "budget", "served", "cuts", "prices"]


@dataclass(frozen=True)
class Origin:
    """Where a block of rows of the linear program comes from.

    Attributes
    ----------
    kind : {"limit", "spend", "budget", "served", "cuts", "prices"}
        The number of sites, the money spent, the cost allowed, rows that must be served, cuts at some shares, or cuts of given critical costs.
    rows : int
        Rows of the block.
    at : float64
        Shares of the sites, shape (sites,), or critical costs of the problem's rows; the unit of money, shape (1,).
    listed : bool, shape (sites,)
        Sites that still were in the problem's rows when the block was made.
    group : int64, shape (rows,)
        Group of each cut.
    served : csr_array, shape (rows, variables), or None
        Sites of each row that must be served.
    """

    kind: Kind
    rows: int
    at: Array = field(default_factory=lambda: np.empty(0))
    listed: Flags = field(default_factory=lambda: np.empty(0, bool))
    group: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    served: sparse.csr_array | None = None


@dataclass(frozen=True)
class Duals:
    """Multipliers of the rows that a linear program had when it was solved; of a ray, which proves that it has no solution, any multiple."""

    bound: float
    place: NDArray[np.int32]
    value: Array

    @property
    def ray(self) -> bool:
        """Nothing satisfies the program."""
        return math.isinf(self.bound)


@dataclass
class Branch:
    """How a node was split: the site, and the numbers of the nodes without and with it."""

    site: int
    closed: int
    opened: int


class Journal:
    """Notes of one tree.

    Parameters
    ----------
    limit : int
        Multipliers kept at most; of a tree that needs more, only the first node is proven again.
    """

    def __init__(self, limit: int = 20_000_000) -> None:
        self.limit, self.kept = limit, 0
        self.duals: dict[int, Duals] = {}
        self.branches: dict[int, Branch] = {}
        self.fixings: list[Duals] = []
        self.decided, self.opened, self.closed = 0, np.empty(0, bool), np.empty(0, bool)

    @property
    def full(self) -> bool:
        """There was too much to keep."""
        return self.kept > self.limit

    def solved(self, number: int, answer: Answer, prices: Array) -> None:
        """Note the multipliers of a node's program; of several those of the best bound stay."""
        bound, known = math.inf if answer.state == "infeasible" else answer.bound, self.duals.get(number)
        if self.full or answer.state == "unsolved" or (known is not None and known.bound >= bound):
            return
        self.duals[number] = _sparse(bound, prices)
        self.kept += len(self.duals[number].place)

    def split(self, number: int, site: int, closed: int, opened: int) -> None:
        """Note how a node was split."""
        if self.full:
            return
        self.branches[number] = Branch(site, closed, opened)
        self.kept += 3

    def fixed(self, answer: Answer, prices: Array, opened: Flags, closed: Flags) -> None:
        """Note the multipliers by whose prices sites were decided, and which sites are decided by now."""
        if not self.full and int(opened.sum()) + int(closed.sum()) > self.decided and answer.state == "solved":
            self.fixings.append(_sparse(answer.bound, prices))
            self.kept += len(self.fixings[-1].place)
        self.note(opened, closed)

    def note(self, opened: Flags, closed: Flags) -> None:
        """Note which sites are decided."""
        self.opened, self.closed, self.decided = opened, closed, int(opened.sum()) + int(closed.sum())


def _sparse(bound: float, prices: Array) -> Duals:
    place = np.flatnonzero(prices)
    return Duals(bound, place.astype(np.int32), prices[place])
