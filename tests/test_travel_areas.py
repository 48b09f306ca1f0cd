"""Service areas by both ways of drawing them: as wide as told, on the banks that are reached, alike, and always valid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from layers.county import Streets, Travel
from layers.crs import metric_crs
from layers.readers.streets import read_streets
from planning.travel import attach, build_network, service_area, snap
from planning.travel.areas import widened
from planning.travel.routes import reached
from tests.street_drawings import EAST, NORTH, points, read, write_osm

ROAD = {"highway": "residential"}
BOTH = pytest.mark.parametrize("by", ["buffer", "contour"])


def attached_to(streets, mode="walk"):
    network = build_network(streets, mode, Travel())
    return network, attach(network, snap(network, points({})), "m")


def away(parts, x, y):
    """Return the distance of points to straight parts, by head arithmetic: perpendicular foot or nearer end."""
    begin, along = parts[:, 0], parts[:, 1] - parts[:, 0]
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((x[:, None] - begin[:, 0]) * along[:, 0] + (y[:, None] - begin[:, 1]) * along[:, 1]) / square, 0, 1)
    return np.hypot(x[:, None] - begin[:, 0] - share * along[:, 0], y[:, None] - begin[:, 1] - share * along[:, 1]).min(axis=1)


@BOTH
def test_a_straight_street_is_drawn_as_far_as_it_is_reached(tmp_path, by):
    streets, _ = read(write_osm(tmp_path, {1: (0, 0), 2: (1000, 0)}, [([1, 2], ROAD)]))
    network, attached = attached_to(streets)
    site = snap(network, points({"a": (500, 30), "far": (0, 9000)}))
    parts = reached(attached, site, 300.0)
    # 30 m to the street, 270 m to each side of (500, 0).
    assert (parts[..., 0].min() - EAST, parts[..., 0].max() - EAST) == (pytest.approx(230, abs=0.05), pytest.approx(770, abs=0.05))
    area = service_area(attached, site, 300.0, 40.0, by=by)
    wanted = np.array([EAST + 190, NORTH - 40, EAST + 810, NORTH + 40])
    assert np.array(area.bounds) == pytest.approx(wanted, abs=0.1 if by == "buffer" else 10)
    assert area.area == pytest.approx(540 * 80 + np.pi * 40**2, rel=0.02 if by == "buffer" else 0.05)


@BOTH
def test_the_other_bank_belongs_to_it_only_over_the_bridge(tmp_path, by):
    """Two streets along a river of 200 m, and a bridge 500 m from the site: 700 m lead to the other bank, 1,200 m to opposite the site."""
    places = {1: (0, 0), 2: (500, 0), 3: (1000, 0), 4: (0, 200), 5: (500, 200), 6: (1000, 200)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 2, 3], ROAD), ([4, 5, 6], ROAD), ([2, 5], ROAD)]))
    network, attached = attached_to(streets)
    site, opposite = snap(network, points({"a": (0, 0)})), shapely.Point(EAST, NORTH + 200)
    area = service_area(attached, site, 600.0, by=by)
    assert area.bounds[3] == pytest.approx(NORTH + 140, abs=0.5 if by == "buffer" else 10)  # 100 m onto the bridge
    assert area.distance(opposite) > 150
    assert service_area(attached, site, 1190.0, by=by).distance(opposite) == pytest.approx(0, abs=1)
    hull = shapely.convex_hull(service_area(attached, site, 1190.0, by=by))
    water = shapely.Point(EAST + 250, NORTH + 100)
    assert hull.contains(water)
    assert not service_area(attached, site, 1190.0, by=by).contains(water)


@BOTH
def test_a_one_way_street_is_drawn_where_trips_to_the_site_come_from(tmp_path, by):
    ring = {1: (0, 0), 2: (400, 0), 3: (400, 400), 4: (0, 400)}
    streets, _ = read(write_osm(tmp_path, ring, [([1, 2, 3, 4, 1], {**ROAD, "oneway": "yes"})]))
    network, attached = attached_to(streets, "drive")
    area = service_area(attached, snap(network, points({"a": (200, 0)})), 300.0, by=by)
    # Against the traffic: 200 m west to corner 1, then 100 m up to where trips come down.
    assert area.contains(shapely.Point(EAST, NORTH + 90))
    assert not area.contains(shapely.Point(EAST + 300, NORTH))


@BOTH
@pytest.mark.parametrize("seed", range(8))
def test_every_point_within_the_width_is_in_it_and_no_other(by, seed):
    """A second implementation: distances by head arithmetic at random points; the contour is off by less than its raster's step."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, 1500, (25, 1, 2))
    parts = np.concatenate([middle, middle + rng.normal(0, 120, (25, 1, 2))], axis=1)
    parts[0, 1] = parts[0, 0]  # a part of no length
    parts[1] = parts[2, ::-1]  # one drawn from both ends
    area = widened(parts, 40.0, by)
    assert area.is_valid
    assert area.geom_type in {"Polygon", "MultiPolygon"}
    x, y = rng.uniform(-100, 1600, (2, 4000))
    distance, doubt = away(parts, x, y), 1.0 if by == "buffer" else 15.0
    inside = shapely.contains_xy(area, x, y)
    assert inside[distance < 40 - doubt].all()
    assert not inside[distance > 40 + doubt].any()


@BOTH
def test_where_nothing_is_reached_nothing_is_drawn(tmp_path, by):
    streets, _ = read(write_osm(tmp_path, {1: (0, 0), 2: (1000, 0)}, [([1, 2], ROAD)]))
    network, attached = attached_to(streets)
    assert service_area(attached, snap(network, points({"far": (0, 9000)})), 300.0, by=by).is_empty
    assert service_area(attached, snap(network, points({})), 300.0, by=by).is_empty


def test_a_wide_area_is_drawn_coarser():
    """100 km of one street: 40 m wide it would need 200 million nodes along its box."""
    parts = np.array([[[0.0, 0.0], [70_000.0, 70_000.0]]])
    area = widened(parts, 40.0, "contour")
    assert area.is_valid
    assert area.contains(shapely.LineString(parts[0]))
    assert area.area / shapely.LineString(parts[0]).length < 4.2 * 35  # nodes 35 m apart: 70 m to each side


@pytest.mark.shared
def test_both_ways_of_drawing_agree_in_porto_alegre(shared):
    path = shared / "porto_alegre" / "streets.osm.pbf"
    streets, _ = read_streets(path, Streets(file=path.name), metric_crs(-51.2, -30.05))
    network = build_network(streets, "walk", Travel())
    place = network.x[:: len(network.x) // 12], network.y[:: len(network.x) // 12]
    sites = snap(network, shapely_points(place, streets.crs))
    attached = attach(network, sites, "m")
    for position in range(len(sites.index)):
        parts = reached(attached, sites.part(slice(position, position + 1)), 1000.0)
        buffer, contour = widened(parts, 40.0, "buffer"), widened(parts, 40.0, "contour")
        assert buffer.is_valid
        assert contour.is_valid
        assert buffer.intersection(contour).area / buffer.union(contour).area > 0.92


def shapely_points(places, crs):
    import geopandas as gpd

    return gpd.GeoSeries(gpd.points_from_xy(*places), index=[str(k) for k in range(len(places[0]))], crs=crs)
