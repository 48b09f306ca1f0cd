"""Reading tables of travel costs (origin, site, cost) that stand in for the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.costs import CostTable
from layers.county import CostFile, County
from layers.errors import Fault, PlanningError
from layers.facts import Facts
from layers.outlines import Outlines, nearest_village
from layers.population import PopulationGrid
from layers.readers._columns import find_columns, number, text
from layers.readers._files import TABLES, read_table
from layers.readers.outlines import township_code
from layers.texts import say
from layers.types import Reach, Unit, facility_types

_LAYER = "costs"
_UNITS: Mapping[str, tuple[Unit, float]] = {"m": ("m", 1.0), "km": ("m", 1000.0), "s": ("s", 1.0), "min": ("s", 60.0)}
_UNKNOWN, _SEVERAL = -1, -2


def read_costs(folder: Path, county: County, facts: Facts) -> tuple[tuple[CostTable, ...], tuple[Fault, ...]]:
    """Read the tables of travel costs that county.toml lists.

    A row counts, or a finding names it: an unknown origin or site once, at its first row and with the number of its rows. A pair whose cost is no
    number, negative, or told twice keeps the cost searched along the streets: which figure is meant is not guessed.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        The files.
    facts : Facts
        The layers that origins and sites are found in.

    Raises
    ------
    PlanningError
        When a file cannot be read, lacks a column, or no row of it can be used.
    """
    faults: list[Fault] = []
    return tuple(_table(folder, spec, county, facts, faults) for spec in county.costs), tuple(faults)


@dataclass(frozen=True)
class _Rows:
    """Rows of a table: positions of origin and site (negative where they are not known), and the cost, NaN where it is none."""

    spec: CostFile
    columns: Mapping[str, str]
    read: pd.DataFrame
    origin: NDArray[np.int64]
    site: NDArray[np.int64]
    cost: NDArray[np.float64]

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Where origin and site are known, shape (rows,)."""
        known: NDArray[np.bool_] = (self.origin >= 0) & (self.site >= 0)
        return known


def _table(folder: Path, spec: CostFile, county: County, facts: Facts, faults: list[Fault]) -> CostTable:
    suffix = PurePosixPath(spec.file).suffix.lower()
    if suffix not in TABLES:
        raise PlanningError("file.format", file=spec.file, layer=_LAYER, suffix=suffix or "-", formats=" ".join(TABLES))
    read = read_table(folder, spec.file, _LAYER, encoding=spec.encoding, sheet=spec.sheet, header_row=spec.header_row)
    columns = find_columns(read.columns, "cost", spec.columns, file=spec.file, layer=_LAYER)
    for field in ("origin", "site", "cost"):
        if field not in columns:
            raise PlanningError("table.needs_column", file=spec.file, layer=_LAYER, column=field, heads="、".join(read.columns))
    labels = {text(cell) for cell in read[columns["origin"]]}
    known, home = _origins(spec, labels, facts.population, facts.outlines)
    places, sites = _sites(facts)
    unit, factor = _UNITS[spec.unit]
    origin, site = _positions(read[columns["origin"]], known), _positions(read[columns["site"]], sites)
    rows = _Rows(spec, columns, read, origin, site, _numbers(read[columns["cost"]]) * factor)
    found = [*_unknown(rows, "origin", rows.origin), *_unknown(rows, "site", rows.site), *_bad_costs(rows)]
    repeats = _repeats(rows)
    found.extend(_fault("error", "costs.repeated", rows, row, "cost") for row in np.flatnonzero(repeats).tolist())
    sound = rows.placed & ~np.isnan(rows.cost) & ~repeats
    counts = {"read": len(read), "kept": int(sound.sum()), "excluded": int((~sound).sum())}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, spec.sheet or "", values=counts))
    faults.extend(found)
    if not sound.any():
        raise PlanningError("costs.none", faults=found, file=spec.file)
    faults.extend(_remarks(rows, home, county, unit))
    return _built(rows, np.where(repeats, np.nan, rows.cost), places, home)


def _built(rows: _Rows, cost: NDArray[np.float64], places: gpd.GeoSeries, home: NDArray[np.int32]) -> CostTable:
    """Return the table of all pairs whose origin and site are known; a pair without a sound cost stands once, as NaN."""
    entries = pd.DataFrame({"site": rows.site, "origin": rows.origin, "cost": cost}).loc[rows.placed]
    # A pair that is told twice has no sound cost in any of its rows, so whichever row is kept says the same.
    entries = entries.drop_duplicates(["site", "origin"]).sort_values(["site", "origin"])
    column, named = pd.factorize(entries["site"])
    start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(named)))]).astype(np.int64)
    unit = _UNITS[rows.spec.unit][0]
    item = entries["origin"].to_numpy(np.int32)
    sites = gpd.GeoSeries(places.iloc[named])
    return CostTable(rows.spec.file, rows.spec.mode, unit, rows.spec.absent, sites, home, start, item, entries["cost"].to_numpy(float))


def _positions(cells: pd.Series, known: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([known.get(text(cell), _UNKNOWN) for cell in cells], dtype=np.int64)


def _numbers(cells: pd.Series) -> NDArray[np.float64]:
    """Return costs, NaN where a cell is no number, blank, negative or infinite."""
    read = np.array([np.nan if (value := number(cell)) is None else value for cell in cells], dtype=np.float64)
    return np.where(np.isfinite(read) & (read >= 0), read, np.nan)


def _origins(spec: CostFile, labels: set[str], population: PopulationGrid, outlines: Outlines) -> tuple[Mapping[str, int], NDArray[np.int32]]:
    """Return the origins' positions as the file may write them, and the origin each cell belongs to."""
    cells = population.cells
    if spec.origins == "cells":
        return {str(cell): position for position, cell in enumerate(cells.index)}, np.arange(len(cells), dtype=np.int32)
    if spec.origins == "townships":
        codes = pd.Index(outlines.townships.index.astype(str))
        written = {label: code for label in labels if label and (code := township_code(outlines, label))}
        return {label: int(codes.get_loc(code)) for label, code in written.items()}, _at(codes, cells["township"])
    villages = outlines.villages
    located = villages.loc[~(villages.geometry.isna() | villages.geometry.is_empty)]
    known = _named([*map(str, villages.index)], [*map(str, villages["name"])])
    if not len(located):
        return known, np.full(len(cells), _UNKNOWN, np.int32)
    home = nearest_village(located, cells.geometry, cells["township"])
    return known, _at(pd.Index(villages.index.astype(str)), home)


def _at(codes: pd.Index[str], wanted: pd.Series) -> NDArray[np.int32]:
    return codes.get_indexer(pd.Index(wanted.astype(str))).astype(np.int32)


def _sites(facts: Facts) -> tuple[gpd.GeoSeries, Mapping[str, int]]:
    """Return the places of facilities and candidates by id, and their positions by id or name; ids count before names, facilities first."""
    facilities, candidates = facts.facilities.table, None if facts.candidates is None else facts.candidates.table
    layers = [facilities] if candidates is None else [facilities, candidates.loc[~candidates.index.isin(facilities.index)]]
    ids = [str(label) for layer in layers for label in layer.index]
    points = np.concatenate([np.asarray(layer.geometry.array, dtype=object) for layer in layers])
    known: dict[str, int] = {}
    first = 0
    for layer in layers:
        here = _named([*map(str, layer.index)], [*map(str, layer["name"])], first)
        known = {**here, **known}
        first += len(layer)
    return gpd.GeoSeries(points, index=pd.Index(ids, dtype="str"), crs=facts.crs), known


def _named(ids: list[str], names: list[str], first: int = 0) -> dict[str, int]:
    """Return positions by name and by id; a name that several bear is known to be theirs, but not whose."""
    known: dict[str, int] = {}
    for position, name in enumerate(names, first):
        if name:
            known[name] = _SEVERAL if name in known else position
    return {**known, **{label: position for position, label in enumerate(ids, first)}}


def _unknown(rows: _Rows, field: str, found: NDArray[np.int64]) -> Iterator[Fault]:
    """Yield one finding for each label that is missing, unknown, or borne by several: at its first row."""
    lost = np.flatnonzero(found < 0)
    labels = pd.Series([text(cell) for cell in rows.read[rows.columns[field]].iloc[lost]], index=lost, dtype="str")
    for where in labels.groupby(labels, sort=False).groups.values():
        row = int(where[0])
        code = "no_label" if not labels[row] else "ambiguous" if found[row] == _SEVERAL else f"unknown_{field}"
        values = {"count": len(where), "origins": rows.spec.origins}
        yield _fault("error", f"costs.{code}", rows, row, field, **values)


def _bad_costs(rows: _Rows) -> Iterator[Fault]:
    for row in np.flatnonzero(rows.placed & np.isnan(rows.cost)).tolist():
        yield _fault("error", "costs.bad_cost", rows, row, "cost")


def _repeats(rows: _Rows) -> NDArray[np.bool_]:
    """Return the rows whose pair of origin and site stands in another row too, shape (rows,)."""
    pairs = pd.DataFrame({"origin": rows.origin, "site": rows.site})
    repeated: NDArray[np.bool_] = pairs.duplicated(keep=False).to_numpy() & rows.placed & ~np.isnan(rows.cost)
    return repeated


def _remarks(rows: _Rows, home: NDArray[np.int32], county: County, unit: Unit) -> Iterator[Fault]:
    """Yield what is true of the whole table: how much it tells, which origins stand for no cell, and whether any standard asks for it."""
    spec = rows.spec
    told = {"cells": int(np.isin(home, rows.origin[rows.placed]).sum()), "sites": len(set(rows.site[rows.placed].tolist()))}
    values = {**told, "mode": say(f"costs.mode.{spec.mode}"), "mode_en": say(f"costs.mode.{spec.mode}", "en"), "unit": spec.unit}
    yield Fault("note", "costs.read", _LAYER, spec.file, spec.sheet or "", values=values)
    empty = np.flatnonzero(rows.placed & ~np.isin(rows.origin, home))
    for where in pd.Series(empty).groupby(rows.origin[empty], sort=False).groups.values():
        yield _fault("warning", "costs.empty_origin", rows, int(empty[where[0]]), "origin", count=len(where))
    reaches = [item for kind in facility_types() for item in county.type(kind).requirements if isinstance(item, Reach)]
    if not any((item.mode, item.unit) == (spec.mode, unit) for item in reaches):
        yield Fault("warning", "costs.unused", _LAYER, spec.file, spec.sheet or "", values=values)


def _fault(severity: str, code: str, rows: _Rows, row: int, field: str, **values: object) -> Fault:
    head, sheet = rows.columns[field], rows.spec.sheet or ""
    value, number_ = text(rows.read[head].iloc[row]), int(str(rows.read.index[row]))
    return Fault(severity, code, _LAYER, rows.spec.file, sheet, number_, head, value, values)  # type: ignore[arg-type]
