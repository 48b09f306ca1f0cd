"""Plan tasks of ``county.toml``: what is asked of which siting model, and which fields a model takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from layers.keys import CandidateSource, Frozen, TaskKey, Text

ModelKey = Literal["mclp", "lscp", "pmedian", "pcenter", "backup", "equity", "fixedcharge", "capcover", "capmedian"]
Money = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class Fields:
    """Fields of a task that a model needs, those of which it needs at least one, and those it may take besides; all other fields it refuses."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All fields that the model takes."""
        return (*self.needs, *self.either, *self.takes)


_ALWAYS = ("away_m", "crowd", "around_m", "may_close", "others", "price", "price_standing", "prices", "price_source")
MODELS: Final[Mapping[ModelKey, Fields]] = {
    "mclp": Fields(either=("sites", "budget"), takes=("apart_m", *_ALWAYS)),
    "lscp": Fields(takes=("share", "apart_m", *_ALWAYS)),
    "pmedian": Fields(either=("sites", "budget"), takes=_ALWAYS),
    "pcenter": Fields(needs=("sites",), takes=("share", *_ALWAYS)),
    "backup": Fields(needs=("sites",), takes=("weight", "apart_m", *_ALWAYS)),
    "equity": Fields(needs=("sites",), takes=("apart_m", *_ALWAYS)),
    "fixedcharge": Fields(needs=("price", "trip_cost", "trips"), takes=("sites", "budget", *_ALWAYS)),
    "capcover": Fields(needs=("sites",), takes=("places_per_1000", "source", *_ALWAYS)),
    "capmedian": Fields(needs=("sites",), takes=("places_per_1000", "source", *_ALWAYS)),
}
"""The fields of each model; a new model or field is one entry here."""
MODEL_FIELDS: Final = tuple(dict.fromkeys(name for fields in MODELS.values() for name in fields.known))
_TOGETHER: Final = {
    "away_m": ("crowd", "around_m"), "crowd": ("around_m",), "around_m": ("crowd",),
    "budget": ("price",), "prices": ("price",), "price": ("price_source",), "price_standing": ("price_source",),
}  # fmt: skip


class PlanTask(Frozen):
    """One question the plan answers: where sites of a type should be added."""

    key: TaskKey = Field(description="Short name; outputs are named after it.")
    title: Text = Field(description="Title as printed.")
    type: str = Field(description="Facility type.")
    requirement: str = Field(description="Id of the reach requirement to plan for.")
    model: ModelKey = Field(
        default="mclp",
        description="`mclp`: most people within the threshold. `lscp`: fewest sites for a share of people. `pmedian`: least total travel. "
        "`pcenter`: smallest radius for everybody or a share. `backup`: most people with one site within the threshold, then with two. "
        "`equity`: the worst-served township first, then most people. "
        "`fixedcharge`: least money for sites and trips together. `capcover`: most people with a place within the threshold. "
        "`capmedian`: a place for everybody at the least total travel. See docs/siting.md.",
    )
    sites: int | None = Field(
        default=None, ge=1, description="New sites at most, and with `may_close` existing ones that may close and stay (all models but lscp)."
    )
    share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of all people given to cover (lscp), or to have within the radius (pcenter); "
        "everybody whom a site could serve when absent.",
    )
    weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="What a person's second site counts where the first counts 1 (backup); when absent or 0, "
        "nobody goes without a site so that others have two.",
    )
    apart_m: float | None = Field(
        default=None,
        gt=0,
        description="Smallest distance between a new site and another new or existing one, in m, straight line (not pmedian, pcenter).",
    )
    away_m: float | None = Field(
        default=None,
        gt=0,
        description="Smallest distance of a new site from dense population, in m, straight line. "
        "When absent, with `crowd` and `around_m` given: what the type's file says (cemeteries: 500 m, source S09, a draft).",
    )
    crowd: float | None = Field(default=None, gt=0, description="Population is dense where at least so many people live within `around_m`.")
    around_m: float | None = Field(default=None, gt=0, description="Distance around a home within which people are counted for `crowd`, in m.")
    may_close: Literal["all"] | tuple[Text, ...] = Field(
        default=(),
        description="Existing facilities of the type that the plan may give up, by id or name, or `all`; those that stay count like new ones.",
    )
    others: tuple[Text, ...] = Field(
        default=(),
        description="Ownership, as the ledger writes it (such as 民办), of facilities that are run by others: nobody closes them, "
        "and in the cover models people nearer to them are not covered by a site of ours.",
    )
    price: Money | None = Field(default=None, description="What a new site costs, in 万元 (10,000 yuan). No price is built in.")
    price_standing: Money | None = Field(default=None, description="What an existing facility that stays open costs, in 万元; 0 when absent.")
    prices: dict[str, Money] = Field(default={}, description="What single sites cost instead, in 万元, by id of a candidate or facility.")
    price_source: Text | None = Field(default=None, description="Where the prices come from; printed on every output.")
    budget: Money | None = Field(
        default=None, description="What all open facilities of the type may cost together, in 万元 (mclp, pmedian, fixedcharge)."
    )
    trip_cost: float | None = Field(
        default=None, gt=0, description="What a way costs a person, in yuan per km, or per hour where the standard is a time (fixedcharge)."
    )
    trips: float | None = Field(
        default=None, gt=0, description="Ways of a person of the demand group over the time that the prices stand for (fixedcharge)."
    )
    places_per_1000: float | None = Field(
        default=None, gt=0, description="Places that 1,000 people of the demand group need (capcover, capmedian); the type's norm when absent."
    )
    source: Literal["split", "cell", "township"] | None = Field(
        default=None,
        description="`split` (when absent): people of a cell may have their places at several sites. "
        "`cell`, `township`: all of a cell, or of a township, at one site (capcover, capmedian).",
    )
    candidates: CandidateSource = Field(default=CandidateSource(), description="Where candidate sites come from.")
    capacity: float | None = Field(
        default=None, gt=0, description="Capacity of each new site, in the type's unit; the smallest that its norms allow when absent."
    )
    scenario: str | None = Field(default=None, description="Scenario file the task starts from; the county's `scenario` when absent.")
    time_limit_s: float = Field(default=60.0, gt=0, description="Longest time the solver may take, in s.")

    @property
    def asked(self) -> dict[str, object]:
        """What the task says of the fields that belong to models, in their order."""
        told = {name: getattr(self, name) for name in MODEL_FIELDS}
        return {name: value for name, value in told.items() if value is not None and value not in ((), {})}

    @model_validator(mode="after")
    def _fits_model(self) -> PlanTask:
        fields, asked = MODELS[self.model], self.asked
        _refuse("plan_refuses", self.model, [name for name in asked if name not in fields.known], known="、".join(fields.known))
        _refuse("plan_needs", self.model, [name for name in fields.needs if name not in asked])
        _refuse("plan_either", self.model, [] if not fields.either or any(name in asked for name in fields.either) else fields.either)
        for name, others in _TOGETHER.items():
            _refuse("plan_together", self.model, [other for other in others if name in asked and other not in asked], given=name)
        return self


def _refuse(code: str, model: str, names: Iterable[str], **values: str) -> None:
    """Raise what readers of county.toml put into words under ``county_toml.<code>``, if any field is wrong."""
    told = "、".join(names)
    if told:
        raise PydanticCustomError(code, "{model}: {code} {fields}", {"model": model, "code": code, "fields": told, **values})
