"""Groups of rows that share one variable in the linear program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.siting.reduce import Reduced

# Up to so many rows each row is a group of its own: the bound is then the strongest.
_ALONE = 600


def groups_of_rows(reduced: Reduced) -> NDArray[np.int64]:
    """Return the group of each row, shape (rows,): rows with the same cheapest site are one group."""
    rows = len(reduced.weight)
    if rows <= _ALONE:
        return np.arange(rows)
    _, group = np.unique(reduced.site[reduced.start[:-1]], return_inverse=True)
    return group.astype(np.int64)
