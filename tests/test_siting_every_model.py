"""Every model against trying all plans, with all statuses, prices and conflicts: one brute force that knows nothing of the search.

A model is one line of ``QUESTIONS``: how it is asked, what a plan is worth (None where it breaks one of the model's conditions), and which way is
better.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from planning.siting import LSCP, MCLP, BackupCover, EquityCover, FixedCharge, PCenter, PMedian, SitingPlan, SitingProblem, propose
from planning.siting.value import spent, standing
from tests.siting_drawings import problem_of

CASES, BLOCKS = 300, 6
KINDS = ["kept", "may_close", "may_close", "must_open", "competitor", "forbidden", *["candidate"] * 7]


@dataclass(frozen=True)
class Case:
    """A small problem, its dense table (inf: no way), and what is asked of it."""

    table: np.ndarray
    problem: SitingProblem
    threshold: float
    sites: int
    share: float
    of: str
    budget: float
    rate: float
    seed: int

    def paid(self, plan: Plan) -> float:
        return float(self.money[list(plan.ours)].sum())

    @property
    def people(self) -> np.ndarray:
        return self.problem.people

    def columns(self, *kinds: str) -> list[int]:
        return [place for place, status in enumerate(self.problem.status.values()) if status in kinds]

    def near(self, sites: Sequence[int]) -> np.ndarray:
        """Return the cost to the nearest of some sites, in whole mm."""
        return np.round(np.min(self.table[:, list(sites)], axis=1, initial=math.inf), 3)

    def reached(self, ours: Sequence[int]) -> np.ndarray:
        """Return how many of our sites are within the threshold of each cell and no farther than any competitor."""
        return self.wins[:, list(ours)].sum(axis=1)

    @functools.cached_property
    def wins(self) -> np.ndarray:
        """Where a site is within the threshold of a cell and no farther than any competitor."""
        most = np.minimum(self.near(self.columns("competitor")), self.threshold)
        return np.round(self.table, 3) <= most[:, None]

    @functools.cached_property
    def others(self) -> np.ndarray:
        """The cost to the nearest competitor."""
        return self.table[:, self.columns("competitor")].min(axis=1, initial=math.inf)

    @functools.cached_property
    def money(self) -> np.ndarray:
        return np.array([self.problem.price.get(name, 0.0) for name in self.problem.status])

    @functools.cached_property
    def usable(self) -> list[int]:
        """Our sites that may be open in some plan."""
        names, there = list(self.problem.status), {*self.columns("kept", "must_open", "competitor")}
        pairs = [{names.index(one), names.index(other)} for one, other in self.problem.conflicts]
        out = {site for pair in pairs if pair & there for site in pair} - there
        return [site for site in self.columns("kept", "must_open", "may_close", "candidate") if site not in out]


@dataclass(frozen=True)
class Plan:
    """Sites by column: those chosen (new, or existing ones that may close and stay), and all open ones of ours."""

    chosen: tuple[int, ...]
    ours: tuple[int, ...]


Worth = Callable[[Case, Plan], "float | None"]


@dataclass(frozen=True)
class Question:
    """How a model is asked, what a plan is worth, and what the second aim is worth; ``more`` is better or less.

    ``counted``: at most so many sites, and there must be as many to choose from; ``paid``: no more than the budget; ``conflicts``: the model takes
    sites that exclude each other.
    """

    model: Callable[[Case], object]
    worth: Worth
    more: bool
    second: Worth | None = None
    counted: bool = True
    paid: bool = False
    conflicts: bool = False


def drawn(seed: int) -> Case:
    """Return a tiny problem: gaps, ties, empty cells, all statuses, prices, townships, sites that exclude each other."""
    rng = np.random.default_rng([seed, 77])
    cells, sites = int(rng.integers(1, 9)), int(rng.integers(3, 7))
    places = rng.integers(0, 60, (cells + sites, 2))
    table = np.hypot(*(places[:cells, None] - places[None, cells:]).transpose(2, 0, 1))
    if rng.random() < 0.8:
        table = np.round(table / 20) * 20
    table[(table > 60) | (rng.random(table.shape) < rng.choice([0.0, 0.3]))] = np.inf
    people = rng.integers(0, 4, cells).astype(float) if rng.random() < 0.7 else rng.random(cells) * 5 * (rng.random(cells) < 0.8)
    status = {f"s{site:02d}": str(rng.choice(KINDS)) for site in range(sites)}
    dear = rng.integers(0, 5, sites) if rng.random() < 0.5 else np.round(rng.random(sites) * 9, 1)
    dear = np.full(sites, rng.integers(0, 2)) if rng.random() < 0.6 else dear
    price = {name: float(money) for name, money in zip(status, dear, strict=True) if rng.random() < 0.9}
    pairs = [pair for pair in itertools.combinations(status, 2) if rng.random() < 0.15] if rng.random() < 0.5 else []
    towns = np.array(["东镇", "西乡", "南镇"])[rng.integers(0, 3, cells)]
    problem = replace(problem_of(table, people, limit=60.0, **status), conflicts=tuple(pairs), towns=towns, price=price)
    share, of = float(rng.choice([1.0, 0.8, 0.5, 0.3])), str(rng.choice(["people", "coverable"]))
    # Often a budget that some plan meets exactly, or that does not pay for what is open in any case.
    certain = sum(price.get(name, 0.0) for name, kind in status.items() if kind in {"kept", "must_open"})
    exact = float(sum(rng.permutation(sorted(price.values()))[: rng.integers(0, 4)]))
    budget = float(rng.choice([rng.integers(0, 9), exact, 0.7 * certain], p=[0.2, 0.3, 0.5]))
    rate = float(rng.choice([0.001, 0.01, 0.5, 1.0]))
    return Case(table, problem, float(rng.integers(10, 45)), int(rng.choice([1, 2, 2, 3, 4, 5])), share, of, budget, rate, seed)


def plans(case: Case, question: Question) -> Iterator[Plan]:
    """Yield every plan of the number of sites asked for, or fewer, that keeps the conditions on sites."""
    names = list(case.problem.status)
    required, free = case.columns("must_open"), case.columns("may_close", "candidate")
    room = case.sites - len(required) if question.counted else len(free)
    if room < 0 or room > len(free):
        return
    kept, there = case.columns("kept"), {*case.columns("kept", "competitor")}
    pairs = [{names.index(one), names.index(other)} for one, other in case.problem.conflicts]
    for count in range(room + 1):
        for some in itertools.combinations(free, count):
            chosen = {*required, *some}
            plan = Plan(tuple(sorted(chosen)), tuple(sorted({*chosen, *kept})))
            agrees = not any(pair <= chosen | there and pair & chosen for pair in pairs)
            if agrees and not (question.paid and case.paid(plan) > case.budget * (1 + 1e-9)):
                yield plan


def covered(case: Case, plan: Plan) -> float:
    return float(case.people[case.reached(plan.ours) >= 1].sum())


def covered_twice(case: Case, plan: Plan) -> float:
    return float(case.people[case.reached(plan.ours) >= 2].sum())


def wanted(case: Case, coverable: np.ndarray) -> float:
    return case.share * float(case.people.sum() if case.of == "people" else case.people[coverable].sum())


def enough_covered(case: Case, plan: Plan) -> float | None:
    if covered(case, plan) < wanted(case, case.reached(case.usable) >= 1) * (1 - 1e-9):
        return None
    return float(len(plan.chosen))


def served(case: Case, ours: Sequence[int]) -> np.ndarray:
    return np.minimum(case.table[:, list(ours)].min(axis=1, initial=math.inf), case.others)


def travel(case: Case, plan: Plan) -> float | None:
    """Return the sum of all trips; None when somebody whom a usable site serves has no open one."""
    counted = np.isfinite(served(case, case.usable)) & (case.people > 0)
    near = served(case, plan.ours)[counted]
    return float((case.people[counted] * near).sum()) if np.isfinite(near).all() else None


def travel_to_the_limit(case: Case, plan: Plan) -> float:
    counted = np.isfinite(served(case, case.usable)) & (case.people > 0)
    return float((case.people[counted] * np.minimum(served(case, plan.ours)[counted], 60.0)).sum())


def in_money(case: Case, plan: Plan) -> float | None:
    way = travel(case, plan)
    return None if way is None else case.paid(plan) + case.rate * way


def in_money_to_the_limit(case: Case, plan: Plan) -> float:
    return case.paid(plan) + case.rate * travel_to_the_limit(case, plan)


def farthest(case: Case, plan: Plan) -> float | None:
    """Return the least radius within which enough people are."""
    near, least = np.round(served(case, plan.ours), 3), wanted(case, np.isfinite(served(case, case.usable))) * (1 - 1e-9)
    radii = [0.0, *np.unique(near[np.isfinite(near) & (case.people > 0)])]
    return next((float(radius) for radius in radii if case.people[near <= radius].sum() >= least), None)


def worst_town(case: Case, plan: Plan) -> float:
    near, towns = case.reached(plan.ours) >= 1, case.problem.towns
    base = np.ones(len(near), bool) if case.of == "people" else case.reached(case.usable) >= 1
    living = {town: case.people[base & (towns == town)].sum() for town in set(towns)}
    return min((float(case.people[near & (towns == town)].sum() / people) for town, people in living.items() if people > 0), default=1.0)


def weight(case: Case) -> float:
    return (0.0, 1.0, 0.25)[case.seed % 3]


QUESTIONS = {
    "mclp": Question(lambda c: MCLP(c.sites, c.threshold), covered, more=True, conflicts=True),
    "lscp": Question(lambda c: LSCP(c.threshold, c.share, c.of), enough_covered, more=False, counted=False, conflicts=True),
    "pmedian": Question(lambda c: PMedian(c.sites), travel, more=False),
    "pmedian to the limit": Question(lambda c: PMedian(c.sites, "limit"), travel_to_the_limit, more=False),
    "mclp within a budget": Question(
        lambda c: MCLP(threshold=c.threshold, budget=c.budget), covered, more=True, counted=False, paid=True, conflicts=True
    ),
    "mclp within both": Question(lambda c: MCLP(c.sites, c.threshold, c.budget), covered, more=True, paid=True, conflicts=True),
    "pmedian within a budget": Question(lambda c: PMedian(budget=c.budget), travel, more=False, counted=False, paid=True),
    "fixed charge": Question(lambda c: FixedCharge(c.rate, c.sites), in_money, more=False),
    "fixed charge within a budget": Question(
        lambda c: FixedCharge(c.rate, None, c.budget, "limit"), in_money_to_the_limit, more=False, counted=False, paid=True
    ),
    "pcenter": Question(lambda c: PCenter(c.sites, c.share, c.of), farthest, more=False),
    "backup": Question(
        lambda c: BackupCover(c.sites, c.threshold, weight(c)),
        lambda c, plan: covered(c, plan) + weight(c) * covered_twice(c, plan),
        more=True, second=covered_twice, conflicts=True,
    ),
    "equity": Question(lambda c: EquityCover(c.sites, c.threshold, c.of), worst_town, more=True, second=covered, conflicts=True),
}  # fmt: skip


@functools.cache
def asked(name: str, seed: int) -> tuple[Case, dict[Plan, float]]:
    """Return a case of a question and what each plan that keeps all conditions is worth."""
    question = QUESTIONS[name]
    case = drawn(seed)
    if not question.conflicts:
        case = replace(case, problem=replace(case.problem, conflicts=()))
    worth = {plan: question.worth(case, plan) for plan in plans(case, question)}
    return case, {plan: value for plan, value in worth.items() if value is not None}


def close(one: float, other: float, share: float = 1e-9) -> bool:
    return abs(one - other) <= share * max(1.0, abs(one), abs(other))


def check_refusal(answer: SitingPlan) -> None:
    assert (answer.status, answer.opened, answer.closed) == ("infeasible", (), ())
    assert answer.stopped_by.startswith("siting.infeasible.")
    assert math.isnan(answer.value)
    assert math.isnan(answer.spent)
    zh, en = answer.say("zh"), answer.say("en")
    assert zh != en
    assert "{" not in zh + en


def check_plan(case: Case, question: Question, answer: SitingPlan, worth: dict[Plan, float]) -> Plan:
    """Check that an answer is a plan that keeps all conditions, worth what it says, and that none is better; return it."""
    assert (answer.status, answer.stopped_by, answer.gap, answer.bound) == ("proven", "proof", 0.0, answer.value)
    names = list(case.problem.status)
    stays = {names[site] for site in case.columns("may_close")}
    chosen = standing(case.problem, answer.opened, answer.closed)
    assert set(chosen) == {*answer.opened, *(stays - set(answer.closed))}
    assert not stays & set(answer.opened)
    places = tuple(sorted(names.index(site) for site in chosen))
    plan = Plan(places, tuple(sorted({*places, *case.columns("kept")})))
    assert plan in worth
    assert close(answer.value, worth[plan])
    assert close(answer.value, (max if question.more else min)(worth.values()))
    assert close(answer.spent, sum(case.problem.price.get(names[site], 0.0) for site in plan.ours))
    assert close(answer.spent, spent(case.problem, chosen))
    if question.second is not None:
        assert close(answer.second_value, question.second(case, plan), 1e-8)
    return plan


def check_second(case: Case, question: Question, answer: SitingPlan, worth: dict[Plan, float]) -> None:
    if question.second is not None and not math.isnan(answer.second_bound):
        best = [question.second(case, plan) for plan, value in worth.items() if value >= answer.value - 1e-9]
        assert close(answer.second_value, max(best), 1e-8)


def check_keeps(case: Case, question: Question, plan: Plan, worth: dict[Plan, float]) -> None:
    """Check that no existing site that closes could take the place of a new one that is needed, in a plan as good that costs no more."""
    price = case.money
    for come in set(case.columns("may_close")) - set(plan.chosen):
        for go in set(case.columns("candidate")) & set(plan.chosen):
            other, fewer = (Plan(*(tuple(sorted({*sites, *new} - {go})) for sites in (plan.chosen, plan.ours))) for new in ([come], []))
            if other not in worth or price[come] > price[go] or not close(worth[other], worth[plan], 1e-13):
                continue
            if question.second is not None:
                assert question.second(case, other) < question.second(case, plan) - 1e-13
            else:
                assert fewer in worth
                assert close(worth[fewer], worth[plan])


@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_model_finds_what_trying_all_plans_finds(name, block):
    question = QUESTIONS[name]
    for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS):
        case, worth = asked(name, seed)
        answer = propose(case.problem, question.model(case))
        if not worth:
            check_refusal(answer)
            continue
        plan = check_plan(case, question, answer, worth)
        check_second(case, question, answer, worth)
        check_keeps(case, question, plan, worth)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_drawn_problems_are_what_they_should_be(name):
    question = QUESTIONS[name]
    cases = [asked(name, seed) for seed in range(CASES)]
    impossible = sum(not worth for _, worth in cases)
    best = max if question.more else min
    tied = sum(sum(close(value, best(worth.values())) for value in worth.values()) > 1 for _, worth in cases if worth)
    existing = [sum(kind in case.problem.status.values() for case, _ in cases) for kind in ("kept", "may_close", "competitor")]
    assert min(impossible, tied, *existing) >= CASES // 5, (impossible, tied, existing)
