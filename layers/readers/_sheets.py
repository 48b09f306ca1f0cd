"""Rows of csv files and workbooks, one after another, so that a huge table is refused before it fills the memory."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import openpyxl
from openpyxl.workbook import Workbook

from layers.errors import PlanningError
from layers.untrusted import opening
from layers.untrusted.archives import check_workbook

MAX_ROWS, MAX_COLUMNS = 1_000_000, 500
MAX_LINE = 1 << 20  # letters of one line of a csv file


def csv_rows(path: Path, file: str, layer: str, encoding: str | None) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a csv file, cells without blanks around them (empty: None)."""
    name = (encoding or "utf-8").lower()
    try:
        with path.open("r", encoding="utf-8-sig" if name in {"utf-8", "utf8"} else name, newline="") as stream:
            for row in csv.reader(_lines(stream, file, layer)):
                yield tuple(cell.strip() or None for cell in row)
    except (UnicodeError, LookupError) as error:
        raise PlanningError("file.encoding", file=file, layer=layer, encoding=name) from error
    except csv.Error as error:  # a cell of more than 131,072 letters: a quotation mark that is never closed
        raise PlanningError("file.unreadable", file=file, layer=layer, reason=str(error)[:100]) from error


def _lines(stream: TextIO, file: str, layer: str) -> Iterator[str]:
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise PlanningError("table.too_large", file=file, layer=layer, rows=MAX_ROWS, columns=MAX_COLUMNS)
        yield line


@contextmanager
def opened_workbook(path: Path, file: str, layer: str) -> Iterator[Workbook]:
    """Open a workbook for reading values: no macro, no formula, no linked workbook."""
    check_workbook(path, file, layer)
    with opening(path, "file.unreadable", file=file, layer=layer):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of styles and validations that reading values does not need
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def workbook_rows(path: Path, file: str, layer: str, sheet: str | None) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one sheet, the first where none is named; cells as they are (empty: None)."""
    with opened_workbook(path, file, layer) as book:
        sheets = {each.title: each for each in book.worksheets}
        if not sheets:
            raise PlanningError("untrusted.no_sheets", file=file, layer=layer)
        if sheet is not None and sheet not in sheets:
            raise PlanningError("table.no_sheet", file=file, layer=layer, sheet=sheet, sheets="、".join(sheets))
        chosen = sheets[sheet] if sheet is not None else book.worksheets[0]
        chosen.reset_dimensions()  # some programs write a wrong extent
        for row in chosen.iter_rows(values_only=True, max_row=MAX_ROWS + 1):
            yield tuple(_cell(value) for value in row)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return value
