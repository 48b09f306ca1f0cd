"""Who may use a street and in which direction; written down in ``docs/travel.md`` with the sources."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.county import Streets
from layers.streets import BACKWARD, FERRY, FORWARD

_ALWAYS = (
    "highway", "oneway", "oneway:foot", "maxspeed", "junction", "access", "foot", "vehicle", "motor_vehicle", "motorcar", "motorroad", "area",
    "surface", "smoothness", "tracktype",
)  # fmt: skip
TAGS = (*_ALWAYS, "construction", "duration", "bridge", "tunnel")
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
# All values of oneway that mean something; others close no direction.
DIRECTIONS = ("", "no", "false", "0", "alternating", *ONE_WAY)


@cache
def classes() -> dict[str, dict[str, Any]]:
    """Return the table of street classes of ``classes.toml``."""
    return tomllib.loads(resources.files(__package__).joinpath("classes.toml").read_text("utf-8"))


def tags_needed(spec: Streets) -> tuple[str, ...]:
    """Return the tags, of :data:`TAGS`, that a county's rules look at: each one read of each street takes its time."""
    wanted = {"construction": spec.construction, "duration": carries(spec), "bridge": spec.elevation, "tunnel": spec.elevation}
    return (*_ALWAYS, *(tag for tag, needed in wanted.items() if needed))


def carries(spec: Streets) -> bool:
    """Return whether ferries carry anybody."""
    return bool(_own(spec, "walk")[FERRY] or _own(spec, "drive")[FERRY])


def in_force(kinds: pd.DataFrame, spec: Streets) -> pd.DataFrame:
    """Return kinds of streets with the class that counts: the county's for those without, and where it says so what a building site will be.

    Parameters
    ----------
    kinds : DataFrame, shape (kinds, tags)
        Columns :data:`TAGS`, texts, empty where not given.
    spec : Streets
        The county's word.
    """
    highway = kinds["highway"].mask(kinds["highway"] == "", spec.default_class)
    if spec.construction:
        named = kinds["construction"].isin([name for name in (*classes(), *spec.classes, *spec.speeds_kmh) if name != FERRY])
        highway = highway.mask((highway == "construction") & named, kinds["construction"])
    return kinds.assign(highway=highway)


def walking(kinds: pd.DataFrame, spec: Streets) -> NDArray[np.uint8]:
    """Return in which directions each kind of street may be walked.

    Parameters
    ----------
    kinds : DataFrame, shape (kinds, tags)
        As :func:`in_force` returns them.
    spec : Streets
        ``walkable = "all"`` opens every class the file has, motorways too, but not what the county closes by name.

    Returns
    -------
    uint8, shape (kinds,)
        Bits ``FORWARD`` and ``BACKWARD``. ``oneway`` is for vehicles; only ``oneway:foot`` closes a direction (convention 7).
    """
    foot, own = kinds["foot"], _own(spec, "walk")
    if spec.walkable == "all":
        usable = ~kinds["highway"].isin([name for name, open_ in own.items() if not open_])
    else:
        usable = _of_class(kinds, "walk", own)
        if "bridleway" not in own:
            usable |= (kinds["highway"] == "bridleway") & foot.isin(OPEN)
        usable &= (kinds["motorroad"] != "yes") | foot.isin(OPEN)
    usable &= ~_first_given(kinds, ("foot", "access")).isin(spec.closed) & (kinds["area"] != "yes")
    return _directions(kinds["oneway:foot"], usable)


def driving(kinds: pd.DataFrame, spec: Streets) -> NDArray[np.uint8]:
    """Return in which directions each kind of street may be driven, shape (kinds,); parameters as in :func:`walking`.

    The most particular of ``motorcar``, ``motor_vehicle``, ``vehicle`` and ``access`` decides. Roundabouts and motorways are one-way unless
    ``oneway`` says otherwise; a reversible street is left out, because no direction holds all day.
    """
    own = _own(spec, "drive")
    usable = _of_class(kinds, "drive", own)
    if "track" not in own:
        usable |= (kinds["highway"] == "track") & _first_given(kinds, ("motorcar", "motor_vehicle")).isin(OPEN)
    usable &= ~_first_given(kinds, ("motorcar", "motor_vehicle", "vehicle", "access")).isin(spec.closed)
    usable &= (kinds["area"] != "yes") & (kinds["oneway"] != "reversible") & (kinds["smoothness"] != "impassable")
    implied = kinds["junction"].isin(("roundabout", "circular")) | (kinds["highway"] == "motorway")
    return _directions(kinds["oneway"].mask((kinds["oneway"] == "") & implied, "yes"), usable)


def _own(spec: Streets, mode: Literal["walk", "drive"]) -> dict[str, bool]:
    """Return which classes the county itself opens or closes; what it says of a single class comes before its general words."""
    if mode == "walk":
        general = {FERRY: spec.ferries != "none"} | ({} if spec.stairs else {"steps": False})
    else:
        general = {FERRY: spec.ferries == "all"} | dict.fromkeys(spec.speeds_kmh, True)
    return general | {name: said for name, use in spec.classes.items() if (said := getattr(use, mode)) is not None}


def _of_class(kinds: pd.DataFrame, mode: str, own: dict[str, bool]) -> pd.Series[bool]:
    table = {name: bool(row[mode]) for name, row in classes().items()} | own
    return kinds["highway"].isin([name for name, open_ in table.items() if open_])


def _first_given(kinds: pd.DataFrame, tags: tuple[str, ...]) -> pd.Series[str]:
    value = kinds[tags[0]]
    for tag in tags[1:]:
        value = value.mask(value == "", kinds[tag])
    return value


def _directions(oneway: pd.Series[str], usable: pd.Series[bool]) -> NDArray[np.uint8]:
    allowed = np.full(len(oneway), _BOTH, np.uint8)
    allowed[oneway.isin(_FORWARD)] = FORWARD
    allowed[oneway.isin(_BACKWARD)] = BACKWARD
    allowed[~usable.to_numpy(bool)] = 0
    return allowed
