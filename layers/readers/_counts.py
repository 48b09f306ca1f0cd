"""Cells of a table that count people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.checking.population_rows import LAYER, named
from layers.checking.population_size import LARGEST
from layers.county import PopulationFile
from layers.errors import Fault, Severity
from layers.readers._columns import number, text

Floats = NDArray[np.float64]


def count_people(cells: pd.Series, group: str, spec: PopulationFile, faults: list[Fault]) -> Floats:
    """Return people per row; what is no number, negative, impossible or blank is reported and counts nobody.

    Parameters
    ----------
    cells : Series
        A column as read, with the file's rows as index and the file's head as name.
    group : str
        What it counts.
    spec : PopulationFile
        Where it stands.
    faults : list of Fault
        Takes what is found.
    """
    values, blank = read_counts(cells)
    bad = ~blank & ~((values >= 0) & (values <= LARGEST))
    faults.extend(_each("error", "population.bad_number", cells, bad, spec.file, group))
    faults.extend(_each("warning", "population.blank", cells, blank, spec.file, group))
    return np.where(bad | blank, 0.0, values)


def read_counts(cells: pd.Series) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the numbers of a column, NaN where a cell holds none, and which cells are blank."""
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.isnan(values)
    read = [number(cell) for cell in cells]
    blank = np.array([value is not None and np.isnan(value) for value in read], dtype=np.bool_)
    return np.array([np.nan if value is None else value for value in read], dtype=np.float64), blank


def _each(severity: Severity, code: str, cells: pd.Series, which: NDArray[np.bool_], file: str, group: str) -> Iterator[Fault]:
    found = cells.loc[which]
    told = (
        Fault(severity, code, LAYER, file, row=int(str(row)), field=str(cells.name), value=text(cell), values={"group": group})
        for row, cell in found.items()
    )
    return named(told, len(found))
