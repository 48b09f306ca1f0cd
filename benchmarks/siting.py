"""Siting on a generated region of towns and countryside: ``python -m benchmarks.siting [mclp|lscp|pmedian] [metres] [sites]``."""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from planning.siting import LSCP, MCLP, PMedian, SitingProblem, propose
from planning.travel.costs import TravelCosts

CELLS, CANDIDATES, WIDTH, APART = 50_000, 1_500, 70_000.0, 600.0


def region(limit: float, seed: int = 1) -> SitingProblem:
    """Return people around 40 towns and in the country, candidates at least 600 m apart, straight lines x 1.25 as costs up to ``limit``."""
    rng = np.random.default_rng(seed)
    towns, share = rng.uniform(0.1 * WIDTH, 0.9 * WIDTH, (40, 2)), rng.pareto(1.3, 40) + 0.2
    homes = towns[rng.choice(40, CELLS * 6 // 10, p=share / share.sum())]
    homes = np.vstack([homes + rng.normal(0, 3500, homes.shape), rng.uniform(0, WIDTH, (CELLS - len(homes), 2))])
    people = rng.lognormal(0, 0.8, CELLS) * (3 + 60 * np.exp(-((cKDTree(towns).query(homes)[0] / 3000) ** 2)))
    places = apart(homes[rng.choice(CELLS, CANDIDATES * 3, replace=False)])[:CANDIDATES]
    near = [np.sort(np.array(cells, np.int32)) for cells in cKDTree(homes).query_ball_point(places, limit / 1.25)]
    cost = [np.hypot(*(homes[cells] - place).T) * 1.25 for cells, place in zip(near, places, strict=True)]
    sites = pd.Index([f"street-{number:04d}" for number in range(len(places))])
    start = np.cumsum([0, *map(len, near)]).astype(np.int64)
    costs = TravelCosts(sites, pd.RangeIndex(CELLS), start, np.concatenate(near), np.concatenate(cost), "m", "walk", limit, np.ones(CELLS, bool))
    return SitingProblem(people, costs, dict.fromkeys(sites, "candidate"))


def apart(places: np.ndarray) -> np.ndarray:
    """Return the places that are not too near an earlier one."""
    tree, taken = cKDTree(places), np.ones(len(places), bool)
    for number, place in enumerate(places):
        if taken[number]:
            close = [other for other in tree.query_ball_point(place, APART) if other > number]
            taken[close] = False
    return places[taken]


def main(model: str = "mclp", metres: str = "1000", sites: str = "60") -> None:
    """Print what was found, and the longest silence of the search."""
    limit, calls = float(metres), [time.monotonic()]
    models = {"mclp": MCLP(int(sites), limit), "lscp": LSCP(limit, 1.0, "coverable"), "pmedian": PMedian(int(sites), "limit")}

    def note(stage: str, done: float, total: float, **more: float) -> None:
        del stage, done, total, more
        calls.append(time.monotonic())

    plan = propose(region(limit), models[model], progress=note)
    silence = max(np.diff([*calls, time.monotonic()]))
    print(f"{model} {limit:.0f} m: {plan.status}, value {plan.value:,.0f}, bound {plan.bound:,.0f}, gap {plan.gap:.4%}")
    print(f"greedy {plan.greedy_value:,.0f}, {len(plan.opened)} sites, {plan.nodes} nodes, {plan.seconds:.1f} s, longest silence {silence:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
