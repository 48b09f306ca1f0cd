"""Repaired copies of ledgers: only what a finding says is certain is changed, everything else is kept."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.utils import coordinate_to_tuple
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from layers.checking.origins import written
from layers.errors import Fault

Cell = tuple[int, int]


@dataclass(frozen=True)
class Repairs:
    """What is to be changed in one sheet.

    Attributes
    ----------
    cells : mapping
        New number by row and column, from 1.
    removed : frozenset of int
        Rows left out.
    """

    cells: Mapping[Cell, float]
    removed: frozenset[int]


def certain_repairs(faults: Iterable[Fault], file: str) -> dict[str, Repairs]:
    """Return the certain repairs of a file by sheet (empty: the first one).

    A finding that can be repaired with certainty says so in its values: ``repaired`` maps cells such as ``F12`` to the numbers they stand for,
    ``removed`` is a row that repeats another. Cells of removed rows are not counted.
    """
    cells: dict[str, dict[Cell, float]] = {}
    removed: dict[str, set[int]] = {}
    for fault in faults:
        if fault.file != file:
            continue
        row, numbers = fault.values.get("removed"), fault.values.get("repaired")
        if isinstance(row, int):
            removed.setdefault(fault.sheet, set()).add(row)
        if isinstance(numbers, Mapping):
            cells.setdefault(fault.sheet, {}).update({coordinate_to_tuple(cell): float(value) for cell, value in numbers.items()})
    found = {sheet: Repairs(cells.get(sheet, {}), frozenset(removed.get(sheet, ()))) for sheet in {**cells, **removed}}
    return {sheet: Repairs({at: v for at, v in each.cells.items() if at[0] not in each.removed}, each.removed) for sheet, each in found.items()}


def repaired(source: Path, repairs: Mapping[str, Repairs], *, encoding: str = "utf-8") -> bytes:
    """Return a repaired copy of a ledger, in the format of the file.

    A workbook keeps all its sheets, untouched columns, merged cells and what is hidden; formulas become their stored values, and stay formulas
    where none is stored. A csv file keeps its encoding.

    Parameters
    ----------
    source : Path
        An xlsx or csv file that was read before.
    repairs : mapping
        Of :func:`certain_repairs`.
    encoding : str
        Of a csv file.

    Raises
    ------
    ValueError
        When the file is neither.
    """
    suffix = source.suffix.lower()
    if suffix == ".csv":
        return _csv(source.read_bytes(), repairs.get("", Repairs({}, frozenset())), encoding)
    if suffix != ".xlsx":
        raise ValueError(f"a repaired copy is written of xlsx and csv files, not of {suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and validations, which are not copied
        values, formulas = (openpyxl.load_workbook(source, data_only=only) for only in (True, False))
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, page in enumerate(values.worksheets):
        told = repairs.get(page.title, repairs.get("", Repairs({}, frozenset())) if number == 0 else Repairs({}, frozenset()))
        _copy((page, formulas[page.title]), book.create_sheet(page.title), told)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _copy(pages: tuple[Worksheet, Worksheet], copy: Worksheet, repairs: Repairs) -> None:
    page, formulas = pages
    places = _places(page.max_row, repairs.removed)
    for row, cells in enumerate(page.iter_rows(), start=1):
        if row in repairs.removed:
            continue
        for column, cell in enumerate(cells, start=1):
            held = formulas.cell(row, column) if cell.value is None else cell
            if held.value is None:
                continue
            new = copy.cell(places[row], column)
            new.value = repairs.cells.get((row, column), held.value)
            if (row, column) not in repairs.cells:
                new.data_type, new.number_format = held.data_type, held.number_format  # a text that begins with = stays a text
    _copy_shape(page, copy, places)


def _copy_shape(page: Worksheet, copy: Worksheet, places: Mapping[int, int]) -> None:
    copy.sheet_state = page.sheet_state
    for span in page.merged_cells.ranges:
        rows = [places[row] for row in range(span.min_row, span.max_row + 1) if row in places]
        if rows and (len(rows) > 1 or span.max_col > span.min_col):
            copy.merge_cells(start_row=rows[0], end_row=rows[-1], start_column=span.min_col, end_column=span.max_col)
    for row, told in page.row_dimensions.items():
        if told.hidden and row in places:
            copy.row_dimensions[places[row]].hidden = True
    for letter, width in page.column_dimensions.items():
        copy.column_dimensions[letter].width = width.width


def _places(rows: int, removed: frozenset[int]) -> dict[int, int]:
    """Return the row of the copy by row of the source."""
    kept = [row for row in range(1, rows + 1) if row not in removed]
    return {row: place for place, row in enumerate(kept, start=1)}


def _csv(content: bytes, repairs: Repairs, encoding: str) -> bytes:
    name = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else encoding
    rows: list[Sequence[str]] = list(csv.reader(io.StringIO(content.decode(name), newline="")))
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n" if b"\r\n" in content else "\n")
    for row, cells in enumerate(rows, start=1):
        if row not in repairs.removed:
            writer.writerow([_number(repairs.cells[row, k]) if (row, k) in repairs.cells else cell for k, cell in enumerate(cells, start=1)])
    return held.getvalue().encode(name)


def _number(value: float) -> str:
    return re.sub(r"e\+?", "e", written(value))
