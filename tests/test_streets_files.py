"""Street files of every format, the odd and the broken ones."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from pyproj import CRS

from layers.county import Streets
from layers.errors import PlanningError
from layers.readers.streets import read_streets
from layers.readers.streets.rules import classes
from layers.readers.streets.speeds import parse_speed
from tests.street_drawings import CRS_M, EAST, NORTH, TO_DEGREES, costs, read, write_osm

# Two streets that share an end, one with a bend, and one that crosses the first without meeting it.
LINES = {"a": [(0, 0), (100, 0), (100, 50)], "b": [(100, 50), (200, 50)], "c": [(50, -20), (50, 20)]}
UNNAMED = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=102.5 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m")


def layer(crs=CRS_M, lines=LINES, **columns):
    shapes = [shapely.LineString(np.add(line, (EAST, NORTH))) for line in lines.values()]
    return gpd.GeoDataFrame({"highway": ["residential", "primary", "service"][: len(shapes)]} | columns, geometry=shapes, crs=CRS_M).to_crs(crs)


def codes(faults):
    return [fault.code for fault in faults]


def write(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def check_three_lines(streets, tolerance=1e-3):
    assert streets.length.tolist() == pytest.approx([100, 50, 100, 40], abs=tolerance)
    assert len(streets.x) == 6  # 0, bend, shared end, 200, and the two ends of the line that crosses
    assert streets.streets["highway"].tolist() == ["residential", "primary", "service"]
    assert streets.street.tolist() == [0, 0, 1, 2]
    assert streets.crs == CRS_M


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "parquet"])
def test_line_layers_of_every_format(tmp_path, suffix):
    path = write(layer(4326 if suffix == "geojson" else CRS_M), tmp_path / f"streets.{suffix}")
    streets, faults = read(path)
    check_three_lines(streets, 0.05)
    assert faults == ()


def test_a_crs_without_authority_works_for_file_and_county(tmp_path):
    assert UNNAMED.to_authority() is None
    path = write(layer(UNNAMED), tmp_path / "streets.parquet")
    check_three_lines(read(path)[0])
    own, _ = read_streets(path, Streets(file="s"), UNNAMED)
    assert own.crs == UNNAMED


def test_metric_crs_is_chosen_where_none_is_given(tmp_path):
    path = write(layer(4326), tmp_path / "streets.geojson")
    assert read_streets(path, Streets(file="s"), None)[0].crs.to_epsg() == CRS_M.to_epsg()


def test_datum_of_amap_is_undone(tmp_path):
    from layers.crs import from_wgs84

    frame = layer(4326)
    frame.geometry = shapely.transform(frame.geometry.to_numpy(), lambda places: np.column_stack(from_wgs84(*places.T, "GCJ-02")))
    path = write(frame, tmp_path / "streets.gpkg")
    streets, _ = read(path, datum="GCJ-02")
    check_three_lines(streets, 0.01)
    assert np.abs(read(path)[0].x - streets.x).max() > 100


def test_lines_join_by_u_and_v_whichever_way_they_are_drawn(tmp_path):
    frame = layer(lines={"a": [(0, 0), (100, 0)], "b": [(200, 50), (100, 0.5)], "c": [(300, 0), (200, 50)]}, u=[1, 2, 3], v=[2, 3, 4])
    # Line b is drawn from its v (3) to its u (2), line c from its v (4) to its u (3); a and b miss each other by half a metre at node 2.
    streets, _ = read(write(frame, tmp_path / "streets.parquet"))
    assert len(streets.x) == 4
    assert costs(streets, {0: (0, 0)}, {"a": (300, 0)}, mode="walk")[("a", 0)] == pytest.approx(100 + 2 * np.hypot(100, 50), abs=0.01)
    apart, _ = read(write(frame.drop(columns="u"), tmp_path / "apart.parquet"))
    assert len(apart.x) == 5


def test_a_street_drawn_in_both_directions_is_one(tmp_path):
    lines = {"there": [(0, 0), (50, 9), (100, 0)], "back": [(100, 0), (50, 9), (0, 0)], "other": [(100, 0), (200, 0)]}
    frame = layer(lines=lines, oneway=[True, True, True]).assign(highway="tertiary")
    streets, faults = read(write(frame, tmp_path / "streets.gpkg"))
    assert streets.allowed["drive"].tolist() == [3, 3, 1]
    assert codes(faults) == ["streets.twins"]


def test_simplified_graph_lists_and_geofabrik_columns(tmp_path):
    frame = layer(
        highway=["['primary', 'service']", "tertiary", "track"], oneway=["[True, False]", "False", None], maxspeed=["['60', '40']", None, "0"]
    )
    streets, faults = read(write(frame, tmp_path / "streets.gpkg"))
    assert streets.streets["highway"].tolist() == ["primary", "tertiary", "track"]
    assert streets.allowed["drive"].tolist() == [1, 1, 3, 0]
    assert streets.speed["drive"][:3] == pytest.approx(np.array([40, 40, 30]) / 3.6)
    assert [(fault.code, fault.row, fault.value) for fault in faults] == [("streets.zero_speed", 3, "0")]  # Geofabrik alone means "not given"
    shape = layer(fclass=["track_grade2", "unknown", "primary"], oneway=["B", "T", "F"], maxspeed=[0, 0, 50]).drop(columns="highway")
    streets, faults = read(write(shape, tmp_path / "streets.shp"), default_class="secondary", speeds_kmh={"track": 12})
    assert streets.streets["highway"].tolist() == ["track", "secondary", "primary"]
    assert streets.allowed["drive"].tolist() == [3, 3, 2, 1]
    assert streets.speed["drive"] == pytest.approx(np.array([12, 12, 40, 50]) / 3.6)
    assert faults == ()


def test_multilines_are_parted_and_points_counted(tmp_path):
    frame = layer()
    frame.geometry = [shapely.MultiLineString([frame.geometry[0], frame.geometry[2]]), frame.geometry[1], shapely.Point(EAST, NORTH)]
    streets, faults = read(write(frame, tmp_path / "streets.parquet"))
    assert streets.length.sum() == pytest.approx(290)
    assert codes(faults) == ["streets.no_lines"]
    assert "1" in faults[0].say()


@pytest.mark.parametrize("directed", [True, False])
def test_graphml_as_osmnx_writes_it(tmp_path, directed):
    graph = nx.MultiDiGraph(crs="EPSG:4326") if directed else nx.MultiGraph(crs="EPSG:4326")
    for node, place in {1: (0, 0), 2: (100, 0), 3: (200, 0)}.items():
        lon, lat = TO_DEGREES(EAST + place[0], NORTH + place[1])
        graph.add_node(node, x=str(lon), y=str(lat))
    bend = shapely.LineString([TO_DEGREES(EAST + x, NORTH + y) for x, y in [(0, 0), (50, 50), (100, 0)]])
    graph.add_edge(1, 2, highway="primary", oneway="False", geometry=bend.wkt)
    if directed:
        graph.add_edge(2, 1, highway="primary", oneway="False", geometry=bend.reverse().wkt)
    graph.add_edge(2, 3, highway="secondary", oneway="True", maxspeed="30 mph")
    nx.write_graphml(graph, tmp_path / "streets.graphml")
    streets, faults = read(tmp_path / "streets.graphml")
    assert streets.length.tolist() == pytest.approx([np.hypot(50, 50)] * 2 + [100], abs=1e-3)
    assert streets.allowed["drive"].tolist() == [3, 3, 1]
    assert streets.allowed["walk"].tolist() == [3, 3, 3]
    assert streets.speed["drive"][2] == pytest.approx(30 * 0.44704)
    assert codes(faults) == (["streets.twins"] if directed else [])


def test_walkable_all_opens_motorways_and_speeds_open_tracks(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    drawn = write_osm(tmp_path, places, [([1, 2], {"highway": "motorway", "oneway": "no"}), ([2, 3], {"highway": "track"})])
    streets, _ = read(drawn)
    assert [streets.allowed[mode].tolist() for mode in ("walk", "drive")] == [[0, 3], [3, 0]]
    streets, _ = read(drawn, walkable="all", speeds_kmh={"track": 10.0, "motorway": 90.0})
    assert [streets.allowed[mode].tolist() for mode in ("walk", "drive")] == [[3, 3], [3, 3]]
    assert streets.speed["drive"] * 3.6 == pytest.approx([90, 10])


def test_odd_things_are_named_with_their_number(tmp_path):
    places = {number: (100 * number, 0) for number in range(1, 8)}
    drawn = [
        ([1, 2], {"highway": "residential", "maxspeed": "500"}),
        ([2, 3], {"highway": "bus_stop"}),
        ([3, 4], {"highway": "primary", "oneway": "reversible"}),
        ([4, 5, 99], {"highway": "primary", "maxspeed": "BR:urban"}),
        ([5, 6], {"route": "ferry"}),
        ([6, 7], {"highway": "proposed"}),
    ]
    streets, faults = read(write_osm(tmp_path, places, drawn))
    assert codes(faults) == ["streets.lost_points", "streets.ferries", "streets.unknown_class", "streets.high_speed", "streets.reversible"]
    assert {fault.file for fault in faults} == {"streets.osm"}
    assert [fault.value for fault in faults] == ["", "", "bus_stop", "500", "reversible"]
    for fault in faults:
        assert "streets.osm" in fault.say("zh")
        assert "streets.osm" in fault.say("en")
    assert streets.length.tolist() == pytest.approx([100, 100, 100], abs=0.03)
    assert streets.speed["drive"] * 3.6 == pytest.approx([20, 50, 50])


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 48.28032),
        ("20mph", 32.18688),
        ("10 knots", 18.52),
        ("60;40", 40),
        ("60|80", 60),
        ("12.5", 12.5),
        ("150", 150),
    ],
)
def test_speeds_are_parsed(text, kmh):
    assert parse_speed(text) == pytest.approx(kmh)


@pytest.mark.parametrize("text", ["", "none", "signals", "walk", "BR:urban", "CN:urban", "0", "-30", "151", "999", "fifty", "50 m/s", "50-60"])
def test_words_and_nonsense_are_no_speed(text):
    assert np.isnan(parse_speed(text))


def test_every_driven_class_has_a_speed_and_every_speed_a_source():
    for name, row in classes().items():
        assert {"walk", "drive"} <= set(row), name
        assert "kmh" in row or not row["drive"], name
        assert row.get("source") or "kmh" not in row, name


def broken(folder):
    """Yield code and file for each way a street file can be unusable."""
    place = {1: (0, 0), 2: (100, 0)}
    yield "streets.missing", folder / "absent.osm.pbf"
    for name, content in {
        "text.osm.pbf": b"no streets", "empty.osm": b"", "cut.osm": b"<osm version='0.6'><node", "page.osm": b"<html></html>", "text.gpkg": b"no",
        "text.geojson": b"{", "text.parquet": b"PAR1", "text.shp": b"\x00", "text.graphml": b"<graphml", "page.graphml": b"<html></html>",
    }.items():  # fmt: skip
        (folder / name).write_bytes(content)
        yield "streets.unreadable", folder / name
    (folder / "streets.dwg").write_bytes(b"AC1027")
    yield "streets.format", folder / "streets.dwg"
    yield "streets.empty", write_osm(folder, place, [([1, 2], {"building": "yes"})], "houses.osm")
    yield "streets.none_usable", write_osm(folder, place, [([1, 2], {"highway": "proposed"})], "proposed.osm")
    points = gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[shapely.Point(EAST, NORTH)], crs=CRS_M)
    yield "streets.empty", write(points, folder / "points.gpkg")
    yield "streets.empty", write(layer().iloc[:0], folder / "nothing.parquet")
    yield "streets.none_usable", write(layer(highway=["主干路"] * 3), folder / "chinese.gpkg")
    bare = layer().set_crs(None, allow_override=True)
    yield "datum.unstated", write(bare, folder / "bare.parquet")


def test_unusable_files_say_what_where_and_how_to_repair(tmp_path):
    for code, path in broken(tmp_path):
        with pytest.raises(PlanningError) as caught:
            read(path)
        assert caught.value.code == code, path.name
        for lang in ("zh", "en"):
            assert path.name in caught.value.say(lang)
