"""Propose sites: reduce, search for a good plan, bound what any plan can reach, prove; then recompute the value from the raw problem."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from layers.progress import Progress, silent
from planning.siting.capacitated.answer import CapacityFrame
from planning.siting.capacitated.answer import answer as placed
from planning.siting.certify import Notes, reviewed
from planning.siting.chosen import named, settled, with_sites
from planning.siting.counted_search import CountedFrame, answer, gap_of
from planning.siting.early import EarlySearch
from planning.siting.listed_search import ListedFrame, ListedSearch
from planning.siting.model import Blocked, Frame, Halted, Model, refuse_conflicts
from planning.siting.problem import Checked, PlanStatus, SitingPlan, SitingProblem
from planning.siting.radius import RadiusFrame, RadiusSearch
from planning.siting.reduced_search import ReducedSearch
from planning.siting.refused import excluded, unserved
from planning.siting.tree import cost_of
from planning.siting.watch import Watch, share_between

# A plan that is at most this share from the best possible is called so even when more was asked for and the time was up.
GOOD_GAP = 0.005
_NAN = float("nan")


def propose(problem: SitingProblem, model: Model, *, progress: Progress = silent, time_limit: float = 60.0, gap: float = 0.0) -> SitingPlan:
    """Propose where new sites should stand.

    Parameters
    ----------
    problem : SitingProblem
        Kept sites stay and serve; sites that must open are in every plan and count; those that may close count while they stay; forbidden sites stay
        closed; competitors serve and do not count.
    model : Model
        What to aim for: :class:`~planning.siting.models.mclp.MCLP`, :class:`~planning.siting.models.lscp.LSCP`,
        :class:`~planning.siting.models.pmedian.PMedian`, :class:`~planning.siting.models.pcenter.PCenter`,
        :class:`~planning.siting.models.capcover.CapacitatedCover`, :class:`~planning.siting.models.capmedian.CapacitatedMedian` …
    progress : Progress
        Called about ten times a second with ``value``, ``bound`` and ``gap`` as far as they are known. When it raises Cancelled the best plan so far
        is the answer.
    time_limit : float
        Seconds after which the best plan so far is the answer.
    gap : float
        Share from the best possible at which the search may end; 0 asks for a proof.

    Returns
    -------
    SitingPlan
        Runs that end by themselves give the same plan for the same input, whatever the order of the sites in the table; of equal plans the search
        keeps the one it met first, and it prefers sites that exist to new ones, and smaller ids.

    Raises
    ------
    ValueError
        When parameters contradict each other, such as a threshold beyond the search limit of the costs.
    """
    if not time_limit > 0 or not gap >= 0:
        raise ValueError("the time limit must be positive and the gap not negative")
    watch = Watch(progress, time_limit, gap)
    return answered(problem, model, model.frame(problem, watch.look), watch)


def answered(
    problem: SitingProblem, model: Model, frame: Frame | CountedFrame | CapacityFrame | Halted | Blocked, watch: Watch,
    begin: tuple[str, ...] = (),
) -> SitingPlan:  # fmt: skip
    """Answer a question that is framed already.

    Parameters
    ----------
    problem : SitingProblem
    model : Model
    frame : Frame, CountedFrame, CapacityFrame, Halted or Blocked
        The model's question put to this problem.
    watch : Watch
        Its clock runs from its making.
    begin : tuple of str
        New sites of a plan that is known already, such as that of the level before on a frontier.
    """
    return noted(problem, model, frame, watch, begin)[0]


def noted(
    problem: SitingProblem, model: Model, frame: Frame | CountedFrame | CapacityFrame | Halted | Blocked, watch: Watch,
    begin: tuple[str, ...] = (),
) -> tuple[SitingPlan, Notes | None]:  # fmt: skip
    """Answer a question as :func:`answered` does; return the plan, and what its certificate is made of where there is one."""
    if not isinstance(frame, Frame):
        return _uncertified(problem, model, frame, watch, begin), None
    refuse_conflicts(problem, model.key)
    search = _search(frame, watch)
    if begin and not isinstance(search, EarlySearch):
        known = np.isin(np.array(frame.reduced.sites), np.array(begin))
        watch.offer(known, search.radius_of(known) if isinstance(search, RadiusSearch) else cost_of(frame.reduced, frame.goal, known))
    cancelled = search.run()
    if math.isinf(watch.cost) and watch.bound == math.inf:
        return _infeasible(problem, model, watch, unserved(problem, model, frame, search.greedy), nodes=search.nodes), None
    plan = _plan(problem, model, frame, search, cancelled=cancelled)
    if not isinstance(search, ReducedSearch):
        return plan, None
    notes = search.notes()
    return with_check(plan, frame, *reviewed(notes)), notes


def _uncertified(
    problem: SitingProblem, model: Model, frame: CountedFrame | CapacityFrame | Halted | Blocked, watch: Watch, begin: tuple[str, ...]
) -> SitingPlan:
    """Answer a question whose bound has no certificate."""
    if isinstance(frame, Blocked):
        return _infeasible(problem, model, watch, frame, nodes=0)
    if isinstance(frame, Halted):
        return _halted(problem, model, frame, watch)
    if isinstance(frame, CountedFrame):
        return _counted(problem, model, frame, watch)
    return _capacitated(problem, model, frame, watch, begin)


def with_check(plan: SitingPlan, frame: Frame, checked: Checked, cost: float) -> SitingPlan:
    """Say of a plan what was checked; where that is all of its bound, the bound itself is told, not its last digits anew."""
    if checked == "no":
        return plan
    return replace(plan, checked=checked, checked_bound=plan.bound if checked == "whole" else frame.shown(cost))


def _search(frame: Frame, watch: Watch) -> Search:
    if frame.reduced.unmerged is not None:
        return EarlySearch(frame, frame.reduced.unmerged, watch)
    if isinstance(frame, RadiusFrame):
        return RadiusSearch(frame, watch)
    return ListedSearch(frame, watch) if isinstance(frame, ListedFrame) else ReducedSearch(frame, watch)


Search = ReducedSearch | RadiusSearch | ListedSearch | EarlySearch


def _plan(problem: SitingProblem, model: Model, frame: Frame, search: Search, *, cancelled: bool) -> SitingPlan:
    watch, reduced = search.watch, frame.reduced
    chosen: tuple[str, ...] | None = None
    value = _NAN
    if watch.opened is not None:
        final = watch.opened
        if isinstance(frame, ListedFrame):
            final = frame.settled(watch.opened, watch.cost)
        elif reduced.unmerged is None:
            final = settled(problem, frame, watch.opened, watch.cost)
        chosen = named(problem, reduced.sites, final)
        value = frame.value(chosen)
        if share_between(value, frame.shown(watch.cost)) > 1e-6:
            raise ValueError(f"the search's own value {frame.shown(watch.cost)} is not the plan's value {value}")
    bound = frame.shown(watch.bound)
    gap = 0.0 if watch.proven else share_between(value, bound)
    if gap == 0.0:
        bound = value
    status, stopped_by = _status(watch, gap, cancelled=cancelled)
    lacking = reduced.left_out
    return with_sites(problem, chosen, SitingPlan(
        model.key, (), value, bound, gap, status, _finite(frame.shown(search.greedy_cost)), search.nodes, watch.seconds, stopped_by,
        left_out=tuple(problem.costs.cells[lacking].tolist()), left_out_people=float(problem.people[lacking].sum()),
    ))  # fmt: skip


def _counted(problem: SitingProblem, model: Model, frame: CountedFrame, watch: Watch) -> SitingPlan:
    """Answer a question in which sites are counted, live in townships or exclude each other."""
    found = answer(frame, watch)
    if found.most_reached is not None:
        return _infeasible(problem, model, watch, excluded(frame, found.most_reached), nodes=found.nodes)
    chosen: tuple[str, ...] | None = None
    value = second = _NAN
    if found.opened is not None:
        chosen = named(problem, frame.rows.sites, found.opened)
        value, second = frame.value(chosen), _NAN if frame.second is None else frame.second(chosen)
        if not share_between(value, found.value) <= 1e-6:
            raise ValueError(f"the search's own value {found.value} is not the plan's value {value}")
    gap = gap_of(found, value, second)
    bound = value if gap == 0.0 else found.bound
    second_bound = second if gap == 0.0 and frame.then is not None else found.second_bound
    status, stopped_by = _status(watch, gap, cancelled=found.cancelled)
    lacking = frame.rows.left_out
    return with_sites(problem, chosen, SitingPlan(
        model.key, (), value, bound, gap, status, _finite(found.greedy), found.nodes, watch.seconds, stopped_by,
        left_out=tuple(problem.costs.cells[lacking].tolist()), left_out_people=float(problem.people[lacking].sum()),
        second_value=second, second_bound=second_bound,
    ))  # fmt: skip


def _capacitated(problem: SitingProblem, model: Model, frame: CapacityFrame, watch: Watch, begin: tuple[str, ...]) -> SitingPlan:
    """Answer a question in which sites have so many places."""
    found = placed(frame, watch, begin)
    if found.blocked is not None:
        return _infeasible(problem, model, watch, found.blocked, nodes=found.nodes)
    if found.chosen is not None and share_between(found.value, frame.shown(watch.cost)) > 1e-6:
        raise ValueError(f"the search's own value {frame.shown(watch.cost)} is not the plan's value {found.value}")
    gap = 0.0 if found.proven else share_between(found.value, found.bound)
    status, stopped_by = _status(watch, gap, cancelled=found.cancelled)
    lacking = frame.left_out
    return with_sites(problem, found.chosen, SitingPlan(
        model.key, (), found.value, found.value if gap == 0.0 else found.bound, gap, status, found.greedy, found.nodes, watch.seconds, stopped_by,
        left_out=tuple(problem.costs.cells[lacking].tolist()), left_out_people=float(problem.people[lacking].sum()),
        second_value=found.second, assigned=found.assigned,
    ))  # fmt: skip


def _halted(problem: SitingProblem, model: Model, frame: Halted, watch: Watch) -> SitingPlan:
    """Answer a question that the planner stopped before it was framed."""
    chosen = None if math.isnan(frame.value) else named(problem, (), np.zeros(0, dtype=bool))
    gap = share_between(frame.value, frame.bound)
    if math.isfinite(frame.second_bound):
        gap = max(gap, share_between(frame.second, frame.second_bound))
    status, stopped_by = _status(watch, gap, cancelled=True)
    bound, second_bound = (frame.value, frame.second) if gap == 0.0 else (frame.bound, frame.second_bound)
    lacking = frame.left_out
    return with_sites(problem, chosen, SitingPlan(
        model.key, (), frame.value, bound, gap, status, _NAN, 0, watch.seconds, stopped_by,
        left_out=tuple(problem.costs.cells[lacking].tolist()), left_out_people=float(problem.people[lacking].sum()),
        second_value=frame.second, second_bound=second_bound,
    ))  # fmt: skip


def _status(watch: Watch, gap: float, *, cancelled: bool) -> tuple[PlanStatus, str]:
    if gap == 0.0:
        return "proven", "proof"
    if cancelled and not watch.out_of_time:
        return "cancelled", "cancel"
    return ("within_gap" if gap <= max(watch.target, GOOD_GAP) else "heuristic"), "time" if watch.out_of_time else "gap"


def _infeasible(problem: SitingProblem, model: Model, watch: Watch, blocked: Blocked, *, nodes: int) -> SitingPlan:
    lacking = np.zeros(len(problem.people), dtype=bool) if blocked.cells is None else blocked.cells
    return SitingPlan(
        model.key, (), _NAN, _NAN, _NAN, "infeasible", _NAN, nodes, watch.seconds, blocked.code, blocked.values,
        tuple(problem.costs.cells[lacking].tolist()), float(problem.people[lacking].sum()),
    )  # fmt: skip


def _finite(value: float) -> float:
    return value if math.isfinite(value) else _NAN
