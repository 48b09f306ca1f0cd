"""Judging how the coordinates of a table are meant: datum, order of the columns and projection, with the evidence for each.

Web maps move places by 300 to 1,200 m, so a table read under the wrong datum lies beside its streets, its people and now and then its township.
Each row votes for the reading under which it fits better; the margin between two readings is the sum of the rows' votes over the root of the sum
of their squares, which for rows that know nothing is about a standard normal number (the statistic of the sign-flip test). A wrong row is one vote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from layers.crs import SHIFTED, SHIFTED_BOX, datum_crs, from_metric, to_metric
from layers.readers.datum_gauss import ZONES, cgcs2000, gauss_krueger, in_metres, meridian_of, northing_first, zone_of
from layers.readers.datum_ground import Ground
from layers.readers.datum_rows import Written

Floats = NDArray[np.float64]
Sureness = Literal["sure", "likely", "open"]
DATUMS = ("WGS84", *SHIFTED)
FEWEST_SURE = 20
FEWEST_LIKELY = 8
SURE, LIKELY = 3.5, 2.5
BEYOND_M = 3_000.0
_SAMPLE = 1_000
_CLIP = 2.5
_STREET_M, _HOME_M = 20.0, 100.0
_HOME_WEIGHT, _TOWNSHIP_WEIGHT = 0.5, 2.0
_WON = 0.6


@dataclass(frozen=True)
class Reading:
    """One way to take coordinates: their datum, and whether the columns are the wrong way round."""

    datum: str
    swapped: bool = False


@dataclass(frozen=True)
class Evidence:
    """How a table fits its county under one reading.

    Attributes
    ----------
    near : float
        Share of the rows with a position that lie in the county or within :data:`BEYOND_M` of it.
    street_m, home_m : float
        Median metres to the nearest street, and to the nearest inhabited cell; NaN where unknown.
    township_rows, in_township : int
        Rows whose written township is known, and how many of them lie in it.
    margin : float
        Of the judged reading over this one; infinite where the table lies elsewhere under this one.
    """

    reading: Reading
    near: float
    street_m: float = np.nan
    home_m: float = np.nan
    township_rows: int = 0
    in_township: int = 0
    margin: float = np.inf


@dataclass(frozen=True)
class Judgement:
    """The likeliest reading of a table.

    Attributes
    ----------
    best : Evidence
        Of the likeliest reading; its margin is that over the next.
    others : tuple of Evidence
        Of the other readings, likeliest first.
    sureness : {"sure", "likely", "open"}
        ``sure`` only above margins at which it is never wrong in ``benchmarks/datums.py``.
    rows : int
        Different positions that were judged.
    """

    best: Evidence
    others: tuple[Evidence, ...]
    sureness: Sureness
    rows: int

    def of(self, reading: Reading) -> Evidence | None:
        """Return the evidence of a reading, None where it was not considered."""
        return next((each for each in (self.best, *self.others) if each.reading == reading), None)


def judge_datum(written: Written, ground: Ground) -> Judgement | None:
    """Judge how the coordinates of a table of points are meant.

    Parameters
    ----------
    written : Written
        Positions as the file has them, and the townships written beside them.
    ground : Ground
        What is known to lie right.

    Returns
    -------
    Judgement or None
        None where no row has a position, nothing is known to lie right, or the table lies elsewhere under every reading.
    """
    x, y, townships = _positions(written)
    if not len(x) or ground.box is None:
        return None
    codes = ground.codes(townships, len(x))
    placed = {reading: _placed(x, y, reading, ground) for reading in readings(x, y, ground, written.origin.datum)}
    near = {reading: _near(places, ground) for reading, places in placed.items()}
    fitting = [reading for reading, flags in near.items() if flags.mean() >= 0.5]
    if not fitting:
        return None
    measured = {reading: _measured(placed[reading], codes, ground) for reading in fitting}
    scores = {reading: _score(*measures) for reading, measures in measured.items()}
    order = sorted(fitting, key=lambda reading: -float(np.sum(scores[reading])))
    margins = {reading: margin(scores[order[0]], scores[reading]) for reading in order[1:]}
    order[1:] = sorted(order[1:], key=lambda reading: margins[reading])
    told = [_evidence(reading, near[reading], measured[reading], margins.get(reading, np.inf)) for reading in order]
    told += [Evidence(reading, float(flags.mean())) for reading, flags in near.items() if reading not in fitting]
    least = min(margins.values(), default=np.inf)
    best = replace(told[0], margin=least)
    won = min((_won(scores[order[0]], scores[reading]) for reading in order[1:]), default=1.0)
    return Judgement(best, tuple(told[1:]), _sureness(least, won, best.near, len(x)), len(x))


def readings(x: Floats, y: Floats, ground: Ground, stated: str = "") -> list[Reading]:
    """Return the readings that positions of this size can have; a projection that is stated is always among them."""
    if np.mean(in_metres(x, y)) > 0.5:
        swapped = bool(np.mean(northing_first(x, y)) > 0.5)
        known = _projections(y if swapped else x, ground)
        also = [stated] if stated.startswith("EPSG") and not any(same_projection(stated, datum) for datum in known) else []
        return [Reading(datum, swapped) for datum in (*also, *known)]
    if stated.startswith("EPSG"):
        return [Reading(stated), *in_degrees(x, y)]
    return in_degrees(x, y)


def in_degrees(x: Floats, y: Floats) -> list[Reading]:
    """Return the readings of degrees, shifted ones only where web maps shift."""
    both = [Reading(datum, swapped) for swapped, datum in product((False, True), DATUMS)]
    return [reading for reading in both if reading.datum not in SHIFTED or _in_china(*((y, x) if reading.swapped else (x, y)))]


def margin(one: Floats, other: Floats) -> float:
    """Return by how much the rows prefer one reading: the sum of their clipped votes over the root of the sum of their squares."""
    votes = np.clip(one - other, -_CLIP, _CLIP)
    spread = float(np.sqrt(np.sum(votes**2)))
    return float(np.sum(votes)) / spread if spread > 1e-9 else 0.0


def _positions(written: Written) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Return different positions and their townships: many rows at one place are one vote."""
    known = np.flatnonzero(np.isfinite(written.x) & np.isfinite(written.y) & ((written.x != 0) | (written.y != 0)))
    step = 10.0 if len(known) and np.mean(in_metres(written.x[known], written.y[known])) > 0.5 else 1e-4
    rounded = np.round(np.column_stack([written.x[known], written.y[known]]) / step)
    _, first = np.unique(rounded, axis=0, return_index=True)
    chosen = known[np.sort(first)]
    if len(chosen) > _SAMPLE:
        chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:_SAMPLE])
    return written.x[chosen], written.y[chosen], tuple(written.townships[row] for row in chosen) if written.townships else ()


def _projections(easting: Floats, ground: Ground) -> list[str]:
    """Return CGCS2000 zones: the numbered one where eastings carry a number, else those around the county."""
    numbers = zone_of(easting)
    if np.mean(numbers > 0) > 0.5:
        zone = int(np.bincount(numbers[numbers > 0]).argmax())
        return [cgcs2000(meridian_of(zone), 3 if zone in ZONES[3] else 6, numbered=True)]
    west, south, east, north = ground.box or (0.0, 0.0, 0.0, 0.0)
    lon, _ = from_metric([(west + east) / 2], [(south + north) / 2], "WGS84", ground.crs)
    return [cgcs2000(3.0 * zone) for zone in ZONES[3] if abs(3.0 * zone - float(lon[0])) <= 4.5]


def same_projection(one: str, other: str) -> bool:
    """Return whether two CRS are the same Gauss-Krüger projection of one datum, but for the zone number."""
    first, second = datum_crs(one), datum_crs(other)
    zones = gauss_krueger(first), gauss_krueger(second)
    alike = zones[0] is not None and zones[1] is not None and zones[0].meridian == zones[1].meridian
    return first == second or (alike and first.geodetic_crs == second.geodetic_crs)


def _in_china(lon: Floats, lat: Floats) -> bool:
    x, y = float(np.median(lon)), float(np.median(lat))
    return SHIFTED_BOX[0] <= x <= SHIFTED_BOX[2] and SHIFTED_BOX[1] <= y <= SHIFTED_BOX[3]


def _placed(x: Floats, y: Floats, reading: Reading, ground: Ground) -> Floats:
    """Return the positions under a reading in the county's CRS, m, shape (rows, 2); infinite where they are not on the globe."""
    east, north = (y, x) if reading.swapped else (x, y)
    places = np.full((len(x), 2), np.inf)
    possible = np.ones(len(x), dtype=np.bool_) if reading.datum.startswith("EPSG") else (np.abs(east) <= 180) & (np.abs(north) <= 90)
    if possible.any():
        places[possible] = np.column_stack(to_metric(east[possible], north[possible], reading.datum, ground.crs))
    return places


def _near(places: Floats, ground: Ground) -> NDArray[np.bool_]:
    west, south, east, north = ground.box or (np.inf, np.inf, -np.inf, -np.inf)
    x, y = places[:, 0], places[:, 1]
    return np.asarray((x >= west - BEYOND_M) & (x <= east + BEYOND_M) & (y >= south - BEYOND_M) & (y <= north + BEYOND_M), dtype=np.bool_)


def _measured(places: Floats, codes: NDArray[np.object_], ground: Ground) -> tuple[Floats, Floats, Floats]:
    """Return metres to the nearest street and home, and whether the written township is met, each of shape (rows,)."""
    near = _near(places, ground)
    street, home, township = (np.full(len(places), np.inf), np.full(len(places), np.inf), np.full(len(places), np.nan))
    street[near], home[near] = ground.to_street(places[near]), ground.to_home(places[near])
    township[near] = ground.in_township(places[near], codes[near])
    return street, home, township


def _score(street: Floats, home: Floats, township: Floats) -> Floats:
    """Return how well each row fits; a doubled distance to the street counts the same whether it is 50 m or 500 m."""
    far = np.log1p(BEYOND_M / _STREET_M)
    by_street = np.minimum(np.log1p(street / _STREET_M), far)
    by_home = _HOME_WEIGHT * np.minimum(np.log1p(home / _HOME_M), far)
    return np.asarray(_TOWNSHIP_WEIGHT * np.nan_to_num(township) - np.nan_to_num(by_street) - np.nan_to_num(by_home), dtype=np.float64)


def _won(one: Floats, other: Floats) -> float:
    """Return the share of the rows that prefer one reading to another, of those that prefer any clearly."""
    clear = np.abs(one - other) > 0.1
    return float(np.mean((one > other)[clear])) if clear.any() else 0.0


def _evidence(reading: Reading, near: NDArray[np.bool_], measures: tuple[Floats, Floats, Floats], over: float) -> Evidence:
    street, home, township = measures
    known = np.isfinite(township)
    to_street, to_home = float(np.median(street[near])), float(np.median(home[near]))
    return Evidence(reading, float(near.mean()), to_street, to_home, int(known.sum()), int(np.nansum(township)), over)


def _sureness(least: float, won: float, near: float, rows: int) -> Sureness:
    if rows >= FEWEST_SURE and least >= SURE and won >= _WON and near >= 0.75:
        return "sure"
    return "likely" if rows >= FEWEST_LIKELY and least >= LIKELY else "open"
