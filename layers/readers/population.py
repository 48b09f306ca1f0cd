"""Reading people by group: GeoTIFF bands, polygon files, and tables of points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from layers.checking.population_rows import LAYER
from layers.checking.population_size import find_too_many
from layers.checking.population_totals import check_totals
from layers.checking.population_twice import Inhabited, find_twice
from layers.county import County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.progress import Progress, silent
from layers.readers._cells import Cells, PlacedCells
from layers.readers._files import RASTERS
from layers.readers._groups import demand_groups, read_groups
from layers.readers._people import read_cells
from layers.readers._rasters import read_rasters
from layers.readers._township_rows import read_totals
from layers.readers.datum_ground import people_of
from layers.readers.outlines import townships_of
from layers.readers.population_ages import estimate_ages
from layers.readers.population_outside import inside_county


def read_population(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, progress: Progress = silent, seen: list[Cells] | None = None
) -> tuple[PopulationGrid, tuple[Fault, ...]]:
    """Read the population that county.toml lists, give every cell its township, and count who lives beyond the county.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        Files, demand groups, township totals and township tables of ages.
    outlines : Outlines
        Of the county, in ``crs``.
    crs : CRS
        Metric CRS.
    progress : Progress
        Called with the stage ``stage.read.population``.
    seen : list of Cells, optional
        Takes all inhabited cells that lie anywhere, also those beyond the county's outline.

    Returns
    -------
    PopulationGrid
        People of cells + outside + not located equal the people in the files, before totals are met and groups are estimated.
    tuple of Fault
        Findings, among them the factor of each township that was scaled to a total.

    Raises
    ------
    PlanningError
        When a file cannot be read, grids differ, nobody lives there, or demand groups name columns that do not exist; findings are attached.
    """
    faults: list[Fault] = []
    cells = _read(folder, county, crs, faults, progress)
    if seen is not None:
        seen.append(cells.take(np.isfinite(cells.x) & np.isfinite(cells.y)))
    groups = demand_groups(_columns(cells, county), county.demand_groups)
    read = read_groups(list(cells.people.columns), county.demand_groups)
    everyone, named = people_of(cells, read)
    faults.extend(find_twice(Inhabited(np.column_stack([cells.x, cells.y]), cells.shapes, cells.people, everyone, named, cells.rows)))
    inside = inside_county(cells, everyone, outlines, faults)
    kept, outside = cells.take(inside), cells.people.loc[~inside].sum()
    faults.extend(find_too_many(kept.people, kept.size, np.column_stack([kept.x, kept.y]), kept.rows))
    placed = PlacedCells(kept.people, *townships_of(outlines, kept.x, kept.y), read)
    _note_estimated(county, outlines, placed.estimated, faults)
    if county.population_totals is not None:
        placed = replace(placed, people=_scaled(folder, county, outlines, placed, faults))
    if county.population_ages is not None:
        placed = replace(placed, people=estimate_ages(folder, county, outlines, placed, faults))
    return _grid(kept, placed, (outside, cells.not_located), groups, crs), tuple(faults)


def _columns(cells: Cells, county: County) -> list[str]:
    """Return the groups that are read, and after them those that are estimated."""
    made = () if county.population_ages is None else county.population_ages.groups
    return list(dict.fromkeys([*map(str, cells.people.columns), *made]))


def _note_estimated(county: County, outlines: Outlines, estimated: NDArray[np.bool_], faults: list[Fault]) -> None:
    if len(outlines.townships) > 1 and estimated.any():
        told = {"count": int(estimated.sum()), "cells": len(estimated)}
        faults.append(Fault("note", "population.estimated", LAYER, county.population[0].file, values=told))


def _read(folder: Path, county: County, crs: CRS, faults: list[Fault], progress: Progress) -> Cells:
    rasters = [PurePosixPath(file.file).suffix.lower() in RASTERS for file in county.population]
    if any(rasters) and not all(rasters):
        raise PlanningError("population.mixed", file=county.population[rasters.index(False)].file)
    if all(rasters):
        return read_rasters(folder, county.population, crs, faults, progress)
    return read_cells(folder, county.population, crs, faults, progress)


def _scaled(folder: Path, county: County, outlines: Outlines, placed: PlacedCells, faults: list[Fault]) -> pd.DataFrame:
    """Return people multiplied so that the residents of each township meet its total."""
    file = str(county.population_totals)
    if "residents" not in placed.groups:
        raise PlanningError("population.totals_need_residents", faults=faults, file=file)
    people = placed.people
    residents = people[list(placed.groups["residents"])].sum(axis=1).groupby(placed.codes).sum()
    names = {str(code): str(name) for code, name in outlines.townships["name"].items()}
    table = read_totals(folder, county, file, outlines, faults)
    factors, found = check_totals(table, {str(code): float(now) for code, now in residents.items()}, names)
    faults.extend(found)
    return people.mul(pd.Series(placed.codes, index=people.index).map(factors).fillna(1.0).astype(float), axis=0)


def _grid(
    kept: Cells, placed: PlacedCells, others: tuple[pd.Series[float], pd.Series[float]], groups: dict[str, tuple[str, ...]], crs: CRS
) -> PopulationGrid:
    people = placed.people
    table = gpd.GeoDataFrame(
        {"size": kept.size, "township": pd.Series(placed.codes, index=people.index, dtype="str"), "estimated": placed.estimated},
        geometry=gpd.points_from_xy(kept.x, kept.y, crs=crs),
        index=people.index,
    )
    made = tuple(str(group) for group in people.columns if group not in kept.people.columns)
    # A table of ages knows the people of townships alone: nobody of its groups is beyond the county or without position.
    outside, lost = (part.reindex(people.columns, fill_value=0.0) for part in others)
    return PopulationGrid(table, people, outside, lost, groups, made)
