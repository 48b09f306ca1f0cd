"""StreetNetwork: the county's streets as compact arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

FORWARD = 1
BACKWARD = 2


@dataclass(frozen=True)
class StreetNetwork:
    """Streets as straight segments between consecutive points of the file, before anything is contracted.

    Attributes
    ----------
    x, y : float64, shape (nodes,)
        Points in the metric CRS. Lines meet only where the file says so: at a shared OSM node, or at equal end points of line features.
    tail, head : int32, shape (segments,)
        End nodes of each segment in drawing direction.
    length : float64, shape (segments,)
        Metres in the metric CRS.
    street : int32, shape (segments,)
        Row of ``streets`` the segment belongs to.
    streets : DataFrame
        One row per street as read: ``highway``, ``name``, ``source`` (the file's id).
    allowed : mapping of mode to uint8, shape (segments,)
        Bit 1 (:data:`FORWARD`): tail → head may be used, bit 2 (:data:`BACKWARD`): head → tail.
    speed : mapping of mode to float64, shape (segments,)
        Metres per second; positive wherever the mode is allowed.
    crs : pyproj CRS
        Metric CRS.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: NDArray[np.float64]
    street: NDArray[np.int32]
    streets: pd.DataFrame
    allowed: Mapping[str, NDArray[np.uint8]]
    speed: Mapping[str, NDArray[np.float64]]
    crs: CRS

    def __post_init__(self) -> None:
        segments = len(self.tail)
        lengths = {len(self.head), len(self.length), len(self.street), *map(len, self.allowed.values()), *map(len, self.speed.values())}
        if lengths != {segments} or set(self.allowed) != set(self.speed):
            raise ValueError("street arrays must have one entry per segment and the same modes")
        if len(self.length) and (not np.isfinite(self.length).all() or self.length.min() < 0):
            raise ValueError("street lengths must be finite and not negative")

    @property
    def modes(self) -> tuple[str, ...]:
        """Travel modes the network was read for."""
        return tuple(self.allowed)
