"""The generated county: the same for a seed, in the proportions of a real one, honest about being invented."""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pytest
import shapely
from scipy.spatial import cKDTree

from layers.demo import FEWEST, MOST, PLANTED_RANK, write_demo
from layers.demo.facilities import facilities
from layers.demo.frame import Frame, wind
from layers.demo.inventory import _some
from layers.demo.land import make_land
from layers.demo.names import COUNTY, numeral, place_names
from layers.demo.people import populate
from layers.demo.roads import main_roads
from layers.demo.settlements import _townships, settle
from layers.demo.streets import draw_streets
from layers.errors import Cancelled, PlanningError
from layers.facts import Facts
from layers.readers import read_county
from layers.types import facility_types
from scenarios.document import apply
from scenarios.files import read_scenario

ELDERS = ("60_64", "65_69", "70_74", "75_79", "80_plus")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "云岭"
    write_demo(path)
    return path


@pytest.fixture(scope="module")
def facts(folder) -> Facts:
    return read_county(folder)


@pytest.fixture(scope="module")
def land():
    return make_land(Frame(1, 8_000))


@pytest.fixture(scope="module")
def raw(folder) -> tuple[dict[int, tuple[float, float]], list[tuple[list[int], dict[str, str]]]]:
    """Nodes in EPSG:4543 and ways, read with osmium alone."""
    degrees, ways = {}, []
    for item in osmium.FileProcessor(str(folder / "layers" / "streets.osm.pbf")):
        if item.is_node():
            degrees[item.id] = (item.location.lon, item.location.lat)
        elif item.is_way():
            ways.append(([node.ref for node in item.nodes], dict(item.tags)))
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*degrees.values(), strict=True)), crs=4326).to_crs(4543)
    return dict(zip(degrees, zip(points.x, points.y, strict=True), strict=True)), ways


def digest(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_seed_gives_the_same_bytes_and_another_seed_another_county(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_demo(tmp_path / name, seed=seed, cells=FEWEST)
    one, two, other = (digest(tmp_path / name) for name in "abc")
    assert one == two
    assert set(one) == set(other)
    assert all(one[name] != other[name] for name in one)


def test_files_do_not_say_when_they_were_written(folder):
    with zipfile.ZipFile(folder / "layers" / "养老服务设施台账.xlsx") as book:
        assert {info.date_time for info in book.infolist()} == {(2024, 1, 1, 0, 0, 0)}
        assert book.read("docProps/core.xml").count(b"2024-01-01T00:00:00Z") == 2


def test_people_are_those_of_a_county_of_431_200_with_one_in_seven_old(facts):
    people = facts.population.people
    assert len(people) == 8_000
    assert people.to_numpy().sum() == pytest.approx(431_200, abs=20)  # two decimals in each of 56,000 numbers
    assert people[list(ELDERS)].to_numpy().sum() == pytest.approx(62_092.8, abs=20)  # 14.40 %
    assert people[list(ELDERS[1:])].to_numpy().sum() / people.to_numpy().sum() == pytest.approx(0.1049, abs=0.0005)
    assert facts.population.outside.sum() == 0
    assert facts.population.not_located.sum() == 0


def test_homes_have_32_52_beds_for_each_1000_elders_and_most_stand_empty(facts):
    table = facts.facilities.table
    homes = table[table["type"].isin(["elder_institution", "elder_nursing_home", "elder_town_centre", "elder_wujing"])]
    assert homes["capacity"].sum() == 2_019  # 62,092.8 × 32.52 / 1,000 = 2,019.3
    assert 0.3 < homes["residents"].sum() / homes["capacity"].sum() < 0.42  # 35.5 % in a provincial return
    assert (homes["residents"] <= homes["capacity"]).all()
    assert (homes["care_beds"] <= homes["capacity"]).all()


def test_there_is_every_type_in_the_numbers_of_the_plan(facts):
    counts = Counter(facts.facilities.table["type"])
    assert set(counts) == set(facility_types())
    assert counts["elder_station_city"] == 23
    assert counts["elder_mutual_rural"] == 27
    assert counts["elder_wujing"] == 12
    assert counts["child_welfare_county"] == 1
    full = facts.facilities.table.query("type in ['cemetery_city', 'cemetery_town']")
    assert len(full) == 2
    assert (full["residents"] / full["capacity"]).between(0.9, 1).all()
    child = facts.facilities.of_type("child_welfare_county").iloc[0]
    assert child["residents"] < 10 < child["capacity"]


def test_it_reads_without_error_or_warning_and_with_the_gaps_of_a_real_ledger(facts):
    assert [fault.say() for fault in facts.faults if fault.severity != "note"] == []
    table = facts.facilities.table
    assert list(table.index) == list(facts.facilities.located.index)
    assert int(table.loc[table["type"] == "elder_mutual_rural", "capacity"].isna().sum()) == 2
    assert list(table.loc[table["status"] == "closed", "type"]) == ["elder_mutual_rural"]


def test_every_ledger_comes_back_to_where_its_facilities_were_put(facts, land):
    """Conservation through GCJ-02, gb18030, metres and GeoJSON: a position survives to the centimetres its decimals allow."""
    frame = Frame(1, 8_000)
    main = main_roads(frame, land)
    places = settle(frame, land, np.vstack(list(main.values())))
    people = populate(frame, land, places)
    planted = {item.id: item for item in facilities(frame, land, places, people, draw_streets(frame, land, places, main))}
    table = facts.facilities.table
    assert set(planted) == set(table.index)
    located = facts.facilities.located
    away = [np.hypot(point.x - planted[key].x, point.y - planted[key].y) for key, point in located.geometry.items()]
    assert max(away) < 0.15  # six decimals of a degree
    for field in ("capacity", "residents", "care_beds"):
        np.testing.assert_array_equal(table[field], [getattr(planted[key], field) for key in table.index])
    assert [planted[key].type for key in table.index] == list(table["type"])
    assert [places.townships[planted[key].township].code for key in table.index] == list(table["township"])


def test_people_live_on_dry_ground_inside_the_county_and_near_a_street(folder, land, raw):
    cells = gpd.read_file(folder / "layers" / "population.gpkg")
    squares = shapely.box(cells.geometry.x - 50, cells.geometry.y - 50, cells.geometry.x + 50, cells.geometry.y + 50)
    assert not shapely.intersects(land.water, squares).any()
    assert shapely.covers(land.county, squares).all()
    assert len({(x, y) for x, y in zip(cells.geometry.x, cells.geometry.y, strict=True)}) == len(cells)
    nodes = np.array(list(raw[0].values()))
    away = cKDTree(nodes).query(np.column_stack([cells.geometry.x, cells.geometry.y]))[0]
    assert np.mean(away > 500) < 0.002


def graph_of(raw, *, drive: bool) -> nx.DiGraph:
    graph = nx.DiGraph()
    for nodes, tags in raw[1]:
        if drive and tags["highway"] == "path":
            continue
        nx.add_path(graph, nodes)
        if not (drive and tags.get("oneway") == "yes"):
            nx.add_path(graph, nodes[::-1])
    return graph


def test_no_street_reaches_the_island_and_its_people_are_beyond_the_snap_distance(folder, land, raw):
    pieces = sorted(nx.weakly_connected_components(graph_of(raw, drive=False)), key=len)
    assert len(pieces) == 2  # the county and a footpath of the island's own
    assert all(land.island.contains(shapely.Point(raw[0][node])) for node in pieces[0])
    shore = cKDTree(np.array([raw[0][node] for node in pieces[1]]))
    cells = gpd.read_file(folder / "layers" / "population.gpkg")
    there = cells[shapely.contains(land.island, cells.geometry)]
    assert len(there) >= 10
    assert there.filter(like="age_").to_numpy().sum() == pytest.approx(320, rel=0.01)
    assert shore.query(np.column_stack([there.geometry.x, there.geometry.y]))[0].min() > 600


def test_streets_are_of_a_real_kind(land, raw):
    nodes, ways = raw
    kinds = Counter(tags["highway"] for _, tags in ways)
    assert {"primary", "secondary", "tertiary", "unclassified", "residential", "track", "path"} <= set(kinds)
    assert {tags["maxspeed"] for _, tags in ways if "maxspeed" in tags} == {"60", "50"}
    assert sum(tags.get("oneway") == "yes" for _, tags in ways) >= 4
    bridges = [way for way, tags in ways if tags.get("bridge") == "yes"]
    assert 2 <= len(bridges) <= 6
    wet = [way for way, tags in ways if tags.get("bridge") != "yes" and shapely.LineString([nodes[n] for n in way]).intersects(land.water)]
    assert wet == []
    drive = graph_of(raw, drive=True)
    main = max(nx.strongly_connected_components(drive), key=len)
    assert len(main) > 0.9 * drive.number_of_nodes()  # all but hamlets with a footpath only


def test_townships_share_their_lines_and_cover_the_county(facts):
    towns = facts.outlines.townships
    assert len(towns) == 5
    assert towns.area.sum() == pytest.approx(facts.outlines.county.area, rel=1e-5)
    assert 780e6 < facts.outlines.county.area < 880e6
    assert not facts.population.cells["estimated"].any()
    villages = facts.outlines.villages
    assert 70 <= len(villages) <= 90
    inside = [towns.geometry[code].buffer(1).contains(point) for code, point in zip(villages["township"], villages.geometry, strict=True)]
    assert all(inside)


def test_candidates_and_areas_are_where_they_should_be(facts, land):
    types = Counter(facts.candidates.table["types"])
    assert types[("elder_station_city",)] == 90
    assert types[("cemetery_town",)] >= 25
    # BD-09 undone: every empty house stands within the county, on dry ground.
    assert shapely.contains(land.county, facts.candidates.table.geometry.array).all()
    assert not shapely.intersects(land.water, facts.candidates.table.geometry.array).any()
    assert set(facts.exclusions.table["rule"]) == {"X01", "X02", "X03", "X04", "X06", "Y02", "Y05"}
    plots = facts.candidates.table[[kinds == ("cemetery_town",) for kinds in facts.candidates.table["types"]]]
    barred = shapely.union_all(facts.exclusions.of_domain("burial").geometry.array)
    assert not shapely.intersects(barred, plots.geometry.array).any()


def test_the_scenario_makes_all_edits_and_every_action_of_a_plan(folder, facts):
    (path,) = (folder / "scenarios").glob("*.toml")
    scenario = read_scenario(path)
    assert sorted(edit.action for edit in scenario.edits) == ["close", "convert", "merge", "move", "open", "resize"]
    actions = Counter(apply(scenario, facts).actions["action"])
    standing = int((facts.facilities.table["status"] != "closed").sum())
    assert actions == {**dict.fromkeys(("new", "enlarge", "merge", "convert", "close", "move"), 1), "keep": standing - 5}


def test_projects_do_not_tell_their_merit(folder):
    files = sorted((folder / "projects").glob("*.toml"))
    assert {path.stem for path in files} == set(PLANTED_RANK)
    assert sorted(PLANTED_RANK.values()) == [1, 2, 3, 4, 5, 6]
    for path in files:
        project = tomllib.loads(path.read_text("utf-8"))
        assert project["key"] == path.stem
        assert project["type"] in facility_types()
        assert "rank" not in path.read_text("utf-8")


def test_everything_says_that_it_is_invented(folder, facts):
    assert facts.county.fictional
    assert facts.county.code.startswith("99")  # no province has it
    assert "fictional" in facts.county.name_en
    assert "虚构" in "".join(facts.county.attribution)
    assert all("虚构" in path.read_text("utf-8") for path in [folder / "说明.txt", *folder.glob("projects/*.toml"), *folder.glob("scenarios/*.toml")])
    assert len(facts.county.plan) == 5


def test_a_larger_county_is_as_dense(tmp_path):
    write_demo(tmp_path / "large", seed=2, cells=20_000)
    cells = gpd.read_file(tmp_path / "large" / "layers" / "population.gpkg")
    assert len(cells) == 20_000
    assert cells.filter(like="age_").to_numpy().sum() == pytest.approx(431_200 * 2.5, rel=1e-4)
    towns = tomllib.loads((tmp_path / "large" / "county.toml").read_text("utf-8"))
    assert towns["name"] == COUNTY


def test_stopped_work_leaves_nothing_behind(tmp_path):
    def stop(stage, done, total, **more):
        assert stage == "stage.demo"
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_demo(tmp_path / "new", cells=FEWEST, progress=stop)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_county_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "county.toml").write_text("name = 'mine'\n", "utf-8")
    with pytest.raises(PlanningError) as refused:
        write_demo(tmp_path, cells=FEWEST)
    assert refused.value.code == "demo.county_there"
    assert refused.value.say().endswith("资料。")
    assert [path.name for path in tmp_path.iterdir()] == ["county.toml"]


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"cells": FEWEST - 1}, {"cells": MOST + 1}])
def test_impossible_sizes_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="seed must not be negative"):
        write_demo(tmp_path / "x", **wrong)


def test_names_are_different_and_numerals_right():
    rng = np.random.default_rng(0)
    names = place_names(12_000, rng)
    assert len(set(names)) == 12_000
    assert [numeral(number) for number in (1, 10, 12, 20, 35)] == ["一", "十", "十二", "二十", "三十五"]


@pytest.mark.parametrize("share", [0.5, 0.6, 0.62, 0.8, 0.87])
def test_a_share_of_a_list_is_spread_over_it(share):
    for count in (5, 68, 8_507, 8_511):
        chosen = [number for number, _ in _some(range(count), share)]
        assert chosen[0] == 0
        assert chosen[-1] < count
        assert len(set(chosen)) == round(count * share)
        assert max(np.diff(chosen)) <= 2


def test_townships_of_the_largest_county_have_codes_of_their_own():
    few, many = (_townships([str(number) for number in range(count)]) for count in (5, 625))
    assert [town.code[6:] for town in few] == ["001", "002", "101", "102", "103"]
    assert len({town.code for town in many}) == 625
    assert {len(town.code) for town in many} == {9}


def test_a_winding_line_ends_where_it_should():
    line = wind(np.array([[0.0, 0.0], [3_000.0, 4_000.0]]), 0.1, np.random.default_rng(5))
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [3_000, 4_000]
    assert np.hypot(*np.diff(line, axis=0).T).sum() > 5_000
