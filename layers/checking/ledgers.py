"""Numbers of facilities that cannot be true, or hardly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.checking.ledger_names import find_duplicates
from layers.checking.ledger_places import find_shared_points
from layers.checking.origins import Finding, Origin, written
from layers.types import Size, facility_types

# No facility of a Chinese county is known to be larger; a number beyond is a slip of the pen or another unit.
_CEILINGS = {"beds": 3_000.0, "places": 3_000.0, "plots": 500_000.0, "niches": 500_000.0, "m2": 100_000.0}
_HEADCOUNTS = ("beds", "plots", "niches")  # of these residents are counted as of the capacity: one person, one bed, one grave
_AREA_PER_BED = (3.0, 500.0)
_FAR = 8.0
_MODIFIED_Z = 3.5
_FEWEST = 8


def check_ledgers(table: gpd.GeoDataFrame, origins: Sequence[Origin], *, county: str = "", this_year: int | None = None) -> list[Finding]:
    """Return what is wrong with a table of facilities as it was read.

    Parameters
    ----------
    table : GeoDataFrame
        Columns of :data:`layers.facilities.COLUMNS`, in a metric CRS.
    origins : sequence of Origin
        Where each row was read.
    county : str
        Name of the county: facilities' names may begin with it.
    this_year : int, optional
        Facilities built later are not there yet; the current year when absent.

    Returns
    -------
    list of Finding
        In the order of the checks and of the table. Errors name a value that must be taken for unknown.
    """
    year = dt.datetime.now(dt.UTC).year if this_year is None else this_year
    found = [*_overfull(table, origins), *_future(table, origins, year), *_nameless(table, origins)]
    found += [*_beyond_norms(table, origins), *_areas_of_beds(table, origins), *_far_from_others(table, origins)]
    return [*found, *find_duplicates(table, origins, county=county), *find_shared_points(table, origins)]


def _overfull(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    """Care beds are some of the beds: more of them cannot be. More residents than beds can be (beds put up), but rarely."""
    units = [facility_types()[key].capacity_unit for key in table["type"]]
    capacity = table["capacity"].to_numpy(dtype=float)
    for field, code in (("care_beds", "ledger.care_beds_exceed"), ("residents", "ledger.residents_exceed")):
        values = table[field].to_numpy(dtype=float)
        for position in np.flatnonzero(values > capacity).tolist():
            if units[position] not in _HEADCOUNTS:
                continue
            told = {"capacity": written(capacity[position]), "name": str(table["name"].iloc[position])}
            severity = "error" if field == "care_beds" else "warning"
            fault = origins[position].fault(severity, code, field, written(values[position]), **told)  # type: ignore[arg-type]
            yield Finding(position, field if severity == "error" else "", fault)


def _future(table: gpd.GeoDataFrame, origins: Sequence[Origin], this_year: int) -> Iterator[Finding]:
    years = table["year"].to_numpy(dtype=float)
    rising = (table["status"] == "building").to_numpy()
    for position in np.flatnonzero((years > this_year) & ~rising).tolist():
        fault = origins[position].fault("error", "ledger.future_year", "year", written(years[position]), this_year=this_year)
        yield Finding(position, "year", fault)


def _nameless(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    for position in np.flatnonzero((table["name"] == "").to_numpy()).tolist():
        yield Finding(position, "", origins[position].fault("warning", "ledger.no_name", "name"))


def _beyond_norms(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    """Below or above a norm is a finding of the evaluation; a twentieth or ten times of it is a finding on the number."""
    for position, key in enumerate(table["type"]):
        for field, (lowest, highest) in _limits(key).items():
            value = float(table[field].iloc[position])
            if value > highest or 0 < value < lowest:
                fault = origins[position].fault(
                    "warning", "ledger.size", field, written(value),
                    lowest=written(lowest), highest=written(highest), type_zh=facility_types()[key].name_zh, type_en=facility_types()[key].name_en,
                )  # fmt: skip
                yield Finding(position, "", fault)


def _limits(key: str) -> dict[str, tuple[float, float]]:
    kind = facility_types()[key]
    limits = {"capacity": (0.0, _CEILINGS.get(kind.capacity_unit, np.inf)), "floor_area": (0.0, np.inf)}
    for size in kind.requirements:
        if isinstance(size, Size) and size.of in limits:
            lowest, highest = limits[size.of]
            limits[size.of] = (max(lowest, (size.lo or 0.0) / 20), min(highest, (size.hi or np.inf) * 10))
    return limits


def _areas_of_beds(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    """Return beds with less than 3 m2 of floor, or more than 500: the area is in another unit."""
    beds = np.array([facility_types()[key].capacity_unit == "beds" for key in table["type"]], dtype=bool)
    capacity, area = table["capacity"].to_numpy(dtype=float), table["floor_area"].to_numpy(dtype=float)
    known = beds & (capacity > 0) & (area > 0)
    each = np.divide(area, capacity, out=np.full(len(table), 20.0), where=known)
    for position in np.flatnonzero((each < _AREA_PER_BED[0]) | (each > _AREA_PER_BED[1])).tolist():
        told = {"capacity": written(capacity[position]), "each": f"{each[position]:.1f}"}
        yield Finding(position, "", origins[position].fault("warning", "ledger.area_per_bed", "floor_area", written(area[position]), **told))


def _far_from_others(table: gpd.GeoDataFrame, origins: Sequence[Origin]) -> Iterator[Finding]:
    """Return sizes far outside what the same ledger says of the same type.

    Far is eight times more or less than the median, and beyond 3.5 in the modified z-score of the logarithms (Iglewicz and Hoaglin 1993,
    *How to Detect and Handle Outliers*), which a few wrong numbers do not move as they move mean and deviation.
    """
    for field in ("capacity", "floor_area"):
        values = table[field].to_numpy(dtype=float)
        for positions in _by_ledger_and_type(table):
            known = positions[values[positions] > 0]
            if len(known) < _FEWEST:
                continue
            for position in known[_outlying(values[known])].tolist():
                median = written(float(np.median(values[known])))
                fault = origins[position].fault("warning", "ledger.outlying", field, written(values[position]), median=median, count=len(known))
                yield Finding(position, "", fault)


def _by_ledger_and_type(table: gpd.GeoDataFrame) -> Iterator[NDArray[np.int64]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for position, key in enumerate(zip(table["source_file"], table["type"], strict=True)):
        groups.setdefault(key, []).append(position)
    yield from (np.array(positions, dtype=np.int64) for positions in groups.values())


def _outlying(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    logs = np.log(values)
    away = np.abs(logs - np.median(logs))
    spread = float(np.median(away)) / 0.6745
    return np.asarray((away > np.log(_FAR)) & (away > _MODIFIED_Z * spread), dtype=bool)
