"""Inhabited cells as read, before they know their township."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.checking.population_rows import CellRows


@dataclass(frozen=True)
class Cells:
    """Cells in the metric CRS.

    Attributes
    ----------
    x, y : float64, shape (cells,)
        Centres, m; infinite where the file's numbers cannot be of the datum that is stated.
    size : float64, shape (cells,)
        Edge of the square of the cell's area, m; NaN where unknown.
    people : DataFrame
        Index ``cell``; people by group.
    not_located : Series
        People by group in rows without position.
    rows : CellRows
        Where the cells stand in their files.
    shapes : object array, shape (cells,), or None
        Areas of the cells as drawn, in the metric CRS; None in place of one that is a point, and altogether where none is drawn.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]
    people: pd.DataFrame
    not_located: pd.Series[float]
    rows: CellRows
    shapes: NDArray[np.object_] | None = None

    def take(self, which: NDArray[np.bool_]) -> Cells:
        """Return some of the cells."""
        shapes = None if self.shapes is None else self.shapes[which]
        people = self.people.loc[which]
        return Cells(self.x[which], self.y[which], self.size[which], people, self.not_located, self.rows.take(which), shapes)


@dataclass(frozen=True)
class PlacedCells:
    """Cells inside the county that know their township.

    Attributes
    ----------
    people : DataFrame
        Index ``cell``; people by group as read, or scaled to totals.
    codes : object array, shape (cells,)
        Township of each cell.
    estimated : bool array, shape (cells,)
        Whether that is the nearest township.
    groups : mapping
        Demand groups as columns of ``people``.
    """

    people: pd.DataFrame
    codes: NDArray[np.object_]
    estimated: NDArray[np.bool_]
    groups: Mapping[str, tuple[str, ...]]
