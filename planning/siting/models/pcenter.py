"""p-center: with a given number of new sites, the smallest radius within which everybody, or a share of the people, has a site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.model import Blocked, Frame, free_sites
from planning.siting.problem import SitingProblem
from planning.siting.radius import ROUNDING, RadiusFrame
from planning.siting.reduce import reduce_costs
from planning.siting.sites import allied
from planning.siting.value import radius


@dataclass(frozen=True)
class PCenter:
    """p-center problem (Hakimi 1964; Minieka 1970), also for a share of the people (partial p-center; Daskin & Owen 1999).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most.
    share : float
        Share of the people to be within the radius, in (0, 1].
    of : {"people", "coverable"}
        ``coverable``: the share is of the people whom a usable site serves within the search limit; the others are counted in ``left_out_people``.
        ``people``: of all people given.
    not_located : float
        People given who are in no cell: part of what the share of all people is of (convention 3), and within no radius.

    Notes
    -----
    The value is the radius in the unit of the costs, rounded to 1 mm or 1 ms as costs are compared (convention 4); a lower bound proves it.
    """

    key: ClassVar[str] = "pcenter"
    sites: int
    share: float = 1.0
    of: Literal["people", "coverable"] = "coverable"
    not_located: float = 0.0

    def __post_init__(self) -> None:
        if self.sites < 1 or not 0 < self.share <= 1 or self.of not in {"people", "coverable"} or not 0 <= self.not_located < float("inf"):
            raise ValueError("PCenter needs at least one site, a share above 0 and at most 1 of 'people' or 'coverable', and not_located from 0 on")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | Blocked:
        """Frame as: make the radius small within which enough people have an open site."""
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        reduced = reduce_costs(allied(problem), beyond=float("inf"), look=look)
        cells = reduced.left_out
        coverable = float(problem.people[~cells].sum())
        base = coverable if self.of == "coverable" else float(problem.people.sum()) + self.not_located
        everyone = self.share == 1.0
        if self.of == "people" and (base > coverable if everyone else self.share * base > coverable + ROUNDING * base):
            values = {"share": self.share, "best_share": coverable / base, "cells": int(cells.sum()), "people": float(problem.people[cells].sum())}
            return Blocked("siting.infeasible.beyond_reach", {**values, "not_located": self.not_located}, cells)
        needed = None if everyone else self.share * base

        def value(opened: Iterable[str]) -> float:
            return radius(problem, opened, needed, ~cells)

        return RadiusFrame(reduced, Goal(most=free), float, value, allied(problem), needed)
