"""What the value of each siting model is, and its unit: the one place that turns such a value into words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from layers.texts import Language, say
from layers.types import Unit
from planning.siting.problem import SitingPlan

AimName = Literal["people", "people_twice", "people_weighted", "sites", "travel", "radius", "worst_share", "money", "placed"]
_COSTS: Final = {"m": ("m", "person_m"), "s": ("s", "person_s")}
_MINUTES: Final = {"s": 60.0, "person_s": 60.0}  # convention 5: minutes only when shown


@dataclass(frozen=True)
class Aim:
    """What a model makes large or small.

    Attributes
    ----------
    name : str
        Code below ``siting.aim``.
    unit : str
        Of the value as it is kept: ``people``, ``sites``, ``m``, ``s``, ``person_m``, ``person_s``, ``share`` or ``wan`` (10,000 yuan).
    """

    name: AimName
    unit: str

    def title(self, lang: Language = "zh") -> str:
        """Return what the value is, such as 覆盖人数."""
        return say(f"siting.aim.{self.name}", lang)

    def head(self, lang: Language = "zh") -> str:
        """Return what the value is with its unit as shown, as an axis or a column is headed."""
        unit = "%" if self.unit == "share" else say(f"siting.unit.{self.unit}", lang, number="").strip()
        return say("siting.head", lang, aim=self.title(lang), unit=unit) if unit else self.title(lang)

    def scaled(self, value: float) -> float:
        """Return a value in the unit it is shown in: times in minutes."""
        return value / _MINUTES.get(self.unit, 1.0)

    def amount(self, value: float, lang: Language = "zh") -> str:
        """Return a value with its unit as shown: people and sites whole, times in minutes, shares as per cent; a dash where it is unknown."""
        if not math.isfinite(value):
            return "—"
        if self.unit == "share":
            return f"{value:.2%}"
        number = self.scaled(value)
        digits = 1 if self.unit == "wan" or (self.unit in _MINUTES and abs(number) < 1000) else 0
        shown = round(number, digits) + 0.0  # no negative zero
        return say(f"siting.unit.{self.unit}", lang, number=f"{shown:,.{digits}f}")


_FIRST: Final[Mapping[str, AimName]] = {
    "mclp": "people", "lscp": "sites", "pmedian": "travel", "pcenter": "radius", "backup": "people", "equity": "worst_share",
    "fixedcharge": "money",
    "capcover": "placed", "capmedian": "travel",
}  # fmt: skip
_SECOND: Final[Mapping[str, AimName]] = {"backup": "people_twice", "equity": "people", "capcover": "travel"}


def aim_of(model: str, unit: Unit, *, weighted: bool = False) -> Aim:
    """Return what a model aims for.

    Parameters
    ----------
    model : str
    unit : {"m", "s"}
        Unit of the travel costs.
    weighted : bool
        Whether two aims are one sum (backup cover with a weight).

    Raises
    ------
    KeyError
        When the model is unknown.
    """
    name: AimName = "people_weighted" if weighted else _FIRST[model]
    return _aim(name, unit)


def second_aim_of(model: str, unit: Unit) -> Aim | None:
    """Return what a model aims for where several plans are equally good, None where that is nothing."""
    return _aim(_SECOND[model], unit) if model in _SECOND else None


MONEY = Aim("money", "wan")
"""What is spent, beside the aim of any model."""


def is_weighted(plan: SitingPlan) -> bool:
    """Return whether a plan's two aims were one sum: a second aim of its own is always bounded."""
    return plan.model == "backup" and not math.isnan(plan.second_value) and math.isnan(plan.second_bound)


def _aim(name: AimName, unit: Unit) -> Aim:
    radius, travel = _COSTS[unit]
    return Aim(name, {"sites": "sites", "travel": travel, "radius": radius, "worst_share": "share", "money": "wan"}.get(name, "people"))
