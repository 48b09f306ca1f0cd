"""Ways and service areas against the streets as read: a way can be gone and costs what coverage counts; an area ends where the limit does."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layers.county import Travel
from layers.errors import PlanningError
from layers.streets import BACKWARD, FORWARD
from planning.travel import attach, build_network, path, search, snap
from planning.travel.routes import reached
from tests.street_drawings import CRS_M, read, write_osm
from tests.test_travel_random import CORNER, drawing

WALK_MPS = 0.9
NEAR = 1e-5
RANDOM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROAD = {"highway": "residential"}


def built(folder, seed, mode):
    """Return streets as read, their network, and random spots; drawings without a street of this mode are passed over."""
    places, streets, spots = drawing(seed, plain=True)
    try:
        raw = read(write_osm(folder, places, streets))[0]
        return raw, build_network(raw, mode, Travel(snap_m=80, walk_speed_mps=WALK_MPS, components="all")), spots + CORNER
    except PlanningError:
        assume(False)
        raise


def gone(raw, mode, unit, line):
    """Return what it costs to go a line as it is drawn: legs at both ends on foot, the rest along streets in a direction that is open."""
    points = np.array(line.coords)
    rate = 1.0 if unit == "m" else 1.0 / WALK_MPS
    legs = [np.hypot(*(points[k] - points[k + 1])) for k in range(len(points) - 1)]
    if len(points) == 2:
        return legs[0] * rate
    on_foot = [not on_street(raw, mode, points[0], points[1]), not on_street(raw, mode, points[-2], points[-1])]
    between = range(int(on_foot[0]), len(legs) - int(on_foot[1]))
    return rate * sum(leg for leg, walked in zip((legs[0], legs[-1]), on_foot, strict=True) if walked) + sum(
        min(on_street(raw, mode, points[k], points[k + 1], unit)) for k in between
    )


def on_street(raw, mode, begin, end, unit="m"):
    """Return the costs of going from one point to another along each segment that holds both and is open that way."""
    tail, head = np.column_stack([raw.x[raw.tail], raw.y[raw.tail]]), np.column_stack([raw.x[raw.head], raw.y[raw.head]])
    lines = shapely.linestrings(np.stack([tail, head], axis=1))
    holds = (shapely.distance(lines, shapely.Point(begin)) < NEAR) & (shapely.distance(lines, shapely.Point(end)) < NEAR)
    bits = np.where(((head - tail) * (end - begin)).sum(axis=1) >= 0, FORWARD, BACKWARD)
    open_ = holds & (raw.allowed[mode] & bits > 0)
    speed = 1.0 if unit == "m" else np.full(len(raw.tail), WALK_MPS) if mode == "walk" else raw.speed[mode]
    return (np.hypot(*(end - begin)) / (speed * np.ones(len(raw.tail))))[open_].tolist()


@RANDOM
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["walk", "drive"]), unit=st.sampled_from(["m", "s"]))
def test_a_way_can_be_gone_and_costs_what_is_counted(tmp_path, seed, mode, unit):
    raw, network, spots = built(tmp_path, seed, mode)
    points = gpd.GeoSeries(shapely.points(spots), crs=CRS_M)
    cells, sites = snap(network, points[:8]), snap(network, points[8:].set_axis([*"abcdef"]))
    attached = attach(network, cells, unit)
    found = search(attached, sites, np.inf)
    for site in found.sites:
        costs = dict(zip(*(part.tolist() for part in found.column(site)), strict=True))
        for cell in range(8):
            line = path(attached, cell, sites, site)
            assert (line is None) == (cell not in costs)
            if line is not None:
                assert line.coords[0] == (points[cell].x, points[cell].y)
                assert line.coords[-1] == (sites.x["abcdef".index(site)], sites.y["abcdef".index(site)])
                assert gone(raw, mode, unit, line) == pytest.approx(costs[cell], abs=1e-4)


@RANDOM
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["walk", "drive"]), limit=st.floats(20, 400))
def test_the_streets_drawn_are_those_a_trip_within_the_limit_may_begin_on(tmp_path, seed, mode, limit):
    _, network, spots = built(tmp_path, seed, mode)
    random = np.random.default_rng(seed)
    segment, share = random.integers(0, len(network.tail), 60), random.uniform(0.02, 0.98, 60)
    places = [axis[network.tail[segment]] + share * (axis[network.head[segment]] - axis[network.tail[segment]]) for axis in (network.x, network.y)]
    cells = snap(network, gpd.GeoSeries(gpd.points_from_xy(*places), crs=CRS_M))
    sites = snap(network, gpd.GeoSeries(shapely.points(spots[:3]), index=[*"abc"], crs=CRS_M))
    attached = attach(network, cells, "m")
    found = search(attached, sites, np.inf)
    for number, site in enumerate(found.sites):
        parts = reached(attached, sites.part(slice(number, number + 1)), limit)
        cost = np.full(60, np.inf)
        cost[found.column(site)[0]] = found.column(site)[1]
        drawn = np.array([bool(len(parts)) and shapely.distance(shapely.linestrings(parts), point).min() < NEAR for point in shapely.points(*places)])
        # On the site's own segment a walker may leave the street; at crossings a point may have been snapped to another street.
        sure = (np.abs(cost - limit) > 1e-3) & (cells.segment == segment) & (segment != sites.segment[number])
        assert (drawn == (cost <= limit))[sure].all()


def test_a_way_along_many_bends_keeps_them_all(tmp_path):
    """Two junctions, a long way and a short way with bends between them: the corners of a chain are drawn, not the air line."""
    places = {1: (0, 0), 2: (400, 0), 3: (100, 80), 4: (200, -80), 5: (300, 80), 6: (0, 500), 7: (400, 500), 8: (-200, 0), 9: (600, 0)}
    streets, _ = read(write_osm(tmp_path, places, [([8, 1], ROAD), ([1, 3, 4, 5, 2], ROAD), ([1, 6, 7, 2], ROAD), ([2, 9], ROAD)]))
    network = build_network(streets, "walk", Travel())
    ends = gpd.GeoSeries(shapely.points(CORNER + np.array([(-200, 0), (600, 0)])), index=["w", "e"], crs=CRS_M)
    attached = attach(network, snap(network, ends.set_axis([0, 1])), "m")
    line = path(attached, 0, snap(network, ends), "e")
    drawn = shapely.LineString(CORNER + np.array([places[k] for k in (8, 1, 3, 4, 5, 2, 9)], dtype=float))
    assert line.length == pytest.approx(drawn.length, abs=0.05)
    assert shapely.hausdorff_distance(line, drawn) < 0.05


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_a_ring_without_a_junction_has_ways_and_areas(tmp_path, mode):
    """A one-way ring of 400 m: driven round, walked back; 150 m of it can be walked to each side of the site."""
    ring = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    streets, _ = read(write_osm(tmp_path, ring, [([1, 2, 3, 4, 1], {**ROAD, "oneway": "yes"})]))
    network = build_network(streets, mode, Travel())
    spots = gpd.GeoSeries(shapely.points(CORNER + np.array([(50, 0), (0, 50)])), index=[0, 1], crs=CRS_M)
    attached, sites = attach(network, snap(network, spots), "m"), snap(network, spots.set_axis(["a", "b"]))
    assert path(attached, 0, sites, "b").length == pytest.approx(300 if mode == "drive" else 100, abs=0.05)
    parts = np.unique(np.sort(reached(attached, sites.part(slice(0, 1)), 150.0).round(3), axis=1), axis=0)
    total = shapely.union_all(shapely.linestrings(parts)).length
    assert total == pytest.approx(150 if mode == "drive" else 300, abs=0.1)
