"""What county.toml says of a ledger: its sheet, the row of its heads, which column is what; and how a person changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from layers.county import FacilityLedger
from layers.errors import PlanningError
from layers.readers.ledger_sheets import ALL
from layers.readers.ledger_views import FIELDS, SheetView
from layers.readers.schema import FILE
from layers.revising import with_entry, with_settings
from layers.revising.changes import shown
from planning.workbench.folders import write_county_toml
from planning.workbench.surveys import Survey

SAMPLES = 3
_LIKE_A_LEDGER = 3


@dataclass(frozen=True)
class HeadLine:
    """A column of a ledger: its head, the first values under it, and the field it is taken for, empty where it is not used."""

    head: str
    samples: tuple[str, ...]
    field: str


def heads_of(view: SheetView) -> tuple[HeadLine, ...]:
    """Return the columns of a sheet that have a head."""
    found = []
    for column, head in enumerate(view.heads):
        if head:
            cells = (text for cells in view.rows.values() if column < len(cells) and (text := shown(cells[column])))
            found.append(HeadLine(head, tuple(islice(dict.fromkeys(cells), SAMPLES)), view.field_of(head)))
    return tuple(found)


def fields() -> tuple[str, ...]:
    """Return the fields that a column may be."""
    return FIELDS


def column_settings(spec: FacilityLedger, view: SheetView, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return what ``columns`` has to state so that each head is what a person has chosen; what is found without being stated is not.

    Parameters
    ----------
    spec : FacilityLedger
        As it stands.
    view : SheetView
        The sheet that was shown.
    chosen : mapping
        Field by head, empty where the column is not used.

    Raises
    ------
    PlanningError
        When two columns are to be one field.
    """
    wanted: dict[str, str] = {}
    for head, field in chosen.items():
        if field and wanted.setdefault(field, head) != head:
            raise PlanningError("desk.field_twice", field=field, one=wanted[field], other=head)
    stated: dict[str, str] = {}
    for field in dict.fromkeys((*spec.columns, *view.recognised, *wanted)):
        if view.columns.get(field) == wanted.get(field) and field in spec.columns and spec.columns[field] not in view.lost:
            stated[field] = spec.columns[field]
        elif view.recognised.get(field) != wanted.get(field):
            stated[field] = wanted.get(field, "")
    return stated


def check_everywhere(views: Sequence[SheetView], stated: Mapping[str, str]) -> None:
    """Refuse heads that a sheet lacks which is read with the same settings.

    Raises
    ------
    PlanningError
    """
    for view in views:
        missing = [head for head in stated.values() if head and head not in view.heads]
        if view.chosen and missing:
            raise PlanningError("desk.head_elsewhere", sheet=view.title, head="、".join(missing))


def save_settings(survey: Survey, ledger: int, changes: Mapping[str, Any]) -> None:
    """Change what county.toml says of a ledger; every comment and everything else stays.

    Parameters
    ----------
    survey : Survey
    ledger : int
        Its place in county.toml, from 0.
    changes : mapping
        Values by key of :class:`layers.county.FacilityLedger`; None takes a key out.

    Raises
    ------
    PlanningError
        When the schema refuses it, the text cannot be changed alone, or somebody else has saved county.toml since it was read.
    """
    save_entry(survey, ("facilities", ledger), changes)


def save_entry(survey: Survey, path: tuple[str | int, ...], changes: Mapping[str, Any]) -> None:
    """Change one entry of county.toml, such as ``("outlines", "county")``; errors as of :func:`save_settings`."""
    write_county_toml(survey.folder, with_settings(_text(survey), path, changes), known=survey.inputs[FILE])


def add_entry(survey: Survey, entry: Mapping[str, Any]) -> None:
    """List one more ledger in county.toml; errors as of :func:`save_settings`."""
    write_county_toml(survey.folder, with_entry(_text(survey), "facilities", entry), known=survey.inputs[FILE])


def _text(survey: Survey) -> str:
    return (survey.folder / FILE).read_bytes().decode("utf-8-sig")


def sheet_for(views: Sequence[SheetView]) -> str | None:
    """Return the sheet that a new workbook is likely to mean: all where several look like ledgers, none stated where it is the first."""
    alike = [view.title for view in views if view.known >= _LIKE_A_LEDGER]
    if len(alike) > 1:
        return ALL
    return alike[0] if alike and alike[0] != views[0].title else None


def settings_that_fit(spec: FacilityLedger, read: Sequence[SheetView]) -> dict[str, Any]:
    """Return which settings have to go for another file to be read in the place of a ledger.

    Parameters
    ----------
    spec : FacilityLedger
        As it stands.
    read : sequence of SheetView
        The new file as it is read with these settings.
    """
    changes: dict[str, Any] = {}
    chosen = [view for view in read if view.chosen]
    if spec.header_row is not None and all(view.known < 2 for view in chosen):
        changes["header_row"] = None
    lost = {field for view in chosen for field, head in spec.columns.items() if head in view.lost}
    if lost:
        changes["columns"] = {field: head for field, head in spec.columns.items() if field not in lost} or None
    return changes
