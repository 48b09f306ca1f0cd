"""A linear program that grows by rows, whose bounds do not depend on the solver being right.

Any prices of the rows give a valid bound; it is recomputed here in float64 from the prices, the rows as they were given and the limits of the
variables. That nothing satisfies the rows is believed only when a combination of them, recomputed as well, contradicts the limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]

# By how much a ray must contradict the limits before a program counts as infeasible.
_CERTAIN = 1e-9
# Cuts that had no price in more than so many programs are dropped once they are such a share of all rows: a step of the simplex reads every row, and
# a cut that is missed later is found again.
_IDLE, _MANY = 10, 0.25
# What is never idle.
_NEEDED = -(2**62)
_CONCLUSIVE = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)


@dataclass(frozen=True)
class Solved:
    """What one run says.

    Attributes
    ----------
    x : float64, shape (variables,)
        Values of the variables; their lower limits where the solver gave none.
    price : float64, shape (variables,)
        What raising a variable by one adds to the bound.
    bound : float
        No values within the limits cost less; -inf where nothing was proven.
    state : {"solved", "infeasible", "unsolved"}
        ``infeasible`` only where rows and limits contradict each other for certain.
    rows : float64, shape (rows,)
        Prices of the rows that prove the bound, or combine them into the contradiction; empty where nothing is proven.
    """

    x: Array
    price: Array
    bound: float
    state: Literal["solved", "infeasible", "unsolved"]
    rows: Array


def watched(solver: highspy.Highs, look: Callable[[], None]) -> Callable[[], highspy.HighsModelStatus]:
    """Return what runs a solver to its end, asking ``look`` at each step of the simplex; what that raises comes out.

    Runs cut into slices of time would end where the clock says, and the next slice would begin anew: not the same path twice.
    """
    raised: list[BaseException] = []

    def step(kind: object, message: str, out: object, into: Any, data: object) -> None:  # noqa: ANN401 - a class of the solver without types
        del kind, message, out, data
        if not raised:
            try:
                look()
            except BaseException as error:  # noqa: BLE001 - nothing may pass through the solver; it is raised when that has stopped
                raised.append(error)
        into.user_interrupt = bool(raised)

    def run() -> highspy.HighsModelStatus:
        look()
        solver.run()
        if raised:
            raise raised.pop()
        return solver.getModelStatus()

    solver.setCallback(step, None)
    solver.startCallback(highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt)
    return run


class Program:
    """Make ``objective @ x`` small subject to ``rows @ x >= least`` and ``low <= x <= high``; all limits are finite.

    Parameters
    ----------
    objective, low, high : float64, shape (variables,)
    look : callable
        Called at each step of the simplex; may raise Cancelled.
    """

    def __init__(self, objective: Array, low: Array, high: Array, look: Callable[[], None]) -> None:
        self.objective, self.low, self.high = objective, low.copy(), high.copy()
        self._blocks: list[sparse.csr_array] = []
        self._least: list[Array] = []
        # Rows that the solver knows, and in how many programs since each had a price.
        self._known, self._idle = np.empty(0, np.int64), np.empty(0, np.int64)
        self._solver = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("solver", "simplex")):
            self._solver.setOptionValue(name, value)
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._solver.setOptionValue(name, 1e-9)
        self._solver.addVars(len(objective), self.low, self.high)
        self._solver.changeColsCost(len(objective), np.arange(len(objective), dtype=np.int32), objective)
        self._run = watched(self._solver, look)

    def add(self, rows: sparse.csr_array, least: Array, *, cuts: bool = False) -> None:
        """Add rows ``rows @ x >= least``; cuts hold for every solution anyway and may be dropped while they are of no use."""
        self._known = np.concatenate([self._known, np.arange(self.rows, self.rows + len(least))])
        self._idle = np.concatenate([self._idle, np.full(len(least), 0 if cuts else _NEEDED)])
        self._blocks.append(rows)
        self._least.append(least)
        starts, indices = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self._solver.addRows(len(least), least, np.full(len(least), highspy.kHighsInf), rows.nnz, starts, indices, rows.data.astype(np.float64))

    def limit(self, low: Array, high: Array) -> None:
        """Set the limits of the first variables, as many as are given."""
        count = len(low)
        self.low[:count], self.high[:count] = low, high
        self._solver.changeColsBounds(count, np.arange(count, dtype=np.int32), low.astype(np.float64), high.astype(np.float64))

    def solve(self) -> Solved:
        """Solve the program as it stands; raises Cancelled through ``look``."""
        status = self._run()
        if status not in _CONCLUSIVE:
            self._solver.clearSolver()
            status = self._run()
        if status == highspy.HighsModelStatus.kOptimal:
            solution = self._solver.getSolution()
            rows = self._placed(np.maximum(np.asarray(solution.row_dual), 0.0))
            bound, price = self.priced(rows)
            self._drop_idle(rows)
            return Solved(np.clip(np.asarray(solution.col_value), self.low, self.high), price, bound, "solved", rows)
        _, found, ray = self._solver.getDualRay()  # type: ignore[attr-defined]
        rays = sorted((sign * self._placed(np.asarray(ray)) for sign in (1.0, -1.0)), key=self._contradiction) if found else []
        certain = found and self._contradiction(rays[1]) > _CERTAIN
        rows = np.maximum(rays[1], 0.0) if certain else np.empty(0)
        return Solved(self.low.copy(), np.zeros(len(self.low)), -np.inf, "infeasible" if certain else "unsolved", rows)

    def priced(self, prices: Array) -> tuple[float, Array]:
        """Return the bound that prices of the rows prove, and what each variable adds to it; wrong prices prove less, never too much."""
        reduced_price, proven = self.objective.copy(), 0.0
        for block, least, price in self._by_block(prices):
            reduced_price -= block.T @ price
            proven += float(np.sum(least * price))
        return proven + float(np.minimum(reduced_price * self.low, reduced_price * self.high).sum()), reduced_price

    @property
    def rows(self) -> int:
        """Rows so far."""
        return sum(map(len, self._least))

    def _placed(self, prices: Array) -> Array:
        """Return prices of the rows that the solver knows among all rows; those that were dropped have none."""
        placed = np.zeros(self.rows)
        placed[self._known] = prices
        return placed

    def _drop_idle(self, prices: Array) -> None:
        """Drop cuts that have had no price for long; those that the basis rests on stay, so that the solver goes on where it stands."""
        self._idle = np.where(prices[self._known] > 0.0, np.minimum(self._idle, 0), self._idle + 1)
        idle = self._idle > _IDLE
        if idle.sum() <= _MANY * len(idle):
            return
        basis = self._solver.getBasis()
        status = basis.row_status
        idle &= np.array([one == highspy.HighsBasisStatus.kBasic for one in status])
        dropped, stay = np.flatnonzero(idle), np.flatnonzero(~idle)
        self._known, self._idle = self._known[stay], self._idle[stay]
        self._solver.deleteRows(len(dropped), dropped.astype(np.int32))
        basis.row_status = [status[row] for row in stay]
        self._solver.setBasis(basis)

    def _contradiction(self, ray: Array) -> float:
        """Return by how much a combination of the rows contradicts the limits of the variables; above 0 nothing satisfies them."""
        column, demanded = np.zeros(len(self.low)), 0.0
        for block, least, price in self._by_block(ray / max(float(np.abs(ray).max(initial=0.0)), 1e-300)):
            column += block.T @ price
            demanded += float(np.sum(least * price))
        return demanded - float(np.maximum(column * self.low, column * self.high).sum())

    def _by_block(self, prices: Array) -> list[tuple[sparse.csr_array, Array, Array]]:
        prices, at, blocks = np.maximum(prices, 0.0), 0, []
        for block, least in zip(self._blocks, self._least, strict=True):
            price = prices[at : at + len(least)]
            at += len(least)
            if price.any():
                blocks.append((block, least, price))
        return blocks
