"""Money: what open sites cost, how much may be spent, and whether it is part of what is made small."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A budget is kept to 9 digits: sums of prices in float64 are no better than their last digits.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Purse:
    """Prices of the sites that a search chooses from, and what is left for them.

    Attributes
    ----------
    price : float64, shape (sites,)
        Not negative.
    spend : float
        Sum of prices at most, rounding included; inf: any.
    charged : bool
        Prices are part of the cost that is made small (fixed charge), not only a limit.
    """

    price: NDArray[np.float64]
    spend: float = math.inf
    charged: bool = False

    def sum(self, opened: NDArray[np.bool_]) -> float:
        """Return what a plan spends."""
        return math.fsum(self.price[opened].tolist())

    def charge(self, opened: NDArray[np.bool_]) -> float:
        """Return what a plan adds to the cost that is made small; inf when it cannot be paid."""
        spent = self.sum(opened)
        return math.inf if spent > self.spend else spent * self.charged

    @property
    def whole(self) -> bool:
        """Return whether prices leave whole costs whole."""
        return not self.charged or bool((self.price == np.round(self.price)).all())
