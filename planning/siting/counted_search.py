"""Answer a question in which sites are counted: one aim after the other, each with its bound; then recompute the values from the raw problem."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from layers.errors import Cancelled
from planning.siting import counted_plans
from planning.siting.chosen import exceeds, keeping_counted
from planning.siting.counted import Array, Counted, Open
from planning.siting.counted_program import Aim
from planning.siting.counted_tree import CountedTree
from planning.siting.watch import Watch, share_between

# Share of the time after which the second aim begins, even though the first is not proven.
_FIRST = 0.6


@dataclass(frozen=True)
class CountedFrame:
    """A question about counted sites, as a model puts it.

    Attributes
    ----------
    rows : Counted
    aim : Aim
        What comes first.
    shown : callable
        Turns a cost of the first aim into the value the planner knows.
    value : callable
        Recomputes that value of some new sites from the raw problem; NaN when they break a condition of the model.
    then : callable, optional
        Given the people of each township reached by the best plan, the aim among plans that are as good.
    second : callable, optional
        Recomputes the value of the second aim from the raw problem.
    second_offset : bool
        The second aim's total holds the people reached once, too; they are no part of its value.
    """

    rows: Counted
    aim: Aim
    shown: Callable[[float], float]
    value: Callable[[Iterable[str]], float]
    then: Callable[[Array], Aim] | None = None
    second: Callable[[Iterable[str]], float] | None = None
    second_offset: bool = False

    def at(self, most: int | None) -> CountedFrame:
        """Return the same question for another number of free sites: the rows do not depend on it."""
        return replace(self, aim=replace(self.aim, most=most))


@dataclass(frozen=True)
class CountedAnswer:
    """What the search found: positions of open sites, costs and bounds as the planner knows them.

    Attributes
    ----------
    opened : bool, shape (sites,), or None
    value, bound, second_bound, greedy : float
        NaN where there is none.
    proven : bool
        Both aims are.
    cancelled : bool
    most_reached : bool, shape (sites,), or None
        Where no plan exists because sites exclude each other: the plan of sites that agree which reaches most people, as far as it was found.
    nodes : int
    """

    opened: Open | None
    value: float
    bound: float
    second_bound: float
    greedy: float
    proven: bool
    cancelled: bool
    most_reached: Open | None
    nodes: int


def answer(frame: CountedFrame, watch: Watch) -> CountedAnswer:
    """Search for the best plan of a question.

    Parameters
    ----------
    frame : CountedFrame
    watch : Watch
        Its clock runs over both aims.
    """
    whole, watch = watch, watch.continued(frame.shown, until=1.0 if frame.then is None else _FIRST)
    run = _Run(frame.rows, frame.aim, watch)
    cancelled = run.search()
    whole.out_of_time = watch.out_of_time
    if watch.opened is None:
        most_reached = _exclusions(frame, watch) if not cancelled and watch.bound == math.inf else None
        return CountedAnswer(None, math.nan, frame.shown(watch.bound), math.nan, math.nan, False, cancelled, most_reached, run.nodes)
    opened, bound, greedy = watch.opened, frame.shown(watch.bound), frame.shown(run.greedy_cost)
    proven, nodes, last, second_bound = watch.proven, run.nodes, frame.aim, math.nan
    if frame.then is not None:
        first, _ = frame.rows.covered(opened)
        last = replace(frame.then(first), most=frame.aim.most)
        second_watch = whole.continued(lambda cost: -cost - (float(first.sum()) if frame.second_offset else 0.0))
        second_watch.offer(opened, last.cost(frame.rows, opened))
        if not cancelled or watch.out_of_time:
            second = _Run(frame.rows, last, second_watch)
            cancelled |= second.search()
            nodes += second.nodes
        else:
            second_watch.raise_bound(_ideal(frame.rows, last))
        whole.out_of_time |= second_watch.out_of_time
        opened = opened if second_watch.opened is None else second_watch.opened
        proven = proven and second_watch.proven
        second_bound = -second_watch.bound - (float(frame.rows.covered(opened)[0].sum()) if frame.second_offset else 0.0)
    opened = counted_plans.without_spare(frame.rows, last, _kept_rather(frame.rows, last, opened))
    value = frame.shown(frame.aim.cost(frame.rows, opened))
    return CountedAnswer(opened, value, bound, second_bound, greedy, proven, cancelled, None, nodes)


def _kept_rather(rows: Counted, aim: Aim, opened: Open) -> Open:
    """Return a plan as good with existing sites rather than new ones."""

    def worse(one: Open, other: Open) -> bool:
        return exceeds(aim.cost(rows, one), aim.cost(rows, other)) or exceeds(float(rows.price[one].sum()), float(rows.price[other].sum()))

    return keeping_counted(opened, rows.stays, worse)


class _Run:
    """One aim."""

    def __init__(self, rows: Counted, aim: Aim, watch: Watch) -> None:
        self.rows, self.aim, self.watch, self.nodes, self.greedy_cost = rows, aim, watch, 0, math.nan

    def search(self) -> bool:
        """Search; return whether it was stopped by the planner or the clock."""
        rows, aim, watch = self.rows, self.aim, self.watch
        whole = (
            (rows.people == np.round(rows.people)).all()
            and (rows.first == np.round(rows.first)).all()
            and (rows.second == np.round(rows.second)).all()
        )
        watch.step = 1.0 if aim.kind == "sites" or (aim.kind == "total" and whole and aim.second in {0.0, 1.0}) else 0.0
        none = np.zeros(len(rows.sites), dtype=bool)
        watch.offer(none, aim.cost(rows, none))
        watch.raise_bound(_ideal(rows, aim))
        tree: CountedTree | None = None
        try:
            watch.look()
            watch.stage = "siting.stage.plan"
            plan = counted_plans.fill(rows, aim, none, self._seen)
            self.greedy_cost = aim.cost(rows, plan)
            watch.offer(plan, self.greedy_cost)
            begin = plan if watch.opened is None else watch.opened
            if aim.kind == "sites":
                begin = counted_plans.without_spare(rows, aim, plan)
                watch.offer(begin, aim.cost(rows, begin))
            plan = counted_plans.improved(rows, aim, begin, self._seen)
            watch.offer(plan, aim.cost(rows, plan))
            if not watch.done:
                watch.stage = "siting.stage.bound"
                tree = CountedTree(rows, aim, watch)
                tree.search()
        except Cancelled:
            return True
        finally:
            self.nodes = tree.nodes if tree else 0
        return False

    def _seen(self, opened: Open) -> None:
        self.watch.look(lambda: (opened, self.aim.cost(self.rows, opened)))


def _ideal(rows: Counted, aim: Aim) -> float:
    """Return what no plan can cost less than: everybody is reached who can be."""
    once, twice = rows.covered(np.ones(len(rows.sites), dtype=bool))
    if aim.kind == "sites":
        return 0.0
    if aim.kind == "worst":
        return 1.0 - aim.worst(once)
    return -float(once.sum() + aim.second * twice.sum()) * (1 + 1e-12)


def _exclusions(frame: CountedFrame, watch: Watch) -> Open:
    """Find how many people a plan of sites that do not exclude each other can reach."""
    best = watch.continued(lambda cost: -cost)
    _Run(frame.rows, Aim(None), best).search()
    return np.zeros(len(frame.rows.sites), dtype=bool) if best.opened is None else best.opened


def gap_of(answer: CountedAnswer, value: float, second: float) -> float:
    """Return the gap of an answer: of both aims the larger one."""
    if answer.proven:
        return 0.0
    gaps = [share_between(value, answer.bound)]
    if math.isfinite(second) and math.isfinite(answer.second_bound):
        gaps.append(share_between(second, answer.second_bound))
    return max(gaps)
