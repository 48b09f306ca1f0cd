"""StreetNetwork: the county's streets as compact arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

FORWARD = 1
BACKWARD = 2
# The class of ferries in ``streets``: OpenStreetMap writes them as `route=ferry`, without a class of street.
FERRY = "ferry"


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
    rise : float64, shape (segments,)
        Metres climbed from tail to head, negative downhill; 0 where the county gives no elevation.
    street : int32, shape (segments,)
        Row of ``streets`` the segment belongs to.
    streets : DataFrame
        One row per street as read: ``highway``, ``name``, ``source`` (the file's id), and ``row``, where to find it in the file: the number of an
        OpenStreetMap way, or of a layer's feature, counted from 1; 0 for what is in no file.
    allowed : mapping of mode to uint8, shape (segments,)
        Bit 1 (:data:`FORWARD`): tail → head may be used, bit 2 (:data:`BACKWARD`): head → tail.
    speed : mapping of mode to float64, shape (segments,)
        Metres per second; positive wherever the mode is allowed. Walking: of somebody who walks 1 m/s on a level street, see
        :meth:`walking_speed`.
    crs : pyproj CRS
        Metric CRS.
    barred : int32, shape (pairs, 2)
        Nodes that streets closed to everybody, which are not among the segments, join one to the next.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: NDArray[np.float64]
    rise: NDArray[np.float64]
    street: NDArray[np.int32]
    streets: pd.DataFrame
    allowed: Mapping[str, NDArray[np.uint8]]
    speed: Mapping[str, NDArray[np.float64]]
    crs: CRS
    barred: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))

    def __post_init__(self) -> None:
        segments = len(self.tail)
        arrays: tuple[NDArray[Any], ...] = (self.head, self.length, self.rise, self.street, *self.allowed.values(), *self.speed.values())
        if any(len(array) != segments for array in arrays) or set(self.allowed) != set(self.speed):
            raise ValueError("street arrays must have one entry per segment and the same modes")
        if len(self.length) and (not np.isfinite(self.length).all() or self.length.min() < 0):
            raise ValueError("street lengths must be finite and not negative")
        if not np.isfinite(self.rise).all():
            raise ValueError("the rise of streets must be finite; it is 0 where no elevation is known")

    @property
    def modes(self) -> tuple[str, ...]:
        """Travel modes the network was read for."""
        return tuple(self.allowed)

    def walking_speed(self, level_mps: float) -> NDArray[np.float64]:
        """Return the speed of a walker on each segment as if it were level, m/s, shape (segments,).

        Parameters
        ----------
        level_mps : float
            Walking speed on a level street, m/s. On stairs it is the part of it that the county states; a ferry carries fast and slow walkers alike.
        """
        ferry = (self.streets["highway"] == FERRY).to_numpy(bool)[self.street]
        return np.where(ferry, self.speed["walk"], self.speed["walk"] * level_mps)
