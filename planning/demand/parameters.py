"""Parameters of the demand estimates with their sources: one table beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LOCAL = "LOCAL"
DIVISORS = ("occupancy", "household_size")
Parameters = Mapping[str, "Parameter"]


class Parameter(BaseModel):
    """One number of an estimate.

    ``source`` holds ids of :func:`layers.types.sources`, or :data:`LOCAL` where the planner set the value; ``confidence`` is ``H``, ``M`` or
    ``L`` (shown as 需本地确认).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    key: str
    value: float = Field(ge=0)
    unit: str
    source: tuple[str, ...] = Field(min_length=1)
    confidence: Literal["H", "M", "L"]
    zh: str
    en: str


def parameters(changes: Mapping[str, float] | None = None) -> dict[str, Parameter]:
    """Return all parameters by key.

    Parameters
    ----------
    changes : mapping of key to value, optional
        The county's own figures; they carry the source :data:`LOCAL`.

    Raises
    ------
    ValueError
        When a key is unknown, a value negative, or a divisor 0.
    """
    changes = changes or {}
    unknown = sorted(set(changes) - set(_defaults()))
    if unknown:
        raise ValueError(f"no demand parameter is called {unknown}")
    return {key: _changed(item, changes[key]) if key in changes else item for key, item in _defaults().items()}


def _changed(item: Parameter, value: float) -> Parameter:
    if item.key in DIVISORS and value == 0:
        raise ValueError(f"{item.key} must be greater than 0")
    return Parameter.model_validate({**item.model_dump(), "value": value, "source": (LOCAL,), "confidence": "H"})


@cache
def _defaults() -> dict[str, Parameter]:
    text = resources.files(__package__).joinpath("parameters.toml").read_text("utf-8")
    return {key: Parameter.model_validate({"key": key, **entry}) for key, entry in tomllib.loads(text).items()}
