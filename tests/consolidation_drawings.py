"""Small consolidations, and their answers by trying every assignment of actions; nothing is shared with the program that is solved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from planning.siting.consolidation import Consolidation, Deed, Home, Option, Rules
from tests.siting_drawings import costs_of

RULES = ("changes", "budget", "care", "beds", "size", "stay", "far", "cells")


def drawn(seed: int, count: int, *, tight: bool = True) -> tuple[Consolidation, Rules]:
    """Return homes on a plain with whole numbers throughout, so that many plans cost the same.

    Without ``tight`` most instances have a plan, in which some homes end; from eight homes on each may take one other state besides ending.
    """
    rng = np.random.default_rng(seed)
    new = int(rng.integers(0, 2)) if count < 8 else 1
    homes = tuple(_home(rng, f"h{number:02d}", new=number >= count - new, tight=tight) for number in range(count))
    if count >= 8:
        homes = tuple(replace(home, options=(home.options[0], home.options[int(rng.integers(1, len(home.options)))])) for home in homes)
    places = rng.integers(0, 30, (count + 12, 2))
    ways = np.round(np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1)))
    transfers = ways[:count, :count].copy()
    transfers[rng.random(transfers.shape) < 0.1] = np.inf
    people = rng.integers(0, 5, 12).astype(float)
    order = rng.permutation(count)
    problem = Consolidation(
        tuple(homes[at] for at in order), transfers[np.ix_(order, order)], people, costs_of(ways[count:, :count], sites=[home.site for home in homes])
    )
    changes, budget = (int(rng.integers(0, 4)), int(rng.integers(0, 12))) if tight else (count, 40)
    rules = Rules(
        limit=float(rng.integers(3, 12) if tight else rng.integers(16, 24)),
        transfer_limit=float(rng.choice([3, 12, 30]) if tight else 20),
        least_beds=float(rng.choice([0, 10, 28] if tight else [0, 10, 20])),
        most_beds=float(rng.choice([40, 60, 100])),
        care_share=float(rng.choice([0, 0.25, 0.5] if tight else [0, 0.25])),
        changes=None if rng.random() < 0.5 else changes,
        budget=None if rng.random() < 0.5 else float(budget),
        years=float(rng.choice([1, 2])),
    )
    return problem, rules


def _home(rng: np.random.Generator, site: str, *, new: bool, tight: bool) -> Home:
    beds = float(rng.choice([5, 10, 20, 30]))
    care = float(rng.integers(0, beds + 1)) if tight else beds / 2
    run = float(rng.integers(0, 4)) + (0 if tight else 3)
    if new:
        return Home(site, 0.0, (Option("leave"), Option("open", 2 * beds, beds, 4.0, run)), new=True, stays=bool(rng.random() < 0.2))
    options = [Option("keep", beds, care, 0.0, run), Option("enlarge", beds + 20, min(care + 15, beds + 20), float(rng.integers(1, 5)), run + 1)]
    if rng.random() < 0.5:
        options.append(Option("reduce", beds - 3, min(care, beds - 3), 1.0, max(run - 1, 0)))
    if rng.random() < 0.5:
        options.append(
            Option("convert", beds, beds, 2.0, run, "elder_town_centre", receives=bool(rng.random() < 0.5), serves=bool(rng.random() < 0.7))
        )
    residents = float(rng.integers(0, beds + 4 if tight else beds // 2))
    return Home(site, residents, tuple(options), float(rng.integers(0, 3)), stays=bool(rng.random() < 0.15))


@dataclass(frozen=True)
class Tried:
    """One assignment of actions: its figures, and by how much it breaks each rule."""

    deeds: tuple[Deed, ...]
    cost: float
    travel: float
    ranks: tuple[int, ...]
    lacks: dict[str, float]

    @property
    def key(self) -> tuple[float, float, tuple[int, ...]]:
        return round(self.cost, 9), round(self.travel, 9), self.ranks


def all_plans(problem: Consolidation, rules: Rules) -> Iterator[Tried]:
    """Try every assignment of actions that moves each resident of a home that ends into one that receives."""
    order = {home.site: at for at, home in enumerate(problem.homes)}
    homes = sorted(problem.homes, key=lambda home: home.site)
    near = np.full((len(problem.people), len(homes)), np.inf)
    for at, home in enumerate(homes):
        cells, costs = problem.costs.column(home.site)
        near[cells, at] = costs
    near = near <= rules.limit
    today = near[:, [at for at, home in enumerate(homes) if not home.new]].any(axis=1)
    for choice in itertools.product(*(_deeds(home, homes) for home in homes)):
        states = [home.options[deed.option] if deed.option is not None else None for home, deed in zip(homes, choice, strict=True)]
        stands = {home.site: state for home, state in zip(homes, states, strict=True) if state is not None and state.action != "leave"}
        if any(deed.into and (deed.into not in stands or not stands[deed.into].receives) for deed in choice):
            continue
        ways = {deed.site: problem.transfers[order[deed.site], order[deed.into]] for deed in choice if deed.into}
        if not np.isfinite(list(ways.values())).all():
            continue
        yield _tried(problem, rules, homes, choice, states, ways, near, today)


def _deeds(home: Home, homes: list[Home]) -> list[Deed]:
    ends = (
        [Deed(home.site, None, other.site) for other in homes if other is not home] if home.residents else [] if home.new else [Deed(home.site, None)]
    )
    return [Deed(home.site, number) for number in range(len(home.options))] + ends


def _tried(problem, rules, homes, choice, states, ways, near, today) -> Tried:
    pairs = list(zip(homes, states, choice, strict=True))
    stands = [(home, state) for home, state, _ in pairs if state is not None and state.action != "leave"]
    once = sum(state.cost for _, state in stands) + sum(home.ending_cost for home, state, _ in pairs if state is None)
    serving = [at for at, state in enumerate(states) if state is not None and state.action != "leave" and state.serves]
    living = {home.site: home.residents for home in homes}
    for home, _, deed in pairs:
        if deed.into:
            living[deed.into] += home.residents
    changed = sum(state is None or state.action not in ("keep", "leave") for state in states)
    lacks = {
        "changes": max(0.0, changed - rules.changes) if rules.changes is not None else 0.0,
        "budget": max(0.0, once - rules.budget) if rules.budget is not None else 0.0,
        "care": max(0.0, sum(rules.care_share * state.beds - state.care_beds for _, state in stands)),
        "beds": sum(max(0.0, living[home.site] - state.beds) for home, state in stands),
        "size": float(sum(s.action != "convert" and not rules.least_beds <= s.beds <= rules.most_beds for _, s in stands)),
        "stay": float(sum(home.stays and (state is None or state.action == "leave") for home, state, _ in pairs)),
        "far": sum(home.residents for home, _, deed in pairs if deed.into and ways[home.site] > rules.transfer_limit),
        "cells": float(problem.people[today & ~near[:, serving].any(axis=1)].sum()),
    }
    travel = sum(home.residents * ways[home.site] for home, _, deed in pairs if deed.into)
    ranks = tuple(_deeds(home, homes).index(deed) for home, _, deed in pairs)
    return Tried(choice, once + rules.years * sum(state.running for _, state in stands), travel, ranks, lacks)


def best_of(problem: Consolidation, rules: Rules) -> tuple[Tried | None, dict[str, float]]:
    """Return the best plan, None where there is none, and then by rule the least by which it alone would have to give way."""
    best, least = None, dict.fromkeys(RULES, np.inf)
    for plan in all_plans(problem, rules):
        broken = [rule for rule, lack in plan.lacks.items() if lack > 1e-9]
        if not broken:
            best = plan if best is None or plan.key < best.key else best
        elif len(broken) == 1:
            least[broken[0]] = min(least[broken[0]], plan.lacks[broken[0]])
    return best, least


def best_of_many(problem: Consolidation, rules: Rules) -> Tried | None:
    """Return the best plan of more homes: every assignment of states at once, and then, cheapest first, every way to place who must move.

    Where residents move to changes no cost, only their travel: so the first cost at which they can be placed is the least.
    """
    homes = sorted(problem.homes, key=lambda home: home.site)
    states = [[*home.options, None] if not home.new else list(home.options) for home in homes]
    picks = np.array(list(itertools.product(*(range(len(some)) for some in states))), dtype=np.int8)
    picks = picks[_kept(problem, rules, homes, states, picks)]
    costs = _sum(states, picks, lambda at, state: homes[at].ending_cost if state is None else state.cost + rules.years * state.running)
    best = None
    for row in np.argsort(costs, kind="stable"):
        if best is not None and costs[row] > best.cost + 1e-9:
            break
        placed = _placed(problem, rules, homes, [some[pick] for some, pick in zip(states, picks[row], strict=True)])
        for deeds, travel in placed:
            ranks = tuple(_deeds(home, homes).index(deed) for home, deed in zip(homes, deeds, strict=True))
            plan = Tried(deeds, float(costs[row]), travel, ranks, {})
            best = plan if best is None or plan.key < best.key else best
    return best


def _sum(states, picks, figure) -> np.ndarray:
    return sum(np.array([float(figure(at, state)) for state in some])[picks[:, at]] for at, some in enumerate(states))


def _kept(problem, rules, homes, states, picks) -> np.ndarray:
    """Return which assignments of states keep every rule that does not depend on who moves where."""

    def stands(state: Option | None) -> bool:
        return state is not None and state.action != "leave"

    def sized(state: Option | None) -> bool:
        return not stands(state) or state.action == "convert" or rules.least_beds <= state.beds <= rules.most_beds

    kept = _sum(states, picks, lambda _, state: not sized(state)) == 0
    kept &= _sum(states, picks, lambda at, state: homes[at].stays and not stands(state)) == 0
    kept &= _sum(states, picks, lambda at, state: stands(state) and state.beds < homes[at].residents) == 0
    kept &= _sum(states, picks, lambda _, state: state.care_beds - rules.care_share * state.beds if stands(state) else 0.0) >= -1e-9
    if rules.changes is not None:
        kept &= _sum(states, picks, lambda _, state: state is None or state.action not in ("keep", "leave")) <= rules.changes
    if rules.budget is not None:
        kept &= _sum(states, picks, lambda at, state: homes[at].ending_cost if state is None else state.cost) <= rules.budget
    near = np.full((len(problem.people), len(homes)), np.inf)
    for at, home in enumerate(homes):
        cells, costs = problem.costs.column(home.site)
        near[cells, at] = costs
    near = near <= rules.limit
    for cell in near[(problem.people > 0) & near[:, [at for at, home in enumerate(homes) if not home.new]].any(axis=1)]:
        kept &= _sum(states, picks, lambda at, state, cell=cell: cell[at] and stands(state) and state.serves) > 0
    return kept


def _placed(problem, rules, homes, states) -> Iterator[tuple[tuple[Deed, ...], float]]:
    """Try every way to place the residents of the homes that end."""
    order = {home.site: at for at, home in enumerate(problem.homes)}
    free = {
        home.site: state.beds - home.residents
        for home, state in zip(homes, states, strict=True)
        if state is not None and state.action != "leave" and state.receives
    }
    moving = [home for home, state in zip(homes, states, strict=True) if state is None and home.residents]
    if math.fsum(home.residents for home in moving) > math.fsum(free.values()):
        return
    going: dict[str, str] = {}

    def place(number: int, travel: float) -> Iterator[float]:
        if number == len(moving):
            yield travel
            return
        home = moving[number]
        for into in list(free):
            way = problem.transfers[order[home.site], order[into]]
            if way <= rules.transfer_limit and free[into] >= home.residents:
                free[into] -= home.residents
                going[home.site] = into
                yield from place(number + 1, travel + home.residents * way)
                free[into] += home.residents

    for travel in place(0, 0.0):
        deeds = tuple(
            Deed(home.site, None, going.get(home.site, "") if home.residents else "") if state is None else Deed(home.site, home.options.index(state))
            for home, state in zip(homes, states, strict=True)
        )
        yield deeds, float(travel)
