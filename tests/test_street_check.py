"""The check-up of streets: hand-made files with one fault each, numbers by head arithmetic, networkx for what hangs together, and planted faults."""

from __future__ import annotations

import json

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from layers.readers import read_county
from layers.readers.streets import sense
from layers.readers.streets.speeds import odd_speed
from layers.streets import BACKWARD, FORWARD
from layers.texts import say
from planning.app.map import faults as drawn_faults
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.pages._street_check import listed
from planning.app.session import Desk
from planning.cli import app
from planning.evaluation.street_check import check_streets
from planning.travel.breaks import breaks_of, broken
from planning.workbench import check_county, make_demo, open_county, street_check
from tests.street_drawings import CRS_M, EAST, NORTH, TO_DEGREES, osm, read, write_osm
from tests.street_graphs import street_graph
from tests.test_app_pages import drawn

ROAD = {"highway": "residential"}
ROW = {number: (100 * number, 0) for number in range(200)}


def row(*tags):
    """Return streets of 100 m in a row, with the tags given; the way of the first has the number 1000."""
    return [([number, number + 1], {**ROAD, **item}) for number, item in enumerate(tags)]


def told(faults):
    return [(fault.code.removeprefix("streets."), fault.row, fault.field, fault.value) for fault in faults]


# ---------------------------------------------------------------- what makes no sense in the file


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "zero"), ("-30", "zero"), ("0 mph", "zero"), ("800", "high"), ("151", "high"), ("100 mph", "high"), ("50;800", "high"), ("快", "odd"),
        ("fast", "odd"), ("50 m/s", "odd"), ("50-60", "odd"), ("五十", "odd"), ("", ""), ("50", ""), ("30 mph", ""), ("60;40", ""), ("none", ""),
        ("walk", ""), ("signals", ""), ("CN:urban", ""), ("BE-VLG:rural", ""), ("DE:zone:30", ""), ("150", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_speed(text, reason):
    assert odd_speed(text) == reason


def test_each_senseless_tag_is_named_with_its_row_and_what_counts_instead(tmp_path):
    tags = [
        {}, {"maxspeed": "0"}, {"maxspeed": "800"}, {"maxspeed": "快"}, {"maxspeed": "30"}, {"oneway": "maybe"}, {"highway": "street"},
        {"highway": "trunk", "maxspeed": "5"}, {"highway": "motorway", "maxspeed": "16"}, {"highway": "motorway", "maxspeed": "15"},
        {"surface": "mud", "maxspeed": "-1"},
    ]  # fmt: skip
    streets, faults = read(write_osm(tmp_path, ROW, row(*tags)))
    assert {fault.severity for fault in faults} == {"warning"}
    assert {fault.file for fault in faults} == {"streets.osm"}
    assert sorted(told(faults), key=lambda item: item[1]) == [
        ("zero_speed", 1001, "maxspeed", "0"), ("high_speed", 1002, "maxspeed", "800"), ("odd_speed", 1003, "maxspeed", "快"),
        ("odd_oneway", 1005, "oneway", "maybe"), ("unknown_class", 1006, "highway", "street"), ("slow_speed", 1007, "maxspeed", "5"),
        ("slow_speed", 1009, "maxspeed", "15"), ("zero_speed", 1010, "maxspeed", "-1"),
    ]  # fmt: skip
    # What the warning says counts, is what counts: 20 km/h of a residential street, 10 in the mud; a readable speed as it stands.
    used = {fault.row: float(fault.values["kmh"]) for fault in faults if "kmh" in fault.values}
    assert used == {1001: 20, 1002: 20, 1003: 20, 1007: 5, 1009: 15, 1010: 10}
    place = {source: number for number, source in enumerate(streets.streets["row"])}
    for way, kmh in used.items():
        assert streets.speed["drive"][streets.street == place[way]][0] * 3.6 == pytest.approx(kmh)
    assert streets.allowed["drive"][streets.street == place[1005]].tolist() == [FORWARD | BACKWARD]
    for fault in faults:
        assert str(fault.row) in fault.say("zh")
        assert str(fault.row) in fault.say("en")


def test_many_are_named_to_a_limit_and_none_is_silent(tmp_path):
    _, faults = read(write_osm(tmp_path, ROW, row(*[{"maxspeed": "0"}] * 60, {"maxspeed": "-5"})))
    assert len(faults) == sense.NAMED + 1
    assert [fault.row for fault in faults[:-1]] == list(range(1000, 1000 + sense.NAMED))
    rest = faults[-1]
    assert (rest.code, rest.values["count"], rest.values["rest"], rest.value) == ("streets.more_like_it", 61, 11, "0、-5")
    assert rest.values["rows"] == list(range(1050, 1061))


def test_streets_drawn_twice_and_without_length(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (200, 0), 11: (0, 0), 12: (100, 0), 13: (200, 0), 14: (200, 50)}
    streets = [
        ([1, 2, 3], ROAD),
        ([1, 2, 3], {"highway": "footway"}),  # the same nodes
        ([13, 12, 11], ROAD),  # other nodes at the same places, the other way round
        ([1, 2], ROAD),  # a part is no repetition
        ([2, 12], ROAD),  # two nodes, one place
        ([3, 14], ROAD),
        ([1, 3, 2], ROAD),  # the same points in another order
        ([98, 99], ROAD),  # lost
        ([97, 96], ROAD),
    ]
    _, faults = read(write_osm(tmp_path, places, streets))
    assert told(faults)[1:] == [("no_length", 1004, "geometry", ""), ("drawn_twice", 1001, "geometry", ""), ("drawn_twice", 1002, "geometry", "")]
    assert [fault.values["others"] for fault in faults[2:]] == [[1000], [1000]]


def test_rows_of_a_layer_are_its_features_counted_from_one(tmp_path):
    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (0, 0)], [(0, 0), (100, 0)], [(200, 0), (300, 0)]]
    shapes = [shapely.LineString(np.add(line, (EAST, NORTH))) for line in lines]
    shapes[1] = shapely.MultiLineString([shapes[1], shapely.LineString(np.add([(200, 50), (200, 90)], (EAST, NORTH)))])
    frame = gpd.GeoDataFrame({"highway": "residential", "oneway": "yes", "maxspeed": ["", "", "", "", "0"]}, geometry=shapes, crs=CRS_M)
    frame.to_file(tmp_path / "streets.gpkg")
    streets, faults = read(tmp_path / "streets.gpkg")
    # The third line is the other direction of the first, which is told in a note; the fourth is the first once more.
    assert told(faults) == [("twins", None, "", ""), ("drawn_twice", 4, "geometry", ""), ("zero_speed", 5, "maxspeed", "0")]
    assert faults[0].severity == "note"
    assert streets.streets["row"].tolist() == [1, 2, 2, 5]


# ---------------------------------------------------------------- what does not hang together


def breaks(folder, places, streets, mode="drive"):
    network, _ = read(write_osm(folder, places, streets))
    way = network.streets["row"].to_numpy()
    found = []
    for item in breaks_of(network, mode):
        rows = sorted(set(way[network.street[item.segments]].tolist()))
        found.append((item.kind, int(way[item.street]), int(way[item.other]) if item.other >= 0 else None, rows, round(item.gap_m, 1)))
    return found


MAIN = {1: (0, 0), 2: (500, 0), 3: (1000, 0), 4: (1000, 500), 5: (0, 500)}
RING = ([1, 2, 3, 4, 5, 1], ROAD)  # 1000


def test_a_gap_is_told_from_an_island(tmp_path):
    def off(metres):
        return {**MAIN, 11: (500, -metres), 12: (500, -300), 13: (400, -300)}

    piece = [RING, ([11, 12], ROAD), ([12, 13], ROAD)]
    # An OpenStreetMap file holds places to a centimetre.
    assert breaks(tmp_path, off(19.97), piece) == [("gap", 1001, 1000, [1001, 1002], 20.0)]
    assert breaks(tmp_path, off(20.03), piece) == [("apart", 1001, None, [1001, 1002], 0.0)]
    # A loose end of the main part counts as well; the way with the loose end is the one to look at.
    stub = {**MAIN, 10: (500, -150), 11: (300, -158), 12: (700, -158), 13: (700, -300), 14: (300, -300)}
    assert breaks(tmp_path, stub, [RING, ([2, 10], ROAD), ([11, 12, 13, 14, 11], ROAD)]) == [("gap", 1001, 1002, [1002], 8.0)]
    # An end that lies on a street and is no junction of it is a gap of nothing.
    assert breaks(tmp_path, off(0), piece) == [("gap", 1001, 1000, [1001, 1002], 0.0)]
    # Streets that cross without a junction, as at a bridge, have no loose end near.
    bridge = {**MAIN, 11: (500, -100), 12: (500, 100)}
    assert [item[0] for item in breaks(tmp_path, bridge, [RING, ([11, 12], ROAD)])] == ["apart"]


def test_of_several_gaps_that_of_the_street_that_was_cut_counts(tmp_path):
    # A main road cut between 3 and 11 by 9 m; a lane of the cut piece happens to end 2 m from the ring, a way of 5 m of the ring's goes by.
    places = {**MAIN, 10: (1100, 0), 11: (1109, 0), 12: (1300, 0), 13: (1300, 502), 14: (1000, 502)}
    streets = [RING, ([3, 10], {"highway": "secondary"}), ([11, 12], {"highway": "secondary"}), ([12, 13, 14], ROAD)]
    assert breaks(tmp_path, places, streets) == [("gap", 1002, 1001, [1002, 1003], 9.0)]


def test_a_footpath_that_joins_a_piece_says_why_cars_do_not_get_there(tmp_path):
    places = {**MAIN, 11: (500, -10), 12: (500, -300), 13: (400, -300)}
    path = {"highway": "footway"}
    hamlet = [RING, ([12, 11], ROAD), ([12, 13], ROAD), ([13, 1], path)]
    assert breaks(tmp_path, places, hamlet) == [("closed", 1001, None, [1001, 1002], 0.0)]
    assert breaks(tmp_path, places, hamlet, "walk") == []
    # Where a road was cut, footpath or not: two loose ends, and the gap goes on as both streets do.
    places |= {20: (500, -4), 21: (495, -4)}
    assert breaks(tmp_path, places, [*hamlet, ([2, 20], ROAD)]) == [("gap", 1001, 1004, [1001, 1002], 6.0)]
    assert breaks(tmp_path, places, [*hamlet, ([2, 20, 21], ROAD)])[0][0] == "closed"


def test_a_private_street_joins_a_piece_for_nobody(tmp_path):
    # The lane from 12 ends 10 m from the ring; a private drive over two ways leads to it from 4, and one from 14 leads nowhere.
    places = {**MAIN, 11: (500, -10), 12: (500, -300), 13: (900, -300), 14: (950, 0), 15: (950, -100)}
    private = {**ROAD, "access": "private"}
    streets = [RING, ([12, 11], ROAD), ([4, 13], private), ([13, 12], private), ([15, 13], {"highway": "proposed"}), ([11, 15], private)]
    for mode in ("drive", "walk"):
        assert breaks(tmp_path, places, streets, mode) == [("closed", 1001, None, [1001], 0.0)]
        assert breaks(tmp_path, places, [*streets[:2], *streets[3:]], mode) == [("gap", 1001, 1000, [1001], 10.0)]


ONE_WAY = {**ROAD, "oneway": "yes"}


@pytest.mark.parametrize(
    ("streets", "kind", "rows"),
    [
        ([([3, 6], ONE_WAY)], "in", [1001]),
        ([([6, 3], ONE_WAY)], "out", [1001]),
        ([([3, 6], {**ROAD, "oneway": "-1"})], "out", [1001]),
        ([([3, 6], ONE_WAY), ([6, 7], ROAD)], "in", [1001, 1002]),
        ([([3, 6], ONE_WAY), ([4, 6], ONE_WAY)], "in", [1001, 1002]),
        ([([3, 6], ONE_WAY), ([7, 6], ONE_WAY), ([7, 4], ONE_WAY)], "mixed", [1001, 1002, 1003]),
    ],
)
def test_one_way_traps(tmp_path, streets, kind, rows):
    places = {**MAIN, 6: (1300, 0), 7: (1300, 500)}
    assert breaks(tmp_path, places, [RING, *streets]) == [(kind, 1001, None, rows, 0.0)]
    assert breaks(tmp_path, places, [RING, *streets], "walk") == []


def test_a_trap_in_a_piece_apart_is_told_besides(tmp_path):
    places = {**MAIN, 11: (3000, 0), 12: (3300, 0), 13: (3500, 0)}
    island = [RING, ([11, 12], ROAD), ([12, 13], ONE_WAY)]
    assert breaks(tmp_path, places, island) == [("apart", 1001, None, [1001], 0.0), ("in", 1002, None, [1002], 0.0)]
    # A chain of one-way streets has nothing to get out of.
    assert breaks(tmp_path, places, [RING, ([11, 12, 13], ONE_WAY)]) == [("apart", 1001, None, [1001], 0.0)]


def test_a_one_way_street_through_is_no_trap(tmp_path):
    places = {**MAIN, 6: (1300, 0)}
    assert breaks(tmp_path, places, [RING, ([3, 6, 4], ONE_WAY)]) == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_networkx_finds_the_same_pieces(seed):
    """Every weak piece beside the main one is a break, without what is outside its largest strong component: that is one by what can be reached."""
    random = np.random.default_rng(seed)
    streets = street_graph(random)
    bits = streets.allowed["drive"]
    graph = nx.MultiDiGraph()
    for segment in np.flatnonzero(bits).tolist():
        tail, head = int(streets.tail[segment]), int(streets.head[segment])
        graph.add_nodes_from((tail, head))
        graph.add_edges_from([(tail, head)] * bool(bits[segment] & FORWARD) + [(head, tail)] * bool(bits[segment] & BACKWARD))
    found = breaks_of(streets, "drive")
    if not graph:
        assert found == ()
        return
    used = {segment: {int(streets.tail[segment]), int(streets.head[segment])} for segment in np.flatnonzero(bits).tolist()}
    largest = min(nx.strongly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    wanted = []
    for piece in nx.weakly_connected_components(graph):
        core = min(nx.strongly_connected_components(graph.subgraph(piece)), key=lambda part: (-len(part), min(part)))
        inner = {segment for segment, ends in used.items() if ends <= core}
        if not inner and not piece & largest:
            inner, core = {segment for segment, ends in used.items() if ends <= piece}, piece
        if not piece & largest:
            wanted.append(("apart", inner))
        reached, reaching = nx.descendants(graph, min(core)) | core, nx.ancestors(graph, min(core)) | core
        for beyond in nx.connected_components(graph.to_undirected().subgraph(piece - core)):
            kind = {(True, False): "in", (False, True): "out"}.get((bool(beyond & reached), bool(beyond & reaching)), "mixed")
            wanted.append((kind, {segment for segment, ends in used.items() if ends & beyond}))
    plain = [("apart" if item.kind in {"gap", "closed"} else item.kind, set(item.segments.tolist())) for item in found]
    assert sorted(plain, key=lambda item: min(item[1])) == sorted(wanted, key=lambda item: min(item[1]))


def test_people_belong_to_the_nearest_street_of_any_piece(tmp_path):
    shapes = [shapely.LineString(np.add(line, (EAST, NORTH))) for line in ([(0, 0), (1000, 0), (1000, 500)], [(500, -20), (500, -300)])]
    gpd.GeoDataFrame({"highway": ["residential"] * 2}, geometry=shapes, crs=CRS_M).to_file(tmp_path / "streets.gpkg")
    streets, _ = read(tmp_path / "streets.gpkg")
    places = [(500, -9), (500, -10), (500, -11), (480, -801), (500, -800)]
    cells = gpd.GeoSeries(gpd.points_from_xy(*np.add(places, (EAST, NORTH)).T), crs=CRS_M)
    found = broken(streets, "drive", cells, 500.0)
    assert [item.kind for item in found.breaks] == ["gap"]  # 20 m is near
    # The second is as far from the main street as from the piece: the main one counts, for trips use it. 500 m is within.
    assert found.at.tolist() == [-1, -1, 0, -1, 0]
    assert found.nearest.tolist() == [0, 0, 2, -1, 2]


# ---------------------------------------------------------------- a county: people, severity, place

TYPE = "elder_town_centre"
VILLAGE = {21: (500, -12), 22: (500, -400), 23: (700, -400)}  # 588 m behind a gap of 12 m
ISLAND = {31: (3000, 3000), 32: (3300, 3000)}
TRAP = {41: (-400, 0)}
PLACES = {**MAIN, **VILLAGE, **ISLAND, **TRAP}
STREETS = [RING, ([21, 22], ROAD), ([22, 23], ROAD), ([31, 32], ROAD), ([1, 41], ONE_WAY)]
HOMES = {"ring": (500, 510, 1000), "village": (700, -410, 70), "island": (3100, 3010, 9), "trap": (-300, 20, 30), "far": (-9000, 9000, 40)}


def degrees(x, y):
    lon, lat = TO_DEGREES(EAST + x, NORTH + y)
    return f"{lon:.7f},{lat:.7f}"


@pytest.fixture
def county(tmp_path):
    """Return a county of five homes: on a ring road, behind a gap, on an island, in a one-way dead end, and far from any street."""
    (tmp_path / "layers").mkdir()

    def written(streets=STREETS, homes=HOMES, places=PLACES):
        rows = [f"{degrees(x, y)},{people}" for x, y, people in homes.values()]
        (tmp_path / "layers" / "people.csv").write_text("\n".join(["lon,lat,60_plus", *rows, ""]), "utf-8")
        (tmp_path / "layers" / "streets.osm").write_text(osm(places, streets), "utf-8")
        towns = [shapely.box(EAST + west, NORTH - 9900, EAST + east, NORTH + 9900) for west, east in ((-9900, 2000), (2000, 9900))]
        gpd.GeoDataFrame({"code": ["01", "02"], "name": ["西镇", "东乡"]}, geometry=towns, crs=CRS_M).to_file(tmp_path / "layers" / "towns.gpkg")
        (tmp_path / "county.toml").write_text(
            'name = "小县"\nmetric_crs = "EPSG:4543"\n[[population]]\nfile = "layers/people.csv"\ndatum = "WGS84"\n'
            '[streets]\nfile = "layers/streets.osm"\n[outlines.townships]\nfile = "layers/towns.gpkg"\n',
            "utf-8",
        )
        return tmp_path

    return written


def found_in(folder):
    return {item.kind: item.fault for item in check_streets(read_county(folder)).found}


def test_people_per_fault_by_head_arithmetic(county):
    found = found_in(county())
    assert {kind: (fault.severity, fault.row, fault.field, round(fault.values["people"])) for kind, fault in found.items()} == {
        "gap": ("warning", 1001, "geometry", 70),
        "one_way": ("warning", 1004, "oneway", 30),
        "apart": ("note", 1003, "geometry", 9),
        "far": ("note", None, "geometry", 40),
    }
    assert found["gap"].values["modes"] == ["walk", "drive"]  # one gap, however many cannot cross it
    assert (found["gap"].values["rows"], found["gap"].values["others"]) == ([1001, 1002], [1000])
    assert [round(found[kind].values["metres"]) for kind in ("gap", "apart", "one_way")] == [588, 300, 400]
    assert (found["gap"].values["lon"], found["gap"].values["lat"]) == pytest.approx(TO_DEGREES(EAST + 500, NORTH - 6), abs=2e-6)
    assert [found[kind].values["township_name"] for kind in ("gap", "apart")] == ["西镇", "东乡"]
    assert found["far"].values["townships"] == {"01": 40}
    assert found["far"].values["share"] == pytest.approx(40 / 1149)
    for fault in found.values():
        assert all("streets.osm" in fault.say(lang) for lang in ("zh", "en"))


def test_too_many_too_far_is_a_warning_and_so_is_half_a_township(county):
    def severity(**homes):
        return found_in(county(homes={**HOMES, **homes}))["far"].severity

    # 1,109 others: 58 of 1,167 are 4.97 %, 59 of 1,168 are 5.05 %.
    assert (severity(far=(-9000, 9000, 58)), severity(far=(-9000, 9000, 59))) == ("note", "warning")
    # In the east 40 are too far, 9 live on the island: 31 more make them just half.
    assert (severity(far=(9000, 9000, 40), east=(3200, 3010, 31)), severity(far=(9000, 9000, 40), east=(3200, 3010, 30))) == ("note", "warning")


def test_what_nobody_lives_at_is_one_note(county):
    homes = {name: HOMES[name] for name in ("ring", "far")}
    found = found_in(county(homes=homes))
    assert {kind: (fault.severity, fault.code) for kind, fault in found.items() if kind != "far"} == {
        "gap": ("note", "streets.gap_empty"),
        "apart": ("note", "streets.apart_empty"),
        "one_way": ("warning", "streets.one_way"),  # a street of 400 m is no stub
    }


@pytest.mark.parametrize(
    ("tags", "length", "people", "expected"),
    [
        ({}, 400, 0, ("one_way", "warning")),
        ({}, 20, 0, ("one_way_true", "note")),  # a stub
        ({}, 20, 5, ("one_way", "warning")),
        ({"highway": "trunk"}, 400, 5, ("one_way_through", "warning")),
        ({"highway": "motorway"}, 9950, 5, ("one_way_true", "note")),  # beyond the county's western edge
        ({}, 9850, 0, ("one_way_true", "note")),  # within 100 m of it
        ({}, 9850, 5, ("one_way", "warning")),
    ],
)
def test_a_trap_is_doubtful_where_it_can_hardly_be_true(county, tags, length, people, expected):
    places = {**MAIN, 41: (-length, 0)}
    homes = {"ring": HOMES["ring"], "trap": (-min(length, 600) / 2, 5, people)}
    found = found_in(county([RING, ([1, 41], {**ONE_WAY, **tags})], homes, places))
    assert {(kind, fault.severity) for kind, fault in found.items()} == {expected}


def test_the_command_tells_rows_people_and_place(county):
    folder = county([*STREETS, ([3, 4], {**ROAD, "maxspeed": "快"})])
    runner = CliRunner()
    ran = runner.invoke(app, ["check", str(folder), "--json"])
    assert ran.exit_code == 0, ran.stderr
    record = json.loads(ran.stdout)
    faults = {fault["code"]: fault for fault in record["faults"]}
    assert set(faults) == {"streets.gap", "streets.one_way", "streets.odd_speed"}
    assert (faults["streets.gap"]["people"], faults["streets.gap"]["rows"], faults["streets.gap"]["others"]) == (70, [1001, 1002], [1000])
    assert (faults["streets.odd_speed"]["row"], faults["streets.odd_speed"]["people"], faults["streets.odd_speed"]["rows"]) == (1005, 0, [1005])
    assert {note["code"] for note in record["notes"]} >= {"streets.apart", "streets.far"}
    for lang, words in (("zh", "数字化断缝"), ("en", "digitised gap")):
        assert words in runner.invoke(app, ["check", str(folder), "--lang", lang]).stdout.replace("\n", "")


def test_a_county_that_cannot_be_read_is_told_as_before(county):
    folder = county()
    (folder / "layers" / "streets.osm").unlink()
    found = check_county(folder)
    assert found.failure is not None
    assert not found.usable


def test_the_check_up_is_kept_and_the_same(county):
    bench = open_county(county())
    first, again = street_check(bench), street_check(open_county(bench.folder))
    assert again.faults == first.faults
    assert [item.segments.tolist() for item in again.found] == [item.segments.tolist() for item in first.found]
    assert [item.gap for item in again.found] == [item.gap for item in first.found]
    assert any(path.name.startswith("street_check-") for path in (bench.folder / ".cache").iterdir())


# ---------------------------------------------------------------- page and map


def desk_of(folder):
    bench = open_county(folder)
    return Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_lists_the_faults(county, lang):
    page = drawn(desk_of(county()), "check", lang)
    assert not page.exception
    assert not page.error
    head = say("app.column.here", lang)
    (table,) = [item.value for item in page.dataframe if head in item.value.columns]
    assert dict(zip(table[say("app.column.fault", lang)], table[head], strict=True)) == {
        say(f"app.street_check.kind.{kind}", lang): people for kind, people in {"gap": 70, "one_way": 30, "apart": 9, "far": 40}.items()
    }
    assert table[say("app.column.number", lang)].tolist() == [1, 2, 3, 4]


def test_the_map_draws_each_fault_with_its_number_and_names_as_text(county):
    bad = "<img src=x onerror=alert(1)>"
    desk = desk_of(county([*STREETS, ([3, 4], {**ROAD, "maxspeed": bad})]))
    found = listed(street_check(desk.bench))
    options = {"chosen": 2, "send_ground": True, "attribution": "", "height": 500}
    data = drawn_faults.data(desk.bench.facts, desk.raster, desk.ground, found, options)
    json.dumps(data)
    faults = {fault["number"]: fault for fault in data["faults"]}
    assert [item.kind for item in found] == ["odd_speed", "gap", "one_way", "apart", "far"]
    assert sorted(faults) == [1, 2, 3, 4]  # the fifth is no street: its cells are drawn
    assert data["cells"] is not None
    assert bad in faults[1]["text"]  # the browser puts it in as text, see live.js
    west, north = TO_DEGREES(EAST + 500, NORTH - 0)
    ends = [line for line in faults[2]["lines"] if len(line) == 2 and [round(north, 5), round(west, 5)] in line]
    assert len(ends) == 1  # the gap itself, from the loose end to the ring
    (south, west), (north, east) = data["focus"]
    assert (south < north, west < east) == (True, True)
    assert [fault["chosen"] for _, fault in sorted(faults.items())] == [False, True, False, False]
    assert {entry["text"] for entry in data["legend"]} == {
        say(f"app.street_check.style.{name}") for name in ("tags", "gap", "one_way", "apart", "far")
    }


# ---------------------------------------------------------------- the demo county, clean and with faults planted


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county") / "demo"
    make_demo(folder, cells=1000)
    return folder


def test_the_clean_demo_county_has_true_pieces_and_no_warning(demo):
    found = check_streets(read_county(demo)).found
    assert {item.fault.severity for item in found} == {"note"}
    island = [item.fault for item in found if item.kind == "apart"]
    assert len(island) == 1
    assert island[0].values["modes"] == ["walk"]


def test_planted_faults_are_found_in_their_rows(demo, tmp_path):
    import shutil

    folder = tmp_path / "planted"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns(".cache"))
    planted = plant(folder / "layers" / "streets.osm.pbf")
    serious = [item.fault for item in check_streets(read_county(folder)).found if item.fault.severity == "warning"]
    assert {(fault.row, fault.field) for fault in serious} == set(planted.values())
    by_row = {fault.row: fault for fault in serious}
    assert {name: by_row[row].code for name, (row, _) in planted.items()} == {
        "zero": "streets.zero_speed", "units": "streets.high_speed", "word": "streets.odd_speed", "twice": "streets.drawn_twice",
        "trap": "streets.one_way", "gap": "streets.gap",
    }  # fmt: skip
    assert by_row[planted["gap"][0]].values["people"] > 0
    assert 4 < by_row[planted["gap"][0]].values["gap_m"] <= 7.01  # of the junction; the street that leads to it may pass nearer


def plant(path):
    """Plant faults in a street file, with nothing of Buju's; return row and field by fault."""
    nodes, ways = {}, {}

    class Reader(osmium.SimpleHandler):
        def node(self, node):
            nodes[node.id] = (node.location.lon, node.location.lat)

        def way(self, way):
            ways[way.id] = ([each.ref for each in way.nodes], {tag.k: tag.v for tag in way.tags})

    Reader().apply_file(str(path))
    used = pd.Series([node for refs, _ in ways.values() for node in set(refs)]).value_counts()
    village = [way for way, (_, tags) in ways.items() if tags["highway"] in {"unclassified", "tertiary"} and "name" in tags]
    dead = [way for way, (refs, tags) in ways.items() if tags["highway"] == "residential" and (used[refs[1:]] == 1).all() and used[refs[0]] > 1]
    zero, units, word, cut, twin = village[:5]
    for way, text in ((zero, "0"), (units, "800"), (word, "快")):
        ways[way][1]["maxspeed"] = text
    ways[dead[0]][1]["oneway"] = "yes"
    again = max(ways) + 1
    ways[again] = (list(ways[twin][0]), dict(ways[twin][1]))
    refs = ways[cut][0]
    (lon, lat), (to_lon, to_lat) = nodes[refs[0]], nodes[refs[1]]
    metres = np.hypot((to_lon - lon) * 111_320 * np.cos(np.radians(lat)), (to_lat - lat) * 110_770)
    refs[0] = max(nodes) + 1
    nodes[refs[0]] = (lon + (to_lon - lon) * 7 / metres, lat + (to_lat - lat) * 7 / metres)
    path.unlink()
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in sorted(nodes.items()):
            writer.add_node(osmium.osm.mutable.Node(id=number, version=1, location=place))
        for number, (refs, tags) in sorted(ways.items()):
            writer.add_way(osmium.osm.mutable.Way(id=number, version=1, nodes=refs, tags=tags))
    speeds = {"zero": (zero, "maxspeed"), "units": (units, "maxspeed"), "word": (word, "maxspeed")}
    return {**speeds, "twice": (again, "geometry"), "trap": (dead[0], "oneway"), "gap": (cut, "geometry")}
