"""Consolidate: the cheapest plan that keeps every rule; of equal ones the least travel of residents, then the preferred deeds by id."""

from __future__ import annotations

import math
import time

import numpy as np
from scipy import sparse

from layers.errors import Cancelled
from layers.progress import Progress, silent
from planning.siting.consolidation.answer import ConsolidationPlan, Move
from planning.siting.consolidation.blocked import ways_out
from planning.siting.consolidation.problem import Consolidation, Deed, Rules
from planning.siting.consolidation.program import Array, Program, program_of
from planning.siting.consolidation.solver import Found, Integers, solve
from planning.siting.consolidation.value import Figures, figures_of
from planning.siting.problem import PlanStatus
from planning.siting.watch import EQUAL, share_between

_GOOD_GAP = 0.005
_NAN = float("nan")
_PAUSE = 0.1


class Clock:
    """Time left, progress, and whether the planner or the time says stop."""

    def __init__(self, progress: Progress, limit: float) -> None:
        self._progress, self._limit, self._begun, self._told = progress, limit, time.monotonic(), -math.inf
        self.stage, self.cancelled = "siting.stage.plan", False

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._limit - self.seconds

    def look(self) -> None:
        """Tell progress; raises Cancelled once stopped, and from then on."""
        seconds = self.seconds
        if self.cancelled or self.left <= 0:
            raise Cancelled("siting.stopped.time")
        if seconds - self._told < _PAUSE:
            return
        self._told = seconds
        try:
            self._progress(self.stage, seconds, self._limit)
        except Cancelled:
            self.cancelled = True
            raise


def consolidate(
    problem: Consolidation, rules: Rules, *, progress: Progress = silent, time_limit: float = 60.0, gap: float = 0.0
) -> ConsolidationPlan:  # fmt: skip
    """Find what becomes of each home at the least cost.

    Parameters
    ----------
    problem : Consolidation
    rules : Rules
    progress : Progress
        Called about ten times a second; when it raises Cancelled the best plan so far is the answer.
    time_limit : float
        Seconds after which the best plan so far is the answer.
    gap : float
        Share from the least cost possible at which the search may end; 0 asks for a proof.

    Returns
    -------
    ConsolidationPlan

    Raises
    ------
    ValueError
        When limits of the search are impossible, or the value recomputed is not the search's own.
    """
    if not time_limit > 0 or not gap >= 0:
        raise ValueError("the time limit must be positive and the gap not negative")
    clock = Clock(progress, time_limit)
    program = program_of(problem, rules)
    search = _Search(problem, rules, program, clock)
    try:
        clock.look()
        found = search.cheapest(gap)
    except Cancelled:
        found = Found("stopped", None, -math.inf)
    if found.state == "infeasible":
        ways = ways_out(problem, rules, clock.look, lambda: clock.left)
        return ConsolidationPlan((), None, (), _NAN, _NAN, _NAN, "infeasible", "consolidation.infeasible", ways_out=ways, seconds=clock.seconds)
    if search.best is None:
        status: PlanStatus = "cancelled" if clock.cancelled else "heuristic"
        return ConsolidationPlan((), None, (), _NAN, found.bound, math.inf, status, "cancel" if clock.cancelled else "time", seconds=clock.seconds)
    broken = search.break_ties() if found.state == "solved" and gap == 0.0 else False
    return _plan(problem, search, found, ties_broken=broken)


class _Search:
    """The best plan so far, and the runs that find a better one."""

    def __init__(self, problem: Consolidation, rules: Rules, program: Program, clock: Clock) -> None:
        self._problem, self._rules, self._program, self.clock = problem, rules, program, clock
        self.best: tuple[Deed, ...] | None = None
        self._cost, self._travel = program.each("cost"), program.each("travel")
        deeds, slacks = len(program.columns), len(program.slack_rule)
        self._least = np.zeros(deeds + slacks)
        self._most = np.concatenate([[0.0 if column.bars else 1.0 for column in program.columns], np.zeros(slacks)])
        self._rows, self._low, self._high = program.rows, program.low, program.high

    @property
    def figures(self) -> Figures:
        """Figures of the best plan."""
        return figures_of(self._problem, self._rules, self.best or ())

    def cheapest(self, gap: float) -> Found:
        """Find the cheapest plan."""
        found = self._run(self._cost, gap)
        if found.x is not None:
            self.best = self._deeds(found.x)
            figures = self.figures
            if figures.broken or share_between(figures.cost, float(self._cost @ np.round(found.x))) > 1e-6:
                raise ValueError(f"the program's plan breaks {figures.broken}, or costs {figures.cost} and not what the program says")
        return found

    def break_ties(self) -> bool:
        """Of the plans that cost as little, take the one with the least travel, then by id the most preferred deed; return whether it is known."""
        self.clock.stage = "consolidation.stage.ties"
        try:
            self._keep(self._cost, self.figures.cost)
            if not self._better(self._travel):
                return False
            self._keep(self._travel, self.figures.resident_travel)
            for site in dict.fromkeys(column.deed.site for column in self._program.columns):
                mine = [at for at, column in enumerate(self._program.columns) if column.deed.site == site]
                rank = np.zeros(len(self._cost))
                rank[mine] = [self._program.columns[at].rank for at in mine]
                chosen = self._chosen(mine)
                first = next(at for at in mine if self._most[at])
                if chosen != first and not self._better(rank):
                    return False
                self._most[mine] = 0.0
                self._most[self._chosen(mine)] = 1.0
        except Cancelled:
            return False
        return True

    def _chosen(self, mine: list[int]) -> int:
        return next(at for at in mine if self._program.columns[at].deed in (self.best or ()))

    def _better(self, objective: Array) -> bool:
        """Take a plan that is better and no dearer; return whether the search came to its end."""
        self.clock.look()
        found = self._run(objective, 0.0)
        if found.state != "solved" or found.x is None:
            return False
        before, other = self.figures, self._deeds(found.x)
        after = figures_of(self._problem, self._rules, other)
        if not after.broken and share_between(after.cost, before.cost) == 0.0:
            self.best = other
        return True

    def _run(self, objective: Array, gap: float) -> Found:
        question = Integers(objective, self._rows, self._low, self._high, self._least, self._most, len(self._program.columns))
        return solve(question, self.clock.left, self.clock.look, gap=gap)

    def _keep(self, objective: Array, value: float) -> None:
        """Hold a figure at what it is, to the accuracy of float64 sums."""
        self._rows = sparse.csr_array(sparse.vstack([self._rows, sparse.csr_array(objective[None, :])]))
        self._low = np.append(self._low, -np.inf)
        self._high = np.append(self._high, value + EQUAL * max(abs(value), 1.0))

    def _deeds(self, x: Array) -> tuple[Deed, ...]:
        return tuple(column.deed for column, taken in zip(self._program.columns, x, strict=False) if taken > 0.5)


def _plan(problem: Consolidation, search: _Search, found: Found, *, ties_broken: bool) -> ConsolidationPlan:
    figures, clock = search.figures, search.clock
    deeds = search.best or ()
    order = {home.site: at for at, home in enumerate(problem.homes)}
    moves = tuple(
        Move(deed.site, deed.into, problem.home(deed.site).residents, float(problem.transfers[order[deed.site], order[deed.into]]))
        for deed in deeds
        if deed.into
    )
    bound = min(found.bound, figures.cost)
    share = share_between(figures.cost, bound)
    if share == 0.0:
        status, stopped_by, bound = _proven(figures.cost)
    elif clock.cancelled:
        status, stopped_by = "cancelled", "cancel"
    else:
        reached = found.state == "solved"
        status, stopped_by = ("within_gap" if reached or share <= _GOOD_GAP else "heuristic"), ("gap" if reached else "time")
    return ConsolidationPlan(deeds, figures, moves, figures.cost, bound, share, status, stopped_by, ties_broken, seconds=clock.seconds)


def _proven(cost: float) -> tuple[PlanStatus, str, float]:
    return "proven", "proof", cost
