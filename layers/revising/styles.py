"""Number formats of a workbook: a year that takes the place of a date must not be shown as a day of 1905."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any, TypeAlias

Element: TypeAlias = Any
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def is_date(value: object) -> bool:
    """Return whether a cell holds a date or a time of day."""
    return isinstance(value, dt.date | dt.time | dt.timedelta)


class Styles:
    """The formats of a workbook.

    Parameters
    ----------
    root : Element
        Of ``xl/styles.xml``.
    """

    def __init__(self, root: Element) -> None:
        self.root = root
        self.grown = False
        self._made: dict[int, int] = {}

    def general(self, style: int) -> int:
        """Return the number of a style like the one given, but for plain numbers."""
        formats = self.root.find(f"{_MAIN}cellXfs")
        if formats is None or style >= len(formats):
            return style
        if style not in self._made:
            plain = copy.deepcopy(formats[style])
            plain.set("numFmtId", "0")
            formats.append(plain)
            formats.set("count", str(len(formats)))
            self._made[style], self.grown = len(formats) - 1, True
        return self._made[style]
