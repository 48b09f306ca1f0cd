"""Backup cover: with a given number of new sites, many people within the threshold of one site, and of these many within that of two."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.counted import Array, count_cover, reachable
from planning.siting.counted_program import Aim
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Halted, free_sites
from planning.siting.problem import SitingProblem
from planning.siting.sites import of_status
from planning.siting.value import people_reached


@dataclass(frozen=True)
class BackupCover:
    """Backup coverage (Hogan & ReVelle 1986).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would change nothing.
    threshold : float
        In the unit of the costs.
    weight : float
        What a person's second site counts where the first counts 1, in [0, 1]. 0: cover comes first, as much as these sites can give, and of the
        plans that give it the one in which most people have two sites is chosen: nobody goes without a site so that others have two.

    Notes
    -----
    The value is ``people with a site + weight x people with two``, with an upper bound. ``second_value`` of the plan is the people with two sites;
    with weight 0 ``second_bound`` is an upper bound on it among the plans that reach as many people at least once.
    """

    key: ClassVar[str] = "backup"
    sites: int
    threshold: float
    weight: float = 0.0

    def __post_init__(self) -> None:
        if self.sites < 1 or not 0 <= self.threshold < float("inf") or not 0 <= self.weight <= 1:
            raise ValueError("BackupCover needs at least one site, a finite threshold that is not negative, and a weight from 0 to 1")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> CountedFrame | Halted | Blocked:
        """Frame as: make the people large who are reached once, then those reached twice."""
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        try:
            rows = count_cover(problem, self.threshold, look=look)
        except Cancelled:
            return self._halted(problem)
        if isinstance(rows, Blocked):
            return rows

        def value(opened: Iterable[str]) -> float:
            once, twice = people_reached(problem, opened, self.threshold)
            return once + self.weight * twice

        def then(first: Array) -> Aim:
            return Aim(free, second=1.0, floor=np.array([first.sum()]))

        return CountedFrame(
            rows, Aim(free, second=self.weight), lambda cost: -cost, value,
            then=then if self.weight == 0 else None,
            second=lambda opened: people_reached(problem, opened, self.threshold)[1],
            second_offset=self.weight == 0,
        )  # fmt: skip

    def _halted(self, problem: SitingProblem) -> Halted:
        once, twice = people_reached(problem, of_status(problem, "must_open"), self.threshold)
        reached = reachable(problem, self.threshold)
        most, left_out = float(problem.people[reached].sum()), (problem.people > 0) & ~reached
        return Halted(once + self.weight * twice, most * (1.0 + self.weight), left_out, True, twice, most if self.weight == 0 else math.nan)
