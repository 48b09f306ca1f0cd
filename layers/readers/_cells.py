"""Inhabited cells as read, before they know their township."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Cells:
    """Cells in the metric CRS.

    Attributes
    ----------
    x, y : float64, shape (cells,)
        Centres, m.
    size : float64, shape (cells,)
        Edge of the square of the cell's area, m; NaN where unknown.
    people : DataFrame
        Index ``cell``; people by group.
    not_located : Series
        People by group in rows without position.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]
    people: pd.DataFrame
    not_located: pd.Series[float]
