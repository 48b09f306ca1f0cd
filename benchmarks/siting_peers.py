"""Peers of the siting benchmark: spopt with CBC, and the textbook integer program on HiGHS, on the raw problem."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from scipy import sparse

from benchmarks.siting_instances import Instance
from planning.siting.value import covered_people, nearest_cost, trips


@dataclass(frozen=True)
class Peer:
    """What a peer answered: its value recomputed from the raw problem, and what it took to build and solve."""

    value: float
    proven: bool
    seconds: float


def run(peer: str, instance: Instance, model: str, seconds: float) -> Peer:
    """Run a peer on an instance, for so long at most; what it imports is not in its time."""
    try:
        for name in {"spopt": ["pulp", "spopt.locate"], "highs": ["scipy.optimize"]}[peer]:
            import_module(name)
    except ModuleNotFoundError:
        raise SystemExit('spopt is not installed; it is in the group "dev" of pyproject.toml.') from None
    begun = time.monotonic()
    opened, proven = {"spopt": _spopt, "highs": _highs}[peer](instance, model, seconds)
    took = time.monotonic() - begun
    names = [instance.problem.costs.sites[site] for site in opened]
    return Peer(_value(instance, model, names), proven, took)


def _value(instance: Instance, model: str, opened: list[str]) -> float:
    problem, reach = instance.problem, instance.reach or 0.0
    if model == "mclp":
        return covered_people(problem, opened, reach)
    if model == "lscp":
        return float(len(opened))
    return trips(problem, opened)[1] if np.isfinite(nearest_cost(problem, opened)).all() else float("nan")


def _dense(instance: Instance) -> np.ndarray:
    costs = instance.problem.costs
    table = np.full((len(costs.cells), len(costs.sites)), 1e9)
    table[costs.cell, np.repeat(np.arange(len(costs.sites)), np.diff(costs.start))] = costs.cost
    return table


def _spopt(instance: Instance, model: str, seconds: float) -> tuple[list[int], bool]:
    import pulp
    from spopt import locate

    table, people = _dense(instance), instance.problem.people
    if model == "lscp":
        reached = (table <= instance.reach).any(axis=1)
        asked = locate.LSCP.from_cost_matrix(table[reached], instance.reach)
    elif model == "mclp":
        asked = locate.MCLP.from_cost_matrix(table, people, instance.reach, instance.p)
    else:
        asked = locate.PMedian.from_cost_matrix(table, people, instance.p)
    asked.problem.solve(pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=seconds))
    variables = asked.fac_vars
    opened = [site for site in range(table.shape[1]) if (variables[site].varValue or 0) > 0.5]
    # pulp calls what a time limit left behind optimal, too: only its second status tells.
    return opened, asked.problem.sol_status == pulp.LpSolutionOptimal


def _highs(instance: Instance, model: str, seconds: float) -> tuple[list[int], bool]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    costs, people = instance.problem.costs, instance.problem.people
    cells, sites = len(people), len(costs.sites)
    site = np.repeat(np.arange(sites), np.diff(costs.start))
    near = sparse.csr_array((np.ones(len(site)), (costs.cell, site)), shape=(cells, sites))
    count = sparse.csr_array(np.ones((1, sites)))
    if model == "mclp":
        cost, whole = np.concatenate([np.zeros(sites), -people]), sites
        rows = [(sparse.hstack([near, -sparse.eye_array(cells)]), 0.0, np.inf), (sparse.hstack([count, sparse.csr_array((1, cells))]), 0, instance.p)]
    elif model == "lscp":
        cost, whole = np.ones(sites), sites
        rows = [(near[np.diff(near.indptr) > 0], 1.0, np.inf)]
    else:
        ways = len(site)
        cost, whole = np.concatenate([np.zeros(sites), people[costs.cell] * costs.cost]), sites
        once = sparse.csr_array((np.ones(ways), (costs.cell, np.arange(ways))), shape=(cells, ways))
        only_open = sparse.csr_array((np.ones(ways), (np.arange(ways), site)), shape=(ways, sites))
        rows = [
            (sparse.hstack([sparse.csr_array((cells, sites)), once]), 1.0, 1.0),
            (sparse.hstack([only_open, -sparse.eye_array(ways)]), 0.0, np.inf),
            (sparse.hstack([count, sparse.csr_array((1, ways))]), 0, instance.p),
        ]
    limits = [LinearConstraint(matrix.tocsr(), low, high) for matrix, low, high in rows]
    integrality = (np.arange(len(cost)) < whole).astype(int)
    options = {"mip_rel_gap": 0.0, "time_limit": seconds}
    answer = milp(cost, constraints=limits, integrality=integrality, bounds=Bounds(0, 1), options=options)
    opened = [] if answer.x is None else np.flatnonzero(answer.x[:sites] > 0.5).tolist()
    return opened, answer.status == 0
