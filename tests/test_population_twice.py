"""People who are counted twice: by row, with the number of people, against brute force and by head."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.checking import population_twice
from layers.checking.population_twice import overlapping
from layers.errors import PlanningError
from tests.population_county import GK, X0, Y0, degrees, found, read, readable, table, told, townships

HEADS = ["编号", "经度", "纬度", "total"]


def square(x, y, side=100.0):
    return shapely.box(X0 + x, Y0 + y, X0 + x + side, Y0 + y + side)


def write(folder, rows, heads=HEADS):
    table(folder / "p.csv", heads, rows)
    return {"population": [{"file": "p.csv", "datum": "WGS84", "cell_m": 100}]}


def test_a_row_that_stands_twice(tmp_path):
    spots = [degrees(50 + 100 * n, 50) for n in range(4)]
    rows = [(n + 1, *spot, 10 * (n + 1)) for n, spot in enumerate(spots)]
    spec = write(tmp_path, [*rows, (9, *spots[2], 30)])
    grid, faults = read(tmp_path, **spec, outlines=townships())
    (only,) = found(faults, "population.same_row")
    assert (only.severity, only.file, only.row, only.field) == ("warning", "p.csv", 6, "经度")
    assert (only.values["other_row"], only.values["people"], only.values["group"]) == (4, "30.0", "residents")
    assert grid.people["total"].sum() == 130  # they count until somebody decides
    assert readable(faults)


def test_a_cell_number_that_stands_twice(tmp_path):
    spec = write(tmp_path, [(1, *degrees(50, 50), 10), (2, *degrees(150, 50), 20), (1, *degrees(250, 50), 40)])
    _, faults = read(tmp_path, **spec, outlines=townships())
    assert told(faults, "population.same_number") == [("warning", "p.csv", 4, "编号", "1")]
    assert found(faults, "population.same_number")[0].values["people"] == "40.0"
    assert not found(faults, "population.same_row")
    assert readable(faults)


def test_two_counts_at_one_place(tmp_path):
    spec = write(tmp_path, [(1, *degrees(50, 50), 10), (2, *degrees(50, 50), 20)])
    _, faults = read(tmp_path, **spec, outlines=townships())
    assert [(fault[0], fault[2], fault[3]) for fault in told(faults, "population.same_place")] == [("warning", 3, "经度")]
    assert readable(faults)


def test_households_of_one_house_are_not_repeated_but_a_row_is(tmp_path):
    house = degrees(50, 50)
    table(tmp_path / "p.csv", ["经度", "纬度", "0_59", "60_plus"], [(*house, 3, 1), (*house, 2, 2), (*house, 3, 1), (*degrees(90, 50), 3, 1)])
    _, faults = read(tmp_path, population=[{"file": "p.csv", "datum": "WGS84"}], outlines=townships())
    assert [fault.row for fault in found(faults, "population.same_row")] == [4]
    assert not found(faults, "population.same_place")


def test_a_file_listed_with_its_copy(tmp_path):
    rows = [(n + 1, *degrees(50 + 100 * n, 50), 10) for n in range(60)]
    table(tmp_path / "p.csv", HEADS, rows)
    table(tmp_path / "q.csv", HEADS, rows[:55])
    files = [{"file": name, "datum": "WGS84", "cell_m": 100} for name in ("p.csv", "q.csv")]
    _, faults = read(tmp_path, population=files, outlines=townships())
    same = found(faults, "population.same_row")
    assert [(fault.file, fault.row, fault.values["other_file"], fault.values["other_row"]) for fault in same[:2]] == [
        ("q.csv", 2, "p.csv", 2), ("q.csv", 3, "p.csv", 3),
    ]  # fmt: skip
    (rest,) = found(faults, "population.same_row_more")
    assert (len(same), rest.values["more"], rest.values["total"]) == (50, 5, 55)
    assert not found(faults, "population.same_number"), "each file numbers its own cells"
    assert readable(faults)


def test_overlapping_areas_by_head(tmp_path):
    # 100 m squares; the second covers half of the first, the third a quarter of the second. Touching and 4 % of overlap are no finding.
    shapes = [square(0, 0), square(50, 0), square(100, 50), square(200, 50), square(296, 50)]
    gpd.GeoDataFrame({"total": [100.0, 40.0, 80.0, 10.0, 10.0]}, geometry=shapes, crs=GK).to_file(tmp_path / "c.gpkg", engine="pyogrio")
    _, faults = read(tmp_path, population=[{"file": "c.gpkg"}], outlines=townships())
    assert told(faults, "population.overlap") == [("warning", "c.gpkg", 2, "geometry", "40"), ("warning", "c.gpkg", 3, "geometry", "80")]
    # Half a hectare with 40 people per hectare at the least, a quarter with 40.
    assert [fault.values["people"] for fault in found(faults, "population.overlap")] == ["20.0", "10.0"]
    assert [fault.values["other_row"] for fault in found(faults, "population.overlap")] == [1, 2]
    (all_,) = found(faults, "population.overlaps")
    assert (all_.values["count"], all_.values["pairs"], all_.values["people"]) == (2, 2, "30.0")
    assert readable(faults)


def test_an_area_drawn_twice_is_a_repeated_row_and_no_overlap(tmp_path):
    gpd.GeoDataFrame({"total": [5.0, 6.0, 5.0]}, geometry=[square(0, 0), square(100, 0), square(0, 0)], crs=GK).to_file(
        tmp_path / "c.gpkg", engine="pyogrio"
    )
    _, faults = read(tmp_path, population=[{"file": "c.gpkg"}], outlines=townships())
    assert [(fault[0], fault[2], fault[3]) for fault in told(faults, "population.same_row")] == [("warning", 3, "geometry")]
    assert not found(faults, "population.overlap")


def test_overlaps_by_brute_force():
    random = np.random.default_rng(7)
    shapes = np.array(
        [shapely.affinity.rotate(square(*random.uniform(0, 900, 2), random.uniform(20, 120)), random.uniform(0, 90)) for _ in range(120)]
    )
    shapes[5] = shapely.Polygon([(X0, Y0), (X0 + 200, Y0 + 200), (X0 + 200, Y0), (X0, Y0 + 200)])  # crosses itself
    one, other, shared, all_seen = overlapping(shapes)
    assert all_seen
    sound = shapely.make_valid(shapes)
    expected = {}
    for i in range(120):
        for j in range(i + 1, 120):
            both = sound[i].intersection(sound[j]).area
            if both >= 0.05 * min(sound[i].area, sound[j].area) and both > 0:
                expected[i, j] = both
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == set(expected)
    assert dict(zip(zip(one.tolist(), other.tolist(), strict=True), shared.tolist(), strict=True)) == pytest.approx(expected)
    assert len(expected) > 50


def test_a_turned_grid_has_no_overlap_and_is_not_intersected_in_vain(monkeypatch):
    east, north = (axis.ravel() * 100.0 for axis in np.meshgrid(np.arange(200), np.arange(200)))
    shapes = shapely.box(east, north, east + 100, north + 100)
    turn = np.array([[np.cos(0.02), np.sin(0.02)], [-np.sin(0.02), np.cos(0.02)]])
    shapes = shapely.transform(shapes, lambda points: points @ turn)
    shapes[777] = shapely.transform(shapes[777], lambda points: points + 50)
    intersected, shared = [], population_twice._shared
    monkeypatch.setattr(population_twice, "_shared", lambda one, other: intersected.append(len(one)) or shared(one, other))
    one, other, _, all_seen = overlapping(shapes)
    assert all_seen
    assert sum(intersected) <= 8  # the moved square with those around it; each of the others touches eight
    assert {777} <= set(one) | set(other)
    assert all(777 in pair for pair in zip(one.tolist(), other.tolist(), strict=True))


def test_areas_stacked_on_each_other_end_with_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.checking.population_twice.MOST_PAIRS", 100)
    shapes = [square(n / 2, 0) for n in range(40)]
    gpd.GeoDataFrame({"total": np.ones(40)}, geometry=shapes, crs=GK).to_file(tmp_path / "c.gpkg", engine="pyogrio")
    _, faults = read(tmp_path, population=[{"file": "c.gpkg"}], outlines=townships())
    (all_,) = found(faults, "population.overlaps_least")
    assert all_.values["pairs"] == 100
    assert readable(faults)


def test_areas_that_the_library_cannot_intersect_are_said_to_be_left(monkeypatch):
    shapes = np.array([square(0, 0), square(50, 0), square(75, 0)])
    whole = shapely.intersection

    def refuse(one, other):
        if isinstance(one, np.ndarray) or (one.equals(shapes[0]) and other.equals(shapes[1])):
            raise shapely.errors.GEOSException("TopologyException")
        return whole(one, other)

    monkeypatch.setattr(shapely, "intersection", refuse)
    one, other, shared, all_seen = overlapping(shapes)
    assert (one.tolist(), other.tolist(), shared.tolist(), all_seen) == ([0, 1], [2, 2], pytest.approx([2500, 7500]), False)


def test_rows_without_any_position_are_refused_with_their_findings(tmp_path):
    spec = write(tmp_path, [(1, "", "", 10), (2, "x", "y", 20)])
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, **spec, outlines=townships())
    assert caught.value.code == "population.no_positions"
    assert {(fault.code, fault.row) for fault in caught.value.faults} >= {("point.no_position", 2), ("point.no_number", 3)}
    assert caught.value.say("zh")
