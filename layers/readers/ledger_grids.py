"""Sheets of a ledger as grids of cells: merged cells spread, formulas by their stored values, what is hidden noted."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from layers.errors import PlanningError
from layers.readers._files import locate, read_rows
from layers.readers._sheets import MAX_COLUMNS, MAX_ROWS
from layers.untrusted import opening
from layers.untrusted.archives import check_workbook

_LAYER = "facilities"
_MOST_BYTES = 64 << 20
_MOST_CELLS = 1_000_000
_WIDE = 3
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([^\"'<>]{1,40})[\"']")

Cell = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """A sheet, or a csv file.

    Attributes
    ----------
    sheet : str
        Name; empty for csv.
    rows : list of list
        Cells, row 1 first; empty cells are None. A text in a cell merged over rows stands in each of them; a number only in the first.
    spans : list of (int, int, int, int)
        Merged cells: first row, first column, last row, last column, from 1.
    no_value : mapping
        Code of what is wrong with a formula that gives no value, by row and column.
    merged_numbers : set
        First cells of merged cells that hold one number for several rows.
    hidden, hidden_rows : bool, tuple of int
        What the program does not show; it counts all the same.
    encoding : str
        Encoding found where none was stated and it is not UTF-8.
    """

    sheet: str
    rows: list[list[object]]
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)
    no_value: dict[Cell, str] = field(default_factory=dict)
    merged_numbers: set[Cell] = field(default_factory=set)
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    encoding: str = ""

    def is_wide(self, row: int) -> bool:
        """Return whether a row has a cell merged over three columns or more."""
        return any(top == row and right - left + 1 >= _WIDE for top, left, _, right in self.spans)


def read_grids(folder: Path, file: str, *, encoding: str | None = None, sheet: str | None = None) -> list[Grid]:
    """Return a csv file as one grid, or the sheets of a workbook: all of them, or the one named.

    Raises
    ------
    PlanningError
        When the file cannot be read, is too large, or has no such sheet.
    """
    path = locate(folder, file, _LAYER)
    if path.suffix.lower() == ".csv":
        return [_csv(folder, file, encoding)]
    check_workbook(path, file, _LAYER)
    if _is_large(path):
        return [Grid(sheet or "", [list(row) for row in read_rows(folder, file, _LAYER, sheet=sheet)])]
    with opening(path, "file.unreadable", file=file, layer=_LAYER):
        return _workbook(path, folder, file, sheet)


def _workbook(path: Path, folder: Path, file: str, sheet: str | None) -> list[Grid]:
    formulas = _open(path, values=False) if _looked_over(path, file) else None
    book = _open(path, values=True)
    if sheet is not None and sheet not in book.sheetnames:
        raise PlanningError("table.no_sheet", file=file, layer=_LAYER, sheet=sheet, sheets="、".join(book.sheetnames))
    found = []
    for page in book.worksheets:
        if sheet not in {None, page.title}:
            continue
        if page.max_row * page.max_column > _MOST_CELLS:
            rows = [list(row) for row in read_rows(folder, file, _LAYER, sheet=page.title)]
            found.append(Grid(page.title, rows, hidden=page.sheet_state != "visible"))
        else:
            found.append(_grid(page, None if formulas is None else formulas[page.title]))
    return found


def _csv(folder: Path, file: str, encoding: str | None) -> Grid:
    content = (folder / PurePosixPath(file)).read_bytes()
    name = encoding or _encoding(content)
    rows = read_rows(folder, file, _LAYER, encoding=name)
    return Grid("", [list(row) for row in rows], encoding="" if encoding or name == "utf-8" else name)


def _encoding(content: bytes) -> str:
    """Return UTF-8 where all of it is (with or without byte order mark), else gb18030, which holds GBK and GB 2312."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _is_large(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(item.file_size for item in archive.infolist()) > _MOST_BYTES
    except (zipfile.BadZipFile, OSError):
        return False  # opening it says what is wrong


def _looked_over(path: Path, file: str) -> bool:
    """Return whether a workbook has formulas, before it is loaded; one whose merged cells would fill the memory is refused."""
    merged, formulas = 0, False
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                content = archive.read(name)
                formulas = formulas or any(mark in content for mark in (b"<f>", b"<f ", b":f>", b":f "))
                merged += sum(_area(found.group(1).decode("ascii", "replace")) for found in _MERGED.finditer(content))
    if merged > _MOST_CELLS:
        raise PlanningError("table.too_large", file=file, layer=_LAYER, rows=MAX_ROWS, columns=MAX_COLUMNS)
    return formulas


def _area(span: str) -> int:
    left, top, right, bottom = range_boundaries(span)
    return (int(right or MAX_COLUMNS) - int(left or 1) + 1) * (int(bottom or MAX_ROWS) - int(top or 1) + 1)


def _open(path: Path, *, values: bool) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and validations that reading values does not need
        return openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=values)  # of a broken file openpyxl keeps the handle


def _grid(page: Worksheet, formulas: Worksheet | None) -> Grid:
    no_value = dict(_without_value(page, formulas))
    rows: list[list[object]] = [
        [None if (row, column) in no_value else _value(cell) for column, cell in enumerate(cells, start=1)]
        for row, cells in enumerate(page.iter_rows(values_only=True), start=1)
    ]
    spans = [(span.min_row, span.min_col, span.max_row, span.max_col) for span in page.merged_cells.ranges]
    merged_numbers = set(_spread(rows, sorted(spans)))
    hidden = tuple(sorted(row for row, told in page.row_dimensions.items() if told.hidden and row <= len(rows)))
    return Grid(page.title, rows, sorted(spans), no_value, merged_numbers, page.sheet_state != "visible", hidden)


def _without_value(page: Worksheet, formulas: Worksheet | None) -> Iterator[tuple[Cell, str]]:
    """Yield formulas without stored value, and cells whose value is an error such as #REF!."""
    for row, cells in enumerate(page.iter_rows(), start=1):
        for column, cell in enumerate(cells, start=1):
            if cell.data_type == "e":
                yield (row, column), "ledger.cell_error"
            elif cell.value is None and formulas is not None and formulas.cell(row, column).data_type == "f":
                yield (row, column), "ledger.no_stored_value"


def _spread(rows: list[list[object]], spans: list[tuple[int, int, int, int]]) -> Iterator[Cell]:
    """Write texts of cells merged over rows into each row; yield those that hold a number."""
    for top, left, bottom, _ in spans:
        if bottom == top or top > len(rows) or left > len(rows[top - 1]):
            continue
        held = rows[top - 1][left - 1]
        if isinstance(held, str):
            for row in range(top, min(bottom, len(rows))):
                rows[row][left - 1] = held
        elif held is not None:
            yield top, left


def _value(value: object) -> object:
    return value.strip() or None if isinstance(value, str) else value
