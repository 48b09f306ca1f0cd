"""Random street files with random tags: reader and search against the oracle, which reads the same text by other means."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layers.county import Travel
from layers.errors import PlanningError
from planning.travel import attach, build_network, path, search, snap
from tests.oracle.streets import Trips, ways_of_xml
from tests.street_drawings import CRS_M, EAST, NORTH, osm, read, write_osm

SIDE = 4
ROUNDED = 1e-4  # a segment's cost is a whole multiple of 2**-20, about a millionth; no way here has a hundred
CORNER = np.array([EAST, NORTH])
TAGS = {
    "highway": [
        "residential",
        "primary",
        "footway",
        "motorway",
        "motorway_link",
        "track",
        "bridleway",
        "service",
        "construction",
        "cycleway",
        "trunk",
        "steps",
        "path",
        "ferry",
    ],
    "oneway": [None, None, "yes", "-1", "no", "reversible", "alternating"],
    "oneway:foot": [None, None, None, "yes", "-1"],
    "maxspeed": [None, "50", "30 mph", "BR:urban", "80;40", "none", "0", "20 knots"],
    "junction": [None, None, None, "roundabout"],
    "access": [None, None, "private", "destination"],
    "foot": [None, None, "yes", "no"],
    "motor_vehicle": [None, None, "no", "yes"],
    "motorcar": [None, None, None, "designated"],
    "motorroad": [None, None, None, "yes"],
    "area": [None, None, None, None, "yes"],
    "surface": [None, None, "asphalt", "gravel", "mud", "earth;gravel", "marble"],
    "smoothness": [None, None, None, "very_bad", "impassable"],
    "tracktype": [None, None, "grade1", "grade5"],
    "construction": ["residential", "steps", "yes"],
    "duration": [None, "0:02", "1", "PT90S", "soon"],
}
# What a county may say of its streets.
SPECS = [
    {},
    {},
    {"walkable": "all", "closed": ["no"]},
    {"ferries": "walk", "stairs": False, "construction": True},
    {"ferries": "all", "stairs_speed": 0.3, "surfaces": {"marble": 7, "mud": 150, "gravel": 12.5}},
    {"construction": True, "speeds_kmh": {"track": 12, "cycleway": 8}, "classes": {"motorway": {"walk": True}, "steps": {"walk": False}}},
    {"classes": {"ferry": {"walk": True, "kmh": 6}, "track": {"drive": False}, "footway": {"drive": True}, "bridleway": {"walk": False}}},
]


def drawing(seed, plain):
    """Return points in m and streets: a jittered lattice whose neighbours are joined, plus streets through points of their own (parallels)."""
    random = np.random.default_rng(seed)
    places = {
        number + 1: tuple(place) for number, place in enumerate(random.uniform(-20, 20, (SIDE**2, 2)) + 100 * np.argwhere(np.ones((SIDE, SIDE))))
    }
    pairs = [(k, k + 1) for k in places if k % SIDE] + [(k, k + SIDE) for k in places if k + SIDE in places]
    chosen = [pairs[k] for k in random.permutation(len(pairs))[: random.integers(3, len(pairs) + 1)]]
    streets = []
    for number, (a, b) in enumerate(chosen):
        refs = [a, b] if random.random() < 0.5 else [b, a]
        if random.random() < 0.3:
            places[100 + number] = tuple(random.uniform(0, 100 * SIDE, 2))
            streets.append((list(refs), {"highway": "residential"}))
            refs.insert(1, 100 + number)
        tags = {key: random.choice(np.array(values, object)) for key, values in TAGS.items() if not plain or key == "oneway"}
        streets.append((refs, as_ferry({"highway": "residential"} | {key: value for key, value in tags.items() if value})))
    return places, streets, random.uniform(-120, 100 * SIDE + 20, (14, 2))


def as_ferry(tags):
    """Write a ferry as OpenStreetMap does."""
    return tags if tags["highway"] != "ferry" else {key: value for key, value in tags.items() if key != "highway"} | {"route": "ferry"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    mode=st.sampled_from(["walk", "drive"]),
    unit=st.sampled_from(["m", "s"]),
    spec=st.sampled_from([None, *SPECS]),
)
def test_costs_equal_the_oracle(tmp_path, seed, mode, unit, spec):
    places, streets, spots = drawing(seed, plain=spec is None)
    trips = oracle(osm(places, streets), mode, unit, spots, spec or {})
    try:
        network = build_network(read(write_osm(tmp_path, places, streets), **(spec or {}))[0], mode, Travel(snap_m=80, walk_speed_mps=0.9))
    except PlanningError as error:
        assert error.code in {"streets.empty", "streets.none_usable", "travel.no_streets"}  # noqa: PT017 (either answer is right, if the oracle agrees)
        assert trips is None or not trips.segments
        return
    points = gpd.GeoSeries(shapely.points(spots + CORNER), crs=CRS_M)
    cells, sites = snap(network, points[:8]), snap(network, points[8:].set_axis([*"abcdef"]))
    assert trips is not None
    limit = 150.0 if seed % 2 else np.inf
    found = search(attach(network, cells, unit), sites, limit)
    assert set(np.flatnonzero(~found.reachable)) == trips.unreachable
    for number, site in enumerate(found.sites):
        cell, cost = found.column(site)
        assert dict(zip(cell.tolist(), cost, strict=True)) == pytest.approx(trips.costs_to(("site", number), limit), rel=0, abs=ROUNDED)


def oracle(text, mode, unit, spots, spec):
    ways = ways_of_xml(text)
    try:
        trips = Trips(ways, CRS_M.to_epsg(), mode, unit, walk_mps=0.9, snap_m=80, streets=spec)
    except ValueError:  # no street at all
        return None
    points = list(shapely.points(spots + CORNER))
    trips.hang(points[:8], points[8:])
    return trips


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["walk", "drive"]))
def test_threads_change_nothing_and_paths_are_as_long_as_they_cost(tmp_path, seed, mode):
    places, streets, _ = drawing(seed, plain=True)
    try:
        network = build_network(read(write_osm(tmp_path, places, streets))[0], mode, Travel(components="all"))
    except PlanningError:
        assume(False)
    random = np.random.default_rng(seed)
    points = gpd.GeoSeries(shapely.points(random.uniform(0, 100 * SIDE, (230, 2)) + CORNER), crs=CRS_M)
    sites = snap(network, points[30:].rename(str))
    attached = attach(network, snap(network, points[:30]), "m")
    one, three = search(attached, sites, 600.0), search(attached, sites, 600.0, threads=3)
    for name in ("start", "cell", "cost"):
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))
    for site in one.sites[:5]:
        cells, cost = one.column(site)
        assert [path(attached, cell, sites, site).length for cell in cells.tolist()] == pytest.approx(cost, rel=0, abs=ROUNDED)
