"""What a cell of a ledger says: numbers with units, estimates, and years in every style."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from layers.readers._columns import number

Quantity = Literal["count", "area", "investment"]
_UNITS = {
    "count": r"张床位|张床|个床位|张|个|床|人次|人|名|位|间|处|座|穴|格|户|平方米|平米|m2",
    "area": r"万?平方米|平米|m2|公顷|ha|亩|平方公里|km2",
    "investment": r"元",
}
_FACTORS = {"公顷": 1e4, "ha": 1e4, "亩": 2000 / 3, "平方公里": 1e6, "km2": 1e6, "万平方米": 1e4, "元": 1e-4}
_TIMES = {"百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_ABOUT = "大约|大概|约|将近|接近|近|超过|不足|逾|共"
_NUMBER = rf"(?P<about>{_ABOUT})?(?P<number>\d+(?:\.\d+)?)(?P<more>余|多)?(?P<times>[百千万亿])?"
_END = "(?P<end>左右|上下|以上|以内|余|多)?"
_PATTERNS = {kind: re.compile(rf"{_NUMBER}(?P<unit>{units})?{_END}") for kind, units in _UNITS.items()}
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?")
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's calendar, with its leap day of 1900


@dataclass(frozen=True, slots=True)
class Reading:
    """A number read from a cell.

    Attributes
    ----------
    value : float
        In the unit the facility table keeps; NaN where the cell is empty.
    how : {"", "text", "unit", "estimate", "serial"}
        Empty: the cell is a number. Otherwise what it took: a number written as text, with a unit or a word for thousands, an estimate, or a
        date that has become Excel's number of days.
    """

    value: float
    how: Literal["", "text", "unit", "estimate", "serial"] = ""


def quantity(cell: object, kind: Quantity, factor: float = 1.0) -> Reading | None:
    """Return the number of a cell; None where it is none.

    A unit in the cell (``120张``, ``0.8公顷``, ``1.2亿元``) wins over that of the head; a unit of another kind is no number. ``约``, ``余``, ``左右``
    and their like make an estimate.

    Parameters
    ----------
    cell : object
        As the file has it.
    kind : {"count", "area", "investment"}
        Areas come in m2, investments in 10,000 yuan.
    factor : float
        What a number without unit is multiplied by.
    """
    if not isinstance(cell, str):
        plain = number(cell)
        return None if plain is None else Reading(plain * factor)
    folded = _folded(cell)
    if _PLAIN.fullmatch(folded):
        return Reading(float(folded) * factor, "text")
    if matched := _PATTERNS[kind].fullmatch(folded):
        return _measured(matched, kind, factor)
    empty = number(cell)
    return Reading(math.nan) if empty is not None and math.isnan(empty) else None


def year_of(cell: object) -> Reading | None:
    """Return the year of a date in any style: ``2015年6月``, ``2015.6``, ``201506``, ``二〇一五年``, a date, or Excel's number of a day."""
    if isinstance(cell, dt.date):
        return Reading(float(cell.year))
    if isinstance(cell, str):
        folded = _folded(cell)
        if re.fullmatch(r"[〇零一二三四五六七八九]{4}年?.*", folded):
            folded = folded.translate(_DIGITS)
        if matched := re.match(r"(?:约|建于)?(\d{4})(?!\d)", folded) or re.fullmatch(r"(\d{4})(?:0[1-9]|1[0-2])(?:\d\d)?", folded):
            return Reading(float(matched.group(1)), "estimate" if folded.startswith("约") else "")
    plain = number(cell)
    return None if plain is None else _year_of_number(plain)


def _year_of_number(value: float) -> Reading:
    if math.isnan(value) or value < 10_000:
        return Reading(math.floor(value) if value >= 1000 else value)
    if value < 65_000:
        return Reading(float((_EPOCH + dt.timedelta(days=math.floor(value))).year), "serial")
    if matched := re.fullmatch(r"(\d{4})(?:0[1-9]|1[0-2])(?:\d\d)?", f"{value:.0f}"):
        return Reading(float(matched.group(1)))
    return Reading(value)


def _measured(matched: re.Match[str], kind: Quantity, factor: float) -> Reading:
    unit, times = matched["unit"], _TIMES.get(matched["times"] or "", 1.0)
    own = _FACTORS.get(unit, 1.0) if unit else factor
    if kind == "investment" and not unit and matched["times"]:
        own = 1e-4  # 120万 is 120万元, whatever the head's unit
    about = any(matched[name] for name in ("about", "more", "end"))
    return Reading(float(matched["number"]) * times * own, "estimate" if about else "unit")


def _folded(cell: str) -> str:
    return re.sub(r"[\s,]+", "", unicodedata.normalize("NFKC", cell)).lower()
