"""Rasters with values that stand for no data or for nothing at all: each is found, and the people that are left are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.population_county import GK, X0, Y0, found, raster, read, readable, told, townships

TOTAL = {"population": [{"file": "a.tif", "group": "total"}]}
LEAST = float(np.finfo(np.float32).min)


@pytest.mark.parametrize(
    ("marker", "nodata", "declared"),
    [
        (-99999, None, "-"),
        (-9999, None, "-"),
        (-200, None, "-"),
        (LEAST, None, "-"),
        (-99999, -9999.0, "-9999"),
        (LEAST, -99999.0, "-99999"),
        (-12345, 0.0, "0"),
        (np.nan, -1.0, "-1"),
        (np.nan, None, "-"),
    ],
)
def test_no_data_that_is_not_declared(tmp_path, marker, nodata, declared):
    values = np.full((4, 5), 2.5)
    values[1, 2] = values[3, 4] = marker
    raster(tmp_path / "a.tif", values, nodata=nodata)
    grid, faults = read(tmp_path, **TOTAL)
    assert grid.people["total"].sum() == 18 * 2.5
    (only,) = found(faults, "raster.undeclared")
    assert (only.severity, only.file, only.row, only.field, only.value) == ("warning", "a.tif", None, "total", f"{np.float32(marker):g}")
    assert (only.values["count"], only.values["first"], only.values["declared"]) == (2, 1 * 5 + 2 + 1, declared)
    assert not [fault for fault in faults if fault.severity == "error"]
    assert readable(faults)


def test_no_data_in_one_pixel_names_it(tmp_path):
    raster(tmp_path / "a.tif", [[1, 1, 1], [1, -9999, 1]], nodata=None)
    _, faults = read(tmp_path, **TOTAL)
    assert told(faults, "raster.undeclared") == [("warning", "a.tif", 5, "total", "-9999")]


@pytest.mark.parametrize("nodata", [-99999.0, -9999.0, LEAST, np.nan, 0.0, 255.0])
def test_no_data_that_is_declared_is_no_finding(tmp_path, nodata):
    raster(tmp_path / "a.tif", [[1, nodata, 3], [nodata, nodata, 4]], nodata=nodata)
    grid, faults = read(tmp_path, **TOTAL)
    assert grid.people["total"].sum() == 8
    assert {fault.code for fault in faults} == {"population.read"}


def test_integers_with_the_least_number_of_their_type(tmp_path):
    raster(tmp_path / "a.tif", [[1, -32768], [3, 4]], nodata=None, dtype="int16")
    grid, faults = read(tmp_path, **TOTAL)
    assert grid.people["total"].sum() == 8
    assert told(faults, "raster.undeclared") == [("warning", "a.tif", 2, "total", "-32768")]


def test_negative_people_are_errors_with_their_pixel(tmp_path):
    raster(tmp_path / "a.tif", [[1, 2, -0.5], [4, -150, 6]])
    grid, faults = read(tmp_path, **TOTAL)
    assert told(faults, "raster.negative") == [("error", "a.tif", 3, "total", "-0.5"), ("error", "a.tif", 5, "total", "-150")]
    assert grid.people["total"].sum() == 13
    assert readable(faults)


def test_many_negative_pixels_are_told_together_beyond_fifty(tmp_path):
    values = np.ones((10, 12))
    values.ravel()[:70] = -np.arange(1, 71) / 100
    raster(tmp_path / "a.tif", values)
    grid, faults = read(tmp_path, **TOTAL)
    assert [fault.row for fault in found(faults, "raster.negative")] == list(range(1, 51))
    (rest,) = found(faults, "raster.negative_more")
    assert (rest.severity, rest.values["more"], rest.values["total"]) == ("error", 20, 70)
    assert grid.people["total"].sum() == 50
    assert readable(faults)


@pytest.mark.parametrize("value", [np.inf, 3.4e38, 2e9])
def test_what_can_be_no_count_counts_nobody(tmp_path, value):
    raster(tmp_path / "a.tif", [[1, 2], [value, 4]])
    grid, faults = read(tmp_path, **TOTAL)
    assert told(faults, "raster.impossible") == [("error", "a.tif", 3, "total", f"{np.float32(value):g}")]
    assert grid.people["total"].sum() == 7


def test_minus_infinity_is_no_data(tmp_path):
    raster(tmp_path / "a.tif", [[1, -np.inf], [3, 4]], nodata=None)
    grid, faults = read(tmp_path, **TOTAL)
    assert told(faults, "raster.undeclared") == [("warning", "a.tif", 2, "total", "-inf")]
    assert grid.people["total"].sum() == 8


def test_a_count_declared_as_no_data_is_doubted(tmp_path):
    raster(tmp_path / "a.tif", [[1, 7], [7, 4]], nodata=7.0)
    grid, faults = read(tmp_path, **TOTAL)
    assert grid.people["total"].sum() == 5
    assert told(faults, "raster.nodata_positive") == [("warning", "a.tif", None, "total", "7")]
    assert found(faults, "raster.nodata_positive")[0].values["count"] == 2


def test_more_people_than_a_pixel_can_hold(tmp_path):
    # 100 m x 100 m is one hectare: 3,000 people are just possible, 3,001 are not.
    raster(tmp_path / "a.tif", [[3000, 3001], [5, 4]])
    grid, faults = read(tmp_path, **TOTAL)
    assert told(faults, "population.too_dense") == [("warning", "a.tif", 2, "total", "3001")]
    assert grid.people["total"].sum() == 6010
    assert readable(faults)


def test_a_pixel_out_of_proportion_names_the_file_of_its_group(tmp_path):
    random = np.random.default_rng(4)
    total = random.uniform(20, 60, (8, 8))
    old = total * 0.2
    old[3, 5] *= 1000
    raster(tmp_path / "a.tif", total)
    raster(tmp_path / "b.tif", old)
    _, faults = read(tmp_path, population=[{"file": "a.tif", "group": "0_59"}, {"file": "b.tif", "group": "60_plus"}])
    found_ = told(faults, "population.too_many") + told(faults, "population.too_dense")
    assert [fault[:4] for fault in found_] == [("warning", "b.tif", 3 * 8 + 5 + 1, "60_plus")]


def test_one_group_is_held_against_the_nearest_pixels(tmp_path):
    values = np.random.default_rng(5).uniform(1, 2.5, (12, 12))
    values[6, 6] = 1700
    raster(tmp_path / "a.tif", values)
    _, faults = read(tmp_path, **TOTAL)
    assert told(faults, "population.too_many") == [("warning", "a.tif", 6 * 12 + 6 + 1, "total", "1700")]


@pytest.mark.parametrize(("count", "found_"), [(1000.0, 0), (1001.0, 1)])
def test_a_hundred_times_what_the_other_groups_let_expect(tmp_path, count, found_):
    # Everywhere 40 people under 60 and 10 elders: 40 let expect 10, and a hundred times that is 1,000.
    old = np.full((6, 6), 10.0)
    old[2, 3] = count
    raster(tmp_path / "a.tif", np.full((6, 6), 40.0))
    raster(tmp_path / "b.tif", old)
    _, faults = read(tmp_path, population=[{"file": "a.tif", "group": "0_59"}, {"file": "b.tif", "group": "60_plus"}])
    assert [fault[:4] for fault in told(faults, "population.too_many")] == [("warning", "b.tif", 16, "60_plus")] * found_


@pytest.mark.parametrize(("count", "neighbour", "found_"), [(300.0, 10.0, 0), (301.0, 10.0, 1), (301.0, 12.0, 0), (361.0, 12.0, 1)])
def test_thirty_times_each_of_the_nearest(tmp_path, count, neighbour, found_):
    values = np.full((6, 6), 10.0)
    values[2, 3], values[3, 4] = count, neighbour
    raster(tmp_path / "a.tif", values)
    _, faults = read(tmp_path, **TOTAL)
    assert [fault[:4] for fault in told(faults, "population.too_many")] == [("warning", "a.tif", 16, "total")] * found_


def test_towns_among_villages_are_no_finding(tmp_path):
    # A town of 16 pixels with a hundred times the people of the country around it.
    values = np.full((20, 20), 2.0)
    values[8:12, 8:12] = 200
    raster(tmp_path / "a.tif", values)
    assert {fault.code for fault in read(tmp_path, **TOTAL)[1]} == {"population.read"}


@pytest.mark.parametrize(
    ("crs", "datum"), [("EPSG:4326", "WGS84"), ("EPSG:4547", "EPSG:4543")],
)  # fmt: skip
def test_a_raster_with_the_wrong_crs_is_refused_with_the_one_that_fits(tmp_path, crs, datum):
    """Pixels are written in one system, and the file says another."""
    from layers.crs import from_metric
    from layers.errors import PlanningError

    west, north = (float(part[0]) for part in from_metric([X0 + 500], [Y0 + 2500], datum, GK))
    pixel = 0.001 if datum == "WGS84" else 100.0
    wrong = "EPSG:4543" if crs == "EPSG:4326" else crs
    raster(tmp_path / "a.tif", np.ones((5, 5)), corner=(west, north), pixel=pixel, crs=wrong)
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, **TOTAL, outlines=townships())
    assert caught.value.code == "population.all_elsewhere"
    assert (caught.value.values["best"], caught.value.values["best_share"]) == (datum, "0.0%")
    assert datum in caught.value.say("zh")
