"""Facility types and the requirements they are measured by: one TOML file per type in this folder.

Adding a type needs no code. Every requirement carries its source and how sure it is (``H``, ``M``, ``L``); ``L`` is shown as 需本地确认.
What a source id stands for is in ``sources.toml``, the one file here that describes no type.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

LOCAL = "LOCAL"
"""Source id of a standard that a county or a scenario has changed."""

Mode = Literal["walk", "drive"]
Unit = Literal["m", "s"]
Area = Literal["county", "township", "village"]
Domain = Literal["elder", "child", "burial", "community"]
_SOURCES = "sources.toml"
Action = Literal["keep", "enlarge", "reduce", "new", "merge", "convert", "move"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Sourced(_Frozen):
    id: str
    source: tuple[str, ...] = Field(min_length=1)
    confidence: Literal["H", "M", "L"]
    note_zh: str = ""
    note_en: str = ""


class Reach(_Sourced):
    """A service standard: people live within a threshold of a facility.

    Where a norm gives a radius and a time, the radius binds as network distance and the time is shown beside it. ``share`` is the share of people
    who are to live within it: all of them unless the county or a scenario sets its own target.
    """

    kind: Literal["reach"] = "reach"
    mode: Mode
    radius_m: float | None = Field(default=None, gt=0)
    time_min: float | None = Field(default=None, gt=0)
    share: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _has_threshold(self) -> Reach:
        if self.radius_m is None and self.time_min is None:
            raise ValueError("a reach needs radius_m or time_min")
        return self

    @property
    def unit(self) -> Unit:
        """Unit of the threshold."""
        return "s" if self.radius_m is None else "m"

    @property
    def threshold(self) -> float:
        """Threshold in metres or seconds; a cost equal to it is covered (convention 4)."""
        if self.radius_m is not None:
            return self.radius_m
        return (self.time_min or 0.0) * 60.0


class CapacityPer(_Sourced):
    """Capacity needed per 1,000 people of the type's demand group (or of ``group``).

    ``also`` names further types whose capacity counts towards it: a norm of beds per 1,000 elders means the beds of every kind of home.
    """

    kind: Literal["capacity"] = "capacity"
    per_1000: float = Field(gt=0)
    group: str | None = None
    also: tuple[str, ...] = ()


class CapacityDeaths(_Sourced):
    """Plots or niches needed: people x death rate x years x share (burial types), in this type and those of ``also`` together."""

    kind: Literal["deaths"] = "deaths"
    death_rate: float = Field(gt=0, lt=0.1)
    years: float = Field(gt=0)
    share: float = Field(default=1.0, gt=0, le=1)
    also: tuple[str, ...] = ()


class PerArea(_Sourced):
    """At least a number of sites in each area, or one for each ``per_people`` of its people."""

    kind: Literal["per_area"] = "per_area"
    area: Area
    at_least: int = Field(default=1, ge=0)
    per_people: float | None = Field(default=None, gt=0)


class Size(_Sourced):
    """Smallest and largest size of one site, or the fewest residents that keep it open as what it is."""

    kind: Literal["size"] = "size"
    of: Literal["capacity", "floor_area", "residents"]
    lo: float | None = Field(default=None, ge=0)
    hi: float | None = Field(default=None, gt=0)


class Ratio(_Sourced):
    """A ratio of two sums over the county's facilities of the type and those of ``also``, such as care beds to beds."""

    kind: Literal["ratio"] = "ratio"
    numerator: Literal["care_beds", "residents", "floor_area", "capacity"]
    denominator: Literal["capacity", "floor_area", "households_100"]
    at_least: float = Field(ge=0)
    also: tuple[str, ...] = ()


Requirement = Annotated[Reach | CapacityPer | CapacityDeaths | PerArea | Size | Ratio, Field(discriminator="kind")]


class Away(_Sourced):
    """A distance that siting rules keep between a facility and homes."""

    distance_m: float = Field(gt=0)


class Symbol(_Frozen):
    """How a type is drawn: a marker shape and a colour."""

    shape: Literal["circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star", "plus", "house"]
    colour: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$")


class FacilityType(_Frozen):
    """A kind of facility with its names, what it serves, and its requirements.

    ``written_as`` lists how ledgers write the type; ``column_aliases`` how they head its columns, by field of the facility table. ``away`` is the
    distance to dense population that a plan task takes when it names none.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_zh: str
    name_en: str
    domain: Domain
    demand_group: str
    capacity_unit: Literal["beds", "places", "plots", "niches", "m2", "cremations", "sites"]
    levels: tuple[str, ...] = ()
    written_as: tuple[str, ...] = ()
    column_aliases: dict[str, tuple[str, ...]] = {}
    convert_to: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    away: Away | None = None
    symbol: Symbol

    def requirement(self, id: str) -> Requirement:
        """Return the requirement with this id; KeyError-free: raises ValueError when absent."""
        for requirement in self.requirements:
            if requirement.id == id:
                return requirement
        raise ValueError(f"{self.key} has no requirement {id!r}")

    @property
    def reach(self) -> Reach | None:
        """The first reach of the type, the one coverage is measured by unless another is named."""
        return next((item for item in self.requirements if isinstance(item, Reach)), None)


class Source(_Frozen):
    """Where a norm, a rule or a parameter was seen.

    ``seen`` says how: ``page`` (read on a published page), ``planning`` (in a planning document), ``memory`` (general knowledge, no page found:
    confirm before relying on it), ``derived`` (derived here from other rows), ``computed``, ``file``, or ``local`` (set by the county or a scenario).
    """

    zh: str
    en: str
    where: str = ""
    seen: Literal["page", "planning", "memory", "derived", "computed", "file", "local"]


@cache
def facility_types() -> dict[str, FacilityType]:
    """Return all facility types by key, in the order of their file names."""
    found: dict[str, FacilityType] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml") and file.name != _SOURCES:
            kind = FacilityType.model_validate(tomllib.loads(file.read_text("utf-8")))
            found[kind.key] = kind
    return found


@cache
def sources() -> dict[str, Source]:
    """Return what each source id of requirements, siting rules and review items stands for."""
    text = resources.files(__name__).joinpath(_SOURCES).read_text("utf-8")
    return {key: Source.model_validate(entry) for key, entry in tomllib.loads(text).items()}
