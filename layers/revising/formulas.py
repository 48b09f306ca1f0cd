"""Formulas of a workbook: a stored value that a change has made untrue is taken out, so that nobody reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openpyxl.formula import Tokenizer
from openpyxl.formula.translate import Translator
from openpyxl.utils import coordinate_to_tuple, range_boundaries

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ANYWHERE = re.compile(r"\b(INDIRECT|OFFSET|INDEX|CELL)\(", re.IGNORECASE)
_LAST = 1 << 21
Element: TypeAlias = Any
Cell = tuple[int, int]
Area = tuple[str, int, int, int, int]


@dataclass
class Formulas:
    """All formulas of a workbook.

    Attributes
    ----------
    pages : mapping
        Root element of each sheet by title.
    removed : bool
        Whether one has been taken out.
    """

    pages: Mapping[str, Element]
    removed: bool = False
    _held: dict[tuple[str, str], Element] = field(default_factory=dict)
    _masters: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for title, root in self.pages.items():
            for formula in root.iterfind(f"{_MAIN}sheetData/{_MAIN}row/{_MAIN}c/{_MAIN}f"):
                cell = formula.getparent()
                self._held[title, str(cell.get("r"))] = cell
                if formula.get("t") == "shared" and formula.text:
                    self._masters[title, str(formula.get("si"))] = str(cell.get("r")), formula.text

    @property
    def some(self) -> bool:
        """Whether the workbook has formulas."""
        return bool(self._held)

    def take_out(self, title: str, cell: Element) -> None:
        """Forget the formula of a cell that is about to be changed; others that share it become formulas of their own."""
        formula = cell.find(f"{_MAIN}f")
        if formula is None:
            return
        self.removed = True
        self._held.pop((title, str(cell.get("r"))), None)
        if formula.get("t") == "shared" and formula.text:
            self._unshare(title, str(formula.get("si")))

    def forget(self, touched: Mapping[str, Iterable[Cell]]) -> set[str]:
        """Take the stored value out of every formula that depends on a changed cell, and return the sheets of those.

        A formula whose cells cannot be told from its text depends on all.
        """
        changed = {(title, *cell) for title, cells in touched.items() for cell in cells}
        areas = {place: list(self._areas(place)) for place in self._held} if changed else {}
        stale: set[tuple[str, str]] = set()
        while fresh := {place for place in areas.keys() - stale if _depends(areas[place], changed)}:
            stale |= fresh
            changed = {(title, *coordinate_to_tuple(name)) for title, name in fresh}
        for place in stale:
            cell = self._held[place]
            cell.attrib.pop("t", None)
            for child in cell.findall(f"{_MAIN}v"):
                cell.remove(child)
        return {title for title, _ in stale}

    def _areas(self, place: tuple[str, str]) -> Iterator[Area]:
        title, _ = place
        said = self._said(place)
        if not said or _ANYWHERE.search(said):
            yield "", 0, 0, _LAST, _LAST
            return
        for token in Tokenizer(f"={said}").items:
            if token.type == "OPERAND" and token.subtype == "RANGE":
                yield _area(token.value, title)

    def _said(self, place: tuple[str, str]) -> str:
        title, name = place
        formula = self._held[place].find(f"{_MAIN}f")
        if formula is None:
            return ""
        if formula.text or formula.get("t") != "shared":
            return formula.text or ""
        origin, text = self._masters.get((title, str(formula.get("si"))), (name, ""))
        return Translator(f"={text}", origin=origin).translate_formula(name).removeprefix("=") if text else ""

    def _unshare(self, title: str, shared: str) -> None:
        for place, cell in self._held.items():
            formula = cell.find(f"{_MAIN}f")
            if place[0] == title and formula is not None and formula.get("t") == "shared" and formula.get("si") == shared:
                said = self._said(place)
                for name in ("t", "si", "ref"):
                    formula.attrib.pop(name, None)
                formula.text = said


def _area(said: str, title: str) -> Area:
    sheet, _, cells = said.rpartition("!")
    named = sheet.strip("'").replace("''", "'") if sheet else title
    try:
        left, top, right, bottom = range_boundaries(cells.replace("$", ""))
    except (ValueError, TypeError):
        return "", 0, 0, _LAST, _LAST  # a name, or a table's column
    return named, int(top or 1), int(left or 1), int(bottom or _LAST), int(right or _LAST)


def _depends(areas: Iterable[Area], changed: Iterable[tuple[str, int, int]]) -> bool:
    cells = list(changed)
    return any(
        (not sheet or sheet == title) and top <= row <= bottom and left <= column <= right
        for sheet, top, left, bottom, right in areas
        for title, row, column in cells
    )
