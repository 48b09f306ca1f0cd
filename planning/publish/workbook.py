"""Writing tables as an Excel workbook and as CSV: nothing a ledger says is ever run as a formula, and the same tables give the same bytes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

Value = str | float | int | None
FORMATS = {"text": "@", "count": "#,##0", "share": "0.0%", "metres": "#,##0", "degrees": "0.000000", "year": "0", "number": "#,##0.##"}
FORMULA = re.compile(r"^[=+\-@\t\r]")
HEAD_ROW = 3
WIDEST, NARROWEST = 46.0, 6.0
WIDEST_OF_TWO = 110.0  # of a table of items and sentences
LINE_POINTS = 15.0
FONT = "等线"
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Column:
    """A column: its head, and how its numbers are shown (a key of :data:`FORMATS`)."""

    head: str
    shown: str = "text"


@dataclass(frozen=True)
class Table:
    """One table: values are kept in full and rounded only where they are shown.

    Attributes
    ----------
    name : str
        Name of its sheet, at most 31 letters.
    title : str
        Line above the table.
    note : str
        Second line: units, sources, who may see it.
    columns : tuple of Column
    rows : tuple of tuple of (str, float, int or None)
        One value per column; None and NaN are left empty.
    """

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.name!r} has rows that do not fit its columns")


def excel(tables: Sequence[Table], *, title: str, author: str, date: dt.date) -> bytes:
    """Return tables as an Excel workbook, one sheet each, with its date fixed."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    moment = dt.datetime.combine(date, dt.time())
    book.properties.title, book.properties.creator, book.properties.created = _clean(title), _clean(author), moment
    for table in tables:
        _sheet(book.create_sheet(table.name), table)
    file = io.BytesIO()
    book.save(file)
    return _dated(file.getvalue(), moment)


def comma_separated(table: Table) -> bytes:
    """Return a table as CSV that Excel opens rightly (UTF-8 with BOM); texts that begin like a formula are led by an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.head for column in table.columns])
    for row in table.rows:
        writer.writerow([_quoted(_known(value)) for value in row])
    return file.getvalue().encode("utf-8-sig")


def _quoted(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def _known(value: Value) -> Value:
    """Return what a cell holds: nothing where a number is unknown, text without control characters."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, str):
        return _clean(value)
    return value


def _clean(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))


def _sheet(sheet: Worksheet, table: Table) -> None:
    sheet.cell(1, 1, _clean(table.title)).font = Font(name=FONT, size=14, bold=True)
    sheet.cell(2, 1, _clean(table.note)).font = Font(name=FONT, size=9, color="666666")
    line = Side(style="thin", color="BFBFBF")
    border = Border(left=line, right=line, top=line, bottom=line)
    for position, column in enumerate(table.columns, start=1):
        head = sheet.cell(HEAD_ROW, position, column.head)
        head.font, head.border = Font(name=FONT, size=10, bold=True, color="FFFFFF"), border
        head.fill = PatternFill("solid", start_color="1F4E79")
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for number, row in enumerate(table.rows, start=HEAD_ROW + 1):
        for position, (value, column) in enumerate(zip(row, table.columns, strict=True), start=1):
            _fill(sheet.cell(number, position), _known(value), column, border)
    _layout(sheet, table)


def _fill(cell: Cell | MergedCell, value: Value, column: Column, border: Border) -> None:
    cell.font, cell.border = Font(name=FONT, size=10), border
    cell.alignment = Alignment(vertical="center", wrap_text=isinstance(value, str))
    if value is None:
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # also what begins with =
        cell.number_format = FORMATS["text"]
        if FORMULA.match(value):
            cell.quotePrefix = True
    else:
        cell.number_format = FORMATS[column.shown]


def _widths(table: Table) -> list[float]:
    """Return the width of each column in letters: a head that says no line break itself may be broken in two."""
    widest = WIDEST if len(table.columns) > 2 else WIDEST_OF_TWO
    widths = []
    for position, column in enumerate(table.columns):
        head = _width(column.head)
        texts = [_width(_shown(row[position], column)) for row in table.rows]
        longest = max([head / (2 if head > 12 and "\n" not in column.head else 1), *texts], default=0)
        widths.append(min(widest, max(NARROWEST, longest + 2)))
    return widths


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column."""
    return sum(max(1, math.ceil(_width(line) / max(width - 2, 1.0))) for line in text.splitlines() or [""])


def _layout(sheet: Worksheet, table: Table) -> None:
    widths = _widths(table)
    for position in range(1, len(table.columns) + 1):
        sheet.column_dimensions[get_column_letter(position)].width = widths[position - 1]
    for number, row in enumerate(table.rows, start=HEAD_ROW + 1):
        # Said, since not every office program grows a row for text that is broken into lines.
        lines = max((_lines(value, width) for value, width in zip(row, widths, strict=True) if isinstance(value, str)), default=1)
        if lines > 1:
            sheet.row_dimensions[number].height = LINE_POINTS * lines
    sheet.row_dimensions[1].height, sheet.row_dimensions[HEAD_ROW].height = 24, 32
    sheet.freeze_panes = f"{get_column_letter(min(3, len(table.columns)))}{HEAD_ROW + 1}"
    last = get_column_letter(len(table.columns))
    if table.rows:
        sheet.auto_filter.ref = f"A{HEAD_ROW}:{last}{HEAD_ROW + len(table.rows)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"


def _shown(value: Value, column: Column) -> str:
    known = _known(value)
    if known is None or isinstance(known, str):
        return known or ""
    return {"share": "100.0%", "degrees": "123.456789", "year": "2026"}.get(column.shown, f"{known:,.1f}")


def _width(text: str) -> float:
    """Return the width of a text in letters: Chinese characters are two wide."""
    return max((sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line) for line in text.splitlines()), default=0)


def _dated(content: bytes, moment: dt.datetime) -> bytes:
    """Return an office file whose parts and properties carry a fixed date: openpyxl stamps the time of saving."""
    file = io.BytesIO()
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in _in_order(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, part)
    return file.getvalue()


def _in_order(names: Iterable[str]) -> list[str]:
    """Put the table of contents first, as office programs write it."""
    return sorted(names, key=lambda name: (name != "[Content_Types].xml", name))
