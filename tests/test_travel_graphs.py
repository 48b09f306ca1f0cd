"""Random street networks against docs/travel.md, section 3, by networkx: equal, every time."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.county import Travel
from layers.errors import PlanningError
from layers.streets import BACKWARD, FORWARD
from planning.travel import attach, build_network, path, search, snap
from tests.oracle.streets import Segment, Trips
from tests.street_drawings import CRS_M
from tests.street_graphs import spots, street_graph

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
            cost = float(streets.length[k] / (1.0 if self.unit == "m" else speed[k]))
            if bits:
                yield Segment(tail, head, line, bool(bits & FORWARD), bool(bits & BACKWARD), cost, cost)


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
        assert (np.diff(cell) > 0).all()
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
            if columns.get(cell, 1) < 1e-6:  # at one place: no line
                continue
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
