"""People beyond the county: counted, told by row where they lie far away, and with the datum that would bring them home."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.crs import from_metric
from layers.errors import PlanningError
from layers.readers._cells import Cells
from layers.readers.outlines import read_outlines
from layers.readers.population import read_population
from tests.population_county import GK, SIDE, X0, Y0, county, degrees, found, read, readable, table, told, townships

SPOTS = [(150.0 + 300 * i, 150.0 + 300 * j) for i in range(20) for j in range(10)]  # all inside


def points(folder, spots, people=None):
    rows = [(*degrees(*spot), count) for spot, count in zip(spots, people or [10] * len(spots), strict=True)]
    table(folder / "p.csv", ["经度", "纬度", "total"], rows)
    return {"population": [{"file": "p.csv", "datum": "WGS84"}], "outlines": townships()}


def test_a_row_far_beyond_the_county_is_named(tmp_path):
    grid, faults = read(tmp_path, **points(tmp_path, [*SPOTS, (2 * SIDE + 4000, 500)]))
    ((severity, file, row, field, _),) = told(faults, "population.stray")
    assert (severity, file, row, field) == ("warning", "p.csv", 202, "经度")
    assert found(faults, "population.stray")[0].values["km"] == "4.0"
    assert grid.people["total"].sum() == 2000
    assert grid.outside["total"] == 10
    assert [fault[0] for fault in told(faults, "population.outside")] == ["note"]  # 10 of 2,010 people
    assert readable(faults)


def test_a_feature_far_beyond_the_county_is_named_by_its_geometry(tmp_path):
    spots = [shapely.Point(X0 + x, Y0 + y) for x, y in SPOTS]
    spots[17] = shapely.Point(X0 - 90_000, Y0)
    gpd.GeoDataFrame({"age_total": np.full(200, 10.0)}, geometry=spots, crs=GK).to_file(tmp_path / "p.gpkg", engine="pyogrio")
    _, faults = read(tmp_path, population=[{"file": "p.gpkg", "columns": {"total": "age_total"}}], outlines=townships())
    assert [fault[:4] for fault in told(faults, "population.stray")] == [("warning", "p.gpkg", 18, "geometry")]


def test_neighbours_in_the_file_are_one_warning_and_no_strays(tmp_path):
    # The county's box grown by 3 km: half its diagonal (6.7 km / 2) is farther.
    around = [(x, -2000.0) for x in range(0, 6000, 300)]
    grid, faults = read(tmp_path, **points(tmp_path, [*SPOTS, *around]))
    (only,) = found(faults, "population.much_outside")
    assert (only.severity, only.file, only.values["share"], only.values["people"]) == ("warning", "p.csv", "9.1%", "200.0")
    assert not found(faults, "population.stray")
    assert grid.outside["total"] == 200
    assert readable(faults)


def test_one_person_in_a_hundred_outside_is_a_note_and_more_a_warning(tmp_path):
    spots = [*SPOTS[:99], (-50.0, 50.0)]
    _, faults = read(tmp_path, **points(tmp_path, spots))
    assert [fault.severity for fault in found(faults, "population.outside")] == ["note"]
    _, faults = read(tmp_path, **points(tmp_path, spots, [*[10] * 99, 11]))
    assert [fault.severity for fault in found(faults, "population.much_outside")] == ["warning"]


@pytest.mark.parametrize(
    ("stated", "written", "code", "best"),
    [
        ("EPSG:4326", "EPSG:4543", "population.all_elsewhere", "EPSG:4543"),  # metres under degrees
        ("EPSG:4543", "EPSG:4326", "population.all_elsewhere", "WGS84"),  # degrees under metres
        ("EPSG:4544", "EPSG:4543", "population.all_elsewhere", "EPSG:4543"),  # the neighbouring zone
        ("EPSG:4543", "EPSG:4522", "population.all_elsewhere", "EPSG:4522"),  # zone numbers under none
        ("EPSG:4543", "EPSG:32648", "population.all_elsewhere", "EPSG:32648"),
        ("EPSG:4543", "turned", "population.all_turned", "EPSG:4543"),
        ("EPSG:4326", "turned degrees", "population.all_turned", "WGS84"),
    ],
)
def test_a_layer_in_another_system_than_it_says(tmp_path, stated, written, code, best):
    layer = gpd.GeoSeries([shapely.Point(X0 + x, Y0 + y) for x, y in SPOTS], crs=GK)
    layer = layer.to_crs({"turned": GK, "turned degrees": "EPSG:4326"}.get(written, written))
    if written.startswith("turned"):
        layer = gpd.GeoSeries(shapely.transform(np.asarray(layer.array), lambda places: places[:, ::-1]))
    gpd.GeoDataFrame({"total": np.full(200, 10.0)}, geometry=layer.set_crs(stated, allow_override=True).array, crs=stated).to_file(
        tmp_path / "p.gpkg", engine="pyogrio"
    )
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, population=[{"file": "p.gpkg"}], outlines=townships())
    assert caught.value.code == code
    assert (caught.value.values["best"], caught.value.values["best_share"], caught.value.values["people"]) == (best, "0.0%", 2000)
    assert best in caught.value.say("zh")
    assert "p.gpkg" in caught.value.say("en")


def test_a_datum_that_puts_part_of_the_people_outside(tmp_path):
    # 100 cells along the southern border: GCJ-02 lies 327 m south of the truth here, so that as WGS 84 they would live beyond.
    spots = np.array([(300.0 + 50 * n, 20.0 + n % 5) for n in range(100)])
    lon, lat = from_metric(X0 + spots[:, 0], Y0 + spots[:, 1], "GCJ-02", GK)
    assert (degrees(300, 20)[1] - lat[0]) * 111_000 == pytest.approx(327, abs=5)
    rows = [*zip(lon.round(7), lat.round(7), [10] * 100, strict=True), (*degrees(500, 800), 900)]
    table(tmp_path / "p.csv", ["经度", "纬度", "total"], rows)
    _, faults = read(tmp_path, population=[{"file": "p.csv", "datum": "WGS84"}], outlines=townships())
    assert told(faults, "population.elsewhere") == [("warning", "p.csv", None, "datum", "WGS84")]
    values = found(faults, "population.elsewhere")[0].values
    assert (values["best"], values["best_share"], values["share"]) == ("GCJ-02", "0.0%", "52.6%")
    assert readable(faults)


def test_one_column_with_both_coordinates_is_no_group(tmp_path):
    lines = [f'"{lat}, {lon}",{count}' for (lon, lat), count in ((degrees(500, 500), 7), (degrees(900, 500), 5))]
    (tmp_path / "p.csv").write_text("\n".join(["位置,人数", *lines]) + "\n", "utf-8")
    files = [{"file": "p.csv", "datum": "WGS84", "columns": {"latlon": "位置", "total": "人数"}}]
    grid, _ = read(tmp_path, population=files, outlines=townships())
    assert grid.people.columns.tolist() == ["total"]
    assert grid.people["total"].tolist() == [7, 5]


def test_all_people_elsewhere_and_no_datum_helps(tmp_path):
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, **points(tmp_path, [(x - 400_000, y) for x, y in SPOTS]))
    assert caught.value.code == "population.all_outside"
    assert [fault.code for fault in caught.value.faults][:2] == ["table.rows", "population.read"]


def test_a_position_that_is_nowhere_counts_as_outside_without_an_outline_too(tmp_path):
    places = [shapely.Point(103.0, 25.0), shapely.Point(103.01, 25.0), shapely.Point(600_000.0, 2_800_000.0), shapely.Point(600_100.0, 2_800_000.0)]
    gpd.GeoDataFrame({"total": [5.0, 6.0, 3.5, 3.5]}, geometry=places, crs="EPSG:4326").to_file(tmp_path / "p.gpkg", engine="pyogrio")
    grid, faults = read(tmp_path, population=[{"file": "p.gpkg"}])
    assert grid.people["total"].sum() == 11
    assert grid.outside["total"] == 7
    seen: list[Cells] = []
    spec = county(population=[{"file": "p.gpkg"}])
    read_population(tmp_path, spec, read_outlines(tmp_path, spec, GK)[0], GK, seen=seen)
    assert not found(faults, "population.same_row"), "two rows that lie nowhere do not lie at one place"
    assert len(seen[0].x) == 2, "nowhere is no home to hold datums against"
    assert readable(faults)
