"""Totals of a ledger as it was read, for comparing them with their rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Literal

import pandas as pd

from layers.checking.ledger_sums import Line, find_wrong_sums
from layers.checking.origins import LAYER, written
from layers.errors import Fault
from layers.readers._columns import text, total_of
from layers.readers.ledger_numbers import factor_of, read_cell

SUMMED = ("capacity", "care_beds", "residents", "floor_area", "land_area", "investment")


def wrong_sums(read: pd.DataFrame, columns: Mapping[str, str], file: str, sheet: str) -> Iterator[Fault]:
    """Yield a warning for every total of a sheet that is not the sum of its rows."""
    fields = [field for field in SUMMED if field in columns]
    lines = [_line(read, position, columns, fields) for position in range(len(read))]
    for wrong in find_wrong_sums(lines, fields):
        values = {"summed": written(wrong.summed)}
        yield Fault("warning", "ledger.sum_differs", LAYER, file, sheet, wrong.row, columns[wrong.field], written(wrong.given), values)


def _line(read: pd.DataFrame, position: int, columns: Mapping[str, str], fields: list[str]) -> Line:
    entries = read.iloc[position]
    of = total_of(entries.iloc[:4])
    kind: Literal["row", "part", "whole"] = "row" if of is None else "part" if re.search("小计|subtotal", of, re.IGNORECASE) else "whole"
    numbers = {field: _number(entries[columns[field]], field, columns[field]) for field in fields}
    known = {field: value for field, value in numbers.items() if value is None or not math.isnan(value)}
    return Line(int(str(read.index[position])), kind, _township(entries, columns, of), known)


def _number(cell: object, field: str, head: str) -> float | None:
    factor = factor_of(field, head)
    reading = read_cell(cell, field, factor)
    return None if reading is None else round(reading.value / factor, 10)


def _township(entries: pd.Series, columns: Mapping[str, str], total: str | None) -> str:
    """Return a row's township as written; of a total the one it names beside 小计 or in the township's own column."""
    named = text(entries[columns["township"]]) if "township" in columns else ""
    if total is None:
        return named
    before = re.sub(r"(合计|小计|总计|共计|本页|[:：])+$", "", total)
    return before or ("" if total_of([named]) else named)
