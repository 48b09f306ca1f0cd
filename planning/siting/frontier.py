"""The frontier: what each further site, each further unit of money, or each further share of the people brings.

Every level is a question of its own. What is known of one level helps its neighbours: a plan for a tight level is a plan for every looser one, and
no plan of a tight level is better than the bound of a looser one. So the values along a frontier never fall back, and neither do the bounds.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast

from layers.errors import Cancelled
from layers.progress import Progress, silent
from planning.siting.capacitated.answer import CapacityFrame
from planning.siting.counted_search import CountedFrame
from planning.siting.frontier_bounds import merged, staged, tightened
from planning.siting.model import Blocked, Frame, Halted, Model, free_sites
from planning.siting.problem import SiteStatus, SitingPlan, SitingProblem
from planning.siting.search import answered
from planning.siting.sites import of_status
from planning.siting.value import standing
from planning.siting.watch import Watch

Varies = Literal["sites", "budget", "share"]

# A level that is not proven is tried again with the time left over when that is so many times what it had.
_AGAIN = 2.0
# Time of a level when none is left, in s: it answers with what is known.
_NO_TIME = 1e-3


@dataclass(frozen=True)
class FrontierPoint:
    """One level of a frontier.

    Attributes
    ----------
    level : float
        Number of new sites, money, or share of the people.
    plan : SitingPlan
        Its bound and gap are those of the level by itself, also when the frontier is nested.
    step_gap : float
        Nested: the gap among the plans that keep the sites of the level before, 0 where none of them is better. NaN when free.
    """

    level: float
    plan: SitingPlan
    step_gap: float = math.nan


@dataclass(frozen=True)
class Frontier:
    """Plans for a row of levels.

    Attributes
    ----------
    varies : {"sites", "budget", "share"}
        Which parameter of the model the levels are.
    nested : bool
        Each plan holds the sites of the one before.
    points : tuple of FrontierPoint
        Levels ascending; after a stop by the planner only those that were reached.
    """

    varies: Varies
    nested: bool
    points: tuple[FrontierPoint, ...]

    @property
    def marginal(self) -> tuple[float, ...]:
        """What each level changes per unit of the parameter since the level before: people per further site for MCLP; NaN where unknown."""
        steps = itertools.pairwise(self.points)
        return (math.nan, *((after.plan.value - before.plan.value) / (after.level - before.level) for before, after in steps))[: len(self.points)]


def frontier(  # noqa: PLR0913 - propose's own, and levels
    problem: SitingProblem,
    model: Model,
    levels: Sequence[float] | None = None,
    *,
    nested: bool = False,
    progress: Progress = silent,
    time_limit: float = 60.0,
    gap: float = 0.0,
) -> Frontier:
    """Propose a plan for each of several numbers of sites, budgets or shares.

    Parameters
    ----------
    problem : SitingProblem
    model : Model
        Its ``budget`` varies where it has one, else its ``sites``, else its ``share`` (LSCP).
    levels : sequence of float, optional
        Values of that parameter, ascending. By default 1 … p sites, counted from those that must open; ten parts of the budget; shares by tenths from
        0.5 to the model's own.
    nested : bool
        Each plan keeps the sites of the level before: a programme built in stages. Each step is as good as its gap says *among the plans that keep
        those sites*; a programme as a whole is not optimised, and the first level is the best plan for that level alone. Bound and gap of the plans
        are those of the level by itself, so that the gap shows the price of building in stages.
    progress : Progress
        Told as by :func:`planning.siting.propose`, with ``level``. When it raises Cancelled, the levels reached so far are the answer.
    time_limit : float
        Seconds for all levels together. What a level does not need goes to the later ones, what all do not need to those without a proof.
    gap : float
        Share from the best possible at which the search of a level may end.

    Returns
    -------
    Frontier
        From level to level no value falls back, and every gap is valid.

    Raises
    ------
    ValueError
        When levels do not ascend, are no values of the parameter, or the model has none that varies.
    """
    if not time_limit > 0 or not gap >= 0:
        raise ValueError("the time limit must be positive and the gap not negative")
    varies = _varies(model)
    chosen = tuple(_default(problem, model, varies) if levels is None else levels)
    if any(not one < other for one, other in itertools.pairwise(chosen)):
        raise ValueError("levels must ascend")
    run = _Run(problem, [_with(model, varies, level) for level in chosen], varies, _Clock(progress, time_limit))
    run.search(chosen, gap, nested=nested)
    return Frontier(varies, nested, run.points(chosen, gap, nested=nested))


class _Clock:
    """Progress and time of the whole frontier."""

    def __init__(self, progress: Progress, limit: float) -> None:
        self._progress, self.limit, self._begun = progress, limit, time.monotonic()
        self.cancelled, self.level = False, math.nan

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def share(self, parts: int) -> float:
        """Return one of so many parts of the time left, in s."""
        return max((self.limit - self.seconds) / parts, _NO_TIME)

    def watch(self, gap: float, parts: int) -> Watch:
        """Return a watch for one of so many parts of the time left."""
        return Watch(self, self.share(parts), gap)

    def __call__(self, stage: str, done: float, total: float, **more: float) -> None:
        del done, total
        try:
            self._progress(stage, min(self.seconds, self.limit), self.limit, level=self.level, **more)
        except Cancelled:
            self.cancelled = True
            raise


class _Run:
    """One run over all levels."""

    def __init__(self, problem: SitingProblem, models: list[Model], varies: Varies, clock: _Clock) -> None:
        self.problem, self.models, self.varies, self.clock = problem, models, varies, clock
        self.free: list[SitingPlan] = []
        self.kept: list[SitingPlan] = []
        self._standing: frozenset[str] = frozenset()
        self.more_is_better = False

    @cached_property
    def _whole(self) -> Frame | CountedFrame | CapacityFrame | Halted | Blocked:
        """The last level, framed: what it has in common with the others is made once."""
        return self.models[-1].frame(self.problem, self.clock.watch(0.0, 1).look)

    @property
    def ascends(self) -> bool:
        """A plan for one level is a plan for the next."""
        return self.varies != "share"

    def search(self, levels: Sequence[float], gap: float, *, nested: bool) -> None:
        for place, level in enumerate(levels):
            self.clock.level = level
            left = len(levels) - place
            before = self._chosen(self.free[-1]) if self.free and self.ascends else ()
            self.free.append(self._solve(place, self.clock.watch(gap, 2 * left if nested else left), before))
            if nested and not self.clock.cancelled:
                self.kept.append(self._step(place, self.clock.watch(gap, 2 * left - 1)))
                self._standing |= frozenset(self._chosen(self.kept[-1]))
            if self.clock.cancelled:
                return
        self._again(levels, gap)

    def points(self, levels: Sequence[float], gap: float, *, nested: bool) -> tuple[FrontierPoint, ...]:
        free = self._tight(gap)
        if not nested:
            return tuple(FrontierPoint(level, plan) for level, plan in zip(levels, free, strict=False))
        return tuple(FrontierPoint(level, staged(step, plan, gap), step.gap) for level, plan, step in zip(levels, free, self.kept, strict=False))

    def _tight(self, gap: float) -> list[SitingPlan]:
        return tightened(self.free, gap, more_is_better=self.more_is_better, ascends=self.ascends)

    def _solve(self, place: int, watch: Watch, begin: tuple[str, ...]) -> SitingPlan:
        frame = self._framed(place, watch)
        if not isinstance(frame, Blocked):
            self.more_is_better = frame.shown(1.0) < frame.shown(0.0)
        return answered(self.problem, self.models[place], frame, watch, begin)

    def _framed(self, place: int, watch: Watch) -> Frame | CountedFrame | CapacityFrame | Halted | Blocked:
        """Frame a level; what it shares with the last one, the reduction above all, is made once."""
        model = self.models[place]
        if place == len(self.models) - 1:
            return self._whole
        if self.varies != "sites" or isinstance(self._whole, Blocked):
            return model.frame(self.problem, watch.look)
        free = free_sites(self.problem, cast("Any", model).sites)
        return free if isinstance(free, Blocked) else self._whole.at(free)

    def _step(self, place: int, watch: Watch) -> SitingPlan:
        """Solve a level among the plans that keep the sites of the level before."""
        if self.free[place].status == "infeasible" or self._standing.issubset(self._chosen(self.free[place])):
            return self.free[place]  # the best of all plans keeps them anyhow
        status: dict[str, SiteStatus] = {site: "must_open" if site in self._standing else was for site, was in self.problem.status.items()}
        problem, model = replace(self.problem, status=status), self.models[place]
        plan = answered(problem, model, model.frame(problem, watch.look), watch)
        return replace(plan, opened=tuple(site for site in plan.opened if self.problem.status[site] != "may_close"))

    def _chosen(self, plan: SitingPlan) -> tuple[str, ...]:
        """Return the new sites of a plan and the existing ones that may close and stay."""
        return () if math.isnan(plan.value) else standing(self.problem, plan.opened, plan.closed)

    def _again(self, levels: Sequence[float], gap: float) -> None:
        """Give the time left over to the levels that are not proven."""
        open_ones = [place for place, plan in enumerate(self._tight(gap)) if plan.gap > gap]
        for turn, place in enumerate(open_ones):
            parts, self.clock.level = len(open_ones) - turn, levels[place]
            if self.clock.cancelled or self.clock.share(parts) < _AGAIN * self.free[place].seconds:
                continue
            known = self._tight(gap)[place]
            better = self._solve(place, self.clock.watch(gap, parts), self._chosen(known))
            self.free[place] = merged(known, better, gap, more_is_better=self.more_is_better)


def _varies(model: Model) -> Varies:
    names: tuple[Varies, ...] = ("budget", "sites", "share")
    for name in names:
        if getattr(model, name, None) is not None:
            return name
    raise ValueError(f"{model.key} has neither sites nor a budget nor a share that could vary")


def _with(model: Model, varies: Varies, level: float) -> Model:
    if varies == "sites" and level != int(level):
        raise ValueError("a number of sites is a whole number")
    return cast("Model", dataclasses.replace(cast("Any", model), **{varies: int(level) if varies == "sites" else level}))


def _default(problem: SitingProblem, model: Model, varies: Varies) -> Sequence[float]:
    most = getattr(model, varies)
    if varies == "sites":
        return range(max(min(len(of_status(problem, "must_open")), most), 1), most + 1)
    if varies == "budget":
        return [most * part / 10 for part in range(1, 11)]
    return [*(tenth / 10 for tenth in range(5, 10) if tenth / 10 < most), most]
