"""A proposed construction project, as its TOML file describes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from layers.county import Datum
from layers.errors import Fault, PlanningError
from layers.types import facility_types
from layers.untrusted.documents import load_toml

Document = Literal[
    "plan",
    "plan_adjustment",
    "land_use_code",
    "land_document",
    "operator",
    "staff",
    "running_cost",
    "targets",
    "baseline",
    "date",
    "provincial_confirmation",
    "above_ground",
    "underground",
    "mixed_industrial",
]
Amount = Annotated[float, Field(ge=0)]
_SAID = {"missing": "key_missing", "extra_forbidden": "key_unknown", "literal_error": "key_choice"}  # pydantic's kinds of mistake
_OWN = ("key_type", "key_facility")
"""Mistakes that the project's own rules find; each is a sentence of that name."""


class Project(BaseModel):
    """A proposed project; what is absent is missing evidence, never zero.

    Attributes
    ----------
    kind : {"new", "expand", "convert"}
        ``expand`` and ``convert`` name the ``facility`` they change.
    lon, lat : float or None
        In ``datum``.
    capacity, care_beds : float or None
        In the type's unit.
    floor_area, land_area, single_grave_area, joint_grave_area : float or None
        m2.
    investment_wan, confirmed_funds_wan : float or None
        10,000 yuan.
    documents : tuple of str or None
        What the application file holds; None where nobody has looked yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=r"^[\w-]+$")]
    name: Annotated[str, Field(min_length=1)]
    type: str
    kind: Literal["new", "expand", "convert"] = "new"
    facility: str | None = None
    lon: float | None = None
    lat: float | None = None
    datum: Datum = "WGS84"
    capacity: Amount | None = None
    care_beds: Amount | None = None
    floor_area: Amount | None = None
    land_area: Amount | None = None
    investment_wan: Amount | None = None
    confirmed_funds_wan: Amount | None = None
    single_grave_area: Amount | None = None
    joint_grave_area: Amount | None = None
    documents: tuple[Document, ...] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _names_what_it_changes(self) -> Project:
        if self.type not in facility_types():
            raise PydanticCustomError("key_type", "unknown facility type", {"key": "type", "value": self.type, "known": "、".join(facility_types())})
        if (self.kind == "new") != (self.facility is None):
            raise PydanticCustomError("key_facility", "expand and convert name a facility, new does not", {"key": "facility"})
        return self

    def has(self, document: Document) -> bool:
        """Return whether the application file holds a document."""
        return self.documents is not None and document in self.documents


def read_project(path: Path) -> Project:
    """Read a project file.

    Raises
    ------
    PlanningError
        When it cannot be read or says something impossible.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise PlanningError("review.unreadable", file=path.name, why=why) from error
    return parse_project(text, path.name)


def parse_project(text: str, file: str) -> Project:
    """Return the project a TOML text describes; ``file`` names it in errors.

    Raises
    ------
    PlanningError
        When the text is no TOML or says something impossible.
    """
    try:
        return Project.model_validate(load_toml(text, file))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = at.groups() if at else (str(text.count("\n") + 1), "1")
        raise PlanningError("review.not_toml", file=file, line=line, column=column) from error
    except ValidationError as error:
        faults = [_fault(item, file) for item in error.errors()]
        raise PlanningError("review.bad_project", faults=faults, file=file, keys="、".join(dict.fromkeys(fault.field for fault in faults))) from error


def _fault(item: Mapping[str, Any], file: str) -> Fault:
    """Put one mistake found by pydantic into words."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in _OWN:
        return Fault("error", f"review.{kind}", "projects", file, field=context["key"], value=str(context.get("value", "")), values=context)
    value = "" if kind == "missing" or isinstance(item["input"], dict | list) else str(item["input"])
    code = _SAID.get(kind, "key_wrong")
    allowed = context.get("expected", "")
    return Fault("error", f"review.{code}", "projects", file, field=".".join(map(str, item["loc"])), value=value, values={"allowed": allowed})
