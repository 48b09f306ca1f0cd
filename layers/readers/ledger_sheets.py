"""Ledgers as clerks keep them, sheet by sheet: heads found, columns recognised, rows placed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd
from openpyxl.utils import get_column_letter
from pyproj import CRS

from layers.checking.origins import LAYER, Origin, place_heads
from layers.county import FacilityLedger
from layers.errors import Fault, PlanningError
from layers.readers._columns import find_columns, find_cut_columns, known_aliases
from layers.readers._files import TABLES
from layers.readers._points import point_table, table_points
from layers.readers.datum_rows import Origin as Place
from layers.readers.datum_rows import Written
from layers.readers.ledger_grids import Grid, read_grids
from layers.readers.ledger_heads import Heads, find_heads
from layers.readers.ledger_rows import parted_rows

ALL = "*"
FROM_SHEET = "工作表"
Aliases = Mapping[str, tuple[str, ...]]
_TOWNSHIP = re.compile(r".+(镇|乡|街道|街道办事处|苏木)")


@dataclass(frozen=True)
class LedgerSheet:
    """A sheet, or a file without sheets.

    Attributes
    ----------
    spec : FacilityLedger
        What county.toml says of the ledger.
    sheet : str
        Its name; empty for files without.
    table : GeoDataFrame
        Rows that may be facilities or totals, indexed by the row of the file; its columns as they are.
    columns, letters : mapping
        Head by field; letter of the column by head, where the file has such.
    notes, misplaced : tuple of Fault
        On the sheet and on rows that are neither; on positions.
    left_out : int
        Rows that are neither.
    unusable : mapping
        Code of what keeps a cell from being read, by row and head.
    """

    spec: FacilityLedger
    sheet: str
    table: gpd.GeoDataFrame
    columns: Mapping[str, str]
    notes: tuple[Fault, ...] = ()
    misplaced: tuple[Fault, ...] = ()
    left_out: int = 0
    letters: Mapping[str, str] = field(default_factory=dict)
    unusable: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def origin(self, row: int) -> Origin:
        """Return where a row of the table was read."""
        return Origin(self.spec.file, self.sheet, row, place_heads(self.columns))

    def cell(self, row: int, head: str) -> str:
        """Return a cell as Excel names it; empty where the file has no such names."""
        return f"{self.letters[head]}{row}" if head in self.letters else ""


def ledger_sheets(folder: Path, spec: FacilityLedger, crs: CRS, aliases: Aliases, seen: list[Written] | None = None) -> Iterator[LedgerSheet]:
    """Yield the sheets of a ledger that county.toml lists; ``seen`` takes the positions as written.

    Raises
    ------
    PlanningError
        When the ledger cannot be read, a stated column is not there, or no sheet has a row below its heads.
    """
    if PurePosixPath(spec.file).suffix.lower() not in TABLES:
        yield _vector(folder, spec, crs, aliases, seen)
        return
    grids = read_grids(folder, spec.file, encoding=spec.encoding, sheet=None if spec.sheet == ALL else spec.sheet)
    chosen = grids if spec.sheet == ALL else grids[:1]
    notes = [*_on_others(spec, grids[len(chosen) :], aliases)]
    some = False
    for grid in chosen:
        heads = find_heads(grid, aliases, spec.header_row)
        body, others = parted_rows(grid, heads) if heads.names else ({}, {})
        if spec.sheet == ALL and (not body or not heads.known):
            notes += [Fault("warning", "ledger.sheet_skipped", LAYER, spec.file, grid.sheet)] if any(map(any, grid.rows)) else []
            continue
        if not body:
            raise PlanningError("table.no_rows", file=spec.file, layer=LAYER, row=heads.bottom)
        yield _sheet(spec, grid, heads, (body, others, notes), (crs, aliases, seen))
        some, notes = True, []
    if not some:
        raise PlanningError("table.no_rows", file=spec.file, layer=LAYER, row=spec.header_row or 1)


def _vector(folder: Path, spec: FacilityLedger, crs: CRS, aliases: Aliases, seen: list[Written] | None) -> LedgerSheet:
    read, misplaced = point_table(folder, spec, LAYER, crs, kind="facility", seen=seen)
    columns = find_columns(map(str, read.columns), "facility", spec.columns, more=aliases, file=spec.file, layer=LAYER)
    if spec.file.lower().endswith(".shp"):
        columns |= find_cut_columns(map(str, read.columns), known_aliases("facility", aliases), columns)
    return LedgerSheet(spec, spec.sheet or "", read, columns, (_on_columns(spec, spec.sheet or "", columns),), tuple(misplaced))


def _sheet(
    spec: FacilityLedger,
    grid: Grid,
    heads: Heads,
    parted: tuple[dict[int, list[object]], dict[int, str], list[Fault]],
    how: tuple[CRS, Aliases, list[Written] | None],
) -> LedgerSheet:
    body, others, notes = parted
    crs, aliases, seen = how
    name = spec.sheet or "" if spec.sheet != ALL else grid.sheet
    places = {head: position for position, head in enumerate(heads.names) if head}
    _refuse_repeats(heads, spec)
    rows = [[cells[position] if position < len(cells) else None for position in places.values()] for cells in body.values()]
    table = pd.DataFrame(rows, index=pd.Index(body, name="row"), columns=list(places), dtype=object)
    more = {key: (*aliases.get(key, ()), *heads.aliases.get(key, ())) for key in {**aliases, **heads.aliases}}
    columns = find_columns(places, "facility", spec.columns, more=more, file=spec.file, layer=LAYER)
    if "township" not in columns and spec.sheet == ALL and _TOWNSHIP.fullmatch(grid.sheet):
        table[FROM_SHEET], columns["township"] = grid.sheet, FROM_SHEET
    placed, misplaced = table_points(table, columns, Place(LAYER, spec.file, name, spec.datum), crs, seen)
    told = [*notes, *_on_grid(spec, name, grid, heads), _on_columns(spec, name, columns)]
    told += [Fault("note", code, LAYER, spec.file, name, row) for row, code in others.items()]
    letters = {head: get_column_letter(position + 1) for head, position in places.items()}
    unusable = _unusable(grid, {position + 1: head for head, position in places.items()})
    return LedgerSheet(spec, name, placed, columns, tuple(told), tuple(misplaced), len(others), letters, unusable)


def _refuse_repeats(heads: Heads, spec: FacilityLedger) -> None:
    repeated = sorted({head for head in heads.names if head and heads.names.count(head) > 1})
    if repeated:
        raise PlanningError("table.heads", file=spec.file, layer=LAYER, row=heads.bottom, heads="、".join(repeated))


def _unusable(grid: Grid, heads: Mapping[int, str]) -> dict[tuple[int, str], str]:
    found = {(row, heads[column]): code for (row, column), code in grid.no_value.items() if column in heads}
    return found | {(row, heads[column]): "ledger.merged_number" for row, column in sorted(grid.merged_numbers) if column in heads}


def _on_others(spec: FacilityLedger, grids: list[Grid], aliases: Aliases) -> Iterator[Fault]:
    """Warn of further sheets that look like ledgers and are not read, where county.toml names none."""
    alike = [grid.sheet for grid in grids if find_heads(grid, aliases).known > 2]
    if spec.sheet is None and alike:
        yield Fault("warning", "ledger.other_sheets", LAYER, spec.file, values={"sheets": "、".join(alike), "count": len(alike)})


def _on_grid(spec: FacilityLedger, name: str, grid: Grid, heads: Heads) -> Iterator[Fault]:
    def note(code: str, **values: object) -> Fault:
        return Fault("note", code, LAYER, spec.file, name, values=values)

    if grid.encoding:
        yield note("ledger.encoding_found", encoding=grid.encoding)
    if spec.header_row is None and (heads.top, heads.bottom) != (1, 1):
        yield note("ledger.header_found", top=heads.top, bottom=heads.bottom)
    if grid.hidden:
        yield note("ledger.hidden_sheet", title=grid.sheet)
    hidden = [row for row in grid.hidden_rows if row > heads.bottom]
    if hidden:
        yield note("ledger.hidden_rows", rows="、".join(map(str, hidden[:10])), count=len(hidden))


def _on_columns(spec: FacilityLedger, name: str, columns: Mapping[str, str]) -> Fault:
    said = "、".join(f"{key} = {head}" for key, head in columns.items())
    return Fault("note", "ledger.columns", LAYER, spec.file, name, value=said)
