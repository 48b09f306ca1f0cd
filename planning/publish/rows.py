"""Rows of tables as they are gone through, with their types: pandas itself tells none."""

from __future__ import annotations

from typing import Protocol


class LedgerRow(Protocol):
    """A row of the facility table."""

    Index: str
    type: str
    name: str
    level: str
    ownership: str
    township: str
    remark: str
    source_file: str
    source_row: int
    capacity: float
    care_beds: float
    residents: float
    floor_area: float
    land_area: float
    year: float


class RequirementRow(Protocol):
    """A row of an evaluation's requirements."""

    id: str
    level: str
    area: str
    area_name: str
    value: float
    target: float
    unit: str
    met: str
    reason: str
    source: str
    confidence: str
