"""Trips on streets drawn by hand, worked out in the head; the coordinates in the files are degrees, hence 1 mm."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.county import Travel
from layers.errors import Cancelled, PlanningError
from planning.travel import attach, build_network, path, search, service_area, snap
from tests.street_drawings import CRS_M, EAST, NORTH, costs, points, read, write_osm

# A square of 100 m with corners 1-4, counter-clockwise from the origin.
SQUARE = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
ROUND = [1, 2, 3, 4, 1]
ROAD = {"highway": "residential"}


def cm(value):
    """OpenStreetMap files hold degrees to seven places, about 1 cm."""
    return pytest.approx(value, abs=0.03)


def test_one_way_ring_is_driven_round_and_walked_back(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "oneway": "yes"})]))
    # From (50, -10) to (0, 50), 10 m off: driving east, north, west and half way south: 50 + 100 + 100 + 50; walking west: 50 + 50.
    cells, sites = {0: (50, -10)}, {"a": (-10, 50)}
    assert costs(streets, cells, sites) == {("a", 0): cm(10 + 300 + 10)}
    assert costs(streets, cells, sites, mode="walk") == {("a", 0): cm(10 + 100 + 10)}


def test_backwards_one_way_turns_the_ring(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "oneway": "-1"})]))
    assert costs(streets, {0: (50, -10)}, {"a": (-10, 50)}) == {("a", 0): cm(10 + 100 + 10)}


def test_roundabout_is_one_way_for_vehicles_unless_it_says_no(tmp_path):
    for tags, driven in (({}, 300), ({"oneway": "no"}, 100)):
        streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "junction": "roundabout", **tags})]))
        assert costs(streets, {0: (50, -10)}, {"a": (-10, 50)}) == {("a", 0): cm(10 + driven + 10)}


def test_walkers_heed_only_oneway_foot(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "oneway": "yes", "oneway:foot": "-1"})]))
    assert costs(streets, {0: (-10, 50)}, {"a": (50, -10)}, mode="walk") == {("a", 0): cm(10 + 300 + 10)}


def test_same_segment_along_or_straight_when_walking(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, ROAD)]))
    cells, sites = {0: (30, -30)}, {"a": (60, -70)}  # 30 m along, 40 m across: straight 50 m
    assert costs(streets, cells, sites, mode="walk") == {("a", 0): cm(50)}
    assert costs(streets, cells, sites) == {("a", 0): cm(30 + 30 + 70)}


def test_same_segment_against_a_one_way_goes_round(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "oneway": "yes"})]))
    assert costs(streets, {0: (60, -10)}, {"a": (30, -10)}) == {("a", 0): cm(10 + 370 + 10)}
    assert costs(streets, {0: (30, -10)}, {"a": (60, -10)}) == {("a", 0): cm(10 + 30 + 10)}


def test_shorter_way_round_beats_the_way_along_the_segment_in_time(tmp_path):
    # A slow 100 m segment with a fast detour of 120 m between its ends.
    places = {1: (0, 0), 2: (100, 0), 3: (50, 33.1662479)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 2], {**ROAD, "maxspeed": "3.6"}), ([1, 3, 2], {**ROAD, "maxspeed": "72"})]))
    found = costs(streets, {0: (0, 0)}, {"a": (100, 0)}, unit="s")
    assert found == {("a", 0): cm(120 / 20)}


def test_parallel_streets_take_the_cheaper(tmp_path):
    places = {1: (0, 0), 2: (200, 0), 3: (100, 75)}
    streets, _ = read(write_osm(tmp_path, places, [([1, 3, 2], {**ROAD, "maxspeed": "90"}), ([1, 2], {**ROAD, "maxspeed": "36"})]))
    ends = {0: (0, 0)}, {"a": (200, 0)}
    assert costs(streets, *ends) == {("a", 0): cm(200)}
    assert costs(streets, *ends, unit="s") == {("a", 0): cm(10)}  # 250 m at 25 m/s, not 200 m at 10 m/s


def test_dead_end_is_driven_in_and_out(tmp_path):
    streets, _ = read(write_osm(tmp_path, {**SQUARE, 5: (300, 0)}, [(ROUND, {**ROAD, "oneway": "yes"}), ([2, 5], ROAD)]))
    assert costs(streets, {0: (300, 0)}, {"a": (50, 0)}) == {("a", 0): cm(200 + 350)}


def test_one_way_dead_end_is_not_used(tmp_path):
    drawn = [(ROUND, ROAD), ([2, 5], {**ROAD, "oneway": "yes"})]
    streets, _ = read(write_osm(tmp_path, {**SQUARE, 5: (300, 0)}, drawn))
    # Nobody is sent where no way leads out: the cell at its end walks 200 m to the square.
    assert costs(streets, {0: (300, 0)}, {"a": (100, 0)}) == {("a", 0): cm(200)}
    assert costs(streets, {0: (300, 0)}, {"a": (100, 0)}, components="all") == {}


def test_island_is_unreachable_unless_all_components_count(tmp_path):
    island = {11: (5000, 0), 12: (5050, 0)}
    streets, _ = read(write_osm(tmp_path, SQUARE | island, [([11, 12], ROAD), (ROUND, ROAD)]))
    cells, sites = {0: (5000, 10), 1: (0, 0)}, {"a": (5050, 0), "b": (100, 0)}
    network = build_network(streets, "walk", Travel())
    found = search(attach(network, snap(network, points(cells)), "m"), snap(network, points(sites)), np.inf)
    assert found.reachable.tolist() == [False, True]
    assert found.unsnapped == ("a",)
    assert [found.column(site)[0].tolist() for site in "ab"] == [[], [1]]
    assert costs(streets, cells, sites, mode="walk", components="all") == {("a", 0): cm(np.hypot(50, 10)), ("b", 1): cm(100)}


def test_crossing_without_a_shared_node_is_a_bridge(tmp_path):
    places = {1: (-100, 0), 2: (100, 0), 3: (0, -100), 4: (0, 100)}
    ring = [([1, 2], ROAD), ([3, 4], ROAD), ([2, 4], ROAD)]
    streets, _ = read(write_osm(tmp_path, places, ring))
    found = costs(streets, {0: (-100, 0)}, {"a": (0, -100)}, mode="walk")
    assert found == {("a", 0): cm(200 + np.hypot(100, 100) + 200)}


def test_access_is_walked_whatever_the_mode(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {**ROAD, "maxspeed": "36"})]))
    ends = {0: (0, -40)}, {"a": (200, 50)}
    assert costs(streets, *ends, unit="s", walk_speed_mps=0.8) == {("a", 0): cm(40 / 0.8 + 150 / 10 + 100 / 0.8)}
    assert costs(streets, *ends, mode="walk", unit="s", walk_speed_mps=0.8) == {("a", 0): cm((40 + 150 + 100) / 0.8)}


def straight_street(folder):
    """A street of 100 m along the x axis whose coordinates are exact."""
    layer = gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[shapely.LineString([(EAST, NORTH), (EAST + 100, NORTH)])], crs=CRS_M)
    layer.to_parquet(folder / "streets.parquet")
    return read(folder / "streets.parquet")[0]


@pytest.mark.parametrize(("away", "near"), [(500.0, True), (500.0003, True), (500.01, False), (600.0, False)])
def test_snap_distance_equal_to_the_limit_is_near_enough(tmp_path, away, near):
    network = build_network(straight_street(tmp_path), "walk", Travel())
    assert snap(network, points({0: (50, -away)})).reachable.tolist() == [near]


def test_limit_is_inclusive_and_rounded(tmp_path):
    streets = straight_street(tmp_path)
    ends = {0: (0, 0)}, {"a": (100, 0)}
    assert costs(streets, *ends, limit=100.0) == {("a", 0): 100.0}
    assert costs(streets, *ends, limit=99.9996) == {("a", 0): 100.0}
    assert costs(streets, *ends, limit=99.9994) == {}


def test_points_without_position_are_unreachable_rows(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, ROAD)]))
    network = build_network(streets, "walk", Travel())
    places = points({0: (50, 0), 1: (50, 0), 2: (50, 0)})
    places.loc[0], places.loc[1] = None, type(places.iloc[2])()
    assert snap(network, places).reachable.tolist() == [False, False, True]


def test_points_in_another_crs_are_refused(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, ROAD)]))
    network = build_network(streets, "walk", Travel())
    with pytest.raises(ValueError, match="one CRS"):
        snap(network, points({0: (0, 0)}).to_crs(4326))


def test_mode_without_streets_says_how_to_repair(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, {"highway": "footway"})]))
    with pytest.raises(PlanningError) as caught:
        build_network(streets, "drive", Travel())
    assert caught.value.code == "travel.no_streets"
    assert "行车" in caught.value.say()


def test_path_and_its_length_agree_with_the_cost(tmp_path):
    streets, _ = read(write_osm(tmp_path, {**SQUARE, 9: (9000, 0)}, [(ROUND, {**ROAD, "oneway": "yes"})]))
    for mode in ("walk", "drive"):
        network = build_network(streets, mode, Travel())
        attached = attach(network, snap(network, points({0: (50, -10), 1: (30, -5), 2: (4000, 0)})), "m")
        sites = snap(network, points({"a": (-10, 50), "b": (10, -5)}))
        found = search(attached, sites, np.inf)
        for site in "ab":
            cells, cost = found.column(site)
            assert sorted(cells.tolist()) == [0, 1]
            assert [path(attached, cell, sites, site).length for cell in cells.tolist()] == pytest.approx(cost)
        assert path(attached, 2, sites, "a") is None


def test_service_area_ends_at_the_limit(tmp_path):
    streets, _ = read(write_osm(tmp_path, {1: (0, 0), 2: (1000, 0)}, [([1, 2], ROAD)]))
    network = build_network(streets, "walk", Travel())
    attached = attach(network, snap(network, points({})), "m")
    area = service_area(attached, snap(network, points({"a": (500, 0), "far": (0, 9000)})), 300.0, 40.0)
    west, south, east, north = area.bounds
    assert (east - west, north - south) == (pytest.approx(680, abs=0.1), pytest.approx(80, abs=0.1))


def test_cancel_goes_through(tmp_path):
    streets, _ = read(write_osm(tmp_path, SQUARE, [(ROUND, ROAD)]))
    network = build_network(streets, "walk", Travel())
    sites = snap(network, points({f"{k:03}": (k / 3, 0) for k in range(300)}))

    def stop(stage, done, total, **more):
        if done >= 128:
            raise Cancelled

    with pytest.raises(Cancelled):
        search(attach(network, snap(network, points({0: (0, 0)})), "m"), sites, 1000.0, threads=2, progress=stop)


def test_a_point_at_the_end_of_a_one_way_street_is_at_the_corner(tmp_path):
    # South-east of corner 2, whose two-way street leads north-west: the point snaps to the end of the ring's first segment, which in one of the
    # directions leads away from the corner and in the other to it. It need not be driven.
    diagonal = np.hypot(30, 30)
    for oneway in ("-1", "yes"):
        for ring in (ROUND, [2, 3, 4, 1, 2]):
            streets, _ = read(write_osm(tmp_path, {**SQUARE, 5: (70, 30)}, [(ring, {**ROAD, "oneway": oneway}), ([5, 2], ROAD)]))
            corner, end = (130, -30), (70, 30)
            assert costs(streets, {0: corner}, {"a": end}) == {("a", 0): cm(2 * diagonal)}
            assert costs(streets, {0: end}, {"a": corner}) == {("a", 0): cm(2 * diagonal)}
