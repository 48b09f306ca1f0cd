"""Writing files whose bytes depend on their content alone: no time of day, no random ids."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from pyproj import CRS

from layers.crs import from_metric
from layers.demo.frame import EPSG, Points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

SHEET = "养老服务设施"
DATE = "2024-01-01T00:00:00Z"
_ZIP_DATE = (2024, 1, 1, 0, 0, 0)
Row = Sequence[object]


def in_datum(points: Points, datum: str) -> Points:
    """Return degrees in a datum from EPSG:4543, shape (points, 2); NaN stays NaN."""
    lon, lat = from_metric(points[:, 0], points[:, 1], datum, CRS.from_epsg(EPSG))
    return np.column_stack([lon.round(6), lat.round(6)])


def write_csv(path: Path, head: Row, rows: Iterable[Row], encoding: str) -> None:
    """Write a csv file as Excel does: line ends of Windows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([blank(cell) for cell in row] for row in rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_geojson(path: Path, shapes: Iterable[BaseGeometry | None], properties: Iterable[Mapping[str, object]]) -> None:
    """Write features with coordinates as given, in degrees."""
    features = [
        {"type": "Feature", "properties": values, "geometry": None if shape is None else shapely.geometry.mapping(shape)}
        for shape, values in zip(shapes, properties, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def shape_in_datum(shape: BaseGeometry, datum: str) -> BaseGeometry:
    """Return a shape of EPSG:4543 in degrees of a datum."""
    return shapely.transform(shape, lambda points: in_datum(points, datum))


def write_gpkg(path: Path, layer: gpd.GeoDataFrame) -> None:
    """Write a GeoPackage with a fixed date of change."""
    with _fixed_date():
        pyogrio.write_dataframe(layer, path, layer=path.stem, driver="GPKG")


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_workbook(path: Path, title: str, head: Row, rows: Iterable[Row]) -> None:
    """Write a ledger as a bureau keeps it: a title over the heads, a sum below the rows."""
    book = Workbook()
    page = book.active if book.active is not None else book.create_sheet()
    page.title = SHEET
    page.append([title])
    page.append(list(head))
    for row in rows:
        page.append([blank(cell) for cell in row])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(head))
    page["A1"].font, page["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    for number in range(1, len(head) + 1):
        page.cell(2, number).font, page.cell(2, number).fill = Font(bold=True), PatternFill("solid", fgColor="FFE9E4D8")
        page.column_dimensions[get_column_letter(number)].width = 26 if number == 3 else 13
    page.freeze_panes = "A3"
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(settled(held.getvalue()))


def settled(content: bytes) -> bytes:
    """Return a workbook's bytes without the time it was written."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*(</dcterms:)", rb"\g<1>" + DATE.encode() + rb"\g<2>", part)
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), part, zipfile.ZIP_DEFLATED)
    return copy.getvalue()


def blank(cell: object) -> object:
    """Return nothing for NaN, and whole numbers without decimals."""
    if isinstance(cell, float):
        if np.isnan(cell):
            return None
        return int(cell) if cell.is_integer() else cell
    return cell
