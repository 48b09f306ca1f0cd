"""What a consolidation is asked of: homes with what each may become, the ways between them, and the rules that hold for every plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planning.travel.costs import TravelCosts

Going = Literal["keep", "reduce", "enlarge", "convert", "open", "leave"]


@dataclass(frozen=True)
class Option:
    """A state in which a home may go on, or a new site may be.

    Attributes
    ----------
    action : {"keep", "reduce", "enlarge", "convert", "open", "leave"}
        ``leave``: a new site is not opened.
    beds, care_beds : float
        Beds afterwards, and care beds among them.
    cost : float
        Paid once, in any unit of money that is used throughout.
    running : float
        Cost of running per year, in the same unit.
    to : str
        Facility type afterwards, where converted.
    receives : bool
        Whether residents of other homes may move in.
    serves : bool
        Whether it counts for the cells' nearest home.
    """

    action: Going
    beds: float = 0.0
    care_beds: float = 0.0
    cost: float = 0.0
    running: float = 0.0
    to: str = ""
    receives: bool = True
    serves: bool = True

    def __post_init__(self) -> None:
        if not (0 <= self.care_beds <= self.beds < math.inf):
            raise ValueError("an option needs finite beds, and no more care beds than beds")
        if not (math.isfinite(self.cost) and math.isfinite(self.running)):
            raise ValueError("costs must be finite")
        if (self.action == "leave") != (self.beds == 0):
            raise ValueError("a site that is left has no beds, every other option has some")
        if (self.action == "convert") != bool(self.to):
            raise ValueError("an option names a type if and only if it converts")


@dataclass(frozen=True)
class Home:
    """An existing home, or a site where a new one may open.

    Attributes
    ----------
    site : str
        Its id; also the label of its column of travel costs.
    residents : float
        People who live there and need a bed in every plan; 0 at a new site.
    options : tuple of Option
        States in which it may go on; earlier ones are preferred between plans that are otherwise equal. A home may also end: with residents by
        merging into one other home, without by closing.
    ending_cost : float
        Paid once when it ends.
    new : bool
        Whether it is a site where nothing stands yet.
    stays : bool
        It must go on; a new site must open.
    """

    site: str
    residents: float
    options: tuple[Option, ...]
    ending_cost: float = 0.0
    new: bool = False
    stays: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.residents < math.inf and math.isfinite(self.ending_cost)) or (self.new and self.residents):
            raise ValueError("residents and ending cost must be finite and known, and nobody lives at a new site")
        allowed = {"open", "leave"} if self.new else {"keep", "reduce", "enlarge", "convert"}
        if any(option.action not in allowed for option in self.options):
            raise ValueError(f"a {'new site' if self.new else 'home'} has the options {sorted(allowed)}")


@dataclass(frozen=True)
class Rules:
    """What holds for every plan.

    Attributes
    ----------
    limit : float
        Travel cost within which a cell counts as served, in the unit of the travel costs.
    transfer_limit : float
        Travel cost from a home that is merged to the one that takes over, at most, in the unit of the transfers.
    least_beds, most_beds : float
        Minimum viable and maximum size of a home that goes on or opens as what it is; converted ones follow their new type's own option.
    care_share : float
        Care beds as a share of the beds of all homes together, at least.
    changes : int or None
        Homes and sites that do not stay as they are, at most.
    budget : float or None
        Sum of what is paid once, at most.
    years : float
        Years of running cost that are added to what is paid once.
    """

    limit: float
    transfer_limit: float
    least_beds: float = 0.0
    most_beds: float = math.inf
    care_share: float = 0.0
    changes: int | None = None
    budget: float | None = None
    years: float = 10.0

    def __post_init__(self) -> None:
        if not (self.limit >= 0 and self.transfer_limit >= 0 and 0 <= self.least_beds <= self.most_beds):
            raise ValueError("limits must not be negative, and the smallest size not above the largest")
        if not (0 <= self.care_share <= 1 and 0 <= self.years < math.inf) or (self.changes is not None and self.changes < 0):
            raise ValueError("the care-bed share lies between 0 and 1; years and changes are not negative")


@dataclass(frozen=True)
class Deed:
    """What becomes of one home: the option it goes on in, or None when it ends, and then the home its residents move ``into``, if it has any."""

    site: str
    option: int | None
    into: str = ""


@dataclass(frozen=True)
class Consolidation:
    """Homes, ways and people.

    Attributes
    ----------
    homes : tuple of Home
        Existing homes and new sites, in any order.
    transfers : float64, shape (homes, homes)
        Travel cost from the home of the row to that of the column, inf where there is no way.
    people : float64, shape (cells,)
        People of the demand group in the order of ``costs.cells``.
    costs : TravelCosts
        From cells to homes, one column per home.
    """

    homes: tuple[Home, ...]
    transfers: NDArray[np.float64]
    people: NDArray[np.float64]
    costs: TravelCosts

    def __post_init__(self) -> None:
        sites = [home.site for home in self.homes]
        if len(set(sites)) != len(sites) or set(sites) != set(self.costs.sites):
            raise ValueError("every home needs an id of its own and one column of travel costs")
        if self.transfers.shape != (len(sites), len(sites)) or np.isnan(self.transfers).any() or (self.transfers < 0).any():
            raise ValueError("transfers are one cost, not negative, from each home to each")
        if self.people.shape != (len(self.costs.cells),) or (self.people < 0).any() or not np.isfinite(self.people).all():
            raise ValueError("people must be finite, not negative, one per cell of the travel costs")

    def home(self, site: str) -> Home:
        """Return a home by its id; KeyError when there is none."""
        for home in self.homes:
            if home.site == site:
                return home
        raise KeyError(site)
