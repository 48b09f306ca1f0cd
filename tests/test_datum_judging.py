"""Judging datums: generated ledgers whose truth is known, head-made evidence, a scalar implementation of the shifts with bisection."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from pyproj import CRS

from benchmarks.datums import counties, ground_of, is_right, judged, plant
from layers.crs import from_metric, from_wgs84, to_metric, to_wgs84
from layers.readers.datum_ground import Ground
from layers.readers.datum_judging import Reading, judge_datum, margin
from layers.readers.datum_outlines import judge_outline
from layers.readers.datum_rows import Origin, Written
from tests.test_crs import scalar_gcj

GK = CRS.from_epsg(4543)
X0, Y0 = 590_000.0, 2_800_000.0


def scalar_bd(lon: float, lat: float) -> tuple[float, float]:
    """Write the turn of BD-09 out, in scalars, from GCJ-02."""
    z = math.sqrt(lon * lon + lat * lat) + 0.00002 * math.sin(lat * math.pi * 3000 / 180)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * math.pi * 3000 / 180)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def bisected(forward, lon: float, lat: float) -> tuple[float, float]:
    """Invert a shift by halving: longitude for a fixed latitude, latitude for a fixed longitude, in turn until nothing moves."""

    def halve(shifted, target: float) -> float:
        low, high = target - 0.03, target + 0.03
        while high - low > 1e-12:
            middle = (low + high) / 2
            low, high = (middle, high) if shifted(middle) < target else (low, middle)
        return (low + high) / 2

    u, v = lon, lat
    for _ in range(12):
        u = halve(lambda value, v=v: forward(value, v)[0], lon)
        v = halve(lambda value, u=u: forward(u, value)[1], lat)
    return u, v


def test_a_thousand_points_to_bd_and_back_lie_within_a_centimetre():
    random = np.random.default_rng(5)
    lon, lat = random.uniform(97.5, 106.2, 1000), random.uniform(21.1, 29.2, 1000)
    bd = from_wgs84(*to_wgs84(*from_wgs84(lon, lat, "GCJ-02"), "GCJ-02"), "BD-09")
    back = to_wgs84(*bd, "BD-09")
    metres = np.hypot((back[0] - lon) * 111_320 * np.cos(np.radians(lat)), (back[1] - lat) * 111_320)
    assert metres.max() < 0.01
    for k in range(0, 1000, 40):  # the oracle is slow
        there = scalar_bd(*scalar_gcj(lon[k], lat[k]))
        assert (bd[0][k], bd[1][k]) == pytest.approx(there, abs=1e-8)
        home = bisected(scalar_gcj, *bisected(scalar_bd, *there))
        assert (back[0][k], back[1][k]) == pytest.approx(home, abs=5e-8)  # half a centimetre


@pytest.fixture(scope="module")
def facts():
    return next(counties(1, seed=7))


def test_generated_ledgers_are_judged_right_and_never_wrong_while_sure(facts):
    ground, random = ground_of(facts), np.random.default_rng(11)
    right, sure = 0, 0
    for _ in range(60):
        planted = plant(facts, random)
        judgement = judged(planted, ground)
        good = is_right(planted, judgement, facts)
        right += good
        sure += judgement is not None and judgement.sureness == "sure"
        assert good or judgement is None or judgement.sureness != "sure", (planted.datum, planted.form, planted.swapped, judgement)
    assert right >= 59
    assert sure >= 30, "a judgement that is never sure would never be wrong"


def streets() -> np.ndarray:
    """Return one straight street to the east, 20 km, in pieces of 100 m."""
    ends = np.arange(X0 - 10_000, X0 + 10_001, 100.0)
    return np.column_stack([ends[:-1], np.full(len(ends) - 1, Y0), ends[1:], np.full(len(ends) - 1, Y0)])


def along(count: int, datum: str = "WGS84", north: float = 10.0) -> Written:
    x = np.linspace(X0 - 9_000, X0 + 9_000, count)
    lon, lat = from_metric(x, np.full(count, Y0 + north), datum, GK)
    return Written(Origin("facilities", "a.csv", "", datum), lon, lat, np.arange(2, 2 + count))


@pytest.mark.parametrize("datum", ["WGS84", "GCJ-02", "BD-09"])
def test_evidence_is_what_head_arithmetic_says(datum):
    ground = Ground(GK, streets())
    judgement = judge_datum(along(30, datum), ground)
    assert judgement.best.reading == Reading(datum)
    assert judgement.best.street_m == pytest.approx(10.0, abs=0.01)  # every point lies 10 m beside the street
    assert judgement.best.near == 1.0
    for other in ("WGS84", "GCJ-02", "BD-09"):
        lon, lat = along(30, datum).x, along(30, datum).y
        _, north = to_metric(lon, lat, other, GK)
        assert judgement.of(Reading(other)).street_m == pytest.approx(np.median(np.abs(north - Y0)), abs=0.01)
    turned = judgement.of(Reading("WGS84", swapped=True))  # the latitude of 100 degrees that GCJ-02 would then have is nowhere in China
    assert (turned.near, turned.margin) == (0.0, math.inf)


def test_few_rows_are_never_sure_and_none_are_not_judged():
    ground = Ground(GK, streets())
    assert judge_datum(along(30, "GCJ-02"), ground).sureness == "sure"
    assert judge_datum(along(12, "GCJ-02"), ground).sureness == "likely"
    assert judge_datum(along(5, "GCJ-02"), ground).sureness == "open"
    assert judge_datum(along(0), ground) is None
    assert judge_datum(along(30), Ground(GK)) is None


def test_many_rows_at_one_place_are_one_vote():
    one = along(1, "GCJ-02")
    crowd = Written(one.origin, np.repeat(one.x, 50), np.repeat(one.y, 50), np.arange(50))
    judgement = judge_datum(crowd, Ground(GK, streets()))
    assert (judgement.rows, judgement.sureness) == (1, "open")


def test_places_that_know_nothing_are_not_judged_with_certainty():
    """Points strewn over a square with streets around: whatever is judged, it must not be sure."""
    random = np.random.default_rng(3)
    lines = [(x, Y0 - 9_000, x, Y0 + 9_000) for x in np.arange(X0 - 9_000, X0 + 9_001, 900.0)]
    ground = Ground(GK, np.array(lines))
    for _ in range(150):
        x, y = X0 + random.uniform(-8_000, 8_000, 40), Y0 + random.uniform(-8_000, 8_000, 40)
        lon, lat = from_metric(x, y, "GCJ-02", GK)
        judgement = judge_datum(Written(Origin("facilities", "a.csv", "", "GCJ-02"), lon, lat, np.arange(40)), ground)
        assert judgement.sureness != "sure"


def test_the_margin_is_that_of_the_sign_flip_test():
    assert margin(np.ones(25), np.zeros(25)) == pytest.approx(5.0)  # 25 equal votes: 25 / sqrt(25)
    assert margin(np.array([1.0, 1, 1, 0]), np.array([0.0, 0, 0, 1])) == pytest.approx(1.0)  # (3 - 1) / sqrt(4)
    assert margin(np.array([99.0, 0]), np.array([0.0, 1])) == pytest.approx((2.5 - 1) / math.hypot(2.5, 1))  # a wild row counts 2.5 at most
    assert margin(np.zeros(3), np.zeros(3)) == 0.0


def test_outlines_are_judged_by_the_people_outside_and_are_never_sure():
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(X0 - 4_950, X0 + 5_000, 100.0), np.arange(Y0 - 4_950, Y0 + 5_000, 100.0)))
    ground = Ground(GK, homes=np.column_stack([x, y]), people=np.full(len(x), 2.0))
    box = shapely.segmentize(shapely.box(X0 - 5_000, Y0 - 5_000, X0 + 5_000, Y0 + 5_000), 500.0)
    shifted = shapely.transform(np.array([box]), lambda points: np.column_stack(from_metric(points[:, 0], points[:, 1], "GCJ-02", GK)))
    judgement = judge_outline(shifted, ground)
    assert (judgement.best.datum, judgement.best.cells, judgement.best.people, judgement.sureness) == ("GCJ-02", 0, 0.0, "likely")
    lon, lat = from_metric([X0], [Y0], "WGS84", GK)
    east, north = to_metric(*from_wgs84(lon, lat, "GCJ-02"), "WGS84", GK)
    aside = math.ceil(abs(east[0] - X0) / 100 - 0.5), math.ceil(abs(north[0] - Y0) / 100 - 0.5)  # rows and columns of cells left out
    expected = 100 * 100 - (100 - aside[0]) * (100 - aside[1])
    found = judgement.of("CGCS2000")
    assert found.cells == pytest.approx(expected, rel=0.1)
    assert found.people == 2.0 * found.cells
    assert judge_outline(np.array([shapely.box(10, 50, 11, 51)]), ground) is None
