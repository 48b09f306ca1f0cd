"""Set covering: the fewest new sites that bring a share of the people within the threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.counted import Counted, count_cover, reachable
from planning.siting.counted_program import Aim
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Frame, Halted
from planning.siting.problem import SitingProblem
from planning.siting.reduce import Reduced, reduce_cover
from planning.siting.sites import of_status
from planning.siting.value import covered_people, people_reached

# Sums of people are equal up to this share: the accuracy of float64 over many cells.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LSCP:
    """Location set covering problem (Toregas et al. 1971), also for a share of the people.

    Parameters
    ----------
    threshold : float
        In the unit of the costs.
    share : float
        Share of the people to cover, in (0, 1].
    of : {"people", "coverable"}
        ``people``: the share is of all people given, as norms mean it; people whom no usable site can cover make a share of 1 infeasible.
        ``coverable``: of the people within the threshold of at least one usable site; the others are counted in ``left_out_people``.
    not_located : float
        People given who are in no cell: part of what the share of all people is of (convention 3), and covered by no site.

    Notes
    -----
    The value is the number of new sites, those that must open included, and of existing ones that may close and stay; a lower bound proves it.
    """

    key: ClassVar[str] = "lscp"
    threshold: float
    share: float = 1.0
    of: Literal["people", "coverable"] = "people"
    not_located: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not 0 <= self.threshold < float("inf") or self.of not in {"people", "coverable"}:
            raise ValueError("LSCP needs a share above 0 and at most 1, of 'people' or 'coverable', and a finite threshold that is not negative")
        if not 0 <= self.not_located < float("inf"):
            raise ValueError("LSCP needs a finite number of people who are not located, not a negative one")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | CountedFrame | Halted | Blocked:
        """Frame as: make the number of sites small, with at most so many people uncovered."""
        if problem.conflicts:
            return self._apart(problem, look)
        everyone = self.share == 1.0
        reduced = reduce_cover(problem, self.threshold, beyond=float("inf") if everyone else 1.0, look=look)
        coverable = float(reduced.weight.sum()) + reduced.settled_people
        base = float(problem.people.sum()) + self.not_located if self.of == "people" else coverable
        spare = 0.0 if everyone else coverable - self.share * base
        if self._blocked(reduced, everyone=everyone, spare=spare, base=base):
            return self._beyond(problem, coverable / base, reduced.left_out)
        required = len(of_status(problem, "must_open"))

        def value(opened: Iterable[str]) -> float:
            opened = set(opened)
            covered = covered_people(problem, opened, self.threshold)
            return float(len(opened)) if covered >= (self.share * base if not everyone else coverable) - 2 * _ROUNDING * base else float("nan")

        return Frame(reduced, Goal(budget=max(spare, 0.0) + _ROUNDING * base * (not everyone)), lambda cost: cost + required, value)

    def _blocked(self, reduced: Reduced, *, everyone: bool, spare: float, base: float) -> bool:
        if self.of == "coverable":
            return False
        return bool(np.any(reduced.left_out)) or self.not_located > 0 if everyone else spare < -_ROUNDING * base

    def _beyond(self, problem: SitingProblem, best_share: float, cells: NDArray[np.bool_]) -> Blocked:
        """Name the cells that no site of ours covers, because it is too far or because a competitor is nearer."""
        values = {"share": self.share, "best_share": best_share, "cells": int(cells.sum()), "people": float(problem.people[cells].sum())}
        code = "siting.infeasible.beyond_ours" if of_status(problem, "competitor") else "siting.infeasible.beyond_reach"
        return Blocked(code, {**values, "not_located": self.not_located}, cells)

    def _apart(self, problem: SitingProblem, look: Look) -> CountedFrame | Halted | Blocked:
        """Frame as: make the number of sites small that keep apart and reach at least so many people."""
        rows = self._counted(problem, look)
        if isinstance(rows, Blocked):
            return rows
        left_out = (problem.people > 0) & ~reachable(problem, self.threshold) if rows is None else rows.left_out
        coverable = float(problem.people[~left_out].sum()) if rows is None else float(rows.people.sum() + rows.first.sum())
        base = float(problem.people.sum()) + self.not_located if self.of == "people" else coverable
        wanted = self.share * base
        if wanted > coverable + _ROUNDING * base:
            return self._beyond(problem, coverable / base, left_out)
        required = len(of_status(problem, "must_open"))

        def value(opened: Iterable[str]) -> float:
            opened = set(opened)
            return float(len(opened)) if people_reached(problem, opened, self.threshold)[0] >= wanted - 2 * _ROUNDING * base else float("nan")

        if rows is None:
            return Halted(value(of_status(problem, "must_open")), float(required), left_out, more=False)
        return CountedFrame(rows, Aim(None, kind="sites", floor=np.array([min(wanted, coverable)])), lambda cost: cost + required, value)

    def _counted(self, problem: SitingProblem, look: Look) -> Counted | Blocked | None:
        """Return who is reached by which sites; None where the planner stopped that."""
        try:
            return count_cover(problem, self.threshold, look=look)
        except Cancelled:
            return None
