"""Reading ledgers of facilities (设施台账)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.checking.ledgers import check_ledgers
from layers.checking.origins import Origin
from layers.county import County, FacilityLedger
from layers.errors import Fault, PlanningError
from layers.facilities import COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, FacilityLayer
from layers.outlines import Outlines
from layers.progress import Progress, silent
from layers.readers._columns import is_total, plain, text
from layers.readers.ledger_numbers import read_numbers
from layers.readers.ledger_sheets import LedgerSheet, ledger_sheets
from layers.readers.ledger_totals import wrong_sums
from layers.readers.ledger_townships import with_townships
from layers.readers.repeats import NUMBERING, cells_of, repeated_rows, unique_ids
from layers.readers.trace import Seen
from layers.types import facility_types

_LAYER = "facilities"
_STATUS = {
    "building": ("building", "在建", "建设中", "筹建", "拟建", "未投用"),
    "closed": ("closed", "停用", "关闭", "停业", "已关闭", "撤销", "已撤销", "停运", "注销", "废弃"),
    "operating": ("operating", "", "运营", "运营中", "在用", "正常", "正常运营", "开业", "营业", "已建成", "使用中", "投用", "已投用", "是"),
}
_FIRST = 4  # 合计 stands in one of the first columns


def read_facilities(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, progress: Progress = silent, seen: Seen | None = None
) -> tuple[FacilityLayer, tuple[Fault, ...]]:
    """Read all ledgers that county.toml lists.

    Every row is kept, or named by a finding that says why not; a note per ledger counts both. A number that is missing is unknown; one that cannot
    be true is reported and unknown. A facility without usable position is kept as not located.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        The ledgers.
    outlines : Outlines
        For townships, in ``crs``.
    crs : CRS
        Metric CRS.
    progress : Progress
        Called with the stage ``stage.read.facilities``.
    seen : Seen, optional
        Takes the positions of every ledger as written, and what each row with a finding says.

    Raises
    ------
    PlanningError
        When a ledger cannot be read, has no row, or says nowhere of what type its facilities are.
    """
    faults: list[Fault] = []
    parts = [_no_facilities(crs)]
    origins: list[Origin] = []
    sheets: list[LedgerSheet] = []
    for order, spec in enumerate(county.facilities):
        progress("stage.read.facilities", order, len(county.facilities))
        for number, sheet in enumerate(ledger_sheets(folder, spec, crs, aliases_of(spec), None if seen is None else seen.tables)):
            sheets.append(sheet)
            part = _part(sheet, _prefix(order, number), faults)
            parts.append(part)
            origins += [sheet.origin(int(row)) for row in part["source_row"]]
    progress("stage.read.facilities", len(county.facilities), len(county.facilities))
    table = gpd.GeoDataFrame(pd.concat([part for part in parts if len(part)] or parts), crs=crs)
    _note_building(table, faults)
    _note_unknown(table, faults)
    ids = unique_ids(table.index, origins, faults, code="facility.id_repeats")
    table = with_townships(table.set_index(pd.Index(ids, dtype="str", name="facility")), origins, outlines, faults)
    layer = FacilityLayer(_checked(table, origins, county.name, faults))
    if seen is not None:
        seen.contents.update(_contents(sheets, faults))
    return layer, tuple(faults)


def _contents(sheets: Sequence[LedgerSheet], faults: Sequence[Fault]) -> dict[tuple[str, str, int], str]:
    """Return what each row with a finding says, by file, sheet and row."""
    wanted = {(fault.file, fault.sheet, fault.row) for fault in faults if fault.row is not None}
    places = [(sheet, int(row)) for sheet in sheets for row in sheet.table.index if (sheet.spec.file, sheet.sheet, int(row)) in wanted]
    return {(sheet.spec.file, sheet.sheet, row): _row_said(sheet, row) for sheet, row in places}


def _row_said(sheet: LedgerSheet, row: int) -> str:
    """Return what a row says besides its running number, and where a file of shapes puts it."""
    cells = {str(head): text(cell) for head, cell in sheet.table.loc[row].items() if head != sheet.table.geometry.name}
    shape = sheet.table.geometry.loc[row]
    said = [f"{head}={cell}" for head, cell in cells.items() if cell and plain(head) not in NUMBERING]
    if not sheet.letters and shape is not None:
        said.append(str(shapely.to_wkt(shape, rounding_precision=1)))
    return "|".join(said)


def _checked(table: gpd.GeoDataFrame, origins: Sequence[Origin], county: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return the table without the values that the checks found wrong."""
    found = check_ledgers(table, origins, county=county)
    faults.extend(finding.fault for finding in found)
    unknown: dict[str, list[int]] = {}
    for finding in found:
        if finding.fault.severity == "error" and finding.field:
            unknown.setdefault(finding.field, []).append(finding.position)
    return table.assign(**{field: _without(table[field].to_numpy(dtype=float), positions) for field, positions in unknown.items()})


def _without(values: np.ndarray, positions: list[int]) -> np.ndarray:
    kept = values.copy()
    kept[positions] = np.nan
    return kept


def type_key(written: str) -> str | None:
    """Return the facility type a ledger's word means, by key, name or the ways its TOML lists; None where unknown."""
    return _written_types().get(_folded(written))


@cache
def _written_types() -> dict[str, str]:
    known: dict[str, str] = {}
    for key in facility_types():
        known[_folded(key)] = key
    for names in ("name_zh", "name_en"):
        for key, kind in facility_types().items():
            known.setdefault(_folded(getattr(kind, names)), key)
    for key, kind in facility_types().items():
        for name in kind.written_as:
            known.setdefault(_folded(name), key)
    return known


def _folded(written: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", written)).lower()


def _prefix(order: int, number: int) -> str:
    """Return what ids made of row numbers begin with: nothing in the first ledger, and each later ledger and sheet its own."""
    if number:
        return f"{order + 1}.{number + 1}-"
    return f"{order + 1}-" if order else ""


def _part(sheet: LedgerSheet, prefix: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    spec, read = sheet.spec, sheet.table
    if spec.type is None and "type" not in sheet.columns:
        raise PlanningError("facility.no_type", file=spec.file, heads="、".join(map(str, read.columns)))
    left_out: list[Fault] = []
    types = _types(sheet, left_out)
    counts = {"read": len(read) + sheet.left_out, "kept": len(types), "excluded": len(read) + sheet.left_out - len(types)}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, sheet.sheet, values=counts))
    faults.extend([*sheet.notes, *left_out])
    faults.extend(fault for fault in sheet.misplaced if fault.row is None or fault.row in types)
    repeated = [fault.row for fault in left_out if fault.code == "ledger.row_repeats"]
    faults.extend(wrong_sums(read.drop(index=repeated), sheet.columns, spec.file, sheet.sheet))
    return _table(read.loc[list(types)], list(types.values()), sheet, (prefix, faults))


def aliases_of(spec: FacilityLedger) -> Mapping[str, tuple[str, ...]]:
    """Return the column aliases of the ledger's type, or of all types where a column says which."""
    kinds = facility_types().values() if spec.type is None else [facility_types()[spec.type]]
    merged: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        for field, names in kind.column_aliases.items():
            merged[field] = (*merged.get(field, ()), *names)
    return merged


def _types(sheet: LedgerSheet, faults: list[Fault]) -> dict[int, str]:
    """Return the type of each row that is kept; the others are reported."""
    read, columns = sheet.table, sheet.columns
    cells = cells_of(read, places=not sheet.letters)
    repeated = repeated_rows(cells)
    types: dict[int, str] = {}
    for row, entries in zip(map(int, read.index), cells.itertuples(index=False, name=None), strict=True):
        origin = sheet.origin(row)
        written = text(read.loc[row, columns["type"]]) if "type" in columns else ""
        key = sheet.spec.type or type_key(written)
        if is_total(entries[:_FIRST]):
            faults.append(origin.fault("note", "facility.total_row"))
        elif key is None:
            code = "facility.unknown_type" if written else "facility.type_missing"
            faults.append(origin.fault("error", code, "type", written))
        elif row in repeated:
            # Only tables are written as repaired copies; a feature is removed in the program that draws maps.
            removed = row if sheet.letters else None
            faults.append(origin.fault("error", "ledger.row_repeats", first=repeated[row], removed=removed))
        else:
            types[row] = key
    return types


def _table(read: gpd.GeoDataFrame, types: list[str], sheet: LedgerSheet, ledger: tuple[str, list[Fault]]) -> gpd.GeoDataFrame:
    """Return rows of a ledger with the columns of the facility layer."""
    prefix, faults = ledger

    def texts(field: str) -> list[str]:
        return [text(cell) for cell in read[sheet.columns[field]]] if field in sheet.columns else [""] * len(read)

    data: dict[str, object] = {field: pd.Series(texts(field), dtype="str") for field in TEXT_COLUMNS}
    data["type"] = pd.Series(types, dtype="str")
    data["source_file"] = pd.Series([sheet.spec.file] * len(read), dtype="str")
    states = [_status(word, sheet.origin(int(row)), faults) for row, word in zip(read.index, texts("status"), strict=True)]
    data["status"] = pd.Series(states, dtype="str")
    for field in NUMBER_COLUMNS:
        data[field] = read_numbers(read, field, sheet, faults)
    data["source_row"] = read.index.to_numpy(dtype=np.int64)
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.asarray(read.geometry.array), crs=read.crs), crs=read.crs)
    made = [f"{kind}-{prefix}{row}" for kind, row in zip(types, read.index, strict=True)]
    ids = [written or other for written, other in zip(texts("id"), made, strict=True)]
    return table.set_index(pd.Index(ids, dtype="str", name="facility"))[list(COLUMNS)]


def _status(word: str, origin: Origin, faults: list[Fault]) -> str:
    for status, words in _STATUS.items():
        if _folded(word) in words:
            return status
    faults.append(origin.fault("warning", "facility.unknown_status", "status", word))
    return "operating"


def _note_building(table: gpd.GeoDataFrame, faults: list[Fault]) -> None:
    """Say which facilities of each ledger are being built: they count as standing, with their capacity."""
    rising = table[table["status"] == "building"]
    for file, names in rising.groupby("source_file")["name"]:
        values = {"count": len(names), "names": "、".join(names[:5])}
        faults.append(Fault("note", "facility.building", _LAYER, str(file), values=values))


def _note_unknown(table: gpd.GeoDataFrame, faults: list[Fault]) -> None:
    """Say of each ledger how many facilities have no capacity: unknown is counted, never taken for 0."""
    counted = np.array([facility_types()[kind].capacity_unit != "sites" for kind in table["type"]], dtype=bool)
    unknown = table[counted & table["capacity"].isna() & (table["status"] != "closed")]
    for file, names in unknown.groupby("source_file")["name"]:
        values = {"count": len(names), "names": "、".join(names[:5])}
        faults.append(Fault("note", "ledger.capacity_unknown", _LAYER, str(file), values=values))


def _no_facilities(crs: CRS) -> gpd.GeoDataFrame:
    data = {name: pd.Series([], dtype="float64" if name in NUMBER_COLUMNS else "int64" if name == "source_row" else "str") for name in COLUMNS[:-1]}
    empty = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    return empty.set_index(pd.Index([], dtype="str", name="facility"))
