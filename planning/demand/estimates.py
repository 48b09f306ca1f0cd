"""Estimates of demand: what a number of people needs, by the parameters named beside each result.

An estimate is a product of people and parameters, so that a panel can check it by hand. Estimates that rest on different definitions stand
side by side and are never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan, prod
from typing import NamedTuple

from layers.texts import Language, say
from layers.types import Domain
from planning.demand.parameters import Parameter, Parameters, parameters

_AGES = ("60_64", "65_69", "70_74", "75_79", "80_84", "85_plus")


@dataclass(frozen=True)
class Estimate:
    """One estimated need.

    Attributes
    ----------
    key : str
        ``demand.<key>`` in :mod:`layers.texts` is its name.
    domain : {"elder", "child", "burial", "community"}
    value : float
        In ``unit``; NaN where the population lacks ``group``.
    unit : str
    group : str
        People it starts from.
    people : float
        How many they are; NaN where unknown.
    parameters : tuple of Parameter
        Every number that went in, with its source.
    """

    key: str
    domain: Domain
    value: float
    unit: str
    group: str
    people: float
    parameters: tuple[Parameter, ...]

    @property
    def known(self) -> bool:
        """Whether the population has the group; an estimate without it is unknown, never 0."""
        return not isnan(self.people)

    def name(self, lang: Language = "zh") -> str:
        """Return what is estimated."""
        return say(f"demand.{self.key}", lang)


class _Rule(NamedTuple):
    """People of ``group`` x ``scale`` x the parameters ``times`` / the parameters ``per``."""

    key: str
    domain: Domain
    unit: str
    group: str
    times: tuple[str, ...]
    per: tuple[str, ...] = ()
    scale: float = 1.0


_BURIALS = ("death_rate", "service_years")
_RULES = (
    _Rule("beds_norm", "elder", "beds", "elders", ("beds_per_1000_elders",), scale=1 / 1000),
    _Rule("beds_share", "elder", "beds", "elders", ("institution_share",), per=("occupancy",)),
    _Rule("care_beds", "elder", "beds", "elders", ("beds_per_1000_elders", "care_bed_share"), scale=1 / 1000),
    _Rule("disabled_census", "elder", "people", "elders", ("disability_census",)),
    _Rule("disabled_survey", "elder", "people", "elders", ("disability_survey",)),
    _Rule("deaths", "burial", "deaths per year", "residents", ("death_rate",)),
    _Rule("burials", "burial", "burials", "residents", _BURIALS),
    _Rule("plots_public", "burial", "plots", "residents", (*_BURIALS, "public_share")),
    _Rule("graves", "burial", "plots", "residents", (*_BURIALS, "grave_share")),
    _Rule("niches", "burial", "niches", "residents", (*_BURIALS, "niche_share")),
    _Rule("eco_burials", "burial", "burials", "residents", (*_BURIALS, "eco_share")),
    _Rule("cemetery_land", "burial", "m2", "residents", (*_BURIALS, "public_share", "land_per_plot")),
    _Rule("orphans", "child", "people", "minors", ("orphans_per_10000",), scale=1 / 10_000),
    _Rule("orphans_institution", "child", "people", "minors", ("orphans_per_10000", "orphan_institution_share"), scale=1 / 10_000),
    _Rule("unsupported_children", "child", "people", "minors", ("unsupported_per_10000",), scale=1 / 10_000),
    _Rule("households", "community", "households", "residents", (), per=("household_size",)),
    _Rule("community_area", "community", "m2", "residents", ("community_m2_per_100_households",), per=("household_size",), scale=1 / 100),
)


def estimate_demand(people: Mapping[str, float], changes: Mapping[str, float] | None = None) -> tuple[Estimate, ...]:
    """Estimate what people need.

    Parameters
    ----------
    people : mapping of group to people
        Demand groups ``elders``, ``residents``, ``minors`` and, for disability by age, the columns ``60_64`` … ``85_plus``. An absent group
        makes its estimates unknown.
    changes : mapping of parameter to value, optional
        The county's own figures.

    Returns
    -------
    tuple of Estimate
        All estimates, elders first. Disabled elders stand by census, by survey and, where the ages are given, by age: three definitions.

    Raises
    ------
    ValueError
        When a parameter is unknown or negative.
    """
    known = parameters(changes)
    by_age = (_disabled_by_age(people, known),) if all(age in people for age in _AGES) else ()
    return (*(_estimate(rule, people, known) for rule in _RULES), *by_age)


def _estimate(rule: _Rule, people: Mapping[str, float], known: Parameters) -> Estimate:
    given = people.get(rule.group, nan)
    share = rule.scale * prod(known[key].value for key in rule.times) / prod(known[key].value for key in rule.per)
    used = tuple(known[key] for key in (*rule.times, *rule.per))
    return Estimate(rule.key, rule.domain, given * share, rule.unit, rule.group, given, used)


def _disabled_by_age(people: Mapping[str, float], known: Parameters) -> Estimate:
    used = tuple(known[f"disability_{age}"] for age in _AGES)
    value = sum(people[age] * item.value for age, item in zip(_AGES, used, strict=True))
    return Estimate("disabled_by_age", "elder", value, "people", "elders", sum(people[age] for age in _AGES), used)
