"""Opening a county's files without trusting them: where they lie, what they are, how large they are.

A file must lie inside the county's folder, and its first bytes must be those of its suffix. Nothing is unpickled, no macro or formula runs.
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd
import pyogrio
from pyarrow import parquet

from layers import check_gdal
from layers.errors import PlanningError
from layers.readers._sheets import MAX_COLUMNS, MAX_ROWS, csv_rows, opened_workbook, workbook_rows
from layers.untrusted import READING, opening
from layers.untrusted.databases import check_geopackage
from layers.untrusted.markup import HEAD_BYTES, check_json, check_xml
from layers.untrusted.places import check_crs, sound_shapes

MAX_BYTES = 2 << 30
MAX_TABLE_BYTES = 256 << 20
# Ledgers and lists of places are looked at row by row; only tables of numbers may be longer.
MAX_LEDGER_ROWS = 50_000
_LONG = ("population", "costs")
MAX_FEATURES = 5_000_000
TABLES = (".csv", ".xlsx")
VECTORS = (".gpkg", ".shp", ".geojson", ".json", ".parquet")
RASTERS = (".tif", ".tiff")
SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
MARKUP = (".osm", ".graphml")
_FIRST_BYTES: dict[str, tuple[bytes, ...]] = {
    ".xlsx": (b"PK\x03\x04",),
    ".gpkg": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".geojson": (b"{", b"\xef\xbb\xbf{"),
    ".json": (b"{", b"\xef\xbb\xbf{"),
    ".parquet": (b"PAR1",),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
_FIRST_BYTES[".tiff"] = _FIRST_BYTES[".tif"]


def locate(folder: Path, file: str, layer: str) -> Path:
    """Return where a listed file lies.

    Raises
    ------
    PlanningError
        When it leaves the folder, is missing, empty or too large, or is not what its suffix says.
    """
    sys.audit(READING, file)
    path = folder / PurePosixPath(file)
    if not inside(folder, file):
        raise PlanningError("file.outside", file=file, layer=layer)
    if not path.is_file():
        raise PlanningError("file.missing", file=file, layer=layer)
    size = path.stat().st_size
    if size == 0:
        raise PlanningError("file.empty", file=file, layer=layer)
    limit = MAX_TABLE_BYTES if path.suffix.lower() in TABLES else MAX_BYTES
    if size > limit:
        raise PlanningError("file.too_large", file=file, layer=layer, size=size >> 20, limit=limit >> 20)
    _check_beside(folder, path, file, layer)
    _check_first_bytes(path, file, layer)
    return path


def inside(folder: Path, file: str) -> bool:
    """Return whether a path of county.toml stays inside the county's folder, links followed."""
    if "\\" in file or PurePosixPath(file).is_absolute() or ":" in file:
        return False
    return (folder / PurePosixPath(file)).resolve().is_relative_to(folder.resolve())


def digests(folder: Path, file: str) -> dict[str, str]:
    """Return sha256 of a file, and of a shapefile's parts, by path relative to the folder."""
    path = folder / PurePosixPath(file)
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts += [part for part in sorted(path.parent.glob(f"{path.stem}.*")) if part.suffix.lower() in SIDECARS]
    return {part.relative_to(folder).as_posix(): digest(part) for part in parts}


def digest(path: Path) -> str:
    """Return sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_rows(folder: Path, file: str, layer: str, *, encoding: str | None = None, sheet: str | None = None) -> list[tuple[object, ...]]:
    """Return all rows of a csv file or of one sheet, cells as they are (empty: None), row 1 first.

    Raises
    ------
    PlanningError
        When the file cannot be read as what it is said to be.
    """
    path = locate(folder, file, layer)
    found = workbook_rows(path, file, layer, sheet) if path.suffix.lower() == ".xlsx" else csv_rows(path, file, layer, encoding)
    most = MAX_ROWS if layer in _LONG else MAX_LEDGER_ROWS
    rows: list[tuple[object, ...]] = []
    for row in found:
        rows.append(row)
        if len(rows) > most or len(row) > MAX_COLUMNS:
            raise PlanningError("table.too_large", file=file, layer=layer, rows=most, columns=MAX_COLUMNS)
    return rows


def sheet_names(folder: Path, file: str, layer: str) -> list[str]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    PlanningError
        When it cannot be read as a workbook.
    """
    with opened_workbook(locate(folder, file, layer), file, layer) as book:
        return [str(sheet.title) for sheet in book.worksheets]


def read_table(folder: Path, file: str, layer: str, *, encoding: str | None = None, sheet: str | None = None, header_row: int = 1) -> pd.DataFrame:
    """Return a csv file or sheet with its heads as columns and the row of the file as index; rows without any entry are left out.

    Raises
    ------
    PlanningError
        When the file cannot be read, a head repeats, or there is no row below the heads.
    """
    rows = read_rows(folder, file, layer, encoding=encoding, sheet=sheet)
    if len(rows) < header_row:
        raise PlanningError("table.no_rows", file=file, layer=layer, row=header_row)
    heads = [str(cell).strip() if cell is not None else "" for cell in rows[header_row - 1]]
    named = [position for position, head in enumerate(heads) if head]
    repeated = sorted({heads[position] for position in named if heads.count(heads[position]) > 1})
    if repeated or not named:
        raise PlanningError("table.heads", file=file, layer=layer, row=header_row, heads="、".join(repeated) or "-")
    body = {
        number: [row[position] if position < len(row) else None for position in named]
        for number, row in enumerate(rows[header_row:], start=header_row + 1)
        if any(cell is not None for cell in row)
    }
    if not body:
        raise PlanningError("table.no_rows", file=file, layer=layer, row=header_row)
    return pd.DataFrame(list(body.values()), index=pd.Index(body, name="row"), columns=[heads[position] for position in named], dtype=object)


def read_vector(folder: Path, file: str, layer: str, *, encoding: str | None = None, sublayer: str | None = None) -> gpd.GeoDataFrame:
    """Return a vector file; index ``row`` counts features from 1.

    Raises
    ------
    PlanningError
        When the file cannot be read or holds no feature.
    """
    path = locate(folder, file, layer)
    check_vector(path, file, layer)
    found: pd.DataFrame
    with opening(path, "file.unreadable", file=file, layer=layer):
        if path.suffix.lower() == ".parquet":
            found = parquet_layer(path)
        else:
            check_gdal()
            with warnings.catch_warnings():
                # Remarks of GDAL, and of pyogrio on texts among numbers: what is wrong with the content is found below.
                warnings.simplefilter("ignore", RuntimeWarning)
                warnings.simplefilter("ignore", UserWarning)
                chosen = _sublayer(path, file, sublayer)
                _check_extent(path, file, layer, chosen)
                found = pyogrio.read_dataframe(path, layer=chosen, encoding=encoding)
    if not isinstance(found, gpd.GeoDataFrame) or len(found) == 0:
        raise PlanningError("vector.no_features", file=file, layer=layer)
    check_crs(found.crs, path, file, layer)
    return sound_shapes(found.set_axis(pd.RangeIndex(1, len(found) + 1, name="row"), axis=0), file, layer)


def parquet_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet file with its texts decoded now: pyarrow would complain of bytes that are no text only where one is looked at."""
    found = gpd.read_parquet(path)
    for name in found.columns:
        if isinstance(found[name].dtype, pd.StringDtype):
            found[name].to_numpy(dtype=object)
    return found


def check_vector(path: Path, file: str, layer: str) -> None:
    """Refuse a vector file that is larger or deeper than a map, or that runs statements when it is read, before it is parsed.

    Raises
    ------
    PlanningError
    """
    suffix = path.suffix.lower()
    if suffix in {".geojson", ".json"}:
        check_json(path, file, layer)
    elif suffix == ".gpkg":
        check_geopackage(path, file, layer)
    elif suffix == ".parquet":
        with opening(path, "file.unreadable", file=file, layer=layer):
            told = parquet.read_metadata(path)
        _refuse_extent(told.num_rows, told.num_columns, file, layer)


def _check_extent(path: Path, file: str, layer: str, sublayer: str | None) -> None:
    if path.suffix.lower() not in {".geojson", ".json"}:  # those are limited by their size, and would have to be parsed twice
        told = pyogrio.read_info(path, layer=sublayer)
        _refuse_extent(int(told["features"]), len(told["fields"]), file, layer)


def _refuse_extent(rows: int, columns: int, file: str, layer: str) -> None:
    if rows > MAX_FEATURES or columns > MAX_COLUMNS:
        limits = {"most_rows": MAX_FEATURES, "most_columns": MAX_COLUMNS}
        raise PlanningError("untrusted.columns", faults=(), file=file, layer=layer, rows=rows, columns=columns, **limits)


def _check_beside(folder: Path, path: Path, file: str, layer: str) -> None:
    """Refuse a file beside which lies, under its name, a link that leads out of the folder: libraries open such files by themselves."""
    whole = folder.resolve()
    for other in path.parent.iterdir():
        if other.is_symlink() and other.name.startswith(path.stem) and not other.resolve().is_relative_to(whole):
            raise PlanningError("file.outside", file=file, layer=layer)


def _check_first_bytes(path: Path, file: str, layer: str) -> None:
    suffix = path.suffix.lower()
    known = _FIRST_BYTES.get(suffix)
    with path.open("rb") as stream:
        head = stream.read(64)
    if suffix in {".geojson", ".json"}:
        head = head.replace(b" ", b"").replace(b"\n", b"").replace(b"\r", b"").replace(b"\t", b"")
    if suffix == ".csv" and (b"\x00" in head or head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))):
        raise PlanningError("file.not_its_suffix", file=file, layer=layer, suffix=suffix)
    if known is not None and not head.startswith(known):
        raise PlanningError("file.not_its_suffix", file=file, layer=layer, suffix=suffix)
    if suffix in MARKUP:
        with path.open("rb") as stream:
            check_xml(stream.read(HEAD_BYTES), file, layer)


def _sublayer(path: Path, file: str, wanted: str | None) -> str | None:
    """Choose the layer of a GeoPackage: the one named, the only one with geometry, or the one named like the file."""
    if path.suffix.lower() != ".gpkg":
        return None
    names = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    for choice in (wanted, path.stem if wanted is None else None):
        if choice in names:
            return choice
    if wanted is not None or len(names) != 1:
        raise PlanningError("vector.layers", file=file, sheets="、".join(names) or "-")
    return names[0]
