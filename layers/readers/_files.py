"""Opening a county's files without trusting them: where they lie, what they are, how large they are.

A file must lie inside the county's folder, and its first bytes must be those of its suffix. Nothing is unpickled, no macro or formula runs.
"""

from __future__ import annotations

import csv
import hashlib
import io
import warnings
import zipfile
from pathlib import Path, PurePosixPath

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
from openpyxl.utils.exceptions import InvalidFileException
from pyogrio.errors import DataLayerError, DataSourceError

from layers import check_gdal
from layers.errors import PlanningError

MAX_BYTES = 2 << 30
MAX_TABLE_BYTES = 256 << 20
MAX_ROWS, MAX_COLUMNS = 1_000_000, 500
TABLES = (".csv", ".xlsx")
VECTORS = (".gpkg", ".shp", ".geojson", ".json", ".parquet")
RASTERS = (".tif", ".tiff")
SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
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
    found = {}
    for part in parts:
        with part.open("rb") as stream:
            found[part.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def read_rows(folder: Path, file: str, layer: str, *, encoding: str | None = None, sheet: str | None = None) -> list[tuple[object, ...]]:
    """Return all rows of a csv file or of one sheet, cells as they are (empty: None), row 1 first.

    Raises
    ------
    PlanningError
        When the file cannot be read as what it is said to be.
    """
    path = locate(folder, file, layer)
    if path.suffix.lower() == ".xlsx":
        rows = _workbook_rows(path, file, layer, sheet)
    else:
        rows = [tuple(cell.strip() or None for cell in row) for row in csv.reader(io.StringIO(_text(path, file, layer, encoding)))]
    if len(rows) > MAX_ROWS or max((len(row) for row in rows), default=0) > MAX_COLUMNS:
        raise PlanningError("table.too_large", file=file, layer=layer, rows=MAX_ROWS, columns=MAX_COLUMNS)
    return rows


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
    found: pd.DataFrame
    try:
        if path.suffix.lower() == ".parquet":
            found = gpd.read_parquet(path)
        else:
            check_gdal()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's own remarks: what is wrong with the content is found below
                found = pyogrio.read_dataframe(path, layer=_sublayer(path, file, sublayer), encoding=encoding)
    except (DataSourceError, DataLayerError, ValueError, OSError, UnicodeDecodeError) as error:
        raise PlanningError("file.unreadable", file=file, layer=layer, reason=_brief(error, path)) from error
    if not isinstance(found, gpd.GeoDataFrame) or len(found) == 0:
        raise PlanningError("vector.no_features", file=file, layer=layer)
    return found.set_axis(pd.RangeIndex(1, len(found) + 1, name="row"), axis=0)


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


def _text(path: Path, file: str, layer: str, encoding: str | None) -> str:
    name = (encoding or "utf-8").lower()
    try:
        return path.read_bytes().decode("utf-8-sig" if name in {"utf-8", "utf8"} else name)
    except (UnicodeDecodeError, LookupError) as error:
        raise PlanningError("file.encoding", file=file, layer=layer, encoding=name) from error


def _workbook_rows(path: Path, file: str, layer: str, sheet: str | None) -> list[tuple[object, ...]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > 4 * MAX_TABLE_BYTES:
                raise PlanningError("file.too_large", file=file, layer=layer, size=4 * MAX_TABLE_BYTES >> 20, limit=4 * MAX_TABLE_BYTES >> 20)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of styles and validations that reading values does not need
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise PlanningError("file.unreadable", file=file, layer=layer, reason=_brief(error, path)) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise PlanningError("table.no_sheet", file=file, layer=layer, sheet=sheet, sheets="、".join(book.sheetnames))
        chosen = book[sheet] if sheet is not None else book.worksheets[0]
        chosen.reset_dimensions()  # some programs write a wrong extent
        return [tuple(_cell(value) for value in row) for row in chosen.iter_rows(values_only=True, max_row=MAX_ROWS + 1)]
    finally:
        book.close()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    return value


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


def _brief(error: Exception, path: Path) -> str:
    """Return the first thing a library says, without the computer's own path to the file."""
    said = str(error).replace(str(path), path.name).replace("''", "'").strip()
    first = next(iter(said.splitlines()), "").split(";")[0].rsplit("failed: ", 1)[-1].rstrip(". ")
    return (first or type(error).__name__)[:100]
