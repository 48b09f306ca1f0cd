"""Faults planted in the files of a generated county, and the tables they are planted in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely

Row = dict[str, object]
GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault.

    Attributes
    ----------
    kind : str
        Key of its sentence, ``dirt.<kind>`` in :mod:`layers.texts`.
    layer, file, sheet : str
        Where it is; ``file`` is relative to the county's folder.
    row : int or None
        Row as the file's own program counts it: Excel's row, the feature's number from 1, the id of a way. None where the whole file is meant.
    field : str
        Head of the column, ``geometry`` for the place of a feature, or the tag; empty where the whole row is meant.
    value, before : str
        What stands there now, and what stood there.
    """

    kind: str
    layer: str
    file: str
    sheet: str
    row: int | None
    field: str
    value: str
    before: str


def anything(row: Row) -> bool:  # noqa: ARG001 - a condition like the others
    """Return that a row fits."""
    return True


@dataclass(frozen=True)
class Slip:
    """A fault of one cell.

    Attributes
    ----------
    kind, field : str
        As of :class:`Planted`.
    value : callable
        What is written, from the cells of the row.
    fits : callable
        Which rows it can be planted in.
    count : int
        In how many.
    """

    kind: str
    field: str
    value: Callable[[Row], object]
    fits: Callable[[Row], bool] = anything
    count: int = 1


@dataclass
class Sheet:
    """A table whose cells are edited; no row takes two faults.

    Attributes
    ----------
    layer, file, sheet : str
        As of :class:`Planted`.
    rows : dict
        Cells by head, by row; a feature's place stands under ``geometry``.
    rng : Generator
        Chooses the rows.
    untouched : set of int
        Rows that may take no fault (any more).
    planted : list of Planted
        What was planted.
    """

    layer: str
    file: str
    sheet: str
    rows: dict[int, Row]
    rng: np.random.Generator
    untouched: set[int] = field(default_factory=set)
    planted: list[Planted] = field(default_factory=list)

    def take(self, count: int, fits: Callable[[Row], bool] = anything) -> list[int]:
        """Return up to so many rows that fit and have no fault yet; they take none besides."""
        free = [row for row in self.rows if row not in self.untouched and fits(self.rows[row])]
        taken: list[int] = self.rng.permutation(free)[:count].tolist()
        self.untouched.update(taken)
        return taken

    def plant(self, kind: str, row: int, head: str, value: object, *, shown: str | None = None, before: str | None = None) -> None:
        """Write a value into a cell and list it; ``shown`` and ``before`` stand in the list where the cell's own text would not be read."""
        was = said(self.rows[row].get(head)) if before is None else before
        self.rows[row][head] = value
        self.list(kind, row, head, said(value) if shown is None else shown, was)

    def list(self, kind: str, row: int | None, head: str, value: str, before: str) -> None:
        """List a fault without writing anything."""
        self.planted.append(Planted(kind, self.layer, self.file, self.sheet, row, head, value, before))

    def slip(self, slips: Iterable[Slip]) -> None:
        """Plant faults of single cells."""
        for each in slips:
            for row in self.take(each.count, each.fits):
                self.plant(each.kind, row, each.field, each.value(self.rows[row]))

    def append(self, kind: str, cells: Row, head: str, before: str) -> int:
        """Add a row at the end, list it under one of its fields (none: the whole row), and return its number."""
        row = max(self.rows) + 1
        self.rows[row] = cells
        self.untouched.add(row)
        self.list(kind, row, head, said(cells.get(head)) if head else "", before)
        return row


def said(cell: object) -> str:
    """Return a cell as the list shows it: a point by its coordinates, another shape by what it is."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, shapely.Point) and not cell.is_empty:
        return f"{cell.x:.6f}, {cell.y:.6f}"
    if isinstance(cell, shapely.Geometry):
        return f"{type(cell).__name__}{' EMPTY' if shapely.is_empty(cell) else ''}"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def number(cell: object) -> float:
    """Return a cell as a number, NaN where it is none."""
    try:
        return float(str(cell))
    except ValueError:
        return math.nan


def shape_of(row: Row) -> shapely.Geometry:
    """Return a feature's shape."""
    shape = row[GEOMETRY]
    if not isinstance(shape, shapely.Geometry):
        raise TypeError("a row without shape was chosen")
    return shape


def positive(head: str, least: float = 0.0) -> Callable[[Row], bool]:
    """Return the condition that a cell holds a number above ``least``."""
    return lambda row: number(row.get(head)) > least
