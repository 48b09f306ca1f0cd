"""People beyond the county: how many, which rows lie far away, and under which datum they would lie inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.checking.population_rows import CellRows, Floats, named
from layers.crs import CHINA_BOX, DEGREES, from_metric, to_metric
from layers.errors import Fault

NOTABLE = 0.01  # share of the people beyond the county
FAR_M = 2_000.0
_FEWER = 5.0  # times as few people outside, for another datum to be named
_SAMPLE = 2_000
_BOTH = (False, True)
Area = shapely.Polygon | shapely.MultiPolygon


@dataclass(frozen=True)
class Reading:
    """A datum that positions could be written in.

    Attributes
    ----------
    datum : str
        As county.toml names it.
    turned : bool
        Whether the two numbers of each position are the wrong way round.
    outside_share : float
        Share of the people who would live beyond the county.
    """

    datum: str
    turned: bool
    outside_share: float


def find_strays(distances: Floats, beyond: NDArray[np.int64], share: float, span: float, rows: CellRows) -> Iterator[Fault]:
    """Yield rows that lie far beyond the county, as warnings.

    Parameters
    ----------
    distances : float64 array
        Metres of each cell in ``beyond`` to the county; infinite where it lies nowhere.
    beyond : int64 array
        Cells beyond the county.
    share : float
        Share of the people who live there. Where it is large the file holds the neighbours, too, and only cells that are farther from the county than
        half its own diagonal are named.
    span : float
        That diagonal, m.
    rows : CellRows
        Where the cells stand. A pixel cannot stray.
    """
    if rows.raster or share > 0.5:  # more than half: the whole file lies wrong, and that is told
        return
    far = distances > (FAR_M if share <= NOTABLE else max(FAR_M, span / 2))
    told = zip(beyond[far].tolist(), distances[far].tolist(), strict=True)
    yield from named((_stray(rows, position, metres) for position, metres in told), int(far.sum()))


def distances_to(county: Area, x: Floats, y: Floats) -> Floats:
    """Return metres from points to an area, infinite for points that lie nowhere."""
    known = np.isfinite(x) & np.isfinite(y)
    metres = np.full(len(x), np.inf)
    metres[known] = shapely.distance(county, shapely.points(x[known], y[known]))
    return metres


def better_reading(written: Floats, people: Floats, county: Area, crs: CRS, share: float) -> Reading | None:
    """Return the datum under which far fewer people would live beyond the county than as stated; None where there is none.

    Degrees are read as WGS 84, GCJ-02 and BD-09, metres as the Gauss-Krueger zones around the county with and without zone number, UTM and the
    projection of web maps, each also with its two numbers turned.

    Parameters
    ----------
    written : float64 array, shape (cells, 2)
        Positions as the file has them.
    people : float64 array, shape (cells,)
    county : shapely Polygon or MultiPolygon
        The county's outline, in ``crs``.
    crs : CRS
        Metric CRS.
    share : float
        Share of the people beyond the county as stated.
    """
    known = np.flatnonzero(np.isfinite(written).all(axis=1) & (people > 0))
    chosen = known[:: max(len(known) // _SAMPLE, 1)]
    if not len(chosen):
        return None
    shapely.prepare(county)
    x, y = written[chosen].T
    found = [_read(x, y, people[chosen], county, crs, Reading(datum, turned, 1.0)) for turned in _BOTH for datum in _datums(x, y, county, crs)]
    best = min(found, key=lambda each: each.outside_share, default=None)  # of those as good, the first
    return best if best is not None and best.outside_share * _FEWER < share else None


def _datums(x: Floats, y: Floats, county: Area, crs: CRS) -> list[str]:
    """Return what positions of this size can be near a county."""
    centre = county.centroid
    lon, lat = (float(part[0]) for part in from_metric([centre.x], [centre.y], "WGS84", crs))
    in_china = CHINA_BOX[0] <= lon <= CHINA_BOX[2] and CHINA_BOX[1] <= lat <= CHINA_BOX[3]
    if max(np.abs(x).max(), np.abs(y).max()) <= 180:
        return ["WGS84", "GCJ-02", "BD-09"] if in_china else ["WGS84"]
    utm = (32600 if lat >= 0 else 32700) + min(int((lon + 180) // 6) + 1, 60)
    codes = [utm, utm - 1, utm + 1, 3857]
    if in_china:
        three, six = round(lon / 3), int(lon // 6) + 1
        near = [zone for zone in (three, three - 1, three + 1) if 25 <= zone <= 45]
        wide = [zone for zone in (six, six - 1, six + 1) if 13 <= zone <= 23]
        # CGCS2000 by meridian and by zone number, of 3 degrees and of 6.
        codes = [*(4534 + zone - 25 for zone in near), *(4513 + zone - 25 for zone in near), *(4502 + zone - 13 for zone in wide),
                 *(4491 + zone - 13 for zone in wide), *codes]  # fmt: skip
    return [f"EPSG:{code}" for code in codes]


def _read(x: Floats, y: Floats, people: Floats, county: Area, crs: CRS, reading: Reading) -> Reading:
    first, second = (y, x) if reading.turned else (x, y)
    possible = np.abs(second) <= 90 if reading.datum in DEGREES else np.ones(len(x), dtype=np.bool_)
    east, north = to_metric(np.where(possible, first, np.nan), np.where(possible, second, np.nan), reading.datum, crs)
    inside = shapely.intersects_xy(county, east, north)
    return Reading(reading.datum, reading.turned, 1.0 - float(people[inside].sum() / people.sum()))


def _stray(rows: CellRows, position: int, metres: float) -> Fault:
    x, y = rows.written[position].tolist()
    km = f"{metres / 1000:.1f}" if np.isfinite(metres) else "∞"
    return rows.fault("warning", "population.stray", position, rows.place_field(position), f"{x:.10g}, {y:.10g}", km=km)
