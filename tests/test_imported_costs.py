"""Tables of travel costs in a county's folder: they stand in for the search, pair by pair, and say so."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from layers.costs import CostTable
from layers.errors import PlanningError
from layers.tasks import PlanTask
from planning.cli import app
from planning.review import Project
from planning.travel.overlay import overlaid
from planning.workbench import as_json, open_county, propose_task, review_papers, review_project
from scenarios.document import Scenario
from tests.cost_tables import from_matrix

TYPE = "elder_town_centre"  # 30 minutes by car
STREET = """<osm version="0.6"><node id="1" lat="25.30" lon="103.1"/><node id="2" lat="25.31" lon="103.1"/>
<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""
# Along a street of 1.1 km, and one cell 2 km beyond its end; a minute by car takes everybody everywhere.
PEOPLE = "cell,lon,lat,60_plus\n1,103.1,25.300,10\n2,103.1,25.304,20\n3,103.1,25.310,40\n9,103.1,25.330,80\n"
VILLAGES = "村代码,村名,经度,纬度\nv1,甲村,103.1,25.300\nv2,乙村,103.1,25.310\nv3,岛村,103.1,25.330\nv4,无位村,,\n"
LEDGER = "编号,名称,类型,经度,纬度,床位数\nh1,甲院,elder_town_centre,103.1,25.301,40\n"
SITES = "id,name,lon,lat\nk1,老学校,103.1,25.3041234\nk2,粮站,103.1,25.309\n"
COUNTY = """name = "小县"
metric_crs = "EPSG:4543"
[[population]]
file = "layers/people.csv"
datum = "WGS84"
[streets]
file = "layers/streets.osm"
[[facilities]]
file = "layers/ledger.csv"
datum = "WGS84"
[outlines.villages]
file = "layers/villages.csv"
datum = "WGS84"
[[candidates]]
file = "layers/sites.csv"
datum = "WGS84"
"""
TABLE = '[[costs]]\nfile = "layers/bus.csv"\nmode = "drive"\nunit = "min"\n'
BUS = "起点,终点,用时\n甲村,甲院,40\n乙村,h1,30\nv3,甲院,30\n"


@pytest.fixture
def county(tmp_path):
    folder = tmp_path / "小县"
    (folder / "layers").mkdir(parents=True)
    files = {"people.csv": PEOPLE, "villages.csv": VILLAGES, "ledger.csv": LEDGER, "sites.csv": SITES, "streets.osm": STREET}
    for name, content in files.items():
        (folder / "layers" / name).write_text(content, "utf-8")

    def opened(bus=BUS, table=TABLE, more=""):
        (folder / "county.toml").write_text(COUNTY + (table if bus is not None else "") + more, "utf-8")
        if bus is not None:
            (folder / "layers" / "bus.csv").write_text(bus, "utf-8")
        return open_county(folder)

    opened.folder = folder
    return opened


def states(evaluation):
    return tuple(evaluation.coverage.totals.values())


def found(bench, *, of="costs"):
    return [(fault.code.removeprefix("costs."), fault.row, fault.field, fault.value) for fault in bench.faults if fault.layer == of]


def test_without_a_table_the_search_counts(county):
    bench = county(bus=None)
    assert states(bench.measure_type(TYPE)) == (70, 0, 80, 0)
    assert bench.facts.county.sources() == ()


def test_a_village_stands_for_all_its_cells_and_a_cost_equal_to_the_threshold_is_covered(county):
    bench = county()
    evaluation = bench.measure_type(TYPE)
    # The first two cells are nearest to 甲村: 40 minutes. The island has no street, but a ferry: 30 minutes.
    assert states(evaluation) == (40 + 80, 10 + 20, 0, 0)
    assert evaluation.coverage.cells["cost"].tolist() == [2400, 2400, 1800, 1800]
    assert not [fault for fault in bench.faults if fault.severity != "note" and fault.layer == "costs"]


def test_a_pair_the_table_lacks_keeps_its_searched_cost_or_cannot_be_travelled(county):
    lacking = "起点,终点,用时\n岛村,甲院,12\n"
    searched = county(lacking).measure_type(TYPE)
    assert states(searched) == (150, 0, 0, 0)
    assert (searched.coverage.cells["cost"].iloc[:3] < 400).all()
    alone = county(lacking, TABLE + 'absent = "unreachable"\n').measure_type(TYPE)
    assert states(alone) == (80, 70, 0, 0)
    assert alone.coverage.cells["cost"].isna().tolist() == [True, True, True, False]


def test_sites_the_table_does_not_name_are_searched(county):
    bench = county(more="", table=TABLE + 'absent = "unreachable"\n')
    second = {"action": "open", "id": "n1", "type": TYPE, "name": "新院", "lon": 103.1, "lat": 25.305}
    evaluation = bench.measure_type(TYPE, Scenario.model_validate({"title": "加", "datum": "WGS84", "edits": [second]}))
    assert states(evaluation) == (150, 0, 0, 0)
    assert evaluation.facilities["assigned"].to_dict() == {"h1": 80.0, "n1": 70.0}


def test_a_facility_that_moves_is_searched_again(county):
    moved = {"action": "move", "facility": "h1", "lon": 103.1, "lat": 25.302}
    evaluation = county().measure_type(TYPE, Scenario.model_validate({"title": "迁", "datum": "WGS84", "edits": [moved]}))
    assert states(evaluation) == (70, 80, 0, 0)  # the ferry goes to where the home stood


def test_a_table_is_for_its_own_mode_and_unit(county):
    bench = county(BUS, TABLE.replace("drive", "walk"))
    assert states(bench.measure_type(TYPE)) == (70, 0, 80, 0)
    metres = county(BUS, TABLE.replace('"min"', '"km"').replace("drive", "walk"))
    assert states(metres.measure_type(TYPE)) == (70, 0, 80, 0)
    assert metres.measure_type("elder_station_city").coverage.totals["unreachable"] == 0  # its reach is in m, on foot


def test_seconds_and_kilometres(county):
    assert county(BUS.replace("40", "2400").replace("30", "1800"), TABLE.replace("min", "s")).facts.costs[0].cost.tolist() == [2400, 1800, 1800]
    walked = county(BUS, TABLE.replace('"min"', '"km"').replace("drive", "walk")).facts.costs[0]
    assert (walked.unit, walked.cost.tolist()) == ("m", [40_000, 30_000, 30_000])


def test_the_later_of_two_tables_counts(county):
    (county.folder / "layers" / "ferry.csv").write_text("起点,终点,用时\n岛村,甲院,31\n", "utf-8")
    bench = county(more=TABLE.replace("bus", "ferry"))
    assert bench.measure_type(TYPE).coverage.cells["cost"].tolist() == [2400, 2400, 1800, 1860]


def test_a_site_opened_at_a_listed_candidate_keeps_the_candidates_cost(county):
    bench = county("起点,终点,用时\n岛村,老学校,9\n乙村,k1,8\n甲村,k1,7\n", more="")
    task = {
        "key": "more",
        "title": "增设",
        "type": TYPE,
        "requirement": "E06-reach",
        "model": "pmedian",
        "sites": 1,
        "candidates": {"origin": "file"},
    }
    proposal = propose_task(bench, PlanTask.model_validate(task))
    costs = proposal.after.coverage.cells.set_index("site", append=True)["cost"]
    assert proposal.plan.opened == ("k1",)
    assert costs.loc[(9, "more-01")] == 540
    assert proposal.plan.value == pytest.approx((proposal.after.coverage.cells["cost"] * proposal.after.coverage.people).sum())


def test_cells_and_townships_as_origins(county):
    cells = county("格网编号,设施,分钟\n9,甲院,5\n1,甲院,31\n", TABLE + 'origins = "cells"\ncolumns = { cost = "分钟" }\n').measure_type(TYPE)
    assert states(cells) == (140, 10, 0, 0)
    whole = county("乡镇,设施,时间\n小县,甲院,31\n", TABLE + 'origins = "townships"\n').measure_type(TYPE)
    assert states(whole) == (0, 150, 0, 0)


def test_gb18030_and_workbooks(county):
    county()
    (county.folder / "layers" / "bus.csv").write_bytes(BUS.encode("gb18030"))
    (county.folder / "county.toml").write_text(COUNTY + TABLE + 'encoding = "gb18030"\n', "utf-8")
    first = open_county(county.folder)
    book = openpyxl.Workbook()
    for row in (["公交用时调查"], *csv.reader(io.StringIO(BUS))):
        book.active.append([float(cell) if cell.isdigit() else cell for cell in row])
    book.save(county.folder / "layers" / "bus.xlsx")
    (county.folder / "county.toml").write_text(COUNTY + TABLE.replace("csv", "xlsx") + "header_row = 2\n", "utf-8")
    second = open_county(county.folder)
    assert states(first.measure_type(TYPE)) == states(second.measure_type(TYPE)) == (120, 30, 0, 0)


def test_every_bad_row_is_named_and_the_pair_is_searched(county):
    bad = BUS + "外村,甲院,5\n外村,甲院,6\n乙村,丙院,5\n,甲院,5\n岛村,老学校,-1\n甲村,老学校,约五\n乙村,老学校,7\n乙村,k1,8\n无位村,甲院,3\n"
    bench = county(bad, TABLE + 'absent = "unreachable"\n')
    assert found(bench)[1:] == [
        ("unknown_origin", 5, "起点", "外村"),
        ("no_label", 8, "起点", ""),
        ("unknown_site", 7, "终点", "丙院"),
        ("bad_cost", 9, "用时", "-1"),
        ("bad_cost", 10, "用时", "约五"),
        ("repeated", 11, "用时", "7"),
        ("repeated", 12, "用时", "8"),
        ("read", None, "", ""),
        ("empty_origin", 13, "起点", "无位村"),
    ]
    counted = next(row for row in bench.facts.rows if row.layer == "costs")
    assert (counted.read, counted.kept, counted.excluded) == (12, 4, 8)
    for fault in bench.faults:
        for lang in ("zh", "en"):
            assert fault.say(lang)
            assert fault.severity == "note" or fault.repair(lang)
    # 老学校 has no sound figure: it is searched although the table says that what it lacks cannot be travelled.
    opened = {"action": "open", "id": "n1", "type": TYPE, "name": "新院", "lon": 103.1, "lat": 25.3041234}
    closed = {"action": "close", "facility": "h1"}
    scenario = Scenario.model_validate({"title": "换", "datum": "WGS84", "edits": [opened, closed]})
    assert states(bench.measure_type(TYPE, scenario)) == (70, 80, 0, 0)


def test_names_that_several_bear_are_not_guessed(county):
    (county.folder / "layers" / "ledger.csv").write_text(LEDGER + "h2,甲院,elder_town_centre,103.1,25.302,20\n", "utf-8")
    bench = county()
    assert ("ambiguous", 2, "终点", "甲院") in found(bench)
    assert bench.facts.costs[0].sites.index.tolist() == ["h1"]


@pytest.mark.parametrize(
    ("bus", "table", "code"),
    [
        ("起点,终点\n甲村,甲院\n", TABLE, "table.needs_column"),
        ("起点,终点,用时\n某村,某院,3\n", TABLE, "costs.none"),
        (BUS, TABLE.replace("bus.csv", "bus.gpkg"), "file.missing"),
        (BUS, TABLE.replace("bus.csv", "streets.osm"), "file.format"),
        (BUS, TABLE.replace("min", "h"), "county_toml.not_allowed"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(county, bus, table, code):
    with pytest.raises(PlanningError) as caught:
        county(bus, table)
    assert caught.value.code == code
    assert caught.value.say("zh")


def test_a_table_that_no_standard_asks_for_is_told(county):
    bench = county(BUS, TABLE.replace('"min"', '"km"').replace("drive", "walk"))
    assert "unused" not in [code for code, *_ in found(bench)]
    changed = '[standards.cemetery_town."F02-reach"]\nradius_m = 5000\n'
    assert "unused" not in [code for code, *_ in found(county(BUS, TABLE.replace('"min"', '"m"'), changed))]


def test_outputs_name_the_table(county):
    bench = county()
    assert bench.facts.county.sources() == ("行车出行成本（min）优先采用导入表 layers/bus.csv，其余按路网计算",)
    assert "layers/bus.csv" in bench.facts.inputs
    answer = CliRunner().invoke(app, ["measure", str(county.folder), "--type", TYPE])
    assert answer.exit_code == 0, answer.stderr
    assert "layers/bus.csv" in answer.stdout
    record = json.loads(CliRunner().invoke(app, ["measure", str(county.folder), "--type", TYPE, "--json"]).stdout)
    assert record[TYPE]["totals"]["covered"] == 120


def test_reviews_are_measured_by_the_table_and_say_so(county):
    bench = county("起点,终点,用时\n岛村,老学校,9\n")
    project = Project(key="p1", name="新院", type=TYPE, lon=103.1, lat=25.3041234, datum="WGS84")
    review = review_project(bench, project)
    files = review_papers(bench, review, dt.date(2026, 1, 1))
    form = docx.Document(io.BytesIO(next(content for name, content in files.items() if name.endswith(".docx"))))
    assert any("layers/bus.csv" in paragraph.text for paragraph in form.paragraphs)
    record = json.loads(next(content for name, content in files.items() if name.endswith(".json")))
    plain = json.loads(as_json(review_project(county(bus=None), project)))
    assert record != plain, "the island is served by the project only where the table's ferry goes there"


def at(xs):
    return gpd.GeoSeries([shapely.Point(x, 0.0) for x in xs], index=[f"s{n}" for n in range(len(xs))], crs="EPSG:4543")


@given(st.data())
def test_merging_is_what_it_says_entry_by_entry(data):
    cells, sites, listed = (data.draw(st.integers(1, 4)) for _ in range(3))
    number = st.sampled_from([np.nan, 0.0, 1.0, 5.0, 5.0004, 5.0006, 9.0])
    matrix = np.array([[data.draw(number) for _ in range(sites)] for _ in range(cells)])
    reachable = [data.draw(st.booleans()) for _ in range(cells)]
    matrix[~np.array(reachable)] = np.nan
    # A table of three origins; "?" is a row without a sound figure.
    told = [[data.draw(st.sampled_from([None, "?", 2.0, 5.0, 7.0])) for _ in range(3)] for _ in range(listed)]
    home = np.array([data.draw(st.integers(-1, 2)) for _ in range(cells)], np.int32)
    absent = data.draw(st.sampled_from(["search", "unreachable"]))
    pairs = [(site, origin, value) for site, row in enumerate(told) for origin, value in enumerate(row) if value is not None]
    start = np.searchsorted([site for site, _, _ in pairs], np.arange(listed + 1)).astype(np.int64)
    figures = np.array([np.nan if value == "?" else value for _, _, value in pairs], float)
    table = CostTable("t.csv", "walk", "m", absent, at(range(listed)), home, start, np.array([o for _, o, _ in pairs], np.int32), figures)
    limit = 5.0
    costs = from_matrix(matrix, sites=[f"s{n}" for n in range(sites)], reachable=reachable, limit=limit)
    merged = overlaid(costs, table, at(range(sites)))
    for site in range(sites):
        column = dict(zip(*(part.tolist() for part in merged.column(f"s{site}")), strict=True))
        for cell in range(cells):
            searched = matrix[cell, site] if matrix[cell, site] <= limit else None
            value = told[site][home[cell]] if site < listed and home[cell] >= 0 else None
            expected = searched if site >= listed or value == "?" or (value is None and absent == "search") else value
            assert column.get(cell) == (None if expected is None or np.isnan(expected) or expected > limit else expected)
    known = {origin for row in told for origin, value in enumerate(row) if isinstance(value, float)}
    assert merged.reachable.tolist() == [there or here in known for there, here in zip(reachable, home.tolist(), strict=True)]


def test_a_site_without_position_is_served_by_a_table_that_names_it():
    costs = from_matrix(np.array([[np.nan, 3.0]]), sites=["s0", "s1"], limit=9.0)
    nowhere = gpd.GeoSeries([None, shapely.Point(1, 0)], index=["s0", "s1"], crs="EPSG:4543")
    one = np.array([0], np.int32)
    table = CostTable("t.csv", "walk", "m", "search", nowhere[:1], one, np.array([0, 1]), one, np.array([4.0]))
    lost = type(costs)(**{**costs.__dict__, "unsnapped": ("s0",)})
    merged = overlaid(lost, table, nowhere)
    assert (merged.column("s0")[1].tolist(), merged.column("s1")[1].tolist(), merged.unsnapped) == ([4.0], [3.0], ())
    with pytest.raises(ValueError, match="does not fit"):
        overlaid(lost, type(table)(**{**table.__dict__, "unit": "s"}), nowhere)


@pytest.mark.shared
def test_the_published_optima_of_san_francisco_through_a_countys_folder(shared, tmp_path):
    trips = pd.read_csv(shared / "spopt_sf/SF_network_distance_candidateStore_16_censusTract_205_new.csv", dtype={"DestinationName": "str"})
    tracts = pd.read_csv(shared / "spopt_sf/SF_demand_205_centroid_uniform_weight.csv", dtype={"NAME": "str", "ID": "str"})
    stores = pd.read_csv(shared / "spopt_sf/SF_store_site_16_longlat.csv")
    layers = tmp_path / "layers"
    layers.mkdir()
    people = trips.groupby("DestinationName")["demand"].first()
    named = next(name for name in ("NAME", "ID") if set(people.index) <= set(tracts[name]))
    places = tracts.drop_duplicates(named).set_index(named).loc[people.index]
    pd.DataFrame({"lon": places["long"], "lat": places["lat"], "total": people}).to_csv(layers / "people.csv", index=False)
    pd.DataFrame({"code": people.index, "lon": places["long"], "lat": places["lat"]}).to_csv(layers / "villages.csv", index=False)
    stores.rename(columns={"NAME": "name", "long": "lon"})[["name", "lon", "lat"]].to_csv(layers / "sites.csv", index=False)
    trips.to_csv(layers / "trips.csv", index=False)
    (layers / "streets.osm").write_text(STREET.replace("25.3", "37.7").replace("103.1", "-122.45"), "utf-8")
    (tmp_path / "county.toml").write_text(
        'name = "San Francisco"\n[streets]\nfile = "layers/streets.osm"\n'
        '[[population]]\nfile = "layers/people.csv"\ndatum = "WGS84"\ncolumns = { total = "total" }\n'
        '[demand_groups]\nresidents = ["total"]\n[outlines.villages]\nfile = "layers/villages.csv"\ndatum = "WGS84"\n'
        '[[candidates]]\nfile = "layers/sites.csv"\ndatum = "WGS84"\n'
        '[[costs]]\nfile = "layers/trips.csv"\nmode = "drive"\nunit = "m"\nabsent = "unreachable"\n'
        'columns = { origin = "DestinationName", site = "name", cost = "distance" }\n',
        "utf-8",
    )
    bench = open_county(tmp_path)
    told = {"key": "t", "title": "t", "type": "cemetery_town", "requirement": "F02-reach", "candidates": {"origin": "file"}}  # 5,000 m by road
    four = propose_task(bench, PlanTask.model_validate({**told, "model": "mclp", "sites": 4}))
    assert (four.plan.value, four.after.coverage.totals["covered"]) == (875_247, 875_247)
    assert propose_task(bench, PlanTask.model_validate({**told, "model": "lscp"})).plan.value == 8
    assert round(propose_task(bench, PlanTask.model_validate({**told, "model": "pmedian", "sites": 4})).plan.value, 2) == 2_848_268_129.71
