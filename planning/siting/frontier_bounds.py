"""What the plans and bounds of neighbouring levels of a frontier say about each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from planning.siting.problem import SitingPlan
from planning.siting.search import GOOD_GAP
from planning.siting.watch import share_between


def tightened(plans: Sequence[SitingPlan], target: float, *, more_is_better: bool, ascends: bool) -> list[SitingPlan]:
    """Return the plans of a row of levels, each at least as good as its neighbours allow.

    Parameters
    ----------
    plans : sequence of SitingPlan
        One for each level; infeasible ones stay as they are.
    target : float
        Gap that was asked for.
    more_is_better : bool
        What the value is.
    ascends : bool
        A plan for one level is a plan for the next; otherwise for the one before.
    """
    order = [place for place, plan in enumerate(plans) if plan.status != "infeasible"]
    order = order if ascends else order[::-1]
    found = list(plans)
    for tight, loose in itertools.pairwise(order):
        found[loose] = _with_plan(found[loose], found[tight], more_is_better=more_is_better)
    for loose, tight in itertools.pairwise(order[::-1]):
        found[tight] = _with_bound(found[tight], found[loose], more_is_better=more_is_better)
    return [plan if plan.status == "infeasible" else graded(plan, target) for plan in found]


def merged(known: SitingPlan, other: SitingPlan, target: float, *, more_is_better: bool) -> SitingPlan:
    """Return the better plan of one level with the better bound, and the effort of both."""
    if other.status == "infeasible":
        return other
    best = _with_bound(_with_plan(other, known, more_is_better=more_is_better), known, more_is_better=more_is_better)
    return graded(replace(best, nodes=known.nodes + other.nodes, seconds=known.seconds + other.seconds), target)


def staged(step: SitingPlan, free: SitingPlan, target: float) -> SitingPlan:
    """Return the plan of a step of a nested frontier, measured by the bound of its level without the sites that it keeps."""
    if step.status == "infeasible" or free.status == "infeasible":
        return step
    same = step.value == free.value
    plan = replace(
        step, bound=free.bound, second_bound=free.second_bound if same else math.nan, checked=free.checked, checked_bound=free.checked_bound
    )
    return graded(replace(plan, stopped_by="nested") if step.gap == 0.0 else plan, target)


def graded(plan: SitingPlan, target: float) -> SitingPlan:
    """Return a plan with the gap and the status that its values and bounds give it."""
    gap = share_between(plan.value, plan.bound)
    if math.isfinite(plan.second_value) and math.isfinite(plan.second_bound):
        gap = max(gap, share_between(plan.second_value, plan.second_bound))
    if gap == 0.0:
        return replace(plan, bound=plan.value, gap=0.0, status="proven", stopped_by="proof")
    if plan.status == "cancelled":
        return replace(plan, gap=gap)
    return replace(plan, gap=gap, status="within_gap" if gap <= max(target, GOOD_GAP) else "heuristic")


def _with_plan(plan: SitingPlan, other: SitingPlan, *, more_is_better: bool) -> SitingPlan:
    """Return the answer of a level with another plan that is possible there, if that is better."""
    if plan.gap == 0.0 or not _rank(other, more_is_better=more_is_better) > _rank(plan, more_is_better=more_is_better):
        return plan
    return replace(
        plan, opened=other.opened, closed=other.closed, spent=other.spent, assigned=other.assigned, value=other.value, second_value=other.second_value
    )


def _rank(plan: SitingPlan, *, more_is_better: bool) -> tuple[float, float]:
    # Where people are assigned, the second value is travel, of which more is no better.
    second = plan.second_value if math.isfinite(plan.second_value) and not plan.assigned else 0.0
    return (-math.inf if math.isnan(plan.value) else plan.value if more_is_better else -plan.value, second)


def _with_bound(plan: SitingPlan, other: SitingPlan, *, more_is_better: bool) -> SitingPlan:
    """Return the answer of a level with the bound of another that is valid there, if that is nearer; it brings what was checked of it."""
    bound = other.bound
    if plan.gap == 0.0 or math.isnan(bound) or (not math.isnan(plan.bound) and (bound >= plan.bound) == more_is_better):
        return plan
    return replace(plan, bound=bound, checked=other.checked, checked_bound=other.checked_bound)
