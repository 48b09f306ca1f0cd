"""Travel costs from a table somebody else made: a navigation service's matrix, a published instance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.errors import Fault, PlanningError
from layers.types import Unit
from planning.travel.costs import TravelCosts

_FIRST_DATA_ROW = 2


def from_table(frame: pd.DataFrame, *, origin: str, site: str, cost: str, unit: Unit) -> TravelCosts:
    """Return a table of origin, site and cost as travel costs.

    Parameters
    ----------
    frame : DataFrame, shape (trips, columns)
        One row per origin and site; a pair that is absent cannot be travelled.
    origin, site, cost : str
        Names of its columns.
    unit : {"m", "s"}
        Unit of the costs.

    Returns
    -------
    TravelCosts
        Cells are the origins, sites the sites, both in the order of their first row; float64, no limit, every origin reachable.

    Raises
    ------
    PlanningError
        ``travel.table_columns`` when a column is missing; ``travel.table_rows``, with a fault per row, when a label is missing, a cost is no
        number or negative, or a pair stands twice: which of two costs is meant is not guessed.
    """
    missing = [name for name in (origin, site, cost) if name not in frame.columns]
    if missing or frame.empty:
        raise PlanningError("travel.table_columns", columns=", ".join(missing) or cost, found=", ".join(map(str, frame.columns)))
    costs = pd.to_numeric(frame[cost], errors="coerce").to_numpy(np.float64)
    faults = _faults(frame, (origin, site, cost), costs)
    if faults:
        raise PlanningError("travel.table_rows", faults=faults, count=len(faults), first=faults[0].say("zh"), first_en=faults[0].say("en"))
    cell, cells = pd.factorize(frame[origin])
    column, sites = pd.factorize(frame[site].astype("str"))
    order = np.lexsort([cell, column])
    start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(sites)))]).astype(np.int64)
    return TravelCosts(
        pd.Index(sites, name="site"), pd.Index(cells, name="cell"), start, cell[order].astype(np.int32), costs[order], unit, "imported", np.inf,
        np.ones(len(cells), bool),
    )  # fmt: skip


def _faults(frame: pd.DataFrame, names: tuple[str, str, str], costs: NDArray[np.float64]) -> list[Fault]:
    origin, site, cost = names
    bad: list[tuple[str, str, NDArray[Any]]] = [
        ("travel.no_label", origin, frame[origin].isna().to_numpy()),
        ("travel.no_label", site, frame[site].isna().to_numpy()),
        ("travel.bad_cost", cost, ~np.isfinite(costs) | (costs < 0)),
        ("travel.repeated_pair", cost, frame.duplicated([origin, site]).to_numpy()),
    ]
    return [
        Fault("error", code, "travel", row=row + _FIRST_DATA_ROW, field=field, value=str(frame[field].iloc[row]))
        for code, field, rows in bad
        for row in np.flatnonzero(rows).tolist()
    ]
