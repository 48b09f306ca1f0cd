"""Equity: with a given number of new sites, make the worst-served township as well served as possible; then reach as many people as possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.counted import Array, count_cover, reachable
from planning.siting.counted_program import Aim
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Halted, free_sites
from planning.siting.problem import SitingProblem
from planning.siting.sites import of_status
from planning.siting.value import people_reached, share_by_town


@dataclass(frozen=True)
class EquityCover:
    """Maximal covering of the worst-served township first (the maximin rule, Rawls 1971; for covering, after Church & ReVelle 1974).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would cover nobody.
    threshold : float
        In the unit of the costs.
    of : {"people", "coverable"}
        What a township's share is of: ``people``, all who live there; ``coverable``, those within the threshold of at least one usable site. One
        township whose people no site reaches has share 0 whatever is built; with ``people`` then only the total is left to choose by.

    Notes
    -----
    Needs ``problem.towns``. The value is the smallest share of a township's people within the threshold of a kept or new site, with an upper bound; 1
    where nobody is to be served. ``second_value`` of the plan is the people covered in all; ``second_bound`` is an upper bound on it among plans
    whose worst township is served as well.
    """

    key: ClassVar[str] = "equity"
    sites: int
    threshold: float
    of: Literal["people", "coverable"] = "people"

    def __post_init__(self) -> None:
        if self.sites < 1 or not 0 <= self.threshold < float("inf") or self.of not in {"people", "coverable"}:
            raise ValueError("EquityCover needs at least one site, a finite threshold that is not negative, and shares of 'people' or 'coverable'")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> CountedFrame | Halted | Blocked:
        """Frame as: make the smallest share of a township large, then the total with each township's share kept."""
        if problem.towns is None:
            raise ValueError("EquityCover needs to know the township of each cell: SitingProblem(..., towns=...)")
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        try:
            rows = count_cover(problem, self.threshold, by_town=True, look=look)
        except Cancelled:
            return self._halted(problem)
        if isinstance(rows, Blocked):
            return rows
        base = rows.covered(np.ones(len(rows.sites), dtype=bool))[0]
        if self.of == "people":
            base = base + np.bincount(rows.town_of_cell[rows.left_out], weights=problem.people[rows.left_out], minlength=len(base))
        aim = Aim(free, kind="worst", base=base)

        def then(first: Array) -> Aim:
            return Aim(free, floor=aim.worst(first) * base)

        living = dict(zip(rows.towns, base.tolist(), strict=True))
        return CountedFrame(
            rows, aim, lambda cost: 1.0 - cost,
            lambda opened: min(share_by_town(problem, opened, self.threshold, living).values(), default=1.0),
            then=then,
            second=lambda opened: people_reached(problem, opened, self.threshold)[0],
        )  # fmt: skip

    def _halted(self, problem: SitingProblem) -> Halted:
        reached, opened = reachable(problem, self.threshold), of_status(problem, "must_open")
        coverable = _by_town(problem, reached)
        living = coverable if self.of == "coverable" else _by_town(problem, problem.people > 0)
        worst = min(share_by_town(problem, opened, self.threshold, living).values(), default=1.0)
        bound = min((coverable[town] / people for town, people in living.items() if people > 0), default=1.0)
        second, left_out = people_reached(problem, opened, self.threshold)[0], (problem.people > 0) & ~reached
        return Halted(worst, bound, left_out, True, second, sum(coverable.values()))


def _by_town(problem: SitingProblem, cells: NDArray[np.bool_]) -> dict[str, float]:
    """Return the people of some cells in each township."""
    names, town = np.unique(np.asarray(problem.towns, dtype=object).astype(str), return_inverse=True)
    people = np.bincount(town[cells], weights=problem.people[cells], minlength=len(names))
    return dict(zip(names.tolist(), people.tolist(), strict=True))
