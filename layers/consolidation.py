"""The schema of ``[[consolidate]]`` in ``county.toml``: which homes are put together, what they may become, and what that costs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from layers.keys import CandidateSource, Frozen, TaskKey, Text
from layers.types import Mode

Money = Annotated[float, Field(ge=0)]
Beds = Annotated[float, Field(gt=0)]


class ConsolidationPrices(Frozen):
    """What consolidation costs, in 万元 (10,000 yuan); no price is built in: a bureau's own estimate, budget or tender."""

    build: Money = Field(description="A bed added or built anew, once.")
    convert: Money = Field(description="A bed of a home that is converted, once.")
    reduce: Money = Field(description="A bed given up where a home is reduced, once.")
    close: Money = Field(description="A home that is merged or closed, once.")
    move: Money = Field(description="A resident who moves, once.")
    run_home: Money = Field(description="Running a home for a year.")
    run_bed: Money = Field(description="Running a bed for a year.")
    source: Text = Field(description="Where the prices come from; printed on every output.")


class ConsolidationTask(Frozen):
    """One consolidation of homes (撤并整合、分片集中供养、转型): what becomes of each home and who moves where, at the least cost."""

    key: TaskKey = Field(description="Short name; outputs are named after it.")
    title: Text = Field(description="Title as printed.")
    title_en: str = Field(default="", description="Title as printed in English; the other one when empty.")
    type: str = Field(description="Facility type of the homes.")
    mode: Mode = Field(default="drive", description="Means of travel of both limits.")
    unit: Literal["min", "km"] = Field(default="min", description="Unit of both limits: minutes, or km along streets.")
    limit: float = Field(gt=0, description="Nobody who has a home within this limit today may end beyond it.")
    transfer_limit: float = Field(gt=0, description="Farthest way of residents who move.")
    least_beds: float = Field(default=0.0, ge=0, description="Least beds of a home that goes on or opens; a converted one follows its new type.")
    most_beds: float | None = Field(default=None, gt=0, description="Most beds of such a home; no limit when absent.")
    care_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Care beds as a share of the beds of all homes together, and of each home of another size or type, at least.",
    )
    stays: tuple[Text, ...] = Field(default=(), description="Homes that must go on, by id or name.")
    sizes: tuple[Beds, ...] = Field(default=(), description="Beds that a home may have afterwards, besides those of today; also of new homes.")
    convert_to: tuple[str, ...] = Field(default=(), description="Facility types that a home may become, with its beds and residents.")
    converted_serve: bool = Field(
        default=False, description="Whether a converted home still counts for the people around it and takes in residents of merged homes."
    )
    open: CandidateSource | None = Field(default=None, description="Where new homes may open; none may when absent.")
    changes: int | None = Field(default=None, ge=0, description="Homes that do not stay as they are, at most; no limit when absent.")
    budget: float | None = Field(default=None, ge=0, description="What may be paid once, in 万元; no limit when absent.")
    years: float = Field(default=10.0, ge=0, description="Years of running cost that are added to what is paid once.")
    prices: ConsolidationPrices = Field(description="What it costs.")
    scenario: str | None = Field(default=None, description="Scenario file that the task starts from; the present state when absent.")
    time_limit_s: float = Field(default=60.0, gt=0, description="Longest time the solver may take, in s.")

    @model_validator(mode="after")
    def _can_be_kept(self) -> ConsolidationTask:
        most = float("inf") if self.most_beds is None else self.most_beds
        if most < self.least_beds or any(not self.least_beds <= size <= most for size in self.sizes):
            raise PydanticCustomError("consolidate_sizes", "sizes lie between least_beds and most_beds")
        if self.open is not None and not self.sizes:
            raise PydanticCustomError("consolidate_open", "new homes need sizes")
        return self

    @property
    def factor(self) -> float:
        """Seconds or metres in one unit of the limits."""
        return 60.0 if self.unit == "min" else 1000.0
