"""The travel report: ways to the street by head arithmetic, parts of the streets against networkx, and no person lost."""

from __future__ import annotations

import json

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from layers.county import Streets, Travel
from layers.errors import PlanningError
from layers.readers.streets import read_streets
from layers.streets import BACKWARD, FORWARD
from layers.texts import say
from planning.app.map.cells import warp
from planning.app.map.ground import ground
from planning.app.session import Desk
from planning.cli import app
from planning.evaluation.travel_report import _quantiles
from planning.travel import build_network, snap
from planning.travel.parts import parts_of
from planning.workbench import open_county, travel_report, travel_reports
from scenarios.document import Scenario
from tests.street_drawings import CRS_M, EAST, NORTH, TO_DEGREES, osm
from tests.street_graphs import street_graph
from tests.test_app_pages import drawn

TYPE = "elder_town_centre"  # 30 minutes by car
HOMES = {"a": (100, 30, 50), "b": (500, -90, 45), "c": (900, 380, 5), "d": (500, 1200, 8), "e": (500, 5000, 3)}
PLACES = {1: (0, 0), 2: (1000, 0), 3: (1200, 0), 4: (300, 1100), 5: (700, 1100)}
ROAD, TRAP = {"highway": "residential"}, {"highway": "residential", "oneway": "yes"}
STREETS = [((1, 2), ROAD), ((2, 3), TRAP), ((4, 5), ROAD)]


def degrees(x, y):
    lon, lat = TO_DEGREES(EAST + x, NORTH + y)
    return f"{lon:.7f},{lat:.7f}"


@pytest.fixture
def county(tmp_path):
    """Return a main street of 1 km with a one-way trap at its end, a street 1.1 km off, and five homes in two townships."""
    layers = tmp_path / "layers"
    layers.mkdir()
    rows = [f"{degrees(x, y)},{people}" for x, y, people in HOMES.values()]
    (layers / "people.csv").write_text("\n".join(["lon,lat,60_plus", *rows, ",,2", ""]), "utf-8")
    (layers / "streets.osm").write_text(osm(PLACES, STREETS), "utf-8")
    (layers / "ledger.csv").write_text(f"编号,名称,类型,经度,纬度\nh1,甲院,{TYPE},{degrees(0, 0)}\n", "utf-8")
    towns = [shapely.box(EAST + west, NORTH - 9000, EAST + east, NORTH + 9000) for west, east in ((-9000, 700), (700, 9000))]
    gpd.GeoDataFrame({"code": ["01", "02"], "name": ["西镇", "东乡"]}, geometry=towns, crs=CRS_M).to_file(layers / "towns.gpkg")

    def opened(more=""):
        listed = ("people.csv", "[population]"), ("ledger.csv", "[facilities]")
        text = "".join(f'[{table}]\nfile = "layers/{name}"\ndatum = "WGS84"\n' for name, table in listed)
        streets = '[streets]\nfile = "layers/streets.osm"\n[outlines.townships]\nfile = "layers/towns.gpkg"\n'
        (tmp_path / "county.toml").write_text(f'name = "小县"\nmetric_crs = "EPSG:4543"\n{text}{streets}{more}', "utf-8")
        return open_county(tmp_path)

    opened.folder = tmp_path
    return opened


def test_ways_to_the_street_by_head_arithmetic(county):
    table = travel_report(county(), TYPE).townships
    assert table.index.tolist() == ["", "01", "02", "-"]
    states = table[["people", "covered", "uncovered", "unreachable", "not_located", "cells"]].to_numpy(float)
    assert states.tolist() == [[113, 100, 0, 11, 2, 5], [106, 95, 0, 11, 0, 4], [5, 5, 0, 0, 0, 1], [2, 0, 0, 0, 2, 0]]
    # Half of the 100 people on the street live at 30 m, 95 of them within 90 m: equal is within.
    ways = table[["access_median", "access_95", "access_largest"]].to_numpy()
    assert ways[:3] == pytest.approx(np.array([[30, 90, 380], [30, 90, 90], [380, 380, 380]]), abs=0.02)
    assert np.isnan(ways[3]).all()
    assert table["beyond_snap"].tolist() == [11, 11, 0, 0]


def test_people_by_way_add_up_to_those_on_the_street(county):
    report = travel_report(county(), TYPE)
    assert report.distances["people"].to_dict() == {25: 0, 50: 50, 100: 45, 150: 0, 200: 0, 300: 0, 400: 5, 500: 0}
    short = travel_report(county("[travel]\nsnap_m = 90.5\n"), TYPE)
    assert short.distances["people"].to_dict() == {25: 0, 50: 50, 90.5: 45}
    assert short.county["beyond_snap"] == short.county["unreachable"] == 5 + 11


def test_parts_and_the_people_they_would_bring(county):
    report = travel_report(county(), TYPE)
    expected = {"parts": 2, "main_points": 2, "main_km": 1, "other_points": 2, "other_km": 0.4, "loose_points": 1, "between_km": 0.2}
    assert report.streets == pytest.approx(expected, abs=1e-4)
    (row,) = report.others.to_dict("records")
    assert (row["points"], row["township_name"], row["people"], row["cut_off"]) == (2, "西镇", 8, 8)
    assert row["metres"] == pytest.approx(400, abs=0.05)
    assert (row["lon"], row["lat"]) == pytest.approx(TO_DEGREES(EAST + 300, NORTH + 1100), abs=1e-6)


def test_walkers_leave_the_trap_and_all_parts_may_be_used(county):
    (walked,) = travel_reports(county(), ["elder_station_city"]).values()
    assert (walked.mode, walked.streets["parts"], walked.streets["loose_points"]) == ("walk", 2, 0)
    assert walked.streets["main_km"] == pytest.approx(1.2, abs=1e-4)
    every = travel_report(county('[travel]\ncomponents = "all"\n'), TYPE)
    assert (every.others["cut_off"].sum(), every.others["people"].sum(), every.county["unreachable"]) == (0, 8, 3)


def test_joining_a_part_puts_its_people_on_the_street(county):
    bench = county()
    before = travel_report(bench, TYPE)
    (county.folder / "layers" / "streets.osm").write_text(osm(PLACES, [*STREETS, ((2, 5), ROAD)]), "utf-8")
    after = travel_report(open_county(county.folder), TYPE)
    assert before.county["unreachable"] - after.county["unreachable"] == before.others["cut_off"].sum() == 8
    assert after.others.empty


def test_a_ferry_in_a_table_reaches_people_beyond_every_street(county):
    (county.folder / "layers" / "boat.csv").write_text("起点,设施,用时\n6,甲院,20\n", "utf-8")
    table = '[[costs]]\nfile = "layers/boat.csv"\nmode = "drive"\nunit = "min"\norigins = "cells"\n'
    whole = travel_report(county(table), TYPE).county
    assert (whole["covered"], whole["unreachable"], whole["beyond_snap"]) == (100 + 3, 8, 11)


@pytest.mark.parametrize("seed", range(60))
def test_parts_are_those_of_networkx_and_the_nearest_is_found_by_hand(seed):
    random = np.random.default_rng(seed)
    streets = street_graph(random, consistent=True)
    cells = gpd.GeoSeries(gpd.points_from_xy(EAST + random.uniform(-300, 600, 20), NORTH + random.uniform(-300, 600, 20)), crs=CRS_M)
    for mode in ("walk", "drive"):
        bits = streets.allowed[mode]
        graph = nx.MultiDiGraph()
        for tail, head, bit in zip(streets.tail.tolist(), streets.head.tolist(), bits.tolist(), strict=True):
            graph.add_edges_from(([(tail, head)] if bit & FORWARD else []) + ([(head, tail)] if bit & BACKWARD else []))
        known = sorted((sorted(part) for part in nx.strongly_connected_components(graph)), key=lambda part: (-len(part), part[0]))
        found = parts_of(streets, mode, cells, 200.0)
        assert found.table["points"].tolist() == [len(part) for part in known]
        place = {node: number for number, part in enumerate(known) for node in part}
        lines = {number: [] for number in range(len(known))}
        metres, between = np.zeros(len(known)), 0.0
        for number in np.flatnonzero(bits).tolist():
            tail, head = int(streets.tail[number]), int(streets.head[number])
            if place[tail] == place[head]:
                metres[place[tail]] += streets.length[number]
                lines[place[tail]].append(shapely.LineString([(streets.x[node], streets.y[node]) for node in (tail, head)]))
            else:
                between += streets.length[number]
        assert found.table["metres"].to_numpy() == pytest.approx(metres)
        assert found.between_m == pytest.approx(between)
        for cell, nearest in zip(cells, found.nearest.tolist(), strict=True):
            far = [min((cell.distance(line) for line in lines[number]), default=np.inf) for number in lines] or [np.inf]
            assert nearest == (int(np.argmin(far)) if min(far) <= 200.0 else -1)


def test_the_weighted_quantile_is_the_inverse_of_the_distribution_function():
    random = np.random.default_rng(1)
    for _ in range(200):
        values, weights = random.integers(0, 6, 7).astype(float), random.integers(1, 5, 7).astype(float)
        each = np.repeat(values, weights.astype(int))  # every person by himself
        half, most, largest = _quantiles(values, weights)
        assert half == min(value for value in each if 2 * (each <= value).sum() >= len(each))
        assert most == min(value for value in each if 20 * (each <= value).sum() >= 19 * len(each))
        assert largest == each.max()
    assert np.isnan(_quantiles(np.empty(0), np.empty(0))).all()


def test_every_type_of_the_demo_county_conserves_people(demo_county):
    bench = open_county(demo_county)
    for key, report in travel_reports(bench).items():
        measured = bench.measure_type(key)
        table = report.townships
        assert table[["covered", "uncovered", "unreachable", "not_located"]].sum(axis=1).to_numpy() == pytest.approx(table["people"].to_numpy())
        assert table["people"].iloc[1:].sum() == pytest.approx(table["people"].iloc[0])
        assert report.county["people"] == pytest.approx(sum(measured.coverage.totals.values()))
        assert report.county["beyond_snap"] == pytest.approx(report.county["unreachable"])  # no imported table
        on_street = report.county["people"] - report.county["beyond_snap"] - report.county["not_located"]
        assert report.distances["people"].sum() == pytest.approx(on_street)
        assert report.others["cut_off"].sum() <= report.county["unreachable"] + 1e-6
        # What is measured here as main is what trips use.
        network, _ = bench.columns.network(report.mode)
        assert report.streets["main_km"] * 1000 == pytest.approx(float(network.length.sum()))


def test_the_command_says_what_the_workbench_reports(county):
    county()
    runner = CliRunner()
    record = json.loads(runner.invoke(app, ["travel", str(county.folder), "--json"]).stdout)[TYPE]
    assert record["townships"][0]["unreachable"] == 11
    assert (record["others"][0]["cut_off"], record["streets"]["parts"]) == (8, 2)
    told = runner.invoke(app, ["travel", str(county.folder), "--type", TYPE])
    assert told.exit_code == 0, told.stderr
    for words in ("全县", "西镇", "2 个连通部分", "连通后可上路"):
        assert words in told.stdout
    assert "connected parts" in runner.invoke(app, ["travel", str(county.folder), "--lang", "en"]).stdout
    walking = runner.invoke(app, ["travel", str(county.folder), "--type", TYPE, "--mode", "walk"])
    assert (walking.exit_code, "步行" in walking.stderr) == (1, True)
    assert runner.invoke(app, ["travel", str(county.folder), "--mode", "fly"]).exit_code == 2
    assert runner.invoke(app, ["travel", str(county.folder), "--mode", "walk"]).exit_code == 1


def test_the_page_shows_the_report_once_it_is_asked_for(county):
    bench = county()
    desk = Desk(bench, ground(bench.facts), warp(bench.facts.population.cells, bench.facts.crs))
    page = drawn(desk, "measure")
    assert t("column.access_95") not in {metric.label for metric in page.metric}
    page.selectbox(key="in_measure_type").set_value(TYPE).run()
    page.toggle(key="in_measure_travel").set_value(True).run()
    assert not page.exception
    assert not page.error
    shown = {metric.label: metric.value for metric in page.metric}
    names = ("access_median", "access_95", "access_largest", "beyond_snap")
    assert [shown[t(f"column.{name}")] for name in names] == ["30", "90", "380", "11"]
    assert (shown[t("travel.parts")], shown[t("travel.cut_off")]) == ("2", "8")
    tables = [table.value for table in page.dataframe]
    assert any(t("column.cut_off") in table.columns and table[t("column.cut_off")].tolist() == [8] for table in tables)


@pytest.mark.shared
def test_who_is_unreachable_in_porto_alegre_lives_on_two_islands(shared):
    folder = shared / "porto_alegre"
    if not folder.is_dir():
        pytest.skip("the Porto Alegre data are absent")
    table = pd.read_csv(folder / "hexgrid.csv")
    cells = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).to_crs(32722)
    streets, _ = read_streets(folder / "streets.osm.pbf", Streets(file="streets.osm.pbf"), None)
    for mode in ("walk", "drive"):
        parts = parts_of(streets, mode, cells, 500.0)
        off = ~snap(build_network(streets, mode, Travel()), cells).reachable
        lost = table["population"].groupby(np.where(off, parts.nearest, -2)).sum().drop(-2)
        assert (lost[lost > 0].tolist(), int(lost.sum())) == ([1093, 131], 1224)


def t(code):
    return say(f"app.{code}")


def test_what_cannot_be_reported_is_refused(county):
    bench = county()
    for key, code in (("child_welfare_city", "workbench.no_reach"), ("community_centre", "workbench.no_group")):
        with pytest.raises(PlanningError) as caught:
            travel_report(bench, key)
        assert caught.value.code == code


def test_a_road_that_a_scenario_builds_joins_the_parts(county):
    bench = county()
    ends = [[float(number) for number in degrees(x, y).split(",")] for x, y in ((1000, 0), (700, 1100))]
    road = {"action": "build_street", "highway": "residential", "points": ends}
    joined = travel_report(bench, TYPE, Scenario.model_validate({"title": "接通", "datum": "WGS84", "edits": [road]}))
    assert (joined.county["unreachable"], joined.county["covered"], len(joined.others)) == (3, 108, 0)
    assert travel_report(bench, TYPE).county["unreachable"] == 11
