"""Random street networks against docs/travel.md, section 3, by networkx: equal, every time."""

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.county import Travel
from layers.errors import PlanningError
from layers.streets import BACKWARD, FORWARD, StreetNetwork
from planning.travel import attach, build_network, path, search, snap
from tests.oracle.streets import Segment, Trips
from tests.street_drawings import CRS_M, EAST, NORTH
from tests.street_graphs import BOTH, TURNED, spots, street_graph

SNAP_M, WALK_MPS = 80.0, 0.9
SEEDS = st.integers(0, 2**32)
NEAR_LIMIT = 1e-4  # m or s: costs of segments are rounded to about a millionth


class GraphTrips(Trips):
    """Trips on a StreetNetwork instead of a file; ``ways`` is the network."""

    def _everything(self):
        streets = self.ways
        speed = streets.speed[self.mode] * (self.walk_mps if self.mode == "walk" else 1.0)
        for k, bits in enumerate(streets.allowed[self.mode].tolist()):
            tail, head = int(streets.tail[k]), int(streets.head[k])
            line = shapely.LineString([(streets.x[node], streets.y[node]) for node in (tail, head)])
            slope = streets.rise[k] / streets.length[k] if streets.length[k] else 0.0
            there, back = (float(streets.length[k]) / self._speed(speed[k], climb) for climb in (slope, -slope))
            if bits:
                yield Segment(tail, head, line, bool(bits & FORWARD), bool(bits & BACKWARD), there, back)

    def _speed(self, level, slope):
        """Tobler's hiking function, scaled to the speed on the level; vehicles do not mind."""
        if self.unit == "m":
            return 1.0
        return level * math.exp(-3.5 * (abs(slope + 0.05) - 0.05)) if self.mode == "walk" else level


def asked(random, streets, cells, sites):
    """Return places of cells and sites."""
    places = spots(random, streets, cells + sites, SNAP_M)[random.permutation(cells + sites)]
    return shapely.points(places[:cells]), shapely.points(places[cells:])


def snapped(streets, mode, components, cells, sites):
    """Return network, cells and sites, or None where no street may be used."""
    try:
        network = build_network(streets, mode, Travel(snap_m=SNAP_M, walk_speed_mps=WALK_MPS, components=components))
    except PlanningError as error:
        assert error.code == "travel.no_streets"  # noqa: PT017 (the caller asks the oracle whether it is right)
        return None
    names = [f"s{k:03}" for k in range(len(sites))]
    return network, snap(network, gpd.GeoSeries(cells, crs=CRS_M)), snap(network, gpd.GeoSeries(sites, names, crs=CRS_M))


def expected_columns(streets, mode, unit, components, cells, sites):
    trips = GraphTrips(streets, CRS_M.to_epsg(), mode, unit, walk_mps=WALK_MPS, snap_m=SNAP_M, components=components)
    trips.hang(list(cells), list(sites))
    return trips, [trips.costs_to(("site", number)) for number in range(len(sites))]


def assert_columns(found, expected):
    """Costs equal; one that is as near to the limit as the rounding of segments may be in or out."""
    for site, column in zip(found.sites, expected, strict=True):
        cell, cost = found.column(site)
        assert len(np.unique(cell)) == len(cell)
        got = dict(zip(cell.tolist(), cost.tolist(), strict=True))
        assert got == pytest.approx({k: column[k] for k in got}, abs=1e-4)
        assert all(column[k] > found.limit + 0.0005 - NEAR_LIMIT for k in set(column) - set(got))
        assert max(got.values(), default=0.0) <= found.limit + 0.0005


@settings(max_examples=150, deadline=None)
@given(
    seed=SEEDS, mode=st.sampled_from(["walk", "drive"]), unit=st.sampled_from(["m", "s"]), components=st.sampled_from(["main", "all"]),
    limit=st.sampled_from([np.inf, np.inf, 20.0, 120.0, 300.0]),
)  # fmt: skip
def test_costs_equal_the_oracle(seed, mode, unit, components, limit):
    random = np.random.default_rng(seed)
    streets = street_graph(random)
    cells, sites = asked(random, streets, 16, 8)
    trips, expected = expected_columns(streets, mode, unit, components, cells, sites)
    ready = snapped(streets, mode, components, cells, sites)
    assert (ready is None) == (not trips.segments)
    if ready is None:
        return
    network, at_cells, at_sites = ready
    found = search(attach(network, at_cells, unit), at_sites, limit)
    assert set(np.flatnonzero(~found.reachable)) == trips.unreachable
    assert_columns(found, expected)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, mode=st.sampled_from(["walk", "drive"]), components=st.sampled_from(["main", "all"]))
def test_paths_are_as_long_as_they_cost_and_lead_along_streets(seed, mode, components):
    random = np.random.default_rng(seed)
    streets = street_graph(random, consistent=True)
    cells, sites = asked(random, streets, 10, 4)
    ready = snapped(streets, mode, components, cells, sites)
    if ready is None:
        return
    network, at_cells, at_sites = ready
    attached = attach(network, at_cells, "m")
    found = search(attached, at_sites, np.inf)
    for site in found.sites:
        columns = dict(zip(*(part.tolist() for part in found.column(site)), strict=True))
        for cell in range(len(cells)):
            way = path(attached, cell, at_sites, site)
            assert (way is None) == (cell not in columns)
            if way is not None:
                assert way.length == pytest.approx(columns[cell], abs=1e-4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=SEEDS, mode=st.sampled_from(["walk", "drive"]), unit=st.sampled_from(["m", "s"]))
def test_blocks_of_sites_and_threads_change_no_byte(seed, mode, unit):
    """More sites than one block holds, and one more and one less than two blocks."""
    random = np.random.default_rng(seed)
    streets = street_graph(random)
    count = int(random.choice([65, 127, 128, 129, 193]))
    cells, sites = asked(random, streets, 20, count)
    ready = snapped(streets, mode, "all", cells, sites)
    if ready is None:
        return
    network, at_cells, at_sites = ready
    attached = attach(network, at_cells, unit)
    one, *others = (search(attached, at_sites, 400.0, threads=threads) for threads in (1, 2, 3))
    for other in others:
        for name in ("start", "cell", "cost"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    single = [search(attached, at_sites.part(slice(k, k + 1)), 400.0) for k in range(0, count, 9)]
    for alone in single:
        for whole, part in zip(one.column(alone.sites[0]), alone.column(alone.sites[0]), strict=True):
            assert whole.tobytes() == part.tobytes()
    assert_columns(one, expected_columns(streets, mode, unit, "all", cells, sites)[1])


def chain_of(steps, allowed=BOTH):
    """Return a street of segments of 10 m along the x axis, drawn to and fro, between two squares that make it part of the main network."""
    x = np.concatenate([np.arange(steps + 1) * 10.0, [-10, 0, steps * 10 + 10, steps * 10]])
    y = np.concatenate([np.zeros(steps + 1), [0, 10, 0, 10]])
    pairs = [(k, k + 1) if k % 2 else (k + 1, k) for k in range(steps)]
    west, east = (steps + 1, steps + 2), (steps + 3, steps + 4)
    pairs += [(0, west[0]), (west[0], west[1]), (west[1], 0), (steps, east[0]), (east[0], east[1]), (east[1], steps)]
    tail, head = np.array(pairs, np.int32).T
    count = len(pairs)
    bits = np.full(count, BOTH, np.uint8)
    bits[:steps] = [allowed if k % 2 else TURNED[allowed] for k in range(steps)]
    return StreetNetwork(
        x + EAST, y + NORTH, tail, head,
        length=np.hypot(x[head] - x[tail], y[head] - y[tail]), rise=np.zeros(count), street=np.zeros(count, np.int32),
        streets=pd.DataFrame({"highway": ["residential"], "name": [""], "source": ["1"]}), allowed={"walk": bits, "drive": bits},
        speed={"walk": np.ones(count), "drive": np.full(count, 4.0)}, crs=CRS_M,
    )  # fmt: skip


def along(streets, cells, sites, limit, mode="drive", unit="m", components="main"):
    network = build_network(streets, mode, Travel(components=components))
    at_cells, at_sites = (snap(network, gpd.GeoSeries(shapely.points([(EAST + x, NORTH) for x in places]), crs=CRS_M)) for places in (cells, sites))
    found = search(attach(network, at_cells, unit), replace(at_sites, index=at_sites.index.astype("str")), limit)
    return [dict(zip(*(part.tolist() for part in found.column(site)), strict=True)) for site in found.sites]


@pytest.mark.parametrize(
    ("away", "limit", "kept"), [(0, 1000, True), (0, 999.9996, True), (0, 999.9994, False), (4e-4, 1000, True), (6e-4, 1000, False)]
)
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_a_cost_at_the_limit_is_within_after_rounding(away, limit, kept, mode):
    """From 20 m to 1,020 m along a chain, and by less than a millimetre more."""
    assert along(chain_of(110), [20.0], [1020.0 + away], limit, mode) == [{0: pytest.approx(1000 + away, abs=1e-6)} if kept else {}]


@pytest.mark.parametrize("unit", ["m", "s"])
def test_points_on_one_chain_in_both_orders(unit):
    """Exact: at nodes, in the middle of segments, twice at one place, before and behind each other."""
    places = [0.0, 5.0, 10.0, 10.0, 12.5, 500.0, 505.0, 997.5, 1000.0]
    rate = 1.0 if unit == "m" else 0.25
    assert along(chain_of(100), places, places, np.inf, unit=unit) == [{k: abs(a - b) * rate for k, a in enumerate(places)} for b in places]


def test_a_one_way_chain_is_driven_one_way():
    """Nobody comes back where the chain is the only way."""
    places = [5.0, 15.0, 15.0, 420.0, 995.0]
    streets = chain_of(100, FORWARD)
    expected = [{k: b - a for k, a in enumerate(places) if a <= b} for b in places]
    assert along(streets, places, places, np.inf, components="all") == expected
    expected = [{k: a - b for k, a in enumerate(places) if a >= b} for b in places]
    assert along(chain_of(100, BACKWARD), places, places, np.inf, components="all") == expected
