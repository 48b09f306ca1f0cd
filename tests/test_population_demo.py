"""Faults written into the demo county's people, as layer, csv and GeoTIFF: each is an error or a warning with its file, row and column."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from layers.crs import from_metric
from layers.demo.people import GROUPS
from layers.readers.outlines import read_outlines
from layers.readers.population import read_population
from layers.readers.schema import read_county_toml
from tests.population_county import raster, readable

GK = CRS.from_epsg(4543)
HEADS = [f"age_{group}" for group in GROUPS]


@pytest.fixture(scope="module")
def folder(demo_county, tmp_path_factory):
    """Return a copy of the demo county without its streets, which these tests do not read."""
    made = tmp_path_factory.mktemp("people") / "county"
    shutil.copytree(demo_county, made, ignore=shutil.ignore_patterns("*.pbf", ".cache", "outputs"))
    return made


@pytest.fixture(scope="module")
def clean(folder):
    county = read_county_toml(folder)
    outlines, _ = read_outlines(folder, county, GK)
    return county, outlines, gpd.read_file(folder / "layers" / "population.gpkg", engine="pyogrio")


def serious(faults):
    return {(fault.file, fault.row, fault.field) for fault in faults if fault.severity != "note"}


def spoil(people):
    """Write one fault of each kind; return the rows and columns, counted from 1."""
    counts = people[HEADS].astype(object)
    counts.loc[10, "age_18_59"] = "约30人"
    counts.loc[20, "age_65_69"] = None
    counts.loc[30, "age_60_64"] = -3.0
    counts.loc[50, "age_75_79"] *= 1000
    counts.loc[60, "age_18_59"] *= 1000
    places = people.geometry.copy()
    places.loc[70] = shapely.Point(places[70].x + 60_000, places[70].y)
    spoilt = gpd.GeoDataFrame(counts, geometry=places, crs=people.crs)
    spoilt = pd.concat([spoilt, spoilt.iloc[[100]]], ignore_index=True)
    cells = {(11, "age_18_59"), (21, "age_65_69"), (31, "age_60_64"), (51, "age_75_79"), (61, "age_18_59")}
    return spoilt, cells, {71, len(people) + 1}


def test_the_clean_people_have_notes_alone(folder, clean):
    county, outlines, people = clean
    grid, faults = read_population(folder, county, outlines, GK)
    assert serious(faults) == set()
    assert grid.people.to_numpy().sum() == pytest.approx(people[HEADS].to_numpy().sum())


def test_faults_in_the_layer(folder, clean):
    county, outlines, people = clean
    spoilt, cells, places = spoil(people)
    texts = spoilt.assign(**{head: [None if cell is None else str(cell) for cell in spoilt[head]] for head in HEADS})
    texts.to_file(folder / "layers" / "spoilt.gpkg", layer="spoilt", engine="pyogrio")
    spec = county.population[0].model_copy(update={"file": "layers/spoilt.gpkg"})
    _, faults = read_population(folder, county.model_copy(update={"population": (spec,)}), outlines, GK)
    planted = {("layers/spoilt.gpkg", row, head) for row, head in cells} | {("layers/spoilt.gpkg", row, "geometry") for row in places}
    assert serious(faults) == planted
    assert readable(faults)


def test_faults_in_a_csv(folder, clean):
    county, outlines, people = clean
    spoilt, cells, places = spoil(people)
    lon, lat = from_metric(spoilt.geometry.x, spoilt.geometry.y, "WGS84", GK)
    table = pd.DataFrame({"经度": lon.round(7), "纬度": lat.round(7), **{head: spoilt[head] for head in HEADS}})
    table.to_csv(folder / "layers" / "spoilt.csv", index=False)
    spec = county.population[0].model_copy(update={"file": "layers/spoilt.csv", "datum": "WGS84"})
    _, faults = read_population(folder, county.model_copy(update={"population": (spec,)}), outlines, GK)
    planted = {("layers/spoilt.csv", row + 1, head) for row, head in cells} | {("layers/spoilt.csv", row + 1, "经度") for row in places}
    assert serious(faults) == planted
    assert readable(faults)


def test_faults_in_rasters(folder, clean):
    county, outlines, people = clean
    column = ((people.geometry.x - people.geometry.x.min()) / 100).round().astype(int).to_numpy()
    row = ((people.geometry.y.max() - people.geometry.y) / 100).round().astype(int).to_numpy()
    width, height = column.max() + 1, row.max() + 1
    files, planted = [], set()
    for number, (group, head) in enumerate(zip(GROUPS, HEADS, strict=True)):
        values = np.zeros((height, width))
        values[row, column] = people[head]
        at = 40 + number
        values[row[at], column[at]] = [-2.0, 5e9, np.inf, values[row[at], column[at]] * 1000][number % 4]
        values[0, 0] = -99999
        raster(folder / "layers" / f"{group}.tif", values, nodata=None, corner=(people.geometry.x.min() - 50, people.geometry.y.max() + 50))
        files.append({"file": f"layers/{group}.tif", "group": group})
        planted |= {(f"layers/{group}.tif", int(row[at] * width + column[at] + 1), group), (f"layers/{group}.tif", 1, group)}
    spec = county.model_validate({**county.model_dump(), "population": files})
    grid, faults = read_population(folder, spec, outlines, GK)
    assert serious(faults) == planted
    assert len(grid.people) == len(people)
    assert readable(faults)


@pytest.mark.parametrize("times", [3.0, 1 / 3])
def test_a_township_total_that_is_off(folder, clean, times):
    county, outlines, _ = clean
    grid, _ = read_population(folder, county, outlines, GK)
    totals = grid.demand("residents").groupby(grid.cells["township"]).sum().round()
    totals.iloc[2] = round(totals.iloc[2] * times)
    lines = [f"{outlines.township_name(str(code))},{people:.0f}" for code, people in totals.items()]
    (folder / "layers" / "totals.csv").write_text("\n".join(["乡镇,常住人口", *lines]) + "\n", "utf-8")
    _, faults = read_population(folder, county.model_copy(update={"population_totals": "layers/totals.csv"}), outlines, GK)
    assert serious(faults) == {("layers/totals.csv", 4, "常住人口")}
