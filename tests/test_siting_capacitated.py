"""Capacitated cover and median against trying every set of sites (people split) or every assignment (whole cells and townships)."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from layers.errors import Cancelled
from planning.siting import CapacitatedCover, CapacitatedMedian, PMedian, SitingPlan, SitingProblem, frontier, propose, watch
from planning.siting.capacitated.value import served
from planning.siting.problem import Assigned
from tests.siting_drawings import problem_of, spread

CASES, BLOCKS = 300, 6
KINDS = ["kept", "may_close", "must_open", "competitor", "forbidden", *["candidate"] * 5]
SOURCES = ("split", "cell", "township")
MODELS = ("capcover", "capmedian")


@dataclass(frozen=True)
class Case:
    """A small problem, its dense table (inf: no way), and what is asked of it."""

    table: np.ndarray
    problem: SitingProblem
    threshold: float
    sites: int

    def columns(self, *kinds: str) -> list[int]:
        return [place for place, status in enumerate(self.problem.status.values()) if status in kinds]

    @property
    def fixed(self) -> list[int]:
        return self.columns("kept", "competitor", "must_open")

    @property
    def places(self) -> np.ndarray:
        return np.array([self.problem.capacity.get(site, 0.0) for site in self.problem.status])

    def model(self, kind: str, source: str) -> CapacitatedCover | CapacitatedMedian:
        return CapacitatedCover(self.sites, self.threshold, source) if kind == "capcover" else CapacitatedMedian(self.sites, source)


@functools.cache
def drawn(seed: int) -> Case:
    """Return a tiny problem: gaps, ties, empty cells, all statuses, townships, places that suffice or do not."""
    rng = np.random.default_rng([seed, 4])
    cells, sites = int(rng.integers(1, 7)), int(rng.integers(2, 6))
    spots = rng.integers(0, 60, (cells + sites, 2))
    table = np.hypot(*(spots[:cells, None] - spots[None, cells:]).transpose(2, 0, 1))
    if rng.random() < 0.5:
        table = np.round(table / 20) * 20
    table[(table > 60) | (rng.random(table.shape) < rng.choice([0.0, 0.0, 0.25]))] = np.inf
    people = rng.integers(0, 9, cells).astype(float) if rng.random() < 0.6 else rng.random(cells) * 5 * (rng.random(cells) < 0.8)
    status = {f"s{site:02d}": str(rng.choice(KINDS)) for site in range(sites)}
    wanted = int(rng.integers(1, 4))
    mean = people.sum() / min(wanted + 1, sites) * rng.choice([0.7, 1.3, 2.0, 3.0])
    places = np.round(mean * rng.choice([0.0, 0.5, 1.0, 1.0, 1.5], sites), int(rng.integers(0, 3)))
    if rng.random() < 0.3:
        places[:] = np.ceil(mean)
    capacity = {name: float(many) for name, many in zip(status, places, strict=True) if status[name] != "forbidden"}
    towns = np.array(["东镇", "西乡"])[rng.integers(0, 2, cells)]
    problem = replace(problem_of(table, people, limit=60.0, **status), capacity=capacity, towns=towns)
    return Case(table, problem, float(rng.integers(10, 60)), wanted)


def room(case: Case) -> int:
    """Return how many sites may be chosen freely; negative where the question is refused."""
    required, free = len(case.columns("must_open")), len(case.columns("may_close", "candidate"))
    return case.sites - required if case.sites - required <= free else -1


def reach(case: Case, kind: str) -> np.ndarray:
    """Return costs of cells to usable sites, inf where a site is out of reach."""
    table = np.full(case.table.shape, np.inf)
    usable = [*case.fixed, *case.columns("may_close", "candidate")]
    table[:, usable] = case.table[:, usable]
    return np.where(np.round(table, 3) <= case.threshold, table, np.inf) if kind == "capcover" else table


def best(case: Case, kind: str, source: str) -> tuple[float | None, int]:
    """Return the best value, None when there is no plan, and how many sets of sites reach it."""
    most = room(case)
    if most < 0:
        return None, 0
    values = _split(case, kind, most) if source == "split" else _whole(case, kind, source, most)
    if not values:
        return None, 0
    value = max(values) if kind == "capcover" else min(values)
    return value, sum(abs(other - value) <= 1e-9 * max(1.0, abs(value)) for other in values)


@functools.cache
def expected_of(seed: int, kind: str, source: str) -> tuple[float | None, int]:
    return best(drawn(seed), kind, source)


def _split(case: Case, kind: str, most: int) -> list[float]:
    """Try every set of as many sites as may be (further ones never harm) by a transport program."""
    table, people, values = reach(case, kind), case.problem.people, []
    lived = np.flatnonzero((people > 0) & np.isfinite(table).any(axis=1))
    for chosen in itertools.combinations(case.columns("may_close", "candidate"), most):
        standing = sorted([*case.fixed, *chosen])
        cell, site = np.nonzero(np.isfinite(table[np.ix_(lived, standing)]))
        rows = (np.arange(len(lived))[:, None] == cell).astype(float)
        columns = (np.arange(len(standing))[:, None] == site).astype(float)
        places = case.places[standing]
        if not len(cell):
            values += [0.0] if kind == "capcover" or not len(lived) else []
        elif kind == "capcover":
            found = linprog(-np.ones(len(cell)), np.vstack([rows, columns]), np.concatenate([people[lived], places]))
            values.append(-found.fun)
        else:
            travel = table[np.ix_(lived, standing)][cell, site]
            found = linprog(travel, columns, places, rows, people[lived])
            values += [found.fun] if found.status == 0 else []
    return values


def _whole(case: Case, kind: str, source: str, most: int) -> list[float]:
    """Try every assignment of whole units to sites (or, for the cover, to none); one value for each set of sites used."""
    table, people = reach(case, kind), case.problem.people
    lived = np.flatnonzero((people > 0) & np.isfinite(table).any(axis=1))
    units = [[cell] for cell in lived] if source == "cell" else _towns(case, lived)
    size = np.array([people[unit].sum() for unit in units])
    travel = np.array([[(people[unit] * table[unit, site]).sum() for site in range(table.shape[1])] for unit in units])
    sites = table.shape[1]
    travel = travel.reshape(len(units), sites)
    choices = sites + (kind == "capcover")
    every = np.array(list(itertools.product(range(choices), repeat=len(units))), dtype=int).reshape(choices ** len(units), len(units))
    cost = np.append(travel, np.zeros((len(units), 1)), axis=1)[np.arange(len(units)), every].sum(axis=1)
    taken = every[:, :, None] == np.arange(sites)
    load, used = (taken * size[:, None]).sum(axis=1), taken.any(axis=1)
    free = [site for site in range(sites) if site not in case.fixed]
    good = np.isfinite(cost) & (load <= case.places * (1 + 1e-9)).all(axis=1) & (used[:, free].sum(axis=1) <= most)
    value = (taken.any(axis=2) * size).sum(axis=1) if kind == "capcover" else cost
    by_sites: dict[bytes, float] = {}
    for row in np.flatnonzero(good):
        key, better = used[row].tobytes(), max if kind == "capcover" else min
        by_sites[key] = float(value[row]) if key not in by_sites else better(by_sites[key], float(value[row]))
    return list(by_sites.values())


def _towns(case: Case, lived: np.ndarray) -> list[list[int]]:
    return [[cell for cell in lived if case.problem.towns[cell] == town] for town in sorted(set(case.problem.towns[lived].tolist()))]


def check(case: Case, kind: str, source: str, plan: SitingPlan) -> None:
    """Check a plan's assignment by hand: places, people, ways, whole units, and the value."""
    names, people, table = list(case.problem.status), case.problem.people, reach(case, kind)
    stays = set(case.columns("may_close")) - {names.index(site) for site in plan.closed}
    standing = {*case.fixed, *(names.index(site) for site in plan.opened), *stays}
    assert {names[site] for site in case.columns("must_open")} <= set(plan.opened)
    assert len(plan.opened) + len(stays) <= case.sites
    by_cell, by_site, total, travel = Counter(), Counter(), 0.0, 0.0
    for one in plan.assigned:
        cell, site = one.cell - 100, names.index(one.site)
        assert site in standing
        assert one.cost == table[cell, site] < math.inf
        assert one.people > 0
        by_cell[cell] += one.people
        by_site[site] += one.people
        total += one.people
        travel += one.people * one.cost
    assert all(many <= people[cell] * (1 + 1e-9) for cell, many in by_cell.items())
    assert all(many <= case.places[site] * (1 + 1e-6) for site, many in by_site.items())
    assert [(one.cell, one.site) for one in plan.assigned] == sorted((one.cell, one.site) for one in plan.assigned)
    assert plan.value == pytest.approx(total if kind == "capcover" else travel, rel=1e-9, abs=1e-9)
    if kind == "capcover":
        assert plan.second_value == pytest.approx(travel, rel=1e-9, abs=1e-9)
    else:
        reached = (people > 0) & np.isfinite(table).any(axis=1)
        assert {cell: pytest.approx(people[cell]) for cell in np.flatnonzero(reached)} == by_cell
        assert set(plan.left_out) == {100 + int(cell) for cell in np.flatnonzero((people > 0) & ~reached)}
    if source != "split":
        assert len(by_cell) == len(plan.assigned)
        assert all(many == people[cell] for cell, many in by_cell.items())
    if source == "township":
        lived = np.flatnonzero((people > 0) & np.isfinite(table).any(axis=1))
        for town in _towns(case, lived):
            to = {one.site for one in plan.assigned if one.cell - 100 in town}
            assert len(to) == 0 or (len(to) == 1 and set(town) <= set(by_cell))


@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", MODELS)
def test_capacitated_models_find_what_trying_everything_finds(kind, source, block):
    for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS):
        case = drawn(seed)
        expected, plan = expected_of(seed, kind, source)[0], propose(case.problem, case.model(kind, source))
        if expected is None:
            assert plan.status == "infeasible", seed
            assert (plan.opened, plan.assigned) == ((), ()), seed
            assert math.isnan(plan.value), seed
            assert plan.say("zh"), seed
            assert "{" not in plan.say("zh") + plan.say("en"), seed
            continue
        assert (plan.status, plan.gap) == ("proven", 0.0), (seed, plan)
        assert plan.value == pytest.approx(expected, rel=1e-7, abs=1e-7), (seed, plan)
        check(case, kind, source, plan)


def test_the_drawn_problems_are_what_they_should_be():
    found = {(kind, source): [expected_of(seed, kind, source) for seed in range(CASES)] for kind in MODELS for source in SOURCES}
    several = Counter()
    for (kind, source), answers in found.items():
        assert sum(value is None for value, _ in answers) >= CASES / 5, (kind, source)
        several[source] += sum(count > 1 for _, count in answers)
    assert sum(several.values()) >= sum(value is not None for answers in found.values() for value, _ in answers) / 5
    assert sum("kept" in drawn(seed).problem.status.values() for seed in range(CASES)) >= CASES / 5
    assert sum("may_close" in drawn(seed).problem.status.values() for seed in range(CASES)) >= CASES / 5


def textbook(table: np.ndarray, people: np.ndarray, places: np.ndarray, model: CapacitatedCover | CapacitatedMedian) -> float | None:
    """Return the best value by the textbook program, solved whole."""
    cover, whole = isinstance(model, CapacitatedCover), model.source == "cell"
    cell, site = np.nonzero(np.isfinite(table))
    sites, ways = table.shape[1], len(cell)
    rows, of_site = (np.arange(len(people))[:, None] == cell).astype(float), (np.arange(sites)[:, None] == site).astype(float)
    links = (np.hstack([np.eye(ways), -of_site.T]), -np.inf, 0.0)
    load = (np.hstack([of_site * people[cell], -np.diag(places)]), -np.inf, 0.0)
    once = (np.hstack([rows, np.zeros((len(people), sites))]), 0.0 if cover else 1.0, 1.0)
    number = (np.concatenate([np.zeros(ways), np.ones(sites)])[None], 0.0, float(model.sites))
    cost = np.concatenate([-people[cell] if cover else people[cell] * table[cell, site], np.zeros(sites)])
    kinds = np.concatenate([np.full(ways, float(whole)), np.ones(sites)])
    constraints = [LinearConstraint(*some) for some in (links, load, once, number)]
    found = milp(cost, constraints=constraints, bounds=Bounds(0, 1), integrality=kinds, options={"mip_rel_gap": 1e-9})
    return None if found.x is None else float(-found.fun if cover else found.fun)


def larger(seed: int) -> tuple[np.ndarray, SitingProblem, float, int]:
    """Return a problem that the prices alone do not prove: table, problem, threshold, sites to open."""
    rng = np.random.default_rng([seed, 9])
    cells, sites, count = int(rng.integers(12, 24)), int(rng.integers(6, 12)), int(rng.integers(2, 5))
    spots = rng.random((cells + sites, 2)) * 50
    table = np.round(np.hypot(*(spots[:cells, None] - spots[None, cells:]).transpose(2, 0, 1)), seed % 3)
    people = np.ceil(rng.lognormal(2, 0.8, cells)) if seed % 2 else rng.random(cells) * 10
    places = np.round(rng.choice([0.7, 1.0, 1.0, 1.5], sites) * people.sum() / count * rng.choice([1.05, 1.3]), seed % 2)
    capacity = {f"s{site:02d}": float(many) for site, many in enumerate(places)}
    return table, replace(problem_of(table, people), capacity=capacity), float(rng.choice([16, 24])), count


@pytest.mark.parametrize("source", ["split", "cell"])
@pytest.mark.parametrize("kind", MODELS)
def test_larger_problems_equal_the_textbook_program(kind, source):
    branched = 0
    for seed in range(12):
        table, problem, threshold, count = larger(seed)
        model = CapacitatedCover(count, threshold, source) if kind == "capcover" else CapacitatedMedian(count, source)
        reached = np.where(np.round(table, 3) <= threshold, table, np.inf) if kind == "capcover" else table
        expected = textbook(reached, problem.people, np.array(list(problem.capacity.values())), model)
        plan = propose(problem, model)
        branched += plan.nodes > 0
        assert (plan.status == "infeasible") == (expected is None), seed
        assert expected is None or plan.value == pytest.approx(expected, rel=1e-6), (seed, plan.status)
        assert expected is None or plan.status == "proven", seed
    assert branched


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", MODELS)
def test_a_stop_at_any_look_gives_a_plan_that_keeps_the_rules_and_a_bound_that_holds(kind, source, monkeypatch):
    monkeypatch.setattr(watch, "_PAUSE", 0.0)
    table, problem, _threshold, count = larger(5)
    names = np.array([f"t{cell % 7}" for cell in range(len(table))])
    problem = replace(problem, towns=names)
    model = CapacitatedCover(count, 45.0, source) if kind == "capcover" else CapacitatedMedian(count, source)
    looks: Counter[str] = Counter()
    whole = propose(problem, model, progress=lambda *_, **__: looks.update(["look"]))
    assert whole.status in {"proven", "infeasible"}
    for stop in [*range(1, min(looks["look"], 12)), *range(12, looks["look"], max(1, looks["look"] // 12))]:
        told = itertools.count(1)

        def stopping(*_: object, told: object = told, stop: int = stop, **__: object) -> None:
            if next(told) >= stop:
                raise Cancelled

        plan = propose(problem, model, progress=stopping)
        if kind == "capcover":
            assert plan.value <= whole.value * (1 + 1e-9)
            assert plan.bound >= whole.value * (1 - 1e-9)
        elif whole.status == "proven":
            assert math.isnan(plan.value) or plan.value >= whole.value * (1 - 1e-9)
            assert plan.bound <= whole.value * (1 + 1e-9)
        if not math.isnan(plan.value):
            served(problem, plan.opened, plan.assigned, 45.0 if kind == "capcover" else math.inf, source)
            assert len(plan.opened) <= count


class Stop:
    """A progress that stops the search at one call, and is not called again."""

    def __init__(self, call: int) -> None:
        self.call, self.calls, self.stages = call, 0, []

    def __call__(self, stage: str, *_: object, **__: object) -> None:
        self.calls += 1
        self.stages.append(stage)
        assert self.calls <= self.call
        if self.calls == self.call:
            raise Cancelled


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", MODELS)
def test_stopped_at_each_look_the_answer_keeps_the_rules_and_its_bound_holds(kind, source, monkeypatch):
    monkeypatch.setattr(watch, "_PAUSE", 0.0)  # so that every look can stop
    early = plans = 0
    for seed in range(7):
        case, (wanted, _) = drawn(seed), expected_of(seed, kind, source)
        if wanted is None:
            continue
        for call in itertools.count(1):
            stop = Stop(call)
            answer = propose(case.problem, case.model(kind, source), progress=stop)
            assert answer.status in {"cancelled", "proven"}
            assert answer.bound >= wanted * (1 - 1e-9) if kind == "capcover" else answer.bound <= wanted * (1 + 1e-9)
            has_plan = not math.isnan(answer.value)
            assert has_plan or (kind == "capmedian" and (answer.opened, answer.gap) == ((), math.inf))
            if has_plan:
                check(case, kind, source, answer)
            if set(stop.stages) == {"siting.stage.reduce"}:
                early, plans = early + 1, plans + has_plan
                assert math.isfinite(answer.bound)
            if stop.calls < call:  # it was faster than the planner
                break
    assert early > 8
    assert plans == early or kind == "capmedian"


def test_a_stop_before_anything_is_known_tells_what_the_places_and_the_ways_allow():
    problem = row_of(people=[6, 5, 4], capacity=[4, 5, 3], s02="must_open")
    cover = propose(problem, CapacitatedCover(2, 0.0), progress=Stop(1))
    # At most the places of the site that must open and of the larger of the others; nobody has one yet.
    assert (cover.value, cover.bound, cover.opened, cover.assigned) == (0.0, pytest.approx(8.0), ("s02",), ())
    assert propose(problem, CapacitatedCover(3, 0.0), progress=Stop(1)).bound == pytest.approx(12.0)
    far = replace(problem_of([[30.0, 20.0], [np.inf, 7.0], [np.inf, np.inf]], [2, 3, 4]), capacity={"s00": 9.0, "s01": 9.0})
    median = propose(far, CapacitatedMedian(1), progress=Stop(1))
    assert (median.bound, median.left_out, median.left_out_people) == (pytest.approx(2 * 20 + 3 * 7), (102,), 4.0)
    assert (median.status, median.opened) == ("cancelled", ())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", MODELS)
def test_the_order_of_sites_does_not_matter(kind, source):
    for seed in range(40):
        case = drawn(seed)
        problem, sites = case.problem, list(case.problem.status)
        turned = replace(
            problem, costs=problem.costs.take(pd.Index(sites[::-1])), status=dict(reversed(problem.status.items())),
            capacity=dict(reversed(problem.capacity.items())),
        )  # fmt: skip
        one, other = (replace(propose(some, case.model(kind, source)), seconds=0.0) for some in (problem, turned))
        assert repr(one) == repr(other), seed


def row_of(*, people: list[float], capacity: list[float], **status: str) -> SitingProblem:
    """Return cells at 0, 10, 20 … m along a road, and sites at the same places."""
    at = np.arange(len(people)) * 10.0
    sites = np.arange(len(capacity)) * 10.0
    problem = problem_of(np.abs(at[:, None] - sites[None]), people, **status)
    return replace(problem, capacity={f"s{site:02d}": float(many) for site, many in enumerate(capacity)})


def test_who_does_not_fit_goes_on_to_the_next_site():
    problem = row_of(people=[10, 4], capacity=[8, 8])
    plan = propose(problem, CapacitatedMedian(2))
    assert plan.value == 2 * 10  # eight stay, two go 10 m
    assert plan.assigned == (Assigned(100, "s00", 8.0, 0.0), Assigned(100, "s01", 2.0, 10.0), Assigned(101, "s01", 4.0, 0.0))
    assert propose(problem, CapacitatedCover(1, 10.0)).value == 8.0
    assert propose(problem, CapacitatedCover(2, 0.0)).value == 12.0


def test_whole_cells_and_townships_go_to_one_site():
    problem = replace(row_of(people=[5, 3, 4], capacity=[8, 7, 7]), towns=np.array(["甲", "乙", "乙"]))
    # 5 + 3 fill the first site; undivided, 4 stays at its own.
    assert propose(problem, CapacitatedMedian(3, "cell")).value == 0.0
    two = propose(problem, CapacitatedMedian(2, "cell"))
    assert (two.opened, two.value) == (("s00", "s02"), 30.0)
    town = propose(problem, CapacitatedMedian(2, "township"))
    assert (town.opened, town.value) == (("s00", "s02"), 30.0)
    # One site within 0 m of one cell of 乙 only: no site serves that township whole.
    cover = propose(problem, CapacitatedCover(3, 0.0, "township"))
    assert (cover.value, cover.left_out, cover.left_out_people) == (5.0, (101, 102), 7.0)
    assert propose(problem, CapacitatedCover(1, 10.0, "township")).value == 7.0


def test_a_hamlet_that_no_site_reaches_does_not_keep_its_township_from_being_served():
    problem = problem_of([[1.0, 2.0], [3.0, 4.0], [np.inf, np.inf]], [2, 3, 5])
    problem = replace(problem, capacity={"s00": 5.0, "s01": 5.0}, towns=np.array(["甲"] * 3))
    plan = propose(problem, CapacitatedMedian(1, "township"))
    assert (plan.value, plan.left_out, {one.cell for one in plan.assigned}) == (11.0, (102,), {100, 101})


def test_places_that_stand_count_whoever_runs_them():
    for status in ("kept", "competitor", "must_open"):
        problem = row_of(people=[6, 6], capacity=[4, 5], s00=status)
        plan = propose(problem, CapacitatedCover(2 if status == "must_open" else 1, 10.0))
        assert (plan.value, len(plan.opened)) == (9.0, 1 + (status == "must_open"))


def test_an_existing_site_stays_rather_than_an_equal_new_one_opens_and_one_of_no_use_closes():
    problem = row_of(people=[6], capacity=[6, 6], s01="may_close")
    plan = propose(problem, CapacitatedCover(1, 10.0))
    assert (plan.opened, plan.closed) == ((), ())
    plan = propose(problem, CapacitatedMedian(1))
    assert (plan.opened, plan.closed, plan.value) == (("s00",), ("s01",), 0.0)


@pytest.mark.parametrize(
    ("problem", "model", "code", "cells"),
    [
        (row_of(people=[6, 6], capacity=[4, 5]), CapacitatedMedian(2), "places", ()),
        (row_of(people=[6, 6], capacity=[20, 5]), CapacitatedMedian(1, "cell"), None, ()),
        (row_of(people=[6, 6], capacity=[5, 5, 5]), CapacitatedMedian(3, "cell"), "too_large_cell", (100, 101)),
        (
            replace(row_of(people=[6, 6], capacity=[7, 7]), towns=np.array(["甲", "甲"])),
            CapacitatedMedian(2, "township"),
            "too_large_township",
            (100, 101),
        ),
        (row_of(people=[4, 4, 4], capacity=[6, 6]), CapacitatedMedian(2, "cell"), "no_placing", (102,)),
    ],
)
def test_what_is_in_the_way_is_named(problem, model, code, cells):
    plan = propose(problem, model)
    if code is None:
        assert plan.status == "proven"
        return
    assert (plan.status, plan.stopped_by) == ("infeasible", f"siting.infeasible.{code}")
    assert len(plan.left_out) == len(cells) if code == "no_placing" else plan.left_out == cells
    assert "{" not in plan.say("zh") + plan.say("en")


def test_where_places_lack_near_is_named_with_the_sites():
    table = [[1.0, np.inf, np.inf], [2.0, np.inf, np.inf], [np.inf, 1.0, 1.0]]
    problem = replace(problem_of(table, [5, 4, 3]), capacity={"s00": 6.0, "s01": 9.0, "s02": 9.0})
    plan = propose(problem, CapacitatedMedian(3))
    assert (plan.stopped_by, plan.left_out) == ("siting.infeasible.places_near", (100, 101))
    assert (plan.reason["sites"], plan.reason["places"], plan.reason["lacking"]) == ("s00", 6.0, 3.0)


def test_enough_places_give_the_p_median():
    table, people = spread(150, 15, np.inf)
    problem = replace(problem_of(table, people), capacity={f"s{site:02d}": 1e6 for site in range(15)})
    assert propose(problem, CapacitatedMedian(4)).value == pytest.approx(propose(problem, PMedian(4)).value, rel=1e-9)


def test_a_frontier_of_places_grows():
    table, people = spread(60, 8, 20.0)
    problem = replace(problem_of(table, people), capacity={f"s{site:02d}": float(people.sum() / 6) for site in range(8)})
    curve = frontier(problem, CapacitatedCover(5, 12.0))
    values = [point.plan.value for point in curve.points]
    assert [propose(problem, CapacitatedCover(count, 12.0)).value for count in range(1, 6)] == pytest.approx(values)
    for point in curve.points:
        assert served(problem, point.plan.opened, point.plan.assigned, 12.0, "split")[0] == pytest.approx(point.plan.value)


def test_what_makes_no_sense_is_refused():
    problem = row_of(people=[6, 6], capacity=[4, 5])
    for broken in (lambda: CapacitatedCover(0, 1.0), lambda: CapacitatedCover(1, math.inf), lambda: CapacitatedMedian(1, "village")):
        with pytest.raises(ValueError, match="needs at least one site"):
            broken()
    for capacity in ({"s00": -1.0}, {"s00": math.inf}, {"other": 1.0}):
        with pytest.raises(ValueError, match="capacity"):
            replace(problem, capacity=capacity)
    with pytest.raises(ValueError, match="needs a capacity"):
        propose(replace(problem, capacity={"s00": 1.0}), CapacitatedMedian(1))
    with pytest.raises(ValueError, match="township"):
        propose(problem, CapacitatedMedian(1, "township"))
    with pytest.raises(ValueError, match="exclude each other"):
        propose(replace(problem, conflicts=(("s00", "s01"),)), CapacitatedCover(1, 1.0))


@pytest.mark.parametrize(
    ("assigned", "source", "why"),
    [
        ([Assigned(100, "s00", 5.0, 0.0)], "split", "places"),
        ([Assigned(100, "s01", 1.0, 10.0)], "split", "not open"),
        ([Assigned(100, "s00", 1.0, 3.0)], "split", "travel cost"),
        ([Assigned(101, "s00", 1.0, 10.0)], "split", "threshold"),
        ([Assigned(100, "s00", 1.0, 0.0)], "cell", "divided"),
        ([Assigned(100, "s00", 3.0, 0.0), Assigned(100, "s00", 1.0, 0.0)], "split", "live"),
        ([Assigned(100, "s00", 3.0, 0.0)], "township", "in part"),
    ],
)
def test_an_assignment_that_breaks_a_rule_is_no_answer(assigned, source, why):
    problem = row_of(people=[3, 1], capacity=[4, 4])
    if why == "live":
        problem = replace(problem, capacity={"s00": 9.0, "s01": 9.0})
    if why == "places":
        problem = row_of(people=[8, 1], capacity=[4, 4])
    problem = replace(problem, towns=np.array(["甲", "甲"]))
    with pytest.raises(ValueError, match=why):
        served(problem, ["s00"], assigned, 5.0 if why == "threshold" else math.inf, source)
