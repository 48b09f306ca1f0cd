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
        self._solver = highspy.Highs()
        for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("solver", "simplex")):
            self._solver.setOptionValue(name, value)
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._solver.setOptionValue(name, 1e-9)
        self._solver.addVars(len(objective), self.low, self.high)
        self._solver.changeColsCost(len(objective), np.arange(len(objective), dtype=np.int32), objective)
        self._run = watched(self._solver, look)

    def add(self, rows: sparse.csr_array, least: Array) -> None:
        """Add rows ``rows @ x >= least``."""
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
        if self._run() not in _CONCLUSIVE:
            self._solver.clearSolver()
        status = self._run()
        if status == highspy.HighsModelStatus.kOptimal:
            solution = self._solver.getSolution()
            rows = np.maximum(np.asarray(solution.row_dual), 0.0)
            bound, price = self.priced(rows)
            return Solved(np.clip(np.asarray(solution.col_value), self.low, self.high), price, bound, "solved", rows)
        _, found, ray = self._solver.getDualRay()  # type: ignore[attr-defined]
        rays = sorted((np.asarray(ray), -np.asarray(ray)), key=self._contradiction) if found else []
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
            blocks.append((block, least, prices[at : at + len(least)]))
            at += len(least)
        return blocks
