"""Where cells of a population stand in their files, and findings that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from layers.county import PopulationFile
from layers.errors import Fault, Severity

LAYER = "population"
NAMED = 50  # findings of one kind that are told row by row; what is beyond is told together
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class CellRows:
    """Where cells stand in their files.

    Attributes
    ----------
    specs : tuple of PopulationFile
        The files in the order of county.toml.
    spec : int64 array, shape (cells,)
        File of each cell, as a place in ``specs``. A pixel stands in one file per group; 0 is told then.
    row : int64 array, shape (cells,)
        Row as the file's own program counts it; of a raster the number of the pixel, row x width + column, counted from 1.
    heads : tuple of mapping
        For each file the heads of groups, ``cell``, ``lon`` and ``lat`` as it writes them.
    written : float64 array, shape (cells, 2)
        Positions as the files have them, in the datum that county.toml states.
    ids : object array, shape (cells,)
        Cell numbers as written, empty where there is none.
    raster : bool
        Whether the files are rasters, each with a group of its own.
    """

    specs: tuple[PopulationFile, ...]
    spec: Rows
    row: Rows
    heads: tuple[Mapping[str, str], ...]
    written: Floats
    ids: NDArray[np.object_]
    raster: bool = False

    def take(self, which: NDArray[np.bool_]) -> CellRows:
        """Return the rows of some of the cells."""
        return replace(self, spec=self.spec[which], row=self.row[which], written=self.written[which], ids=self.ids[which])

    def file(self, position: int, field: str = "") -> str:
        """Return the file in which a field of a cell stands."""
        return self.specs[self._spec(position, field)].file

    def head(self, position: int, field: str) -> str:
        """Return the head of a field in the file of a cell; the field itself where the file has no such head."""
        return self.heads[self._spec(position, field)].get(field, field)

    def fault(self, severity: Severity, code: str, position: int, field: str, value: str = "", **values: object) -> Fault:
        """Return a finding on a cell; ``field`` is a group, ``cell`` or ``lon`` and is told by the head the file gives it."""
        row, head = int(self.row[position]), self.head(position, field)
        return Fault(severity, code, LAYER, self.file(position, field), row=row, field=head, value=value, values=values)

    def place_field(self, position: int) -> str:
        """Return the field in which the position of a cell is written: the column of longitudes, or the geometry."""
        heads = self.heads[self._spec(position, "")]
        return next((name for name in ("lon", "lonlat", "latlon") if name in heads), "geometry")

    def _spec(self, position: int, field: str) -> int:
        if self.raster:
            return next((number for number, spec in enumerate(self.specs) if spec.group == field), 0)
        return int(self.spec[position])


def named(faults: Iterable[Fault], total: int) -> Iterator[Fault]:
    """Yield the first findings of a kind one by one, and what is beyond as one finding whose code ends in ``_more``.

    Parameters
    ----------
    faults : iterable of Fault
        One for each row; those that are not told one by one are not asked for.
    total : int
        How many there are.
    """
    last = None
    for _, last in zip(range(min(total, NAMED)), faults, strict=False):
        yield last
    if last is not None and total > NAMED:
        values = {"more": total - NAMED, "total": total}
        yield Fault(last.severity, f"{last.code}_more", last.layer, last.file, field=last.field, values=values)
