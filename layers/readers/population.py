"""Reading people by group: GeoTIFF bands, polygon files, and tables of points."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from layers.county import County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.progress import Progress, silent
from layers.readers._cells import Cells
from layers.readers._columns import find_columns, number, text
from layers.readers._files import RASTERS, read_table
from layers.readers._groups import demand_groups
from layers.readers._people import read_cells
from layers.readers._rasters import read_rasters
from layers.readers.outlines import township_code, townships_of, within_county


def read_population(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, progress: Progress = silent, seen: list[Cells] | None = None
) -> tuple[PopulationGrid, tuple[Fault, ...]]:
    """Read the population that county.toml lists, give every cell its township, and count who lives beyond the county.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        Files, demand groups and township totals.
    outlines : Outlines
        Of the county, in ``crs``.
    crs : CRS
        Metric CRS.
    progress : Progress
        Called with the stage ``stage.read.population``.
    seen : list of Cells, optional
        Takes all inhabited cells, also those beyond the county's outline.

    Returns
    -------
    PopulationGrid
        People of cells + outside + not located equal the people in the files, before totals are met.
    tuple of Fault
        Findings, among them the factor of each township that was scaled to a total.

    Raises
    ------
    PlanningError
        When a file cannot be read, grids differ, nobody lives there, or demand groups name columns that do not exist.
    """
    faults: list[Fault] = []
    cells = _read(folder, county, crs, faults, progress)
    if seen is not None:
        seen.append(cells)
    kept, outside = _inside(cells, outlines)
    if not len(kept.people):
        raise PlanningError("population.all_outside", file=county.population[0].file, people=round(float(outside.max())))
    groups = demand_groups(list(cells.people.columns), county.demand_groups)
    codes, estimated = townships_of(outlines, kept.x, kept.y)
    people = kept.people
    if county.population_totals is not None:
        if "residents" not in groups:
            raise PlanningError("population.totals_need_residents", file=county.population_totals)
        residents = people[list(groups["residents"])].sum(axis=1).groupby(codes).sum()
        factors = _factors(folder, county.population_totals, outlines, residents, faults)
        people = people.mul(pd.Series(codes, index=people.index).map(factors).fillna(1.0).astype(float), axis=0)
    table = gpd.GeoDataFrame(
        {"size": kept.size, "township": pd.Series(codes, index=people.index, dtype="str"), "estimated": estimated},
        geometry=gpd.points_from_xy(kept.x, kept.y, crs=crs),
        index=people.index,
    )
    _note_places(county, outlines, outside, estimated, faults)
    return PopulationGrid(table, people, outside, cells.not_located, groups), tuple(faults)


def _read(folder: Path, county: County, crs: CRS, faults: list[Fault], progress: Progress) -> Cells:
    rasters = [PurePosixPath(file.file).suffix.lower() in RASTERS for file in county.population]
    if any(rasters) and not all(rasters):
        raise PlanningError("population.mixed", file=county.population[rasters.index(False)].file)
    if all(rasters):
        return read_rasters(folder, county.population, crs, faults, progress)
    return read_cells(folder, county.population, crs, faults, progress)


def _inside(cells: Cells, outlines: Outlines) -> tuple[Cells, pd.Series[float]]:
    inside = within_county(outlines, cells.x, cells.y)
    outside = cells.people.loc[~inside].sum()
    return Cells(cells.x[inside], cells.y[inside], cells.size[inside], cells.people.loc[inside], cells.not_located), outside


def _note_places(county: County, outlines: Outlines, outside: pd.Series[float], estimated: np.ndarray, faults: list[Fault]) -> None:
    file = county.population[0].file
    if outside.max() > 0:
        most = str(outside.idxmax())
        faults.append(Fault("note", "population.outside", "population", file, value=f"{outside[most]:.1f}", values={"group": most}))
    if len(outlines.townships) > 1 and estimated.any():
        faults.append(Fault("note", "population.estimated", "population", file, values={"count": int(estimated.sum()), "cells": len(estimated)}))


def _factors(folder: Path, file: str, outlines: Outlines, residents: pd.Series[float], faults: list[Fault]) -> dict[str, float]:
    """Return what the people of each township are multiplied by so that its residents meet the stated total; every factor is noted."""
    factors = {}
    for row, written, total in _totals(folder, file):
        code = township_code(outlines, written)
        now = float(residents.get(code, 0.0))
        if total is None or not total >= 0 or not now > 0:
            faults.append(Fault("error", "population.total_unusable", "population", file, row=row, value=f"{written} {total}"))
            continue
        factors[code] = total / now
        faults.append(Fault("note", "population.scaled", "population", file, row=row, value=written, values={"factor": f"{total / now:.6g}"}))
    return factors


def _totals(folder: Path, file: str) -> list[tuple[int, str, float | None]]:
    table = read_table(folder, file, "population_totals")
    columns = find_columns(table.columns, "totals", {}, file=file, layer="population_totals")
    for needed in ("township", "people"):
        if needed not in columns:
            raise PlanningError("table.needs_column", file=file, layer="population_totals", column=needed, heads="、".join(table.columns))
    pairs = zip(table.index, table[columns["township"]], table[columns["people"]], strict=True)
    return [(int(row), text(township), number(people)) for row, township, people in pairs]
