"""Bundles of arrays that compiled searches are given."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

GRAIN = 2.0**20
"""Costs are whole multiples of 1 / GRAIN m or s, about a micrometre: sums of them are exact in float64 up to 2³³."""


class Lists(NamedTuple):
    """Numbered lists of targets with costs: list ``i`` stands at ``start[i]:start[i + 1]`` of ``item`` and ``cost``."""

    start: Ints
    item: Ints
    cost: Floats


class Along(NamedTuple):
    """Costs along the chains in one unit, by place in ``Chains.segment``.

    ``cost[0]`` and ``cost[1]`` are those of a segment with and against its chain, infinite where not allowed; ``sum`` and ``closed`` add up the costs
    and count the closed segments before a place, so that any stretch of a chain is a difference of two of them.
    """

    start: Ints
    cost: Floats
    sum: Floats
    closed: Ints


class Points(NamedTuple):
    """Points on chains: their chain (-1 nowhere), place of their segment, fraction of it behind them, access cost and position."""

    chain: Ints
    place: Ints
    fraction: Floats
    access: Floats
    x: Floats
    y: Floats
