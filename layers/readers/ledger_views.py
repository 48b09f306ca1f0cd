"""Ledgers as whoever repairs them sees them: every sheet with its heads, what each was taken for, and the cells of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from layers.county import FacilityLedger
from layers.readers._columns import find_columns, find_cut_columns, known_aliases, plain
from layers.readers._files import TABLES, read_vector
from layers.readers.facilities import aliases_of
from layers.readers.ledger_grids import Grid, read_grids
from layers.readers.ledger_heads import find_heads
from layers.readers.ledger_rows import parted_rows
from layers.readers.ledger_sheets import ALL, Aliases

FIELDS = (*known_aliases("facility"),)
"""Fields that a column of a ledger may be."""


@dataclass(frozen=True)
class SheetView:
    """A sheet of a ledger, or a file without sheets.

    Attributes
    ----------
    sheet : str
        As findings name it.
    title : str
        As the workbook names it; empty for files without sheets.
    chosen : bool
        Whether it is read.
    top, bottom : int
        Rows of the heads; 0 for files of shapes.
    heads : tuple of str
        By column, empty where it has none.
    recognised, columns : mapping
        Head by field: as found without county.toml, and with what it states.
    lost : tuple of str
        Heads that county.toml states and that are not there.
    known : int
        Fields recognised.
    first_rows : tuple
        The first rows of the sheet, to choose the heads from.
    rows : mapping
        Cells of each row below the heads that holds something, by row.
    encoding : str
        Of a csv file.
    """

    sheet: str
    title: str = ""
    chosen: bool = True
    top: int = 0
    bottom: int = 0
    heads: tuple[str, ...] = ()
    recognised: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    known: int = 0
    first_rows: tuple[tuple[object, ...], ...] = ()
    rows: Mapping[int, tuple[object, ...]] = field(default_factory=dict)
    encoding: str = "utf-8"

    def field_of(self, head: str) -> str:
        """Return the field a head is taken for, empty where none."""
        return next((field for field, name in self.columns.items() if name == head), "")


def ledger_views(folder: Path, spec: FacilityLedger) -> tuple[SheetView, ...]:
    """Return all sheets of a ledger, those too that are not read; nothing of it need be recognised.

    Raises
    ------
    PlanningError
        When the file cannot be opened as what it is.
    """
    aliases = aliases_of(spec)
    if PurePosixPath(spec.file).suffix.lower() not in TABLES:
        return (_vector(folder, spec, aliases),)
    grids = read_grids(folder, spec.file, encoding=spec.encoding)
    return tuple(_view(spec, grid, number, aliases) for number, grid in enumerate(grids))


def _view(spec: FacilityLedger, grid: Grid, number: int, aliases: Aliases) -> SheetView:
    chosen = spec.sheet in {ALL, grid.sheet} or (spec.sheet is None and number == 0)
    heads = find_heads(grid, aliases, spec.header_row if chosen else None)
    body, others = parted_rows(grid, heads) if heads.names else ({}, {})
    more = {key: (*aliases.get(key, ()), *heads.aliases.get(key, ())) for key in {**aliases, **heads.aliases}}
    named = [head for head in heads.names if head]
    stated, lost = _stated(spec, named)
    rows = {row: tuple(cells) for row, cells in body.items()} | {row: tuple(grid.rows[row - 1]) for row in others}
    return SheetView(
        sheet=(spec.sheet or "") if chosen and spec.sheet != ALL else grid.sheet,
        title=grid.sheet,
        chosen=chosen,
        top=heads.top,
        bottom=heads.bottom,
        heads=tuple(heads.names),
        recognised=find_columns(named, "facility", {}, more=more),
        columns=find_columns(named, "facility", stated, more=more),
        lost=lost if chosen else (),
        known=heads.known,
        first_rows=tuple(tuple(cells) for cells in grid.rows[:15]),
        rows=dict(sorted(rows.items())),
        encoding=grid.encoding or spec.encoding or "utf-8",
    )


def _vector(folder: Path, spec: FacilityLedger, aliases: Aliases) -> SheetView:
    read = read_vector(folder, spec.file, "facilities", encoding=spec.encoding, sublayer=spec.sheet)
    table = read.drop(columns=read.geometry.name)
    heads = [str(head) for head in table.columns]
    stated, lost = _stated(spec, heads)
    found = [find_columns(heads, "facility", given, more=aliases) for given in ({}, stated)]
    if spec.file.lower().endswith(".shp"):
        found = [each | find_cut_columns(heads, known_aliases("facility", aliases), each) for each in found]
    rows = {int(row): cells for row, cells in zip(table.index, table.itertuples(index=False, name=None), strict=True)}
    return SheetView(
        spec.sheet or "", heads=tuple(heads), recognised=found[0], columns=found[1], lost=lost, known=len(found[0]), rows=rows
    )  # fmt: skip


def _stated(spec: FacilityLedger, heads: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what county.toml states of the columns that are there, and the heads that are not."""
    there = {plain(head) for head in heads}
    lost = tuple(head for head in spec.columns.values() if head and plain(head) not in there)
    return {field: head for field, head in spec.columns.items() if head not in lost}, lost
