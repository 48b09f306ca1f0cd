"""One run of HiGHS over an integer program: one thread, no random seed, every status named, and stopped between its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.errors import Cancelled

Array = NDArray[np.float64]
State = Literal["solved", "infeasible", "stopped"]
_STATES: dict[highspy.HighsModelStatus, State] = {
    highspy.HighsModelStatus.kOptimal: "solved",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",  # all columns have limits: unbounded it cannot be
    highspy.HighsModelStatus.kTimeLimit: "stopped",
    highspy.HighsModelStatus.kInterrupt: "stopped",
}


@dataclass(frozen=True)
class Integers:
    """Make ``objective @ x`` small with ``low <= rows @ x <= high`` and ``0 <= x <= most``; the first ``whole`` columns are whole numbers."""

    objective: Array
    rows: sparse.csr_array
    low: Array
    high: Array
    least: Array
    most: Array
    whole: int


@dataclass(frozen=True)
class Found:
    """What a run found.

    Attributes
    ----------
    state : {"solved", "infeasible", "stopped"}
        ``solved``: to the gap asked for.
    x : float64, shape (columns,), or None
        None where it has no plan.
    bound : float
        No plan is below it; -inf where nothing was proven.
    """

    state: State
    x: Array | None
    bound: float


def solve(question: Integers, seconds: float, look: Callable[[], None], *, gap: float = 0.0) -> Found:
    """Solve an integer program.

    Parameters
    ----------
    question : Integers
    seconds : float
        Time it may take.
    look : callable
        Called between steps; may raise Cancelled, which ends the run and is raised again by the next look.
    gap : float
        Share from the best possible at which it may end.

    Returns
    -------
    Found
        A status of HiGHS that is not named here, such as an error, counts as ``stopped``.
    """
    solver = _loaded(question)
    solver.setOptionValue("time_limit", max(seconds, 0.01))
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_abs_gap", 0.0)

    def interrupt(event: highspy.HighsCallbackEvent) -> None:
        try:
            look()
        except Cancelled:
            event.interrupt()

    solver.cbMipInterrupt += interrupt
    solver.run()
    state = _STATES.get(solver.getModelStatus(), "stopped")
    if state == "infeasible":
        return Found("infeasible", None, np.inf)
    info = solver.getInfo()
    has_plan = info.primal_solution_status == highspy.kSolutionStatusFeasible
    x = np.asarray(solver.getSolution().col_value, dtype=np.float64) if has_plan else None
    bound = float(info.mip_dual_bound)
    return Found(state, x, bound if np.isfinite(bound) else -np.inf)


def _loaded(question: Integers) -> highspy.Highs:
    """Return a solver with a program; presolve is off, since with it HiGHS 1.15.1 calls programs infeasible of which a plan is in hand."""
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
    ):
        solver.setOptionValue(option, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(question.objective), len(question.low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = question.objective, question.least, question.most
    lp.row_lower_, lp.row_upper_ = question.low, question.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = question.rows.indptr.astype(np.int32)
    lp.a_matrix_.index_ = question.rows.indices.astype(np.int32)
    lp.a_matrix_.value_ = question.rows.data.astype(np.float64)
    kinds = [highspy.HighsVarType.kInteger] * question.whole
    lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (len(question.objective) - question.whole)
    solver.passModel(lp)
    return solver
