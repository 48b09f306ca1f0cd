"""What is to be changed in a ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that is to hold something else.

    Attributes
    ----------
    sheet : str
        As findings name it: empty for the first one, and for files without sheets.
    row, column : int
        From 1, as the file's own program counts them; of files of shapes the feature and the attribute.
    head : str
        Head of the column.
    before : object
        What is there now.
    after : str, int, float or None
        None: nothing.
    """

    sheet: str
    row: int
    column: int
    head: str
    before: object
    after: Value


@dataclass(frozen=True, slots=True)
class Strike:
    """A row that is to be struck out.

    In a table its cells are emptied and the row stays, so that all others keep their numbers; in a file of shapes the feature is taken out.

    Attributes
    ----------
    sheet, row
        As of :class:`CellChange`.
    why : str
        The reason, kept in the log.
    said : str
        What the row said.
    """

    sheet: str
    row: int
    why: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """All changes of one new version of a file."""

    cells: tuple[CellChange, ...] = ()
    struck: tuple[Strike, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cells or self.struck)

    def kept_cells(self) -> tuple[CellChange, ...]:
        """Return the changes of cells in rows that are not struck out."""
        gone = {(strike.sheet, strike.row) for strike in self.struck}
        return tuple(change for change in self.cells if (change.sheet, change.row) not in gone)

    def of_sheet(self, *names: str) -> Revision:
        """Return the changes of one sheet, by any of its names."""
        return Revision(tuple(c for c in self.kept_cells() if c.sheet in names), tuple(s for s in self.struck if s.sheet in names))


def shown(cell: object) -> str:
    """Return a cell as a person sees and types it: nothing as an empty text, whole numbers without decimals, days without midnight."""
    if cell is None or cell != cell:  # noqa: PLR0124 - NaN and its like
        return ""
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    return str(cell).strip()
