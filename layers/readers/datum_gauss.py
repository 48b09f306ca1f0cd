"""Gauss-Krüger coordinates as Chinese surveys write them: X is the northing, and the easting may carry the number of its zone.

Eastings without zone number lie around 500,000 m, those with it begin with the number (3° zones 25 to 45, 6° zones 13 to 23), northings of
China reach from 300 to 6,000 km: the three cannot be confused, save on the southernmost islands. Zones and codes: EPSG 4491 to 4554 (CGCS2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ZONES = {3: range(25, 46), 6: range(13, 24)}
_NORTHINGS = (3e5, 6e6)
_EASTINGS = (1e5, 9e5)


@dataclass(frozen=True)
class GaussKrueger:
    """A transverse Mercator projection over China.

    Attributes
    ----------
    meridian : float
        Degrees E.
    zone : int
        Number in front of the easting; 0 where there is none.
    """

    meridian: float
    zone: int


@lru_cache(maxsize=32)
def gauss_krueger(crs: CRS) -> GaussKrueger | None:
    """Return the zone of a Gauss-Krüger CRS of China, None for any other CRS."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    values = {parameter.name: float(parameter.value) for parameter in operation.params}
    easting, meridian = values["False easting"], values["Longitude of natural origin"]
    true_scale = values["False northing"] == 0 and values["Scale factor at natural origin"] == 1  # UTM has 0.9996
    if easting % 1e6 != 5e5 or not true_scale or not 72 <= meridian <= 138:
        return None
    return GaussKrueger(meridian, int(easting // 1e6))


def cgcs2000(meridian: float, width: int = 3, *, numbered: bool = False) -> str:
    """Return ``EPSG:n`` of a CGCS2000 zone.

    Parameters
    ----------
    meridian : float
        Degrees E: 75, 78 … 135 for zones of 3°, 75, 81 … 135 for zones of 6°.
    width : {3, 6}
        Degrees.
    numbered : bool
        Whether the easting carries the zone's number.

    Raises
    ------
    ValueError
        When there is no such zone.
    """
    zone = meridian / 3 if width == 3 else (meridian + 3) / 6
    if width not in ZONES or zone not in ZONES[width]:
        raise ValueError(f"CGCS2000 has no zone of {width} degrees around {meridian}")
    first = {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502}[width, numbered]
    return f"EPSG:{first + int(zone) - ZONES[width].start}"


def zone_of(easting: Floats) -> NDArray[np.int64]:
    """Return the zone number in front of each easting, 0 where there is none that China has; shape (rows,)."""
    number = np.floor(np.nan_to_num(easting) / 1e6)
    known = np.isin(number, [*ZONES[3], *ZONES[6]]) & _between(np.nan_to_num(easting) % 1e6, _EASTINGS)
    return np.where(known, number, 0).astype(np.int64)


def meridian_of(zone: int) -> float:
    """Return the central meridian of a numbered zone, degrees E."""
    return 3.0 * zone if zone in ZONES[3] else 6.0 * zone - 3.0


def northing_first(x: Floats, y: Floats) -> Flags:
    """Return in which rows x must be the northing and y the easting, shape (rows,)."""
    return _northing(x) & _easting(y) & ~(_easting(x) & _northing(y))


def in_metres(x: Floats, y: Floats) -> Flags:
    """Return which rows are Gauss-Krüger coordinates in either order, shape (rows,)."""
    return (_easting(x) & _northing(y)) | (_northing(x) & _easting(y))


def settled(x: Floats, y: Floats, zone: GaussKrueger) -> tuple[Floats, Floats, Flags, Flags]:
    """Return coordinates as a CRS wants them: easting first, with its zone number or without.

    Parameters
    ----------
    x, y : float64 arrays, shape (rows,)
        As the file has them, m.
    zone : GaussKrueger
        What county.toml states.

    Returns
    -------
    x, y : float64 arrays, shape (rows,)
    turned : bool array, shape (rows,)
        Where the northing stood first.
    renumbered : bool array, shape (rows,)
        Where a zone number was taken off or put on. An easting of another zone stays as it is.
    """
    turned = northing_first(x, y)
    east, north = np.where(turned, y, x), np.where(turned, x, y)
    found = zone_of(east)
    same = np.array([meridian_of(number) == zone.meridian for number in found.tolist()], dtype=np.bool_) & (found > 0)
    bare = _between(east, _EASTINGS)
    off, on = same & (zone.zone == 0), bare & (zone.zone > 0)
    renumbered = off | on | (same & (zone.zone > 0) & (found != zone.zone))
    placed = np.where(same, east - found * 1e6, east)
    return np.where(same | bare, placed + zone.zone * 1e6, east), north, turned, renumbered


def _northing(values: Floats) -> Flags:
    return _between(values, _NORTHINGS)


def _easting(values: Floats) -> Flags:
    return _between(values, _EASTINGS) | (zone_of(values) > 0)


def _between(values: Floats, limits: tuple[float, float]) -> Flags:
    return np.asarray((values >= limits[0]) & (values <= limits[1]), dtype=np.bool_)
