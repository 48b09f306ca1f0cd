"""People from GeoTIFF bands of one grid."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning

from layers import check_gdal
from layers.checking.population_rows import LAYER, CellRows
from layers.county import PopulationFile
from layers.crs import DEGREES, check_degrees, datum_crs, to_metric
from layers.errors import Fault, PlanningError
from layers.progress import Progress
from layers.readers._cells import Cells
from layers.readers._files import locate
from layers.readers._pixels import inhabited
from layers.untrusted import opening
from layers.untrusted.places import check_crs
from layers.untrusted.rasters import check_raster

MAX_PIXELS = 100_000_000
_LAYER = LAYER
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Grid:
    """Where the pixels of a raster lie: x = a column + b row + c, y = d column + e row + f."""

    transform: tuple[float, ...]
    width: int
    height: int
    crs: CRS | None

    def equals(self, other: _Grid) -> bool:
        """Return whether the corners of two grids agree to a hundredth of a pixel."""
        corners = np.array([[0, 0], [self.width, 0], [0, self.height], [self.width, self.height]], dtype=float)
        apart = np.abs(np.subtract(self.place(*corners.T), other.place(*corners.T))).max()
        pixel = max(abs(value) for value in (self.transform[0], self.transform[1], self.transform[3], self.transform[4]))
        return bool(apart <= 0.01 * pixel) and (self.width, self.height, self.crs) == (other.width, other.height, other.crs)

    def place(self, column: Floats, row: Floats) -> tuple[Floats, Floats]:
        """Return coordinates of positions counted in pixels from the upper left corner."""
        a, b, c, d, e, f = self.transform
        return a * column + b * row + c, d * column + e * row + f

    def metric(self, column: Floats, row: Floats, spec: PopulationFile, crs: CRS) -> Floats:
        """Return positions in a metric CRS, shape (n, 2)."""
        x, y = self.place(column, row)
        if spec.datum in DEGREES:
            if self.crs is not None and self.crs.is_projected:
                raise PlanningError("datum.projected", file=spec.file, datum=spec.datum, crs=self.crs.name)
            check_degrees([x.min(), y.min(), x.max(), y.max()], spec.datum, spec.file)
            return np.column_stack(to_metric(x, y, spec.datum, crs))
        source = self.crs if spec.datum == "file" else datum_crs(spec.datum)
        if source is None:
            raise PlanningError("datum.unstated", file=spec.file)
        return np.column_stack(Transformer.from_crs(source, crs, always_xy=True).transform(x, y))


def read_rasters(folder: Path, files: Sequence[PopulationFile], crs: CRS, faults: list[Fault], progress: Progress) -> Cells:
    """Read one band per file and group; cells where anybody lives are kept, numbered row x width + column.

    Raises
    ------
    PlanningError
        When a file is no readable GeoTIFF, a band is missing, a group stands twice, or the grids differ.
    """
    bands: dict[str, pd.Series[float]] = {}
    first: _Grid | None = None
    for number, spec in enumerate(files):
        progress("stage.read.population", number, len(files))
        grid, people = _band(folder, spec, faults)
        if first is not None and not (grid.equals(first) and spec.datum == files[0].datum):
            raise PlanningError("raster.grids_differ", file=spec.file, first=files[0].file)
        if spec.group in bands:
            raise PlanningError("population.group_twice", file=spec.file, group=spec.group)
        first = first or grid
        bands[str(spec.group)] = people
    progress("stage.read.population", len(files), len(files))
    table = pd.DataFrame(bands).fillna(0.0).rename_axis("cell")
    if first is None or not len(table):
        raise PlanningError("population.nobody", faults=faults, file=files[0].file)
    return _placed(table, first, files, crs)


def _placed(table: pd.DataFrame, grid: _Grid, files: Sequence[PopulationFile], crs: CRS) -> Cells:
    spec = files[0]
    row, column = (part.astype(np.float64) for part in np.divmod(table.index.to_numpy(), grid.width))
    centre = grid.metric(column + 0.5, row + 0.5, spec, crs)
    right = grid.metric(column + 1.5, row + 0.5, spec, crs) - centre
    down = grid.metric(column + 0.5, row + 1.5, spec, crs) - centre
    area = np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])
    nobody = pd.Series(0.0, index=table.columns)
    rows = _rows(table, files, np.column_stack(grid.place(column + 0.5, row + 0.5)))
    return Cells(centre[:, 0], centre[:, 1], np.sqrt(area), table, nobody, rows)


def _rows(table: pd.DataFrame, files: Sequence[PopulationFile], written: Floats) -> CellRows:
    """Return where pixels stand."""
    heads = tuple({str(spec.group): str(spec.group)} for spec in files)
    nothing = np.full(len(table), "", dtype=object)
    numbers = table.index.to_numpy(dtype=np.int64) + 1
    return CellRows(tuple(files), np.zeros(len(table), np.int64), numbers, heads, written, nothing, raster=True)


def _band(folder: Path, spec: PopulationFile, faults: list[Fault]) -> tuple[_Grid, pd.Series[float]]:
    """Read the inhabited pixels of one band, indexed by pixel number."""
    path = locate(folder, spec.file, _LAYER)
    check_gdal()
    unread = opening(path, "raster.unreadable", file=spec.file)
    with warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning), unread, rasterio.open(path, driver="GTiff") as source:
        _check(source, spec)
        people = inhabited(source, spec, faults)
        grid = _Grid(tuple(source.transform)[:6], source.width, source.height, CRS.from_user_input(source.crs) if source.crs else None)
    check_crs(grid.crs, path, spec.file, _LAYER)
    return grid, people


def _check(source: rasterio.DatasetReader, spec: PopulationFile) -> None:
    if source.width * source.height > MAX_PIXELS:
        raise PlanningError("raster.too_large", file=spec.file, width=source.width, height=source.height)
    if spec.band > source.count:
        raise PlanningError("raster.no_band", file=spec.file, band=spec.band, count=source.count)
    check_raster(source, spec.file, _LAYER)
    if source.transform.is_identity:
        raise PlanningError("raster.no_position", file=spec.file)


def bounds_centre(folder: Path, spec: PopulationFile) -> tuple[float, float]:
    """Return longitude and latitude (WGS 84) of the middle of a raster's inhabited pixels."""
    grid, people = _band(folder, spec, [])
    if not len(people):
        raise PlanningError("population.nobody", file=spec.file)
    row, column = np.divmod(people.index.to_numpy(), grid.width)
    middle = grid.metric(np.array([column.mean() + 0.5]), np.array([row.mean() + 0.5]), spec, CRS.from_epsg(4326))
    return float(middle[0, 0]), float(middle[0, 1])
