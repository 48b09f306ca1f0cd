"""Datums: published points, an independent scalar implementation, round trips."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from layers.crs import from_metric, from_wgs84, layer_to_metric, metric_crs, to_metric, to_wgs84
from layers.errors import PlanningError

# Published test points of the public formulas: WGS 84 lat, lon and GCJ-02 lat, lon (Shanghai, Shenzhen, Beijing).
PUBLISHED = [
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
]


def scalar_gcj(lon: float, lat: float) -> tuple[float, float]:
    """Write the forward shift out term by term, in scalars."""
    x, y = lon - 105, lat - 35

    def wave(pairs, value):
        return sum(height * math.sin(value * math.pi / width) for height, width in pairs) * 2 / 3

    shared = wave([(20, 1 / 6), (20, 1 / 2)], x)
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + shared + wave([(20, 1), (40, 3), (160, 12), (320, 30)], y)
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + shared + wave([(20, 1), (40, 3), (150, 12), (300, 30)], x)
    a, ee = 6378245.0, 0.00669342162296594323
    bend = 1 - ee * math.sin(math.radians(lat)) ** 2
    meridian = a * (1 - ee) / bend**1.5
    parallel = a / math.sqrt(bend) * math.cos(math.radians(lat))
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


@pytest.mark.parametrize(("lat", "lon", "gcj_lat", "gcj_lon"), PUBLISHED)
def test_gcj_meets_published_points(lat, lon, gcj_lat, gcj_lon):
    assert from_wgs84(lon, lat, "GCJ-02") == pytest.approx((gcj_lon, gcj_lat), abs=1e-9)
    assert to_wgs84(gcj_lon, gcj_lat, "GCJ-02") == pytest.approx((lon, lat), abs=1e-9)


def test_bd_meets_a_published_point():
    # GCJ-02 (116.404, 39.915) is BD-09 (116.41036949371029, 39.92133699351022).
    lon, lat = to_wgs84(116.404, 39.915, "GCJ-02")
    assert from_wgs84(lon, lat, "BD-09") == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-9)
    assert to_wgs84(116.41036949371029, 39.92133699351022, "BD-09") == pytest.approx((float(lon), float(lat)), abs=1e-9)


@given(st.floats(74, 135), st.floats(18, 53))
def test_gcj_equals_a_scalar_implementation(lon, lat):
    assert from_wgs84(lon, lat, "GCJ-02") == pytest.approx(scalar_gcj(lon, lat), abs=1e-11)


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09", "WGS84", "CGCS2000"])
def test_round_trip_is_below_a_centimetre(datum):
    random = np.random.default_rng(1)
    lon, lat = random.uniform(73.6, 135, 20_000), random.uniform(18, 53.5, 20_000)
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, *back)
    assert metres.max() < 0.001


def test_shifts_are_of_the_known_size_and_nan_stays():
    lon, lat = np.array([102.95, np.nan, 120.0]), np.array([25.25, 30.0, np.nan])
    moved = from_wgs84(lon, lat, "GCJ-02")
    _, _, metres = Geod(ellps="WGS84").inv(102.95, 25.25, moved[0][0], moved[1][0])
    assert 100 < metres < 700
    assert np.isnan(moved[0][1])
    assert np.isnan(to_wgs84(lon, lat, "BD-09")[0][1])


def test_outside_china_gcj_is_wgs84():
    assert from_wgs84(-51.2, -30.0, "GCJ-02") == pytest.approx((-51.2, -30.0), abs=0)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (114.3, 30.6, 4547),  # Wuhan: 114E
        (102.95, 25.25, 4543),  # Songming: 102E
        (75.9, 39.5, 4534),  # Kashgar: 75E
        (134.7, 48.3, 4554),  # Fuyuan: 135E
        (-51.2, -30.0, 32722),  # Porto Alegre
        (-21.9, 64.1, 32627),  # Reykjavik
        (179.99, -1.0, 32760),
        (180.0, 1.0, 32660),
    ],
)
def test_metric_crs_is_the_zone_of_the_centroid(lon, lat, epsg):
    crs = metric_crs(lon, lat)
    assert crs.to_epsg() == epsg
    assert crs.is_projected


def test_metric_crs_refuses_what_is_no_place():
    with pytest.raises(ValueError, match="no longitude"):
        metric_crs(3.4e7, 25.0)


def test_gauss_krueger_has_easting_first_without_zone_number():
    # On the central meridian easting is the false easting, 500 km.
    x, y = to_metric(102.0, 25.0, "CGCS2000", CRS.from_epsg(4543))
    assert x == pytest.approx(500_000, abs=1e-6)
    _, _, arc = Geod(ellps="GRS80").inv(102.0, 0.0, 102.0, 25.0)
    assert y == pytest.approx(arc, abs=1e-3)
    assert from_metric(x, y, "WGS84", CRS.from_epsg(4543)) == pytest.approx((102.0, 25.0), abs=1e-9)


def test_distances_survive_the_way_into_metres():
    crs = metric_crs(114.3, 30.6)
    gcj = from_wgs84([114.30, 114.31], [30.60, 30.61], "GCJ-02")
    x, y = to_metric(*gcj, "GCJ-02", crs)
    _, _, metres = Geod(ellps="GRS80").inv(114.30, 30.60, 114.31, 30.61)
    assert math.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(metres, rel=1e-4)


def layer(x, y, crs):
    return gpd.GeoDataFrame({"k": ["a"]}, geometry=[shapely.Point(x, y)], crs=crs, index=[7])


def test_layer_keeps_index_and_undoes_the_datum_whatever_the_file_claims():
    crs = metric_crs(114.3, 30.6)
    gcj = from_wgs84(114.3, 30.6, "GCJ-02")
    moved = layer_to_metric(layer(*gcj, "EPSG:4326"), "GCJ-02", crs)
    right = layer_to_metric(layer(114.3, 30.6, "EPSG:4326"), "file", crs)
    assert moved.index.tolist() == [7]
    assert moved.crs == crs
    assert moved.geometry.iloc[0].distance(right.geometry.iloc[0]) < 0.001


def test_layer_with_a_crs_without_authority():
    plain = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=116.5 +k=1 +x_0=350000 +y_0=0 +ellps=GRS80 +units=m +type=crs")
    assert plain.to_epsg() is None
    x, y = Transformer.from_crs(plain.geodetic_crs, plain, always_xy=True).transform(116.3, 30.6)
    there = layer_to_metric(layer(x, y, plain), "file", metric_crs(116.3, 30.6)).geometry.iloc[0]
    assert (there.x, there.y) == pytest.approx([float(v) for v in to_metric(116.3, 30.6, "WGS84", metric_crs(116.3, 30.6))], abs=0.01)


@pytest.mark.parametrize(
    ("source", "datum", "code"),
    [
        (layer(114, 30, None), "file", "datum.unstated"),
        (layer(5e5, 3e6, "EPSG:4547"), "GCJ-02", "datum.projected"),
        (layer(5e5, 3e6, None), "WGS84", "datum.not_degrees"),
        (layer(-51, -30, None), "BD-09", "datum.not_china"),
        (layer(30, 114, None), "GCJ-02", "datum.not_degrees"),
    ],
)
def test_contradictions_are_refused_with_the_way_out(source, datum, code):
    with pytest.raises(PlanningError) as caught:
        layer_to_metric(source, datum, metric_crs(114, 30), file="a.csv")
    assert caught.value.code == code
    assert "a.csv" in caught.value.say("zh")
    assert "datum" in caught.value.say("zh")
