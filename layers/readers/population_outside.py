"""Which cells lie inside the county, and what is told of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.checking.population_places import NOTABLE, Reading, better_reading, distances_to, find_strays
from layers.checking.population_rows import LAYER
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._cells import Cells
from layers.readers.outlines import within_county


def inside_county(cells: Cells, everyone: NDArray[np.float64], outlines: Outlines, faults: list[Fault]) -> NDArray[np.bool_]:
    """Return which cells lie inside the county's outline.

    Parameters
    ----------
    cells : Cells
        All inhabited cells that have a position.
    everyone : float64 array, shape (cells,)
        People by whom cells are weighed.
    outlines : Outlines
        Without an outline of the county every cell that lies anywhere is inside.
    faults : list of Fault
        Takes how many people live beyond: as a note, or as a warning where more than one in a hundred do; and rows that lie far beyond.

    Raises
    ------
    PlanningError
        When nobody lives inside.
    """
    inside = within_county(outlines, cells.x, cells.y) & np.isfinite(cells.x) & np.isfinite(cells.y)
    beyond = np.flatnonzero(~inside)
    if not len(beyond):
        return inside
    total = float(everyone.sum())
    share = float(everyone[beyond].sum()) / total if total > 0 else len(beyond) / len(inside)
    better = None
    if share > NOTABLE and outlines.county is not None:
        better = better_reading(cells.rows.written, everyone, outlines.county, outlines.crs, share)
    outside = cells.people.iloc[beyond].sum()
    most = str(outside.idxmax())
    spec = cells.rows.specs[0]
    told = {"group": most, "share": f"{share:.1%}", "people": f"{outside[most]:.1f}", **_told(better)}
    if not inside.any():
        code = "population.all_outside" if better is None else f"population.all_{_kind(better)}"
        raise PlanningError(code, faults=faults, file=spec.file, datum=spec.datum, **{**told, "people": round(float(outside[most]))})
    if share > NOTABLE:
        code = "population.much_outside" if better is None else f"population.{_kind(better)}"
        faults.append(Fault("warning", code, LAYER, spec.file, field="datum", value=spec.datum, values=told))
    else:
        faults.append(Fault("note", "population.outside", LAYER, spec.file, value=f"{outside[most]:.1f}", values=told))
    if outlines.county is not None:
        west, south, east, north = outlines.county.bounds
        metres = distances_to(outlines.county, cells.x[beyond], cells.y[beyond])
        faults.extend(find_strays(metres, beyond, share, float(np.hypot(east - west, north - south)), cells.rows))
    return inside


def _kind(better: Reading) -> str:
    return "turned" if better.turned else "elsewhere"


def _told(better: Reading | None) -> dict[str, str]:
    return {} if better is None else {"best": better.datum, "best_share": f"{better.outside_share:.1%}"}
