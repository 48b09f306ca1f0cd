"""What cells of coordinate columns say, in whatever notation a clerk wrote them.

Decimal degrees, degrees-minutes-seconds (``113°15′30″``, ``113:15:30``, ``113 15 30``, ``东经113度15分30秒``), full-width digits, letters for
east and north, metres with separators of thousands, and one cell that holds both (``113.26,23.13``). What could mean two things (``113 15.5``)
is no coordinate. The packed notation ``113.1530`` for 113°15′30″ cannot be told from decimal degrees and is read as such.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_NOTHING = frozenset({"", "-", "—", "/", "无", "不详", "未知", "nan", "null", "none", "nat", "<na>"})
_LONGEST = 100  # characters of a cell; longer ones are no coordinates, and digits without end are slow to read
_SIGNS = {ord(written): sign for sign, all_of in (("°", "度º˚"), ("'", "分′’‘`´"), ('"', "秒″”“")) for written in all_of}
_DEGREES = r"\d+(?:\.\d+)?°(?:\d+(?:\.\d+)?'(?:\d+(?:\.\d+)?(?:\"|''|)?)?)?"
_COLONS = r"\d+:\d+(?::\d+(?:\.\d+)?)?"
_SPACED = r"\d+ \d+ \d+(?:\.\d+)?"
_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+"
_BEFORE = r"(?:(?P<before>东经|西经|北纬|南纬|经°|纬°|lon|lng|lat|[ewns])[:=]? ?)?"  # 度 has become °
_VALUE = re.compile(rf"{_BEFORE}(?P<sign>[-+]?)(?P<value>{_DEGREES}|{_COLONS}|{_SPACED}|{_PLAIN}) ?(?:m|米)?(?P<after>东经|西经|北纬|南纬|[ewns])?")
_BETWEEN = re.compile(r" ?[,、;/|] ?|(?<=[ewns\"']) |(?<=\d) (?=[ewns东西南北])")
_TWO = re.compile(r"([-+]?\d+\.\d+) ([-+]?\d+\.\d+)")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_AXES = {"东经": "lon", "西经": "lon", "经°": "lon", "lon": "lon", "lng": "lon", "e": "lon", "w": "lon"}
_NEGATIVE = frozenset({"西经", "南纬", "w", "s"})


@dataclass(frozen=True)
class Coordinates:
    """Coordinates of the rows of a table, as its columns say them; nothing is converted yet.

    Attributes
    ----------
    x, y : float64 arrays, shape (rows,)
        Degrees or metres; the one of the column ``lon`` first, unless letters or their size say otherwise. NaN: nothing, or no coordinate.
    bad : object array, shape (rows,)
        ``lon`` or ``lat`` where that cell is no coordinate, else empty.
    sexagesimal : bool array, shape (rows,)
        Written in degrees and minutes.
    joined : bool array, shape (rows,)
        Both stood in one cell.
    turned : bool array, shape (rows,)
        Latitude stood first, as letters or an impossible latitude in a joined cell say.
    """

    x: Floats
    y: Floats
    bad: NDArray[np.object_]
    sexagesimal: Flags
    joined: Flags
    turned: Flags


@dataclass(frozen=True)
class _Part:
    value: float
    axis: str
    sexagesimal: bool


def read_coordinates(first: Sequence[object], second: Sequence[object], *, lat_first: bool = False) -> Coordinates:
    """Read two columns of coordinates; where one cell holds both, the other may be empty.

    Parameters
    ----------
    first, second : sequences, shape (rows,)
        Cells of the columns ``lon`` and ``lat``: numbers, texts, or nothing.
    lat_first : bool
        Whether cells that hold both have the latitude first where neither letters nor an impossible latitude say so.

    Raises
    ------
    ValueError
        When the columns differ in length.
    """
    x, plain_x = _numbers(first)
    y, plain_y = _numbers(second)
    if len(x) != len(y):
        raise ValueError(f"{len(x)} cells do not pair with {len(y)}")
    bad = np.full(len(x), "", dtype=np.object_)
    flags = np.zeros((3, len(x)), dtype=np.bool_)
    for row in np.flatnonzero(~(plain_x & plain_y)).tolist():
        x[row], y[row], bad[row], flags[:, row] = _row(parts_of(first[row]), parts_of(second[row]), lat_first=lat_first)
    return Coordinates(x, y, bad, *flags)


def parts_of(cell: object) -> tuple[_Part, ...] | None:
    """Return the one or two coordinates of a cell, none where it is empty; None where it is no coordinate."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ()
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.integer | np.floating):
        return (_Part(_float(cell), "", False),)
    return _parsed(written) if len(written := str(cell).strip()) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _parsed(written: str) -> tuple[_Part, ...] | None:
    folded = " ".join(unicodedata.normalize("NFKC", written.translate(_SIGNS)).translate(_SIGNS).lower().split())
    folded = re.sub(r" ?([°':]) ?", r"\1", folded).strip("()[] ")
    if folded in _NOTHING:
        return ()
    whole = _part(folded)
    if whole is not None:
        return (whole,)
    two = _TWO.fullmatch(folded)
    pieces = list(two.groups()) if two else _BETWEEN.split(folded)
    parts = tuple(part for piece in pieces if (part := _part(piece)) is not None)
    return parts if len(parts) == len(pieces) == 2 else None


def _part(written: str) -> _Part | None:
    found = _VALUE.fullmatch(written)
    if found is None:
        return None
    words = [word for word in (found["before"], found["after"]) if word]
    axes = {_AXES.get(word, "lat") for word in words}
    value = _degrees(found["value"])
    if value is None or len(axes) > 1 or (found["sign"] == "-" and _NEGATIVE.intersection(words)):
        return None
    below = found["sign"] == "-" or bool(_NEGATIVE.intersection(words))
    sexagesimal = re.search(r"[':]|\d \d", found["value"]) is not None
    return _Part(-value if below else value, axes.pop() if axes else "", sexagesimal)


def _degrees(written: str) -> float | None:
    """Return the number nearest to what is written, by exact fractions; None where minutes or seconds reach 60."""
    if re.fullmatch(_PLAIN, written):
        return float(written.replace(",", ""))
    degrees, *below = (Fraction(number) for number in re.findall(r"\d+(?:\.\d+)?", written))
    if any(number >= 60 for number in below) or (below and degrees.denominator != 1) or (len(below) == 2 and below[0].denominator != 1):
        return None
    return float(degrees + sum(number / 60**power for power, number in enumerate(below, start=1)))


def _row(first: tuple[_Part, ...] | None, second: tuple[_Part, ...] | None, *, lat_first: bool) -> tuple[float, float, str, tuple[bool, bool, bool]]:
    """Return x, y, the field of a cell that is no coordinate, and whether the row is sexagesimal, joined and turned."""
    nothing = (False, False, False)
    if first is None or second is None:
        return np.nan, np.nan, "lon" if first is None else "lat", nothing
    joined = len(first) == 2 or len(second) == 2
    if joined and first and second and first != second:
        return np.nan, np.nan, "lon" if len(first) == 2 else "lat", nothing
    if not joined and not (first and second):
        return np.nan, np.nan, "", nothing
    one, other = (first if len(first) == 2 else second) if joined else (first[0], second[0])
    if one.axis and one.axis == other.axis:
        return np.nan, np.nan, "lon" if one.axis == "lat" else "lat", nothing
    if one.axis or other.axis:
        turned = one.axis == "lat" or other.axis == "lon"
    else:
        turned = joined and abs(one.value) <= 90 and (lat_first or 90 < abs(other.value) <= 180)
    x, y = (other.value, one.value) if turned else (one.value, other.value)
    return x, y, "", (one.sexagesimal or other.sexagesimal, joined, turned)


def _numbers(cells: Sequence[object]) -> tuple[Floats, Flags]:
    """Return the cells that are numbers already, and which those are: the way of nearly all rows."""
    values = np.full(len(cells), np.nan)
    plain = np.zeros(len(cells), dtype=np.bool_)
    for row, cell in enumerate(cells):
        if (isinstance(cell, float | int) and not isinstance(cell, bool)) or (isinstance(cell, str) and _NUMBER.fullmatch(cell)):
            values[row], plain[row] = _float(cell), True
    return values, plain


def _float(cell: float | str | np.integer[Any] | np.floating[Any]) -> float:
    """Return a number; infinite, which is no position, where a whole number is beyond all measure."""
    try:
        return float(cell)
    except OverflowError:
        return float("inf")
