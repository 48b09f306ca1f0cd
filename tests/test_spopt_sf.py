"""Published optima: San Francisco stores (spopt's own data set), OR-Library p-median; and spopt as a second opinion."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planning.siting import LSCP, MCLP, PMedian, SitingProblem, propose
from planning.travel.imported import from_table
from tests.siting_drawings import costs_of, spread

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def san_francisco(shared: Path) -> SitingProblem:
    trips = pd.read_csv(shared / "spopt_sf/SF_network_distance_candidateStore_16_censusTract_205_new.csv", dtype={"DestinationName": str})
    costs = from_table(trips, origin="DestinationName", site="name", cost="distance", unit="m")
    people = trips.groupby("DestinationName")["demand"].first().loc[list(costs.cells)].to_numpy(float)
    return SitingProblem(people, costs, dict.fromkeys(costs.sites, "candidate"))


@pytest.mark.shared
def test_san_francisco_at_5000_m_and_four_sites(san_francisco):
    assert propose(san_francisco, LSCP(5000.0)).value == 8
    assert propose(san_francisco, MCLP(4, 5000.0)).value == 875_247
    plan = propose(san_francisco, PMedian(4))
    assert round(plan.value, 2) == 2_848_268_129.71
    assert (plan.status, len(plan.opened)) == ("proven", 4)


def or_library(path: Path) -> tuple[np.ndarray, int]:
    """Return all shortest ways and the number of sites; of a repeated edge the last cost counts, as the library says."""
    numbers = [int(word) for word in path.read_text().split()]
    nodes, edges, sites = numbers[:3]
    way = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(way, 0.0)
    for tail, head, cost in np.array(numbers[3 : 3 + 3 * edges]).reshape(-1, 3):
        way[tail - 1, head - 1] = way[head - 1, tail - 1] = cost
    for via in range(nodes):
        way = np.minimum(way, way[:, via, None] + way[None, via])
    return way, sites


@pytest.mark.shared
@pytest.mark.parametrize("name", [f"pmed{number}" for number in range(1, 16)])
def test_or_library_p_median(shared, name):
    lines = (shared / "pmed/OPTIMA.txt").read_text().split("\n")
    optimum = {words[0]: int(words[1]) for line in lines[1:] if (words := line.split())}[name]
    way, sites = or_library(shared / f"pmed/{name}.txt")
    costs = costs_of(way)
    plan = propose(SitingProblem(np.ones(len(way)), costs, dict.fromkeys(costs.sites, "candidate")), PMedian(sites))
    assert (plan.value, plan.status) == (optimum, "proven")


@pytest.mark.slow  # spopt alone takes ten seconds to import
def test_spopt_agrees():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt import locate
    table, people = spread(150, 25, 100.0)
    costs = costs_of(table)
    problem = SitingProblem(people, costs, dict.fromkeys(costs.sites, "candidate"))
    solver = pulp.PULP_CBC_CMD(msg=False)
    covering = locate.MCLP.from_cost_matrix(table, people, service_radius=5.0, p_facilities=6).solve(solver)
    assert propose(problem, MCLP(6, 5.0)).value == pytest.approx(pulp.value(covering.problem.objective), rel=1e-9)
    fewest = locate.LSCP.from_cost_matrix(table, service_radius=20.0).solve(solver)
    assert propose(problem, LSCP(20.0)).value == pulp.value(fewest.problem.objective)
    median = locate.PMedian.from_cost_matrix(table, people, p_facilities=6).solve(solver)
    assert propose(problem, PMedian(6)).value == pytest.approx(pulp.value(median.problem.objective), rel=1e-7)
