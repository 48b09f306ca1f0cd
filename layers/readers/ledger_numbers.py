"""Numbers of a ledger's rows, with a finding for each that was not simply a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.checking.origins import LAYER, written
from layers.errors import Fault
from layers.readers._columns import text, unit_factor
from layers.readers.ledger_cells import Quantity, Reading, quantity, year_of
from layers.readers.ledger_sheets import LedgerSheet

_KINDS: dict[str, Quantity] = {"floor_area": "area", "land_area": "area", "investment": "investment"}
_YEARS = (1900.0, 2100.0)
_LARGEST = 1e9


def read_numbers(read: gpd.GeoDataFrame, field: str, sheet: LedgerSheet, faults: list[Fault]) -> NDArray[np.float64]:
    """Return a number per row, in the unit of the facility table; NaN where it is missing or cannot be true.

    Parameters
    ----------
    read : GeoDataFrame
        Rows of the sheet that are kept.
    field : str
        One of :data:`layers.facilities.NUMBER_COLUMNS`.
    sheet : LedgerSheet
        Where they stand.
    faults : list of Fault
        Takes what was found.
    """
    values = np.full(len(read), np.nan)
    if field not in sheet.columns:
        return values
    head = sheet.columns[field]
    factor = factor_of(field, head)
    as_text: dict[str, float] = {}
    for position, (row, cell) in enumerate(zip(read.index.tolist(), read[head], strict=True)):
        reading = read_cell(cell, field, factor)
        found = sheet.unusable.get((row, head), "") or _wrong(reading, field)
        if found:
            faults.append(sheet.origin(row).fault("error", found, field, text(cell), cell=sheet.cell(row, head)))
        elif reading is not None:
            values[position] = reading.value
            faults.extend(_told(reading, factor, (sheet, row, field, text(cell))))
            if reading.how == "text" and _is_noteworthy(cell, sheet):
                as_text[sheet.cell(row, head)] = reading.value / factor
    if as_text:
        told = {"count": len(as_text), "repaired": as_text}
        faults.append(Fault("note", "ledger.numbers_as_text", LAYER, sheet.spec.file, sheet.sheet, field=head, values=told))
    return values


def read_cell(cell: object, field: str, factor: float) -> Reading | None:
    """Return what a cell says of a field of numbers; None where it is no number."""
    return year_of(cell) if field == "year" else quantity(cell, _KINDS.get(field, "count"), factor)


def factor_of(field: str, head: str) -> float:
    """Return what numbers of a field are multiplied by, from the unit in the head."""
    return unit_factor(head, _KINDS[field]) if field in _KINDS else 1.0


def _wrong(reading: Reading | None, field: str) -> str:
    if reading is None:
        return "facility.no_number"
    lowest, highest = _YEARS if field == "year" else (0.0, _LARGEST)
    return "" if np.isnan(reading.value) or lowest <= reading.value <= highest else "facility.impossible"


def _told(reading: Reading, factor: float, where: tuple[LedgerSheet, int, str, str]) -> Iterator[Fault]:
    """Yield a warning for an estimate and for a date that has become a number, a note for a unit in the cell."""
    sheet, row, field, cell = where
    read = round(reading.value / factor, 10)
    repaired: dict[str, Any] = {"read": written(read)}
    if name := sheet.cell(row, sheet.columns[field]):
        repaired["repaired"] = {name: read}
    if reading.how == "estimate":
        yield sheet.origin(row).fault("warning", "ledger.estimate", field, cell, read=written(read))
    elif reading.how in {"unit", "serial"}:
        severity = "note" if reading.how == "unit" else "warning"
        yield sheet.origin(row).fault(severity, f"ledger.{reading.how}_in_cell", field, cell, **repaired)  # type: ignore[arg-type]


def _is_noteworthy(cell: object, sheet: LedgerSheet) -> bool:
    """Return whether a number as text is worth a note: always in a workbook, in a csv only full-width digits and separators."""
    return bool(sheet.letters) and (sheet.spec.file.lower().endswith(".xlsx") or not str(cell).replace(".", "").isascii() or "," in str(cell))
