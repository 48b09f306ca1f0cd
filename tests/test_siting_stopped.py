"""Stopped at any moment, every model answers with a plan that keeps all conditions and a bound that holds: at each look, against trying all plans."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from layers.errors import Cancelled
from planning.siting import LSCP, MCLP, SitingPlan, SitingProblem, propose, survey, watch
from planning.siting.aggregate import merged_cells
from planning.siting.model import Frame
from planning.siting.program import Program
from planning.siting.reduce import reduce_cover
from planning.siting.search import answered
from planning.siting.value import standing
from planning.siting.watch import Watch
from planning.travel.imported import from_table
from tests.siting_drawings import problem_of, spread
from tests.test_siting_every_model import QUESTIONS, Case, Plan, Question, asked, close

SEEDS = 12


class Stop:
    """A progress that stops the search at one call, and is not called again."""

    def __init__(self, call: int) -> None:
        self.call, self.calls, self.stages = call, 0, []

    def __call__(self, stage: str, done: float, total: float, **more: float) -> None:
        self.calls += 1
        self.stages.append(stage)
        assert self.calls <= self.call
        if self.calls == self.call:
            raise Cancelled


def check(case: Case, question: Question, answer: SitingPlan, worth: dict[Plan, float]) -> bool:
    """Check an answer, whenever it was stopped; return whether it holds a plan."""
    assert answer.status in {"cancelled", "proven"}
    best = (max if question.more else min)(worth.values())
    room = 1e-9 * max(1.0, abs(best))
    if not math.isnan(answer.bound):
        assert (answer.bound >= best - room) if question.more else (answer.bound <= best + room)
    if math.isnan(answer.value):
        assert (answer.opened, answer.gap) == ((), math.inf)
        return False
    names = list(case.problem.status)
    places = tuple(sorted(names.index(site) for site in standing(case.problem, answer.opened, answer.closed)))
    plan = Plan(places, tuple(sorted({*places, *case.columns("kept")})))
    assert plan in worth
    assert close(answer.value, worth[plan])
    assert math.isfinite(answer.bound)
    gap = abs(answer.bound - answer.value) / max(abs(answer.value), 1e-12)
    # With two aims the gap is the larger of both.
    assert close(answer.gap, gap, 1e-6) or answer.status == "proven" or (question.second is not None and answer.gap > gap)
    return True


@pytest.mark.parametrize("name", QUESTIONS)
def test_stopped_at_each_look_the_answer_is_a_plan_and_its_bound_holds(name, monkeypatch):
    monkeypatch.setattr(watch, "_PAUSE", 0.0)  # so that every look can stop
    question, answers, found, early = QUESTIONS[name], 0, 0, 0
    for seed in range(SEEDS):
        case, worth = asked(name, seed)
        if not worth:
            continue
        for call in itertools.count(1):
            stop = Stop(call)
            answer = propose(case.problem, question.model(case), progress=stop)
            has_plan = check(case, question, answer, worth)
            if name in {"mclp", "pmedian to the limit"}:
                assert has_plan  # any sites are a plan
            answers, found, early = answers + 1, found + has_plan, early + (set(stop.stages) == {"siting.stage.reduce"})
            if stop.calls < call:  # it was faster than the planner
                break
    assert answers > found * 0.5 > 0
    assert early > SEEDS


@pytest.mark.parametrize("model", [MCLP(30, 6.0), LSCP(6.0, 0.7)], ids=str)
def test_the_first_plan_of_a_stopped_reduction_is_the_greedy_one_or_near_it(model, monkeypatch):
    monkeypatch.setattr(watch, "_PAUSE", 0.0)
    table, people = spread(2000, 250, 12.0)
    problem = problem_of(table, people, limit=12.0)
    near, whole = propose(problem, model, progress=Stop(2)), propose(problem, model, gap=0.5)
    monkeypatch.setattr(survey, "_TRIED", 1000)
    stopped = propose(problem, model, progress=Stop(2))
    assert stopped.value == stopped.greedy_value == whole.greedy_value
    assert near.value == pytest.approx(stopped.value, rel=0.25)
    assert math.isfinite(near.gap)


def test_a_first_plan_by_a_sample_of_cells_still_covers_everybody(monkeypatch):
    monkeypatch.setattr(survey, "_SAMPLE", 16)
    table, people = spread(2000, 250, 12.0)
    problem = problem_of(table, people, limit=12.0)
    answer = propose(problem, LSCP(6.0, 1.0, "coverable"), progress=Stop(1))
    whole = propose(problem, LSCP(6.0, 1.0, "coverable"), gap=0.5)
    assert (answer.status, answer.bound <= whole.bound) == ("cancelled", True)
    assert whole.value <= answer.value <= 2 * whole.value  # recomputed from the raw problem


def test_what_several_sites_reach_is_at_most_the_sum_of_the_best():
    # Sites reach 6, 5 and 1 of 8 people whom any site reaches; two more people are out of reach.
    table = np.array([[1.0, 9, 9], [1, 1, 9], [9, 1, 9], [9, 9, 1], [9, 9, 9]])
    problem = problem_of(table, [3, 3, 2, 1, 2])
    assert [propose(problem, MCLP(sites, 2.0), progress=Stop(1)).bound for sites in (1, 2, 3)] == pytest.approx([6.0, 9.0, 9.0])
    answer = propose(problem, LSCP(2.0, 0.9, "coverable"), progress=Stop(1))
    assert (answer.value, answer.bound, answer.status) == (3.0, 2.0, "cancelled")  # 6 and 5 of 8.1 in two sites, were they apart
    assert propose(problem, LSCP(2.0), progress=Stop(1)).status == "infeasible"


def test_merging_stops_between_columns():
    columns, looks = [np.arange(9, dtype=np.int32)] * 20, []

    def look() -> None:
        looks.append(1)
        if len(looks) > 25:
            raise Cancelled

    with pytest.raises(Cancelled):
        merged_cells(lambda: columns, 9, 20, look)
    assert len(looks) == 26  # of the second time through the columns


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_sites_and_of_cells_in_their_columns_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    table, people = spread(300, 40, 9.0, seed)
    names = [f"s{site:02d}" for site in range(40)]
    problem, order = problem_of(table, people + rng.random(300), limit=9.0), rng.permutation(40)
    turned = type(problem)(problem.people, problem.costs.take(problem.costs.sites[order]), {names[site]: "candidate" for site in order})
    for beyond in (1.0, math.inf):
        one, other = reduce_cover(problem, 5.0, beyond=beyond), reduce_cover(turned, 5.0, beyond=beyond)
        assert one.sites == other.sites
        for field in ("weight", "start", "site"):
            assert getattr(one, field).tobytes() == getattr(other, field).tobytes()
    for model in (MCLP(6, 5.0), LSCP(5.0, 0.8, "coverable")):
        one, other = propose(problem, model), propose(turned, model)
        assert (one.opened, one.value, one.bound, one.nodes) == (other.opened, other.value, other.bound, other.nodes)


def test_when_it_is_asked_whether_to_stop_does_not_change_the_path(monkeypatch):
    table, people = spread(900, 150, 9.0)
    problem, slow = problem_of(table, people, limit=9.0), itertools.count()

    def busy(*told: object, **more: float) -> None:
        if next(slow) % 3 == 0:
            time.sleep(0.001)  # another computer, or a busy one

    one = propose(problem, MCLP(9, 3.5))
    monkeypatch.setattr(watch, "_PAUSE", 0.0)
    other = propose(problem, MCLP(9, 3.5), progress=busy)
    assert one.status == "proven"
    assert replace(one, seconds=0.0) == replace(other, seconds=0.0)


def test_a_stop_in_the_middle_of_a_linear_program_comes_out_of_it():
    looks = []

    def look() -> None:
        looks.append(1)
        if len(looks) == 5:
            raise Cancelled

    rng = np.random.default_rng(3)
    program = Program(-rng.random(40), np.zeros(40), np.ones(40), look)
    program.add(sparse.csr_array(-rng.random((60, 40))), np.full(60, -4.0))
    with pytest.raises(Cancelled):
        program.solve()
    assert len(looks) == 5
    assert program.solve().state == "solved"


def test_a_stop_before_greed_has_begun_is_answered_with_the_greedy_plan() -> None:
    """Between reading the costs and the first site there is nothing yet but the empty plan: it is no answer."""
    problem, question = covered_by_two(), MCLP(2, 10.0)
    frame = question.frame(problem, lambda: None)
    assert isinstance(frame, Frame)

    def stop(*_: object, **__: object) -> None:
        raise Cancelled

    plan = answered(problem, question, frame, Watch(stop, 60.0, 0.0))
    assert plan.status in {"proven", "cancelled"}
    assert (plan.opened, plan.value) == (("a", "b"), 7.0)
    assert plan.bound >= 7.0


def covered_by_two() -> SitingProblem:
    """Return four cells of 1, 2, 4 and 8 people; a reaches the first two, b the third, c the first, and nobody the last."""
    trips = pd.DataFrame([(0, "a", 5.0), (1, "a", 5.0), (2, "b", 5.0), (0, "c", 5.0), (3, "c", 90.0)], columns=["cell", "site", "cost"])
    costs = from_table(trips, origin="cell", site="site", cost="cost", unit="m")
    return SitingProblem(np.array([1.0, 2.0, 4.0, 8.0]), costs, dict.fromkeys(costs.sites, "candidate"))
