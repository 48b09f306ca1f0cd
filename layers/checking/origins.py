"""Where a row of a table comes from, and findings that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layers.errors import Fault, Severity

LAYER = "facilities"
GEOMETRY = "geometry"
"""Field of a finding on the place of a feature that no column holds."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row of a table was read.

    Attributes
    ----------
    file, sheet : str
        Relative to the county's folder.
    row : int
        Row as the file's own program counts it.
    heads : mapping
        Heads by field, as the file writes them.
    layer : str
        Whose table it is.
    """

    file: str
    sheet: str
    row: int
    heads: Mapping[str, str]
    layer: str = LAYER

    def fault(self, severity: Severity, code: str, field: str = "", value: str = "", **values: object) -> Fault:
        """Return a finding on this row; ``field`` is one of the table and is told by the head the file gives it."""
        return Fault(severity, code, self.layer, self.file, self.sheet, self.row, self.heads.get(field, field), value, values)


def place_heads(columns: Mapping[str, str]) -> Mapping[str, str]:
    """Return heads by field with one for ``lon`` in any case: the column that holds both coordinates, or the geometry of a feature."""
    return {"lon": columns.get("lonlat") or columns.get("latlon") or GEOMETRY, **columns}


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding on one row of a table.

    Attributes
    ----------
    position : int
        Row of the table, from 0.
    field : str
        Column of the table whose value an error makes unknown; empty where none.
    fault : Fault
        What is told.
    """

    position: int
    field: str
    fault: Fault


def written(value: float) -> str:
    """Return a number as a person writes it: whole ones without decimals."""
    return str(int(value)) if float(value).is_integer() else f"{value:.10g}"
