"""From beds and prices to the options of a home."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planning.siting.consolidation.problem import Going, Home, Option


@dataclass(frozen=True)
class Prices:
    """What consolidation costs, in one unit of money.

    Attributes
    ----------
    build, convert, reduce : float
        Per bed added to a home or built anew, per bed of a converted home, per bed given up; paid once.
    close : float
        Per home that ends, paid once.
    move : float
        Per resident who moves, paid once.
    run_home, run_bed : float
        Running cost per year of each home, and of each bed.
    """

    build: float
    convert: float
    reduce: float
    close: float
    move: float
    run_home: float
    run_bed: float

    def running(self, beds: float) -> float:
        """Return the running cost of a home per year."""
        return self.run_home + self.run_bed * beds


@dataclass(frozen=True)
class Choices:
    """What a home may become besides what it is.

    Attributes
    ----------
    sizes : tuple of float
        Beds that it may have afterwards.
    to : tuple of str
        Facility types that it may become, with its beds and residents.
    care_share : float
        Care beds as a share of the beds after a change of size or type, at least; the care beds of today stay.
    """

    sizes: tuple[float, ...] = ()
    to: tuple[str, ...] = ()
    care_share: float = 0.0


def existing_home(
    site: str, beds: tuple[float, float], residents: float, prices: Prices, choices: Choices = Choices(), *, stays: bool = False
) -> Home:  # fmt: skip
    """Return a home that may stay as it is, take another size, or become one of another type.

    Parameters
    ----------
    site : str
    beds : (float, float)
        Beds and care beds of today.
    residents : float
    prices : Prices
    choices : Choices
    stays : bool
        Whether it must go on.
    """
    now, care = beds
    options = [Option("keep", now, care, 0.0, prices.running(now))]
    for size in sorted(set(choices.sizes) - {now}):
        going: Going = "enlarge" if size > now else "reduce"
        cost = (size - now) * prices.build if size > now else (now - size) * prices.reduce
        options.append(Option(going, size, _care(size, care, choices.care_share), cost, prices.running(size)))
    cared = _care(now, care, choices.care_share)
    options += [Option("convert", now, cared, now * prices.convert, prices.running(now), kind) for kind in choices.to]
    return Home(site, residents, tuple(options), prices.close + prices.move * residents, stays=stays)


def new_home(site: str, sizes: tuple[float, ...], prices: Prices, *, care_share: float = 0.0, must_open: bool = False) -> Home:
    """Return a site where a home of one of some sizes may open."""
    opened = (Option("open", size, _care(size, 0.0, care_share), size * prices.build, prices.running(size)) for size in sorted(set(sizes)))
    return Home(site, 0.0, (Option("leave"), *opened), new=True, stays=must_open)


def _care(beds: float, today: float, share: float) -> float:
    """Care beds are whole where beds are."""
    return min(beds, max(today, float(math.ceil(share * beds - 1e-9))))
