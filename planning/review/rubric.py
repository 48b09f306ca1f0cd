"""The rubric of project review: vetoes, criteria and bands, read from ``rubric.toml`` beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from layers.texts import Language
from layers.types import Domain


class _Named(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def name(self, lang: Language = "zh") -> str:
        """Return the name in a language."""
        return self.zh if lang == "zh" else self.en


class Band(_Named):
    """An outcome from a number of points upwards."""

    min: float


class Veto(_Named):
    """A ground on which a project fails whatever its points."""

    id: str
    domains: tuple[Domain, ...]
    source: tuple[str, ...]
    confidence: Literal["H", "M", "L"]


class Item(_Named):
    """One scored item."""

    id: str
    max: float
    source: tuple[str, ...]


class Criterion(_Named):
    """Items that belong together."""

    id: str
    max: float
    items: tuple[Item, ...]


class Rubric(BaseModel):
    """The whole rubric; its maxima add up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    total: float
    bands: tuple[Band, ...]
    vetoes: tuple[Veto, ...]
    criteria: tuple[Criterion, ...]
    fiscal: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _adds_up(self) -> Rubric:
        for criterion in self.criteria:
            if sum(item.max for item in criterion.items) != criterion.max:
                raise ValueError(f"the items of {criterion.id} do not add up to {criterion.max}")
        if sum(criterion.max for criterion in self.criteria) != self.total:
            raise ValueError(f"the criteria do not add up to {self.total}")
        if sorted(item for ids in self.fiscal.values() for item in ids) != sorted(self.items):
            raise ValueError("the fiscal groups do not hold every item once")
        return self

    @property
    def items(self) -> dict[str, Item]:
        """All items by id."""
        return {item.id: item for criterion in self.criteria for item in criterion.items}

    def band(self, points: float) -> Band:
        """Return the band a number of points falls into (a band's ``min`` belongs to it)."""
        return next(band for band in sorted(self.bands, key=lambda band: -band.min) if points >= band.min)


@cache
def rubric() -> Rubric:
    """Return the default rubric."""
    text = resources.files(__package__ or __name__).joinpath("rubric.toml").read_text("utf-8")
    return Rubric.model_validate(tomllib.loads(text))
