"""Datums and the county's metric CRS (convention 10).

Chinese web maps shift coordinates on purpose: GCJ-02 (Amap, Tencent) lies some 300-600 m off WGS 84, BD-09 (Baidu) adds a turn to that. The
forward formulas are the ones in public use since 2010; the inverse has no closed form and is iterated until it moves less than 1e-10 degrees,
about 0.01 mm. CGCS2000 and WGS 84 agree within centimetres and are taken as one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from layers.errors import PlanningError

Floats = NDArray[np.float64]
SHIFTED = ("GCJ-02", "BD-09")
DEGREES = ("WGS84", "CGCS2000", *SHIFTED)
# Where web maps shift at all; beyond, GCJ-02 equals WGS 84 by definition.
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
# Meridians of CGCS2000 3-degree Gauss-Krueger zones run from 75 to 135 degrees E (EPSG 4534-4554), parallels from the Nansha islands to Mohe.
# The box also holds parts of the neighbours: there the projection is as good as in China, only its name is unusual.
CHINA_BOX = (73.5, 3.0, 135.5, 53.6)
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0


def metric_crs(lon: float, lat: float) -> CRS:
    """Return the metric CRS for a county around a point: CGCS2000 3-degree Gauss-Krueger in China, WGS 84 / UTM elsewhere.

    Parameters
    ----------
    lon, lat : float
        Centroid of the county in degrees, WGS 84.

    Raises
    ------
    ValueError
        When the point is not on the globe.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"({lon}, {lat}) is no longitude and latitude")
    if _within(CHINA_BOX, lon, lat):
        zone = min(max(round(lon / 3), 25), 45)
        return CRS.from_epsg(4534 + zone - 25)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Undo a datum.

    Parameters
    ----------
    lon, lat : array_like
        Coordinates; easting and northing where ``datum`` is a projected ``EPSG:n``.
    datum : str
        ``WGS84``, ``CGCS2000``, ``GCJ-02``, ``BD-09`` or ``EPSG:n``.

    Returns
    -------
    lon, lat : float64 arrays
        Degrees in WGS 84, of the input's shape; NaN stays NaN.

    Raises
    ------
    ValueError
        When the datum is unknown.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum in {"WGS84", "CGCS2000"}:
        return x.copy(), y.copy()
    if datum == "GCJ-02":
        return _inverse(_gcj_from_wgs, x, y)
    if datum == "BD-09":
        return _inverse(_gcj_from_wgs, *_inverse(_bd_from_gcj, x, y))
    return _projected(datum_crs(datum), CRS.from_epsg(4326), x, y)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Return WGS 84 coordinates in another datum: the reverse of :func:`to_wgs84`."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum in {"WGS84", "CGCS2000"}:
        return x.copy(), y.copy()
    if datum == "GCJ-02":
        return _gcj_from_wgs(x, y)
    if datum == "BD-09":
        return _bd_from_gcj(*_gcj_from_wgs(x, y))
    return _projected(CRS.from_epsg(4326), datum_crs(datum), x, y)


def to_metric(lon: ArrayLike, lat: ArrayLike, datum: str, crs: CRS) -> tuple[Floats, Floats]:
    """Return easting and northing in a metric CRS, m; parameters as for :func:`to_wgs84`."""
    return _projected(CRS.from_epsg(4326), crs, *to_wgs84(lon, lat, datum))


def from_metric(x: ArrayLike, y: ArrayLike, datum: str, crs: CRS) -> tuple[Floats, Floats]:
    """Return coordinates of a datum from easting and northing in a metric CRS: the reverse of :func:`to_metric`."""
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return from_wgs84(*_projected(crs, CRS.from_epsg(4326), east, north), datum)


def layer_to_metric(layer: gpd.GeoDataFrame, datum: str, crs: CRS, *, file: str = "") -> gpd.GeoDataFrame:
    """Return a layer in a metric CRS.

    Parameters
    ----------
    layer : GeoDataFrame
        Any geometries; rows and index stay as they are.
    datum : str
        As stated in county.toml; ``file`` takes the layer's own CRS, which needs no authority name.
    crs : CRS
        Target.
    file : str
        Named in errors.

    Raises
    ------
    PlanningError
        When neither the file nor county.toml states a datum, when they contradict each other, or the coordinates cannot be of the datum.
    """
    if datum == "file":
        if layer.crs is None:
            raise PlanningError("datum.unstated", file=file)
        return layer.to_crs(crs)
    if datum not in DEGREES:
        return layer.set_crs(datum_crs(datum), allow_override=True).to_crs(crs)
    if layer.crs is not None and layer.crs.is_projected:
        raise PlanningError("datum.projected", file=file, datum=datum, crs=layer.crs.name)
    check_degrees(layer.total_bounds, datum, file)

    def move(points: Floats) -> Floats:
        return np.column_stack(to_metric(points[:, 0], points[:, 1], datum, crs))

    moved = shapely.transform(np.asarray(layer.geometry.array), move)
    return layer.set_geometry(gpd.GeoSeries(moved, index=layer.index, crs=None), crs=crs)


def check_degrees(bounds: ArrayLike, datum: str, file: str) -> None:
    """Check that bounds (min x, min y, max x, max y) can be degrees of a datum.

    Raises
    ------
    PlanningError
        When they are no degrees, or a datum of Chinese web maps is stated elsewhere.
    """
    box = np.asarray(bounds, dtype=np.float64)
    if not np.isfinite(box).all():
        return
    if (np.abs(box[[0, 2]]) > 180).any() or (np.abs(box[[1, 3]]) > 90).any():
        raise PlanningError("datum.not_degrees", file=file, datum=datum, x=round(box[0], 3), y=round(box[1], 3))
    if datum in SHIFTED and not _within(SHIFTED_BOX, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2):
        raise PlanningError("datum.not_china", file=file, datum=datum, x=round(box[0], 3), y=round(box[1], 3))


def datum_crs(datum: str) -> CRS:
    """Return the CRS of ``WGS84``, ``CGCS2000`` or ``EPSG:n``.

    Raises
    ------
    ValueError
        When the name is unknown, or a shifted datum that is no CRS.
    """
    try:
        return CRS.from_user_input({"WGS84": "EPSG:4326", "CGCS2000": "EPSG:4490"}.get(datum, datum))
    except CRSError as error:
        raise ValueError(f"{datum!r} is no CRS") from error


def _within(box: tuple[float, float, float, float], lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    x, y = np.asarray(lon), np.asarray(lat)
    return np.asarray((x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3]))


@lru_cache(maxsize=32)  # making one takes 30 ms, and a scenario projects every edit; they may be shared between threads
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _projected(source: CRS, target: CRS, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    east, north = _transformer(source, target).transform(x, y)
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


def _inverse(forward: Callable[[Floats, Floats], tuple[Floats, Floats]], x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Find what ``forward`` maps to (x, y); the shift changes by less than 1 % of a step, so each round gains two digits."""
    u, v = x.copy(), y.copy()
    for _ in range(12):
        back_x, back_y = forward(u, v)
        step_x, step_y = back_x - x, back_y - y
        u, v = u - step_x, v - step_y
        if np.nanmax(np.abs([step_x, step_y]), initial=0.0) < 1e-10:
            break
    return u, v


def _gcj_from_wgs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + common + _waves(y, (20, 40, 160, 320), (1, 3, 12, 30))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + common + _waves(x, (20, 40, 150, 300), (1, 3, 12, 30))
    phi = np.radians(lat)
    magic = 1.0 - _KRASOVSKY_EE * np.sin(phi) ** 2
    shift_lat = np.degrees(north * magic**1.5 / (_KRASOVSKY_A * (1.0 - _KRASOVSKY_EE)))
    shift_lon = np.degrees(east * np.sqrt(magic) / (_KRASOVSKY_A * np.cos(phi)))
    shifted = _within(SHIFTED_BOX, lon, lat)
    return lon + np.where(shifted, shift_lon, 0.0), lat + np.where(shifted, shift_lat, 0.0)


def _waves(value: Floats, heights: tuple[int, ...], widths: tuple[int, ...]) -> Floats:
    total = np.zeros_like(value)
    for height, width in zip(heights, widths, strict=True):
        total = total + height * np.sin(value * np.pi / width)
    return total * 2.0 / 3.0


def _bd_from_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
