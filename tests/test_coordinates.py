"""Coordinates in every notation: written by hand, read back; Gauss-Krüger against pyproj's own definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from layers.crs import to_wgs84
from layers.readers.coordinates import parts_of, read_coordinates
from layers.readers.datum_gauss import cgcs2000, gauss_krueger, northing_first, settled, zone_of
from layers.readers.datum_rows import Origin, placed_rows, ranges

# 113°15′30″ by head: 15/60 + 30/3600 = 0.25 + 1/120.
SAME = 113 + 0.25 + 1 / 120
SEXAGESIMAL = [
    "113°15′30″", "113°15'30\"", "113º15’30”", "113°15'30''", "113:15:30", "113 15 30", "113度15分30秒", "东经113度15分30秒", "E113°15′30″",
    "113°15′30″E", "１１３°１５′３０″", "113° 15′ 30″", "113°15.5′", "东经：113°15′30″", "113°15′30",
]  # fmt: skip


@pytest.mark.parametrize("written", SEXAGESIMAL)
def test_degrees_minutes_seconds(written):
    (part,) = parts_of(written)
    assert part.value == pytest.approx(SAME, abs=1e-13)
    assert part.sexagesimal


@pytest.mark.parametrize("written", ["113.26", "１１３．２６", " 113.26 ", "113.26°", "E113.26", "经度113.26", "113.26度", 113.26, "+113.26"])
def test_decimal_degrees(written):
    (part,) = parts_of(written)
    assert (part.value, part.sexagesimal) == (113.26, False)


@pytest.mark.parametrize("written", ["113 15.5", "113°75′", "113:15:60", "113.5°15′", "abc", "113.26.5", "E113.26N", "约113度多", True, "1,13.2"])
def test_what_could_be_anything_is_no_coordinate(written):
    parts = parts_of(written)
    assert parts is None or len(parts) == 2


@pytest.mark.parametrize("written", ["", None, float("nan"), "无", "/", "—", "不详"])
def test_nothing_is_nothing(written):
    assert parts_of(written) == ()


@pytest.mark.parametrize(
    ("written", "turned"),
    [
        ("113.26,23.13", False), ("113.26，23.13", False), ("(113.26, 23.13)", False), ("113.26 23.13", False), ("113.26;23.13", False),
        ("23.13,113.26", True), ("N23.13 E113.26", True), ("北纬23.13度，东经113.26度", True), ("东经113.26 北纬23.13", False),
        ("23°7′48″N, 113°15′36″E", True), ("113.26/23.13", False), ("113.26、23.13", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", [0, 1])
def test_one_cell_with_both(written, turned, column):
    cells = [[written], [None]] if column == 0 else [[""], [written]]
    read = read_coordinates(*cells)
    assert (read.x[0], read.y[0]) == pytest.approx((113.26, 23.13), abs=1e-12)
    assert (bool(read.joined[0]), bool(read.turned[0])) == (True, turned)


def test_latitude_first_is_believed_only_where_nothing_speaks_against_it():
    read = read_coordinates(["35.1,80.2", "80.2,35.1", "E80.2 N35.1", "102.9,25.3"], [None] * 4, lat_first=True)
    assert read.x.tolist() == [80.2, 35.1, 80.2, 102.9]
    assert read.y.tolist() == [35.1, 80.2, 35.1, 25.3]


def test_letters_turn_a_row_and_contradictions_are_named():
    read = read_coordinates(["N25.3", "E102.9", "E102.9", "x", 102.9, "102.9,25.3"], ["E102.9", "E103", "N25.3", 25.3, "25°", 26.0])
    assert read.x.tolist() == pytest.approx([102.9, np.nan, 102.9, np.nan, 102.9, np.nan], nan_ok=True)
    assert read.bad.tolist() == ["", "lat", "", "lon", "", "lon"]
    assert read.turned.tolist() == [True, False, False, False, False, False]


def test_west_and_south_are_negative():
    read = read_coordinates(["51.2W", "西经51度12分", -51.2], ["30S", "南纬30度", "-30.0"])
    assert read.x.tolist() == [-51.2, -51.2, -51.2]
    assert read.y.tolist() == [-30.0, -30.0, -30.0]


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 5999), st.sampled_from(["{}°{}′{}.{:02}″", "{}:{}:{}.{:02}", "{}度{}分{}.{:02}秒"]))
def test_every_hundredth_of_a_second_is_read_to_the_last_bit(degrees, minutes, hundredths, form):
    (part,) = parts_of(form.format(degrees, minutes, hundredths // 100, hundredths % 100))
    assert part.value == ((degrees * 60 + minutes) * 6000 + hundredths) / 360000  # one division of whole numbers: the nearest double


@given(st.text(alphabet="0123456789.,:°′″ -+EN东经度分秒，", max_size=14))
def test_any_text_gives_numbers_or_none(written):
    parts = parts_of(written)
    assert parts is None or (len(parts) <= 2 and all(np.isfinite(part.value) for part in parts))


def test_numbers_beyond_all_measure_are_no_positions():
    wild = ["9" * 5000 + "°1′", "9" * 400, 10**400, float("inf"), "1," * 5000, "°" * 9000]
    table = pd.DataFrame({"x": pd.Series(wild, dtype=object), "y": [25.0] * len(wild)})
    for datum in ("WGS84", "GCJ-02", "EPSG:4543"):
        placed, faults, _ = placed_rows(table, {"lon": "x", "lat": "y"}, Origin("facilities", "a.csv", "", datum))
        assert np.isnan(placed).all()
        assert sorted(fault.row for fault in faults if fault.severity != "note") == list(range(len(wild)))


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="pair"):
        read_coordinates([1.0], [])


# The codes as EPSG lists them: 4491-4501 6° with number, 4502-4512 without, 4513-4533 3° with number, 4534-4554 without.
RULES = [
    (75, 6, True, 4491), (135, 6, True, 4501), (75, 6, False, 4502), (135, 6, False, 4512), (75, 3, True, 4513), (102, 3, True, 4522),
    (135, 3, True, 4533), (75, 3, False, 4534), (102, 3, False, 4543), (135, 3, False, 4554),
]  # fmt: skip


@pytest.mark.parametrize(("meridian", "width", "numbered", "code"), RULES)
def test_zones_are_those_of_epsg(meridian, width, numbered, code):
    assert cgcs2000(meridian, width, numbered=numbered) == f"EPSG:{code}"
    zone = gauss_krueger(CRS.from_epsg(code))
    assert zone.meridian == meridian
    assert zone.zone == ((meridian // 3 if width == 3 else (meridian + 3) // 6) if numbered else 0)
    assert f"{meridian}E" in CRS.from_epsg(code).name or f"zone {zone.zone}" in CRS.from_epsg(code).name


@pytest.mark.parametrize("meridian", [76, 72, 138])
def test_other_meridians_have_no_zone(meridian):
    with pytest.raises(ValueError, match="no zone"):
        cgcs2000(meridian)


@pytest.mark.parametrize("code", [32648, 4326, 3857])
def test_only_gauss_krueger_is_gauss_krueger(code):
    assert gauss_krueger(CRS.from_epsg(code)) is None


@pytest.mark.parametrize("stated", [4543, 4522])
@pytest.mark.parametrize("written", [4543, 4522])
@pytest.mark.parametrize("swapped", [False, True])
def test_with_and_without_zone_number_and_northing_first(stated, written, swapped):
    lon, lat = np.array([102.1, 102.9, 101.0]), np.array([25.2, 25.4, 40.0])
    east, north = Transformer.from_crs(4326, written, always_xy=True).transform(lon, lat)
    cells = {"X坐标": north if swapped else east, "Y坐标": east if swapped else north}
    table = pd.DataFrame(cells, index=[2, 3, 4])
    origin = Origin("facilities", "a.csv", "", f"EPSG:{stated}")
    placed, faults, seen = placed_rows(table, {"lon": "X坐标", "lat": "Y坐标"}, origin)
    back = to_wgs84(placed[:, 0], placed[:, 1], origin.datum)
    assert np.abs(back[0] - lon).max() < 1e-9
    assert np.abs(back[1] - lat).max() < 1e-9
    kinds = {fault.code: fault.values for fault in faults}
    assert set(kinds) == ({"point.was_northing"} if swapped else set()) | ({"point.was_numbered"} if stated != written else set())
    assert all(values == {"count": 3, "rows": "2-4"} for values in kinds.values())
    assert seen.x.tolist() == cells["X坐标"].tolist()  # as written, for judging
    assert all(fault.say("zh") and fault.say("en") for fault in faults)


def test_another_zone_and_degrees_among_metres_are_named():
    zone = gauss_krueger(CRS.from_epsg(4543))
    x, _, turned, renumbered = settled(np.array([35_500_000.0, 500_000.0]), np.array([2_800_000.0] * 2), zone)
    assert (x.tolist(), turned.any(), renumbered.any()) == ([35_500_000.0, 500_000.0], False, False)
    table = pd.DataFrame({"x": [35_500_000.0, 102.9, 500_000.0], "y": [2_800_000.0, 25.3, 2_800_000.0]}, index=[2, 3, 4])
    _, faults, _ = placed_rows(table, {"lon": "x", "lat": "y"}, Origin("facilities", "a.csv", "", "EPSG:4543"))
    assert [(fault.code, fault.row, fault.field, fault.severity) for fault in faults] == [
        ("point.other_zone", 2, "x", "error"),
        ("point.degrees", 3, "x", "error"),
    ]


def test_metres_in_a_degree_column_are_named():
    table = pd.DataFrame({"x": [35_500_000.0, 102.9, 2_800_000.0], "y": [2_800_000.0, 25.3, 500_000.0]}, index=[2, 3, 4])
    placed, faults, _ = placed_rows(table, {"lon": "x", "lat": "y"}, Origin("facilities", "a.csv", "", "CGCS2000"))
    assert [(fault.code, fault.row, fault.severity) for fault in faults] == [("point.metres", 2, "error"), ("point.metres", 4, "error")]
    assert placed[1].tolist() == [102.9, 25.3]


def test_easting_and_northing_are_never_confused_on_the_mainland():
    lon, lat = (grid.ravel() for grid in np.meshgrid(np.linspace(73.6, 134.9, 200), np.linspace(18.2, 53.5, 100)))
    near = np.clip(np.round(lon / 3), 25, 45)
    for meridian in np.unique(near) * 3:
        here = near * 3 == meridian
        for numbered in (False, True):
            crs = cgcs2000(float(meridian), numbered=numbered)
            east, north = Transformer.from_crs(4326, crs, always_xy=True).transform(lon[here], lat[here])
            assert not northing_first(east, north).any()
            assert northing_first(north, east).all()
            assert (zone_of(east) == (meridian / 3 if numbered else 0)).all()


def test_rows_are_said_as_ranges():
    assert ranges(np.array([3, 4, 5, 9, 11, 12])) == "3-5、9、11-12"
    assert ranges(np.arange(0, 60, 2), most=2) == "0、2…"
