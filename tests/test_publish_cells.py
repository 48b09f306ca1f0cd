"""Cells as pixels: every cell in its colour, at its place, in metres and in Mercator."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS, Transformer

from planning.publish import cells
from planning.publish.plate import ground
from tests import publish_fixture as fixture


@pytest.fixture(scope="module")
def sheet():
    return fixture.sheet()


def test_classes_hold_the_people_of_their_state(sheet):
    coverage = sheet.coverage
    shading = cells.shade(coverage, sheet.facts.population)
    people = coverage.people.to_numpy()
    assert people[shading.colour == 0].sum() == pytest.approx(coverage.totals["covered"])
    assert people[shading.colour == 1].sum() == pytest.approx(coverage.totals["unreachable"])
    assert people[shading.colour >= 2].sum() == pytest.approx(coverage.totals["uncovered"])
    assert shading.unit == "km2"
    # By hand: a cell of 500 m holds a quarter of what a km2 of its density does.
    low, *between = shading.breaks
    assert people[shading.colour == 2].max() * 4 < low
    assert people[shading.colour == 3].min() * 4 >= low
    assert len(shading.palette) == 3 + 1 + len(between)


def test_nobody_is_drawn_where_nobody_lives(sheet):
    coverage = sheet.coverage
    people = coverage.people.copy()
    people.iloc[:7] = 0.0
    shading = cells.shade(dataclasses.replace(coverage, people=people), sheet.facts.population)
    assert (shading.colour[:7] == -1).all()
    assert (shading.colour[7:] >= 0).all()


@pytest.mark.parametrize("epsg", [None, 3857])
def test_every_cell_has_its_colour_at_its_place(sheet, epsg):
    population = sheet.facts.population
    shading = cells.shade(sheet.coverage, population)
    crs = None if epsg is None else CRS.from_epsg(epsg)
    image = cells.picture(population, shading, sheet.coverage.people.index, crs=crs)
    x, y = population.cells.geometry.x.to_numpy(), population.cells.geometry.y.to_numpy()
    if crs is not None:
        x, y = Transformer.from_crs(population.cells.crs, crs, always_xy=True).transform(x, y)
    west, south, east, north = image.box
    rows, columns = image.pixels.shape[:2]
    row = ((north - y) / (north - south) * rows).astype(int)
    column = ((x - west) / (east - west) * columns).astype(int)
    wanted = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in shading.palette])[shading.colour]
    assert (image.pixels[row, column, :3] == wanted).all()
    assert (image.pixels[row, column, 3] == 255).all()
    # 60 km from any cell nothing is drawn: the corner of the picture of an oval county is empty.
    assert image.pixels[0, 0, 3] == 0


def test_cells_without_size_are_drawn_as_wide_as_they_are_apart(sheet):
    population = sheet.facts.population
    bare = dataclasses.replace(population, cells=population.cells.assign(size=np.nan))
    shading = cells.shade(sheet.coverage, bare)
    assert shading.unit == "cell"
    image = cells.picture(bare, shading, sheet.coverage.people.index)
    west, _, east, _ = image.box
    x = population.cells.geometry.x
    assert east - west == pytest.approx(x.max() - x.min() + 2 * 0.6 * 500)


def test_streets_keep_their_length_and_class():
    given = fixture.facts().streets
    lines, classes = ground.street_lines(given, 0.0)
    assert len(lines) == len(given.streets)  # here each street is one chain
    assert sum(line.length for line in lines) == pytest.approx(given.length.sum())
    by_class = pd.Series([line.length for line in lines]).groupby(classes).sum()
    wanted = pd.Series(given.length).groupby(given.streets["highway"].to_numpy()[given.street]).sum()
    assert by_class["primary"] == pytest.approx(wanted["primary"])
    assert by_class["minor"] == pytest.approx(wanted["residential"])
