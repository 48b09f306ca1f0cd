"""Telling which layer a file is, from its name, its columns and its shapes. Everything found so is an assumption that a person confirms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from layers.readers._columns import find_columns, number, plain, text
from layers.readers._files import RASTERS, TABLES, VECTORS, locate, read_rows, read_vector, sheet_names
from layers.readers.coordinates import read_coordinates
from layers.readers.facilities import type_key
from layers.types import facility_types

STREETS = (".osm.pbf", ".pbf", ".osm", ".graphml")
_HEAD_ROWS = 10
_RANGE = re.compile(r"(?<!\d)(\d{1,2})\s*[_\-~–至到]\s*(\d{1,2})(?!\d)")
_FROM = re.compile(r"(?<!\d)(\d{1,2})_?(?:plus|\+|岁?及?以上|up)", re.IGNORECASE)
_WHOLE = re.compile(r"total|residents|population|常住人口|总人口|^人口$|^人口数$|^pop$", re.IGNORECASE)
_NAMED = {  # what a file's name says it is; the first that matches
    "candidates": r"candidate|候选|备选|闲置|空置|可选",
    "exclusions": r"exclu|restrict|禁|限制|红线|保护|避让|基本农田|水源|水面|水系|河|湖|灾害|滑坡|公路|铁路|居民点|军事|文物|hazard|constraint",
    "villages": r"village|村",
    "townships": r"townships?|street_codes|district|乡镇|街道办|镇街",
    "county": r"boundary|outline|county|县界|市界|边界|范围",
}
_BURIAL = re.compile(r"殡葬|公墓|墓|居民点|burial|cemetery")
_NOT_PEOPLE = re.compile(r"elevation|(^|_)dem|slope|高程|坡度|landuse|土地", re.IGNORECASE)


@dataclass(frozen=True)
class Sniffed:
    """What a file, or a sheet of it, seems to be.

    Attributes
    ----------
    role : str
        ``population``, ``streets``, ``facilities``, ``county``, ``townships``, ``villages``, ``exclusions``, ``candidates``, ``names`` or empty.
    entry : mapping
        What county.toml would say of it.
    lon, lat : arrays
        Coordinates in degrees whose datum the file does not prove; empty where it does.
    codes : tuple of str
        Codes of a table of names, or of an outline that has codes but no names.
    shapes : array
        Shapes of an outline.
    heads : tuple of str
        Heads of the columns of longitude and latitude, or of the one column with both.
    """

    role: str
    entry: dict[str, Any]
    lon: np.ndarray = field(default_factory=lambda: np.empty(0))
    lat: np.ndarray = field(default_factory=lambda: np.empty(0))
    codes: tuple[str, ...] = ()
    shapes: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    heads: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file's path as county.toml writes it."""
        return str(self.entry["file"])


def sniff(folder: Path, file: str) -> list[Sniffed]:
    """Return what a file seems to be: one entry, or one for each sheet of a workbook.

    Raises
    ------
    PlanningError
        When the file cannot be opened.
    """
    name = file.lower()
    if name.endswith(STREETS):
        return [Sniffed("streets", {"file": file})]
    locate(folder, file, "layers")
    suffix = PurePosixPath(name).suffix
    if suffix in RASTERS:
        group = None if _NOT_PEOPLE.search(PurePosixPath(file).stem) else group_of(PurePosixPath(file).stem)
        return [Sniffed("population" if group else "", {"file": file, "group": group or ""})]
    if suffix in VECTORS:
        return [_vector(folder, file)]
    if suffix in TABLES:
        return list(_tables(folder, file))
    return [Sniffed("", {"file": file})]


def group_of(name: str) -> str | None:
    """Return the group that a column or file name counts, such as ``60_64``; None where it names none."""
    if (matched := _RANGE.search(name)) and int(matched.group(1)) < int(matched.group(2)):
        return f"{int(matched.group(1))}_{int(matched.group(2))}"
    if matched := _FROM.search(name):
        return f"{int(matched.group(1))}_plus"
    return "total" if _WHOLE.search(name) else None


def _vector(folder: Path, file: str) -> Sniffed:
    encoding = _dbf_encoding(folder / PurePosixPath(file))
    layer = read_vector(folder, file, "layers", encoding=encoding)
    entry: dict[str, Any] = {"file": file, **({"encoding": encoding} if encoding else {})}
    shapes = np.asarray(layer.geometry.array)
    dimensions = set(shapely.get_dimensions(shapes[~shapely.is_missing(shapes)]).tolist())
    if dimensions == {1}:
        return Sniffed("streets", entry)
    role, more = _role(file, layer, areal=2 in dimensions)
    proven = layer.crs is not None and layer.crs.is_projected
    if proven or not role:
        return Sniffed(role, entry | more)
    points = shapely.get_coordinates(shapes if role == "county" else shapely.centroid(shapes))
    columns = find_columns([str(name) for name in layer.columns], "place", {})
    codes = tuple(text(code) for code in layer[columns["code"]]) if "code" in columns and "name" not in columns else ()
    return Sniffed(role, entry | more, points[:, 0], points[:, 1], codes, shapes)


def _role(file: str, layer: gpd.GeoDataFrame, *, areal: bool) -> tuple[str, dict[str, Any]]:
    heads = [str(name) for name in layer.columns if name != layer.geometry.name]
    rows = layer[heads].to_numpy(dtype=object)
    kind, more = _content(file, heads, rows)
    named = _by_name(file)
    if kind == "population":
        return kind, more
    if areal:
        if named in {"exclusions", "county", "townships"}:
            burial = named == "exclusions" and _BURIAL.search(PurePosixPath(file).stem)
            return named, {"domains": ["burial"]} if burial else {}
        if len(layer) == 1:
            return "county", {}
        return ("townships" if _names_townships(heads, rows) else ""), {}
    if named in {"candidates", "villages"}:
        return named, {}
    return kind, more


def _by_name(file: str) -> str:
    stem = PurePosixPath(file).stem
    return next((role for role, pattern in _NAMED.items() if re.search(pattern, stem, re.IGNORECASE)), "")


def _content(file: str, heads: Sequence[str], rows: np.ndarray) -> tuple[str, dict[str, Any]]:
    """Tell facilities and people apart by their columns."""
    columns = find_columns(heads, "facility", {})
    if "type" in columns and len(rows):
        written = [text(value) for value in rows[:, list(heads).index(columns["type"])]]
        if np.mean([type_key(word) is not None for word in written if word] or [False]) >= 0.5:
            return "facilities", {}
    groups = {group: head for head in heads if (group := group_of(plain(head))) and _is_numeric(rows[:, list(heads).index(head)])}
    if groups:
        return "population", {"columns": groups}
    kind = _type_in_name(file)
    if kind and "name" in columns:
        return "facilities", {"type": kind}
    return "", {}


def _names_townships(heads: Sequence[str], rows: np.ndarray) -> bool:
    """Return whether features are named or coded as townships or districts are."""
    columns = find_columns(heads, "place", {})
    patterns = {"code": r"\d{6}|\d{9}|\d{12}", "name": r".+(镇|乡|街道|区|办事处)"}
    cells = {field: [text(cell) for cell in rows[:, list(heads).index(columns[field])]] for field in patterns if field in columns}
    return any(all(re.fullmatch(patterns[field], word) for word in words) for field, words in cells.items())


def _is_numeric(cells: np.ndarray) -> bool:
    values = [number(cell) for cell in cells]
    return bool(values) and all(value is not None for value in values)


def _type_in_name(file: str) -> str | None:
    stem = PurePosixPath(file).stem
    words = [(word, key) for key, kind in facility_types().items() for word in (kind.name_zh, *kind.written_as, key)]
    return next((key for word, key in sorted(words, key=lambda pair: -len(pair[0])) if word in stem), None)


def _tables(folder: Path, file: str) -> Iterator[Sniffed]:
    for sheet in _sheets(folder, file):
        encoding = _csv_encoding(folder / PurePosixPath(file))
        rows = read_rows(folder, file, "layers", encoding=encoding, sheet=sheet)
        entry: dict[str, Any] = {"file": file}
        entry |= {"encoding": encoding} if encoding else {}
        entry |= {"sheet": sheet} if sheet else {}
        yield _table(file, rows, entry)


def _table(file: str, rows: list[tuple[object, ...]], entry: dict[str, Any]) -> Sniffed:
    if rows and len(rows[0]) > 1 and re.fullmatch(r"\d{6,12}", text(rows[0][0])):
        return Sniffed("names", entry, codes=tuple(text(row[0]) for row in rows if row))
    at = _head_row(rows)
    heads = [text(cell) for cell in rows[at]] if rows else []
    body = [row for row in rows[at + 1 :] if any(cell is not None for cell in row)]
    cells = np.array([[row[k] if k < len(row) else None for k in range(len(heads))] for row in body], dtype=object).reshape(len(body), len(heads))
    role, more = _content(file, heads, cells)
    named = _by_name(file)
    if named in {"candidates", "villages"} and role != "facilities":
        role, more = named, {}
    places = find_columns(heads, "village", {})
    if not role and named == "townships" and "code" in places:
        role = "names"
    if at and role == "facilities":
        more = more | {"header_row": at + 1}
    fields = next((fields for fields in (("lon", "lat"), ("lonlat",), ("latlon",)) if set(fields) <= set(places)), ())
    if not role or not fields:
        return Sniffed("" if role == "population" else role, entry | more)
    columns = [cells[:, heads.index(places[name])].tolist() for name in fields]
    read = read_coordinates(columns[0], columns[1] if len(columns) > 1 else [None] * len(cells), lat_first=fields == ("latlon",))
    known = np.isfinite(read.x) & np.isfinite(read.y)
    return Sniffed(role, entry | more, read.x[known], read.y[known], heads=tuple(places[name] for name in fields))


def _head_row(rows: list[tuple[object, ...]]) -> int:
    """Return the position of the row, among the first ones, in which the most heads are known."""
    known = []
    for row in rows[:_HEAD_ROWS]:
        heads = [text(cell) for cell in row]
        fields = {kind: len(find_columns(heads, kind, {})) for kind in ("facility", "place", "population")}
        known.append(max(fields.values()) + sum(group_of(plain(head)) is not None for head in heads if len(head) < 12) / 10)
    return int(np.argmax(known)) if known else 0


def _sheets(folder: Path, file: str) -> list[str | None]:
    if not file.lower().endswith(".xlsx"):
        return [None]
    names: list[str | None] = list(sheet_names(folder, file, "layers"))
    return names if len(names) > 1 else [None]


def _csv_encoding(path: Path) -> str | None:
    if path.suffix.lower() != ".csv":
        return None
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return None


def _dbf_encoding(path: Path) -> str | None:
    """Return gb18030 for a shapefile without .cpg whose table is no UTF-8."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return None
    content = table.read_bytes()
    try:
        content[int.from_bytes(content[8:10], "little") :].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return None
