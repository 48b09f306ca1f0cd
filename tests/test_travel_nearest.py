"""Nearest sites, hierarchy and slopes on random graphs: equal to the plain search, and to networkx."""

import math
from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planning.travel import attach, build_hierarchy, nearest, search, within
from planning.travel.bundles import Lists
from planning.travel.sweep import LANES, sweep
from tests.street_graphs import street_graph, town
from tests.test_travel_graphs import SEEDS, asked, assert_columns, expected_columns, snapped

MODES, UNITS, PARTS = st.sampled_from(["walk", "drive"]), st.sampled_from(["m", "s"]), st.sampled_from(["main", "all"])


def ready(seed, mode, unit, components, cells, sites, drawn=street_graph):
    """Return network with cells attached, and sites; None where no street may be used."""
    random = np.random.default_rng(seed)
    streets = drawn(random)
    places = asked(random, streets, cells, sites)
    made = snapped(streets, mode, components, *places)
    return streets, places, made and (attach(made[0], made[1], unit), made[2])


def smallest(costs, k, limit):
    """Return the k cheapest sites of each cell from the columns of a search without limit; of equal ones the smaller id."""
    rows = [[] for _ in costs.cells]
    for position, site in enumerate(costs.sites):
        for cell, cost in zip(*(part.tolist() for part in costs.column(site)), strict=True):
            if within(np.array([cost]), limit)[0]:
                rows[cell].append((cost, site, position))
    rows = [sorted(row)[:k] + [(math.inf, "", -1)] * (k - len(row)) for row in rows]
    return [[position for _, _, position in row] for row in rows], [[cost for cost, _, _ in row] for row in rows]


@settings(max_examples=120, deadline=None)
@given(seed=SEEDS, mode=MODES, unit=UNITS, components=PARTS, k=st.integers(1, 5), limit=st.sampled_from([np.inf, 150.0, 40.0]))
def test_nearest_are_the_smallest_of_the_columns(seed, mode, unit, components, k, limit):
    _, _, made = ready(seed, mode, unit, components, 16, 9)
    if made is None:
        return
    attached, sites = made
    backwards = sites.index[::-1]  # positions and ids run against each other
    sites = type(sites)(backwards, sites.x, sites.y, sites.segment, sites.fraction, sites.access)
    owners, costs = smallest(search(attached, sites, np.inf), k, limit)
    found = nearest(attached, sites, k, limit)
    np.testing.assert_array_equal(found.cost, costs)
    np.testing.assert_array_equal(found.site, owners)
    assert found.site.shape == (16, k)


@settings(max_examples=80, deadline=None)
@given(
    seed=SEEDS, mode=MODES, unit=UNITS, components=PARTS, limit=st.sampled_from([np.inf, 300.0, 90.0]), threads=st.integers(1, 3),
    drawn=st.sampled_from([street_graph, town]),
)  # fmt: skip
def test_a_hierarchy_changes_no_cost(seed, mode, unit, components, limit, threads, drawn):
    """Nor does the number of threads, with more sites than a sweep takes at once."""
    _, _, made = ready(seed, mode, unit, components, 20, 37, drawn)
    if made is None:
        return
    attached, sites = made
    plain = search(attached, sites, limit)
    swept = search(attached, sites, limit, hierarchy=build_hierarchy(attached.arcs), threads=threads)
    assert plain.start.tobytes() == swept.start.tobytes()
    for site in plain.sites:
        (cell, cost), (other_cell, other_cost) = plain.column(site), swept.column(site)
        order, other = np.argsort(cell), np.argsort(other_cell)
        assert cell[order].tobytes() == other_cell[other].tobytes()
        assert cost[order].tobytes() == other_cost[other].tobytes()


def test_a_hierarchy_of_junctions_with_many_neighbours():
    """Every junction meets 99 others: more than any crossing does, and than the first lists have room for."""
    random = np.random.default_rng(7)
    count, leave = 100, 5
    cost = np.round(random.uniform(10, 1000, (count, count)) * 2**20) / 2**20
    tail, head = np.nonzero(~np.eye(count, dtype=bool))
    order = np.lexsort([tail, head])
    arcs = Lists(np.arange(count + 1, dtype=np.int32) * (count - 1), tail[order].astype(np.int32), cost[tail, head][order])
    hierarchy = build_hierarchy(arcs)
    ends = np.column_stack([random.choice(count, leave, replace=False)] * 2).astype(np.int32)
    labels = np.empty(count * LANES)
    room = len(hierarchy.up.item) + LANES
    sweep(hierarchy.up, hierarchy.down, hierarchy.rank[ends], np.zeros((leave, 2)), 1e9, labels, np.empty(room), np.empty(room, np.int32))
    found = labels.reshape(count, LANES)[hierarchy.rank, :leave].T
    graph = csr_array((cost[tail, head], (head, tail)), shape=(count, count))
    np.testing.assert_array_equal(found, dijkstra(graph, indices=ends[:, 0]))


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, mode=MODES, unit=UNITS, components=PARTS)
def test_uphill_takes_longer_than_downhill(seed, mode, unit, components):
    """Against networkx: each direction of a segment has its own cost, also where a trip starts and ends."""
    streets, places, made = ready(seed, mode, unit, components, 12, 6, partial(street_graph, hilly=True))
    if made is not None:
        attached, sites = made
        assert_columns(search(attached, sites, np.inf), expected_columns(streets, mode, unit, components, *places)[1])
