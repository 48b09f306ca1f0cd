"""Small siting problems, and their answers by trying every plan."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from planning.siting import LSCP, MCLP, PMedian, SitingProblem
from planning.travel.costs import TravelCosts


def costs_of(table: np.ndarray, *, limit: float = np.inf, sites: Sequence[str] | None = None) -> TravelCosts:
    """Return a table of cells by sites as travel costs; inf and what is beyond the limit is absent."""
    known = np.isfinite(table) & (table <= limit)
    cell = [np.flatnonzero(column) for column in known.T]
    start = np.cumsum([0, *map(len, cell)]).astype(np.int64)
    cost = np.concatenate([table[rows, site] for site, rows in enumerate(cell)]) if cell else np.empty(0)
    names = pd.Index(sites if sites is not None else [f"s{site:02d}" for site in range(table.shape[1])], dtype="str")
    cells = pd.RangeIndex(100, 100 + len(table), name="cell")
    entries = np.concatenate(cell).astype(np.int32) if cell else np.empty(0, np.int32)
    return TravelCosts(names, cells, start, entries, cost, "m", "walk", limit, np.ones(len(table), bool))


def problem_of(table: object, people: object = None, *, limit: float = np.inf, **status: str) -> SitingProblem:
    """Return a problem; sites are candidates unless their status is given."""
    table = np.asarray(table, dtype=float)
    costs = costs_of(table, limit=limit)
    weights = np.ones(len(table)) if people is None else np.asarray(people, dtype=float)
    return SitingProblem(weights, costs, {site: status.get(site, "candidate") for site in costs.sites})  # type: ignore[arg-type]


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, float, dict[str, str]]:
    """Return a random table with gaps, people (some cells empty, some whole numbers), a search limit and statuses."""
    rng = np.random.default_rng(seed)
    cells, sites, limit = int(rng.integers(1, 25)), int(rng.integers(1, 9)), 60.0
    places = rng.integers(0, 60, (cells + sites, 2))
    table = np.hypot(*(places[:cells, None] - places[None, cells:]).transpose(2, 0, 1))
    if rng.random() < 0.4:
        table = np.round(table / 10) * 10  # ties
    table[(table > limit) | (rng.random(table.shape) < rng.choice([0.0, 0.3]))] = np.inf
    people = rng.integers(0, 9, cells).astype(float) if rng.random() < 0.5 else rng.random(cells) * 5 * (rng.random(cells) < 0.8)
    kinds = ["kept", "must_open", "forbidden", *["candidate"] * 4]
    return table, people, limit, {f"s{site:02d}": str(rng.choice(kinds)) for site in range(sites)}


def best(problem: SitingProblem, model: MCLP | LSCP | PMedian, table: np.ndarray) -> float | None:
    """Return the best value over all plans, None when there is none; ``table`` is dense, with inf beyond the limit."""
    names = list(problem.costs.sites)
    by_status = {kind: [j for j, name in enumerate(names) if problem.status[name] == kind] for kind in ("kept", "must_open", "candidate")}
    fixed = by_status["kept"] + by_status["must_open"]
    usable = _nearest(table, [*fixed, *by_status["candidate"]])
    required, candidates = len(by_status["must_open"]), by_status["candidate"]
    if isinstance(model, LSCP):
        counts: Sequence[int] = range(len(candidates) + 1)
    else:
        counts = [model.sites - required] if 0 <= model.sites - required <= len(candidates) else []
    values = []
    for count in counts:
        for chosen in itertools.combinations(candidates, count):
            value = _value(problem, model, _nearest(table, [*fixed, *chosen]), usable)
            if value is not None:
                values.append(required + count if isinstance(model, LSCP) else value)
        if values and isinstance(model, LSCP):
            break
    return None if not values else float(max(values) if isinstance(model, MCLP) else min(values))


def _nearest(table: np.ndarray, sites: Sequence[int]) -> np.ndarray:
    return table[:, list(sites)].min(axis=1) if len(sites) else np.full(len(table), np.inf)


def _value(problem: SitingProblem, model: MCLP | LSCP | PMedian, near: np.ndarray, usable: np.ndarray) -> float | None:
    people = problem.people
    if isinstance(model, MCLP):
        return float(people[near <= model.threshold + 5e-4].sum())
    if isinstance(model, LSCP):
        covered, coverable = near <= model.threshold + 5e-4, usable <= model.threshold + 5e-4
        if model.share == 1:
            return 0.0 if covered[(people > 0) & (coverable | (model.of == "people"))].all() else None
        base = people.sum() if model.of == "people" else people[coverable].sum()
        return 0.0 if people[covered].sum() >= model.share * base * (1 - 1e-9) else None
    counted = np.isfinite(usable) & (people > 0)
    near = np.minimum(near, problem.costs.limit) if model.beyond == "limit" else near
    return float((people[counted] * near[counted]).sum()) if np.isfinite(near[counted]).all() else None


def spread(cells: int, sites: int, reach: float, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return a dense table over towns and countryside (inf beyond ``reach``), and people."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(5, 45, (12, 2))
    near_towns = towns[rng.integers(0, 12, cells * 6 // 10)] + rng.normal(0, 2, (cells * 6 // 10, 2))
    homes = np.vstack([near_towns, rng.uniform(0, 50, (cells - len(near_towns), 2))])
    table = np.hypot(*(homes[:, None] - homes[rng.choice(cells, sites, replace=False)][None]).transpose(2, 0, 1))
    table[table > reach] = np.inf
    return table, np.ceil(rng.lognormal(1, 0.8, cells))
