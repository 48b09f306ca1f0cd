"""Indicators of plans for the whole county: care-bed share, beds per 1,000 elders, townships and villages that have what they should."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal, cast

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from layers.facilities import FacilityLayer
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.types import CapacityPer, Requirement, facility_types
from planning.evaluation.requirements import LESS, judge
from planning.evaluation.setting import Setting

COLUMNS = ("name_zh", "name_en", "value", "target", "met", "reason", "attribute", "level", "source", "confidence")


class Indicator(BaseModel):
    """One indicator: a requirement measured over the county, its target and whether that binds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    zh: str
    en: str
    level: Literal["national", "county"]
    attribute: Literal["binding", "expected", "information"]
    target: float | None = None
    value: Literal["share", "ratio", "per_1000", "sum"]
    type: str
    requirement: Requirement


def measure_indicators(population: PopulationGrid, outlines: Outlines, layer: FacilityLayer) -> pd.DataFrame:
    """Measure all indicators that ledgers, population and outlines can tell.

    Parameters
    ----------
    population : PopulationGrid
    outlines : Outlines
    layer : FacilityLayer

    Returns
    -------
    DataFrame
        Index ``indicator``; columns :data:`COLUMNS`. Shares and ratios are not per cent. ``target`` is NaN and ``met`` empty where there is none;
        ``met`` is ``unknown`` with a ``reason`` (code of :mod:`layers.texts`) where missing numbers leave it open.
    """
    rows = [_row(item, Setting(facility_types()[item.type], population, outlines, layer)) for item in indicators()]
    return pd.DataFrame(rows, index=pd.Index([item.key for item in indicators()], name="indicator"), columns=list(COLUMNS))


@cache
def indicators() -> tuple[Indicator, ...]:
    """Return the indicators of the table beside this module."""
    text = resources.files(__package__).joinpath("indicators.toml").read_text("utf-8")
    return tuple(Indicator.model_validate(entry) for entry in tomllib.loads(text)["indicator"])


def _row(item: Indicator, setting: Setting) -> dict[str, object]:
    value, reason = _capacity(item, setting) if isinstance(item.requirement, CapacityPer) else _judged(item, setting)
    met = ""
    if item.target is not None:
        reached = value >= item.target - LESS and reason != "evaluation.numbers_unknown"
        met = "met" if reached else "unknown" if reason else "unmet"
    return {
        "name_zh": item.zh,
        "name_en": item.en,
        "value": value,
        "target": np.nan if item.target is None else item.target,
        "met": met,
        "reason": "" if met == "met" else reason,
        "attribute": item.attribute,
        "level": item.level,
        "source": ";".join(item.requirement.source),
        "confidence": item.requirement.confidence,
    }


def _judged(item: Indicator, setting: Setting) -> tuple[float, str]:
    county = judge(setting, item.requirement).iloc[0]  # the county stands first
    value, target = float(county["value"]), float(county["target"])
    if item.value == "share":
        value = min(value / target, 1.0)
    return value, str(county["reason"]) if county["met"] == "unknown" else ""


def _capacity(item: Indicator, setting: Setting) -> tuple[float, str]:
    """Return known capacity, per 1,000 people or as it is; facilities of unknown capacity are told as the reason."""
    requirement = cast("CapacityPer", item.requirement)
    available, unknown = setting.available(requirement)
    reason = "evaluation.capacity_unknown" if unknown.iloc[0] > 0 else ""
    if item.value == "sum":
        return float(available.iloc[0]), reason
    people = setting.people(requirement.group or setting.kind.demand_group)
    if people is None or people.iloc[0] == 0:
        return float("nan"), "evaluation.no_demand_group" if people is None else "evaluation.no_people"
    return float(available.iloc[0] / people.iloc[0] * 1000), reason
