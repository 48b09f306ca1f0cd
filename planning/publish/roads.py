"""Streets that a plan closes or builds, as rows for maps and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import shapely

from layers.texts import codes, say
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
        highway = "" if isinstance(change, Closed) else _class_name(sheet, change.highway)
        name = highway if not isinstance(change, Closed) and change.name == change.highway else change.name
        modes = sheet.say("join").join(say(f"street_change.{mode}", sheet.imprint.lang) for mode in change.modes)
        yield Road(change.edit, action_of(change), name, highway, modes, float(shape.length), change.note, shape)


def action_of(change: StreetChange) -> str:
    """Return ``closed`` or ``built``."""
    return "closed" if isinstance(change, Closed) else "built"


def _class_name(sheet: Sheet, highway: str) -> str:
    code = f"street_class.{highway}"
    return say(code, sheet.imprint.lang) if code in codes() else highway
