"""Rasters: how large they are and how large the pieces are that have to be unpacked at once; read in strips, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from layers.errors import PlanningError

MAX_BLOCK_BYTES = 128 << 20
MAX_BANDS = 1_000
STRIP_PIXELS = 4_000_000


def check_raster(source: rasterio.DatasetReader, file: str, layer: str) -> None:
    """Refuse a raster whose numbers are not real, that has no place, or whose blocks are too large to be unpacked.

    Raises
    ------
    PlanningError
    """
    kind = np.dtype(source.dtypes[0])
    height, width = source.block_shapes[0]
    if kind.kind not in "iuf" or source.count > MAX_BANDS:
        raise PlanningError("untrusted.raster_kind", file=file, layer=layer, kind=kind.name, bands=source.count, limit=MAX_BANDS)
    if height * width * kind.itemsize > MAX_BLOCK_BYTES:
        raise PlanningError("untrusted.raster_blocks", file=file, layer=layer, width=width, height=height)
    place = tuple(source.transform)[:6]
    if not np.isfinite(place).all() or not place[0] * place[4] - place[1] * place[3]:
        raise PlanningError("untrusted.raster_place", file=file, layer=layer)


def strips(source: rasterio.DatasetReader, band: int) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.bool_]]]:
    """Yield the number of the first pixel and the values of whole rows of a band as they stand there, and where the file says there is no data."""
    block = source.block_shapes[band - 1][0]
    rows = max(STRIP_PIXELS // source.width // block, 1) * block
    for row in range(0, source.height, rows):
        window = Window(0, row, source.width, min(rows, source.height - row))
        read = source.read(band, window=window, masked=True)
        nodata = source.nodatavals[band - 1]
        # Which pixels of no number are masked depends on the library's version; only a file that says so means no data by them.
        undeclared = np.isnan(read.data) if nodata is None or not np.isnan(nodata) else np.False_
        yield row * source.width, read.data.astype(np.float64).ravel(), (np.ma.getmaskarray(read) & ~undeclared).ravel()
