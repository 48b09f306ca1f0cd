"""Who may use a street, in which direction and how fast; written down in ``docs/travel.md`` with the sources."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.county import Streets
from layers.streets import BACKWARD, FORWARD

TAGS = (
    "highway", "name", "oneway", "oneway:foot", "maxspeed", "junction", "access", "foot", "vehicle", "motor_vehicle", "motorcar", "motorroad", "area",
)  # fmt: skip
CLOSED = ("no", "private", "use_sidepath", "agricultural", "forestry", "military", "emergency")
OPEN = ("yes", "designated", "permissive", "destination", "official")
# Classes that are known and neither walked nor driven.
UNUSED = (
    "construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished", "raceway", "bus_guideway", "busway", "rest_area",
    "services", "escape", "emergency_bay", "elevator", "via_ferrata", "no",
)  # fmt: skip
_FORWARD = ("yes", "true", "1")
_BACKWARD = ("-1", "reverse")
_BOTH = FORWARD | BACKWARD
ONE_WAY = (*_FORWARD, *_BACKWARD, "reversible")
_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
HIGHEST_KMH = 150.0


@cache
def classes() -> dict[str, dict[str, Any]]:
    """Return the table of street classes of ``classes.toml``."""
    return tomllib.loads(resources.files(__package__).joinpath("classes.toml").read_text("utf-8"))


def walking(streets: pd.DataFrame, spec: Streets) -> NDArray[np.uint8]:
    """Return in which directions each street may be walked.

    Parameters
    ----------
    streets : DataFrame, shape (streets, tags)
        Columns :data:`TAGS`, texts, empty where not given.
    spec : Streets
        ``walkable = "all"`` opens every class the file has, motorways too.

    Returns
    -------
    uint8, shape (streets,)
        Bits ``FORWARD`` and ``BACKWARD``. ``oneway`` is for vehicles; only ``oneway:foot`` closes a direction (convention 7).
    """
    foot = streets["foot"]
    if spec.walkable == "all":
        usable = pd.Series(True, streets.index)
    else:
        usable = _of_class(streets, "walk") | ((streets["highway"] == "bridleway") & foot.isin(OPEN))
        usable &= (streets["motorroad"] != "yes") | foot.isin(OPEN)
    usable &= ~_first_given(streets, ("foot", "access")).isin(CLOSED) & (streets["area"] != "yes")
    return _directions(streets["oneway:foot"], usable)


def driving(streets: pd.DataFrame, spec: Streets) -> NDArray[np.uint8]:
    """Return in which directions each street may be driven, shape (streets,); parameters as in :func:`walking`.

    The most particular of ``motorcar``, ``motor_vehicle``, ``vehicle`` and ``access`` decides. Roundabouts and motorways are one-way unless
    ``oneway`` says otherwise; a reversible street is left out, because no direction holds all day.
    """
    named = streets["highway"].isin(tuple(spec.speeds_kmh))
    tracks = (streets["highway"] == "track") & _first_given(streets, ("motorcar", "motor_vehicle")).isin(OPEN)
    tags = _first_given(streets, ("motorcar", "motor_vehicle", "vehicle", "access"))
    usable = (_of_class(streets, "drive") | named | tracks) & ~tags.isin(CLOSED)
    usable &= (streets["area"] != "yes") & (streets["oneway"] != "reversible")
    implied = streets["junction"].isin(("roundabout", "circular")) | (streets["highway"] == "motorway")
    return _directions(streets["oneway"].mask((streets["oneway"] == "") & implied, "yes"), usable)


def driving_speed(streets: pd.DataFrame, spec: Streets) -> tuple[NDArray[np.float64], pd.Series[bool]]:
    """Return driving speeds in m/s, shape (streets,), and where ``maxspeed`` could not be read.

    ``maxspeed`` counts where it holds a number between 0 and 150 km/h, the smallest of several; else the class (``speeds_kmh`` of county.toml
    before the table). Words such as ``BR:urban``, ``none`` or ``signals`` name no number: the class counts, and that is no fault.
    """
    table = {name: float(row["kmh"]) for name, row in classes().items() if "kmh" in row} | spec.speeds_kmh
    by_class = streets["highway"].map(table).fillna(table["service"]).to_numpy(np.float64)
    given = streets["maxspeed"].map({text: parse_speed(text) for text in streets["maxspeed"].unique()}).to_numpy(np.float64)
    odd = streets["maxspeed"].str.contains(r"\d") & np.isnan(given)
    return np.where(np.isnan(given), by_class, given) / 3.6, odd


def parse_speed(text: str) -> float:
    """Return the smallest speed of a ``maxspeed`` text in km/h, NaN where it names none between 0 and 150.

    >>> parse_speed("30 mph"), parse_speed("60;40"), parse_speed("BR:urban")
    (48.28032, 40.0, nan)
    """
    found = [_SPEED.fullmatch(part.strip()) for part in re.split(r"[;|]", text.lower())]
    speeds = [float(match[1]) * _KMH[match[2] or ""] for match in found if match]
    usable = [speed for speed in speeds if 0 < speed <= HIGHEST_KMH]
    return min(usable, default=float("nan"))


def _of_class(streets: pd.DataFrame, mode: str) -> pd.Series[bool]:
    return streets["highway"].isin([name for name, row in classes().items() if row[mode]])


def _first_given(streets: pd.DataFrame, tags: tuple[str, ...]) -> pd.Series[str]:
    value = streets[tags[0]]
    for tag in tags[1:]:
        value = value.mask(value == "", streets[tag])
    return value


def _directions(oneway: pd.Series[str], usable: pd.Series[bool]) -> NDArray[np.uint8]:
    allowed = np.full(len(oneway), _BOTH, np.uint8)
    allowed[oneway.isin(_FORWARD)] = FORWARD
    allowed[oneway.isin(_BACKWARD)] = BACKWARD
    allowed[~usable.to_numpy(bool)] = 0
    return allowed
