"""Travel costs from plain tables, and tables at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from planning.travel.costs import TravelCosts


def from_matrix(matrix: NDArray[np.float64], *, sites: list[str], reachable: list[bool] | None = None, limit: float = np.inf) -> TravelCosts:
    """Return travel costs of a (cells, sites) matrix; NaN entries and those beyond the limit are absent."""
    columns = [np.flatnonzero(~np.isnan(column) & (column <= limit)) for column in matrix.T]
    return TravelCosts(
        sites=pd.Index(sites, dtype=str),
        cells=pd.RangeIndex(10, 10 + len(matrix)).rename("cell"),
        start=np.concatenate([[0], np.cumsum([len(column) for column in columns])]).astype(np.int64),
        cell=np.concatenate([*columns, []]).astype(np.int32),
        cost=np.concatenate([*(matrix[column, site] for site, column in enumerate(columns)), []]),
        unit="m",
        mode="walk",
        limit=limit,
        reachable=np.array([True] * len(matrix) if reachable is None else reachable, dtype=bool),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[np.float64], list[str], list[bool], list[float], float]:
    """Return a matrix with ties and gaps, its sites in no order, reachable cells, people and a threshold."""
    cells, sites = draw(st.integers(1, 6)), draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5))
    cost = st.sampled_from([0.0, 1.0, 1.0004, 1.0006, 2.0, 3.5, np.nan])
    matrix = np.array([[draw(cost) for _ in sites] for _ in range(cells)]).reshape(cells, len(sites))
    reachable = [draw(st.booleans()) for _ in range(cells)]
    matrix[~np.array(reachable)] = np.nan
    people = [draw(st.integers(0, 1_000_000)) / 1000 for _ in range(cells)]
    return matrix, sites, reachable, people, draw(st.sampled_from([0.0, 1.0, 2.0, 3.0]))
