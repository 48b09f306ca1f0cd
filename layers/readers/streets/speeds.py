"""How fast a street is walked and driven; written down in ``docs/travel.md`` with the sources."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.county import Streets
from layers.readers.streets.rules import classes
from layers.streets import FERRY

Floats = NDArray[np.float64]
HIGHEST_KMH = 150.0
_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
# Words that OpenStreetMap's wiki (Key:maxspeed) knows instead of a number, and such as `CN:urban`, which name the law of a country.
_WORDS = ("none", "no", "signals", "variable", "walk", "implicit", "unposted", "unknown", "default", "national", "urban", "rural", "living_street")
_ZONE = re.compile(r"[a-z]{2}(?:-[a-z]{2,3})?:[\w:.-]+")
REASONS = ("zero", "high", "slow", "odd")
_SLOWEST = 5.0  # times that a speed may be below its class
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?")
_PERIOD = re.compile(r"pt(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@cache
def surfaces() -> dict[str, float]:
    """Return the highest speeds by surface of ``surfaces.toml``, km/h."""
    return tomllib.loads(resources.files(__package__).joinpath("surfaces.toml").read_text("utf-8"))


def driving_speed(kinds: pd.DataFrame, spec: Streets) -> Floats:
    """Return driving speeds in m/s, shape (kinds,).

    ``maxspeed`` counts where it holds a number between 0 and 150 km/h, the smallest of several; else the class (the county's word before the
    table). Words such as ``BR:urban``, ``none`` or ``signals`` name no number: the class counts. What the law allows, a rough surface may forbid:
    the lower counts.
    """
    by_class, table = _by_class(spec), surfaces() | spec.surfaces
    given = _each(kinds["maxspeed"], parse_speed)
    kmh = np.where(np.isnan(given), kinds["highway"].map(by_class).fillna(by_class["service"]).to_numpy(np.float64), given)
    for tag in ("surface", "smoothness", "tracktype"):
        kmh = np.fmin(kmh, _each(kinds[tag], lambda text: _lowest([table.get(part.strip(), np.nan) for part in text.lower().split(";")])))
    return kmh / 3.6


def walking_speed(kinds: pd.DataFrame, spec: Streets) -> Floats:
    """Return the speed in m/s, shape (kinds,), of somebody who walks 1 m/s on a level street; a ferry's own speed."""
    highway = kinds["highway"].to_numpy()
    return np.select([highway == "steps", highway == FERRY], [spec.stairs_speed, _by_class(spec)[FERRY] / 3.6], 1.0)


def crossing_time(kinds: pd.DataFrame) -> Floats:
    """Return how long ferries take in s, shape (kinds,), NaN where not given or no ferry."""
    return np.where(kinds["highway"] == FERRY, _each(kinds["duration"], parse_duration), np.nan)


def odd_durations(kinds: pd.DataFrame) -> NDArray[np.bool_]:
    """Return where ``duration`` of a ferry holds anything that cannot be read, shape (kinds,)."""
    return np.isnan(crossing_time(kinds)) & ((kinds["highway"] == FERRY) & (kinds["duration"] != "")).to_numpy(bool)


def odd_speeds(kinds: pd.DataFrame, spec: Streets) -> NDArray[np.object_]:
    """Return what is wrong with ``maxspeed``, one of :data:`REASONS` or an empty text, shape (kinds,).

    ``zero`` and ``high`` are numbers that are no speed, ``odd`` is text that names none and is no word of OpenStreetMap; for all of these the class
    counts, unless another number stands beside them. ``slow`` is less than a fifth of the speed of the class, such as walking pace on a trunk road:
    it counts as it stands.
    """
    reason = kinds["maxspeed"].map({text: odd_speed(text) for text in kinds["maxspeed"].unique()}).to_numpy(object)
    usual = kinds["highway"].map(_by_class(spec)).to_numpy(np.float64)
    slow = _each(kinds["maxspeed"], parse_speed) * _SLOWEST < usual
    reason[slow & (reason == "")] = "slow"
    return reason


def odd_speed(text: str) -> str:
    """Return what is wrong with a ``maxspeed`` text itself.

    >>> [odd_speed(text) for text in ("60;40", "CN:urban", "", "-5", "60;800", "fast")]
    ['', '', '', 'zero', 'high', 'odd']
    """
    reasons = [_odd_part(part.strip()) for part in re.split(r"[;|]", text.lower())]
    return next((reason for reason in reasons if reason), "")


def _odd_part(part: str) -> str:
    if not part or part in _WORDS or _ZONE.fullmatch(part):
        return ""
    match = _SPEED.fullmatch(part.removeprefix("-"))
    if not match:
        return "odd"
    kmh = float(match[1]) * _KMH[match[2] or ""]
    if part.startswith("-") or not kmh:
        return "zero"
    return "high" if kmh > HIGHEST_KMH else ""


def parse_speed(text: str) -> float:
    """Return the smallest speed of a ``maxspeed`` text in km/h, NaN where it names none between 0 and 150.

    >>> parse_speed("30 mph"), parse_speed("60;40"), parse_speed("BR:urban")
    (48.28032, 40.0, nan)
    """
    found = [_SPEED.fullmatch(part.strip()) for part in re.split(r"[;|]", text.lower())]
    speeds = [float(match[1]) * _KMH[match[2] or ""] for match in found if match]
    return min((speed for speed in speeds if 0 < speed <= HIGHEST_KMH), default=float("nan"))


def parse_duration(text: str) -> float:
    """Return the seconds of a ``duration`` text (hours and minutes, minutes, or ISO 8601), NaN where it names none above 0.

    >>> parse_duration("1:30"), parse_duration("20"), parse_duration("PT5M"), parse_duration("soon")
    (5400.0, 1200.0, 300.0, nan)
    """
    text = text.strip().lower()
    if text.isdecimal():
        return float(60 * int(text)) or float("nan")
    match = _CLOCK.fullmatch(text) or _PERIOD.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return float(3600 * hours + 60 * minutes + seconds) or float("nan")


def _by_class(spec: Streets) -> dict[str, float]:
    table = {name: float(row["kmh"]) for name, row in classes().items() if "kmh" in row} | spec.speeds_kmh
    return table | {name: use.kmh for name, use in spec.classes.items() if use.kmh is not None}


def _each(texts: pd.Series[str], read: Callable[[str], float]) -> Floats:
    """Return numbers read from texts, each different text once."""
    return texts.map({text: read(text) for text in texts.unique()}).to_numpy(np.float64)


def _lowest(numbers: list[float]) -> float:
    return float(np.fmin.reduce(numbers))
