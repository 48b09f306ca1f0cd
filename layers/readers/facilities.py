"""Reading ledgers of facilities (设施台账)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.county import County, FacilityLedger
from layers.errors import Fault, PlanningError, Severity
from layers.facilities import COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, FacilityLayer
from layers.outlines import Outlines
from layers.progress import Progress, silent
from layers.readers._columns import find_columns, is_total, number, text, unit_factor, year
from layers.readers._points import point_table
from layers.readers.outlines import township_code, townships_of, within_county
from layers.types import facility_types

_LAYER = "facilities"
_STATUS = {
    "building": ("building", "在建", "建设中", "筹建", "拟建", "未投用"),
    "closed": ("closed", "停用", "关闭", "停业", "已关闭", "撤销", "已撤销", "停运", "注销", "废弃"),
    "operating": ("operating", "", "运营", "运营中", "在用", "正常", "正常运营", "开业", "营业", "已建成", "使用中", "投用", "已投用", "是"),
}
_YEARS = (1800.0, 2100.0)


def read_facilities(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, progress: Progress = silent
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

    Raises
    ------
    PlanningError
        When a ledger cannot be read, has no row, or says nowhere of what type its facilities are.
    """
    faults: list[Fault] = []
    parts = [_no_facilities(crs)]
    for order, spec in enumerate(county.facilities):
        progress("stage.read.facilities", order, len(county.facilities))
        parts.append(_ledger(folder, spec, order, crs, faults))
    progress("stage.read.facilities", len(county.facilities), len(county.facilities))
    table = gpd.GeoDataFrame(pd.concat([part for part in parts if len(part)] or parts), crs=crs)
    _note_building(table, faults)
    return FacilityLayer(_with_townships(_with_unique_ids(table, faults), outlines, faults)), tuple(faults)


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


def _ledger(folder: Path, spec: FacilityLedger, order: int, crs: CRS, faults: list[Fault]) -> gpd.GeoDataFrame:
    read, misplaced = point_table(folder, spec, _LAYER, crs, kind="facility")
    columns = find_columns(map(str, read.columns), "facility", spec.columns, more=_aliases(spec), file=spec.file, layer=_LAYER)
    if spec.type is None and "type" not in columns:
        raise PlanningError("facility.no_type", file=spec.file, heads="、".join(map(str, read.columns)))
    left_out: list[Fault] = []
    types = _types(read, columns, spec, left_out)
    counts = {"read": len(read), "kept": len(types), "excluded": len(read) - len(types)}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, spec.sheet or "", values=counts))
    faults.extend(left_out)
    faults.extend(fault for fault in misplaced if fault.row is None or fault.row in types)
    return _table(read.loc[list(types)], list(types.values()), columns, _Ledger(spec, order, faults))


def _aliases(spec: FacilityLedger) -> Mapping[str, tuple[str, ...]]:
    """Return the column aliases of the ledger's type, or of all types where a column says which."""
    kinds = facility_types().values() if spec.type is None else [facility_types()[spec.type]]
    merged: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        for field, names in kind.column_aliases.items():
            merged[field] = (*merged.get(field, ()), *names)
    return merged


def _types(read: gpd.GeoDataFrame, columns: Mapping[str, str], spec: FacilityLedger, faults: list[Fault]) -> dict[int, str]:
    """Return the type of each row that is kept; the others are reported."""
    cells = read.drop(columns=read.geometry.name)
    types: dict[int, str] = {}
    for row, entries in zip(read.index, cells.itertuples(index=False, name=None), strict=True):
        written = text(read.loc[row, columns["type"]]) if "type" in columns else ""
        key = spec.type or type_key(written)
        if is_total(entries[:4]):
            faults.append(_found("note", "facility.total_row", spec, row))
        elif key is None:
            code = "facility.unknown_type" if written else "facility.type_missing"
            faults.append(_found("error", code, spec, row, value=written))
        else:
            types[int(row)] = key
    return types


@dataclass(frozen=True)
class _Ledger:
    spec: FacilityLedger
    order: int
    faults: list[Fault]


def _table(read: gpd.GeoDataFrame, types: list[str], columns: Mapping[str, str], ledger: _Ledger) -> gpd.GeoDataFrame:
    """Return rows of a ledger with the columns of the facility layer."""

    def texts(field: str) -> list[str]:
        return [text(cell) for cell in read[columns[field]]] if field in columns else [""] * len(read)

    data: dict[str, object] = {field: pd.Series(texts(field), dtype="str") for field in TEXT_COLUMNS}
    data["type"] = pd.Series(types, dtype="str")
    data["source_file"] = pd.Series([ledger.spec.file] * len(read), dtype="str")
    data["status"] = pd.Series([_status(word, row, columns, ledger) for row, word in zip(read.index, texts("status"), strict=True)], dtype="str")
    for field in NUMBER_COLUMNS:
        data[field] = _numbers(read, field, columns, ledger)
    data["source_row"] = read.index.to_numpy(dtype=np.int64)
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.asarray(read.geometry.array), crs=read.crs), crs=read.crs)
    prefix = "" if ledger.order == 0 else f"{ledger.order + 1}-"
    made = [f"{kind}-{prefix}{row}" for kind, row in zip(types, read.index, strict=True)]
    ids = [written or other for written, other in zip(texts("id"), made, strict=True)]
    return table.set_index(pd.Index(ids, dtype="str", name="facility"))[list(COLUMNS)]


def _status(word: str, row: object, columns: Mapping[str, str], ledger: _Ledger) -> str:
    for status, words in _STATUS.items():
        if _folded(word) in words:
            return status
    ledger.faults.append(_found("warning", "facility.unknown_status", ledger.spec, row, columns["status"], word))
    return "operating"


def _note_building(table: gpd.GeoDataFrame, faults: list[Fault]) -> None:
    """Say which facilities of each ledger are being built: they count as standing, with their capacity."""
    rising = table[table["status"] == "building"]
    for file, names in rising.groupby("source_file")["name"]:
        values = {"count": len(names), "names": "、".join(names[:5])}
        faults.append(Fault("note", "facility.building", _LAYER, str(file), values=values))


def _numbers(read: gpd.GeoDataFrame, field: str, columns: Mapping[str, str], ledger: _Ledger) -> np.ndarray:
    """Return a number per row, NaN where it is missing or cannot be true."""
    values = np.full(len(read), np.nan)
    if field not in columns:
        return values
    head = columns[field]
    quantity = {"floor_area": "area", "land_area": "area", "investment": "investment"}.get(field)
    factor = unit_factor(head, quantity) if quantity else 1.0
    lowest, highest = _YEARS if field == "year" else (0.0, 1e9)
    for position, (row, cell) in enumerate(zip(read.index, read[head], strict=True)):
        value = year(cell) if field == "year" else number(cell)
        if value is None or not (np.isnan(value) or lowest <= value <= highest):
            code = "facility.no_number" if value is None else "facility.impossible"
            ledger.faults.append(_found("error", code, ledger.spec, row, head, text(cell)))
            continue
        values[position] = value * factor
    return values


def _no_facilities(crs: CRS) -> gpd.GeoDataFrame:
    data = {name: pd.Series([], dtype="float64" if name in NUMBER_COLUMNS else "int64" if name == "source_row" else "str") for name in COLUMNS[:-1]}
    empty = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    return empty.set_index(pd.Index([], dtype="str", name="facility"))


def _with_unique_ids(table: gpd.GeoDataFrame, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return the table with later rows of a repeated id renamed by their place in the file."""
    ids, seen = [], set()
    for name, file, row in zip(table.index, table["source_file"], table["source_row"], strict=True):
        unique = str(name)
        if unique in seen:
            unique = f"{name}#{Path(file).stem}-{row}"
            faults.append(Fault("warning", "facility.id_repeats", _LAYER, file, row=int(row), value=str(name)))
        seen.add(unique)
        ids.append(unique)
    return table.set_index(pd.Index(ids, dtype="str", name="facility"))


def _with_townships(table: gpd.GeoDataFrame, outlines: Outlines, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return the table with township codes: the one written, by code or name, or else the one the facility lies in."""
    located = (table.geometry.notna() & ~table.geometry.is_empty).to_numpy()
    places = shapely.get_coordinates(np.asarray(table.geometry.array)[located])
    lies_in = np.full(len(table), "", dtype=object)
    guessed = np.ones(len(table), dtype=bool)
    lies_in[located], guessed[located] = townships_of(outlines, places[:, 0], places[:, 1])
    stated = [township_code(outlines, written) for written in table["township"]]
    for position, (written, code, lies) in enumerate(zip(table["township"], stated, lies_in, strict=True)):
        if written and not code:
            faults.append(_at(table, position, "facility.unknown_township", written))
        elif code and lies and code != lies and not guessed[position]:
            values = {"name": table["name"].iloc[position], "lies_in": outlines.township_name(lies)}
            faults.append(replace(_at(table, position, "facility.other_township", written), values=values))
    beyond = np.flatnonzero(located)[~within_county(outlines, places[:, 0], places[:, 1])]
    faults.extend(_at(table, int(position), "facility.outside", str(table["name"].iloc[position])) for position in beyond)
    codes = [code or str(lies) for code, lies in zip(stated, lies_in, strict=True)]
    return table.assign(township=pd.Series(codes, index=table.index, dtype="str"))


def _at(table: gpd.GeoDataFrame, position: int, code: str, value: str) -> Fault:
    return Fault("warning", code, _LAYER, str(table["source_file"].iloc[position]), row=int(table["source_row"].iloc[position]), value=value)


def _found(severity: Severity, code: str, spec: FacilityLedger, row: object, field: str = "", value: str = "") -> Fault:
    return Fault(severity, code, _LAYER, spec.file, spec.sheet or "", int(str(row)), field, value)
