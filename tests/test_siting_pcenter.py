"""The smallest radius, against every plan there is and against published networks."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from layers.errors import Cancelled
from planning.siting import LSCP, PCenter, SitingProblem, propose
from planning.siting.value import radius
from tests.siting_drawings import costs_of, drawn, problem_of, spread
from tests.test_spopt_sf import or_library


def models_for(seed: int) -> list[PCenter]:
    rng = np.random.default_rng(seed + 5000)
    sites, share = int(rng.integers(1, 5)), float(rng.choice([0.5, 0.8, 0.93]))
    of, not_located = str(rng.choice(["people", "coverable"])), float(rng.choice([0.0, 2.0]))
    return [PCenter(sites), PCenter(sites, share, of, not_located), PCenter(sites, 1.0, "people")]  # type: ignore[arg-type]


def tried(problem: SitingProblem, model: PCenter, table: np.ndarray) -> list[float]:
    """Return the radius of every plan there is, inf where it does not serve enough; nothing where the question itself fails."""
    names, people = list(problem.costs.sites), problem.people
    of_kind = {kind: [j for j, name in enumerate(names) if problem.status[name] == kind] for kind in ("kept", "must_open", "candidate")}
    fixed, free = of_kind["kept"] + of_kind["must_open"], model.sites - len(of_kind["must_open"])
    if not 0 <= free <= len(of_kind["candidate"]):
        return []
    usable = table[:, fixed + of_kind["candidate"]].min(axis=1, initial=np.inf)
    coverable = people[np.isfinite(usable)].sum()
    base = coverable if model.of == "coverable" else people.sum() + model.not_located
    found = []
    for chosen in itertools.combinations(of_kind["candidate"], free):
        near = table[:, [*fixed, *chosen]].min(axis=1, initial=np.inf).round(3)
        if model.share == 1.0:
            out_of_reach = (people > 0) & ~np.isfinite(usable)
            blocked = model.of == "people" and (bool(out_of_reach.any()) or model.not_located > 0)
            counted = (people > 0) & ~out_of_reach
            found.append(math.inf if blocked else float(near[counted].max(initial=0.0)))
            continue
        enough = [r for r in np.unique(near[(people > 0) & np.isfinite(near)]) if people[near <= r].sum() >= model.share * base * (1 - 1e-9)]
        found.append(float(enough[0]) if enough else (0.0 if base == 0 else math.inf))
    return found


@pytest.mark.parametrize("block", range(3))
def test_radius_is_that_of_the_best_of_all_plans(block):
    infeasible = ties = kept = 0
    for seed in range(block * 100, block * 100 + 100):
        table, people, limit, status = drawn(seed)
        table = np.round(table / 10) * 10 if seed % 3 else table  # ties
        problem = problem_of(table, people, limit=limit, **status)
        for model in models_for(seed):
            radii, plan = tried(problem, model, table), propose(problem, model)
            least = min(radii, default=math.inf)
            kept += "kept" in status.values()
            ties += math.isfinite(least) and radii.count(least) > 1
            if math.isinf(least):
                infeasible += 1
                assert (plan.status, plan.opened) == ("infeasible", ()), (seed, model)
                assert "{" not in plan.say("zh") + plan.say("en")
                continue
            assert (plan.status, plan.value, plan.bound, plan.gap) == ("proven", least, least, 0.0), (seed, model)
            required = {site for site, kind in status.items() if kind == "must_open"}
            assert required <= set(plan.opened), (seed, model)
            assert all(status[site] in {"candidate", "must_open"} for site in plan.opened), (seed, model)
            assert len(plan.opened) <= model.sites, (seed, model)
    assert min(infeasible, ties, kept) >= 60  # a fifth of 300 questions each


@pytest.mark.parametrize("seed", range(8))
def test_next_smaller_radius_needs_one_site_more_and_this_one_does_not(seed):
    table, people = spread(220, 60, 100.0, seed)
    problem = problem_of(table, people)
    plan = propose(problem, PCenter(6))
    smaller = np.unique(table.round(3))
    smaller = smaller[smaller < plan.value][-1]
    assert propose(problem, LSCP(plan.value)).value <= 6
    assert propose(problem, LSCP(float(smaller), of="coverable")).value > 6 or (table.min(axis=1) > smaller).any()
    most = propose(problem, PCenter(6, 0.9))
    assert most.status == "proven"
    assert propose(problem, LSCP(most.value, 0.9)).value <= 6
    just_below = np.unique(table.round(3))
    just_below = float(just_below[just_below < most.value][-1])
    fewest = propose(problem, LSCP(just_below, 0.9))
    assert fewest.status == "infeasible" or fewest.value > 6


def test_two_villages_and_one_site_by_head():
    # Sites at 0, 4 and 10 of a road with villages at 0 (1 person), 6 (1) and 10 (8).
    table = [[0.0, 4, 10], [6, 2, 4], [10, 6, 0]]
    problem = problem_of(table, [1, 1, 8])
    assert (propose(problem, PCenter(1)).opened, propose(problem, PCenter(1)).value) == (("s01",), 6.0)
    assert (propose(problem, PCenter(1, 0.9)).opened, propose(problem, PCenter(1, 0.9)).value) == (("s02",), 4.0)
    assert propose(problem, PCenter(1, 0.8)).value == 0.0
    assert propose(problem, PCenter(2)).value == 4.0
    assert propose(problem_of(table, [1, 1, 8], s01="kept"), PCenter(1)).value == 4.0


def test_people_out_of_all_reach_are_named_or_refused():
    problem = problem_of([[1.0, 9], [9, 3], [np.inf, np.inf]], [5, 4, 1], limit=20.0)
    plan = propose(problem, PCenter(2))
    assert (plan.value, plan.left_out, plan.left_out_people) == (3.0, (102,), 1.0)
    refused = propose(problem, PCenter(2, of="people"))
    assert (refused.stopped_by, refused.left_out) == ("siting.infeasible.beyond_reach", (102,))
    assert propose(problem, PCenter(2, 0.9, "people")).value == 3.0
    apart = propose(problem_of([[1.0, np.inf], [np.inf, 3]], [5, 4]), PCenter(1))
    assert (apart.stopped_by, apart.left_out) == ("siting.infeasible.no_radius", (101,))


def test_radii_are_compared_to_the_millimetre():
    problem = problem_of([[1000.0004, 1000.0001]], [3])
    assert (propose(problem, PCenter(1)).value, propose(problem, PCenter(1)).status) == (1000.0, "proven")
    assert radius(problem_of([[7.0], [3.0]], [1, 0]), ["s00"], None, np.ones(2, bool)) == 7.0
    assert math.isnan(radius(problem, [], None, np.ones(1, bool)))


def test_same_plan_in_whatever_order_the_sites_stand():
    table, people = spread(150, 30, 100.0)
    problem = problem_of(table, people)
    turned = replace(problem, costs=problem.costs.take(pd.Index(list(problem.costs.sites)[::-1])))
    for model in (PCenter(5), PCenter(5, 0.8)):
        first = propose(problem, model)
        assert replace(propose(problem, model), seconds=0.0) == replace(first, seconds=0.0)
        assert replace(propose(turned, model), seconds=0.0) == replace(first, seconds=0.0)


@pytest.mark.parametrize("model", [PCenter(14), PCenter(14, 0.85)], ids=str)
def test_stopped_at_any_call_it_answers_with_a_valid_bound(model):
    table, people = spread(900, 160, 14.0, seed=3)
    problem = problem_of(table, people, limit=14.0)
    best = propose(problem, model)
    assert best.status == "proven"
    for calls in (1, 2, 4, 7):
        told = []

        def stop(*_: object, calls: int = calls, told: list[dict[str, float]] = told, **more: float) -> None:
            told.append(more)
            if len(told) >= calls:
                raise Cancelled

        plan = propose(problem, model, progress=stop)
        if plan.status == "proven":
            assert plan.value == best.value
            continue
        assert (plan.status, len(told)) == ("cancelled", calls)
        assert math.isnan(plan.value) or plan.value >= best.value
        assert plan.bound <= best.value


def test_parameters_that_make_no_sense_are_refused():
    for broken in (lambda: PCenter(0), lambda: PCenter(1, 0.0), lambda: PCenter(1, 1.1), lambda: PCenter(1, not_located=-1.0)):
        with pytest.raises(ValueError, match="PCenter needs"):
            broken()


# Each checked once by a textbook set cover (scipy's milp): so many sites do at this radius and do not at the next smaller one.
LEAST = [127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18]


@pytest.mark.shared
@pytest.mark.parametrize(("number", "least"), list(enumerate(LEAST, 1)))
def test_or_library_as_p_center(shared, number, least):
    way, sites = or_library(shared / f"pmed/pmed{number}.txt")
    costs = costs_of(way)
    plan = propose(SitingProblem(np.ones(len(way)), costs, dict.fromkeys(costs.sites, "candidate")), PCenter(sites))
    assert (plan.value, plan.status) == (least, "proven")
