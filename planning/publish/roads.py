"""Streets that a plan closes or builds, as rows for maps and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import shapely

from layers.texts import Language, codes, say
from planning.publish.sheet import Sheet
from scenarios.roads import Closed, StreetChange

ACTIONS = ("closed", "built")
COLOURS = {"closed": "#C00000", "built": "#1F4E9E"}


class Road(NamedTuple):
    """One closed or built street.

    ``number`` is that of its edit, ``action`` ``closed`` or ``built``, ``length`` in m, ``geometry`` a MultiLineString in the metric CRS.
    """

    number: int
    action: str
    name: str
    highway: str
    modes: str
    length: float
    note: str
    geometry: shapely.MultiLineString


def roads(sheet: Sheet) -> list[Road]:
    """Return the streets a sheet's scenario closes and builds, in the order of its edits."""
    return list(_roads(sheet))


def _roads(sheet: Sheet) -> Iterator[Road]:
    for change in sheet.state.streets:
        shape = shapely.MultiLineString([list(line) for line in change.lines])
        lang = sheet.imprint.lang
        highway = "" if isinstance(change, Closed) else class_name(change.highway, lang)
        modes = _modes(change, lang)
        yield Road(change.edit, action_of(change), _name(change, lang), highway, modes, float(shape.length), change.note, shape)


def street_sentence(change: StreetChange, lang: Language) -> str:
    """Return a closed or built street in words."""
    metres = sum(shapely.LineString(line).length for line in change.lines)
    values = {"name": _name(change, lang), "metres": f"{metres:,.0f}", "modes": _modes(change, lang)}
    return say(f"street_change.{action_of(change)}", lang, **values)


def action_of(change: StreetChange) -> str:
    """Return ``closed`` or ``built``."""
    return "closed" if isinstance(change, Closed) else "built"


def class_name(highway: str, lang: Language) -> str:
    """Return what a class of street is called; the class itself where it has no name."""
    code = f"street_class.{highway}"
    return say(code, lang) if code in codes() else highway


def mode_name(mode: str, lang: Language) -> str:
    """Return what going on foot or by car is called."""
    return say(f"street_change.{mode}", lang)


def _name(change: StreetChange, lang: Language) -> str:
    return class_name(change.highway, lang) if not isinstance(change, Closed) and change.name == change.highway else change.name


def _modes(change: StreetChange, lang: Language) -> str:
    return say("publish.join", lang).join(mode_name(mode, lang) for mode in change.modes)
