"""The check-up of a county's folder: what was found in its files, also where they cannot be used at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers import texts
from layers.errors import Cancelled, Fault, PlanningError
from layers.facts import Facts, RowCount
from layers.history import Version
from layers.probation.trial import read_county
from layers.progress import Progress, silent
from layers.revising.log import LoggedChange
from layers.texts import Language, say
from planning.evaluation.street_check import StreetCheck, check_streets
from planning.workbench.choices import check_choices

if TYPE_CHECKING:
    from planning.publish.workbook import Table, Value

UNDATED = dt.date(2000, 1, 1)
"""Date kept in a workbook of findings, so that the same findings give the same bytes."""
# Values of a finding that its record holds besides what every one has.
_TOLD = {"streets": ("people", "metres", "rows", "others", "lon", "lat", "modes", "count", "townships")}


@dataclass(frozen=True)
class CheckUp:
    """Findings of all layers.

    Attributes
    ----------
    faults, notes : tuple of Fault
        Errors and warnings; true facts worth knowing.
    rows : tuple of RowCount
        Rows read, kept and excluded, by file and sheet.
    failure : PlanningError or None
        Why the county cannot be opened, where it cannot.
    """

    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    rows: tuple[RowCount, ...]
    failure: PlanningError | None

    @property
    def usable(self) -> bool:
        """Whether the county can be opened."""
        return self.failure is None


def check_county(folder: Path, *, progress: Progress = silent) -> CheckUp:
    """Read a county's folder with its scenarios and projects, and return everything found, instead of raising at what cannot be used."""
    try:
        facts = read_county(folder, cached=True, progress=progress)
    except Cancelled:
        raise
    except PlanningError as error:
        return CheckUp(*_parted(error.faults), (), error)
    progress("stage.street_check", 0, 1)
    return CheckUp(*_parted(all_findings(facts, facts.faults, check_streets(facts))), facts.rows, None)


def all_findings(facts: Facts, read: Iterable[Fault], streets: StreetCheck) -> tuple[Fault, ...]:
    """Return the findings of reading, with those of the streets' check-up in the place of the streets' own, and those of scenarios and projects."""
    return (*(fault for fault in read if fault.layer != "streets"), *streets.faults, *check_choices(facts))


def fault_record(fault: Fault, lang: Language = "zh") -> dict[str, Any]:
    """Return a fault as ``check --json`` prints it."""
    return {
        "code": fault.code,
        "severity": fault.severity,
        "layer": fault.layer,
        "file": fault.file,
        "sheet": fault.sheet,
        "row": fault.row,
        "field": fault.field,
        "value": fault.value,
        "message": fault.say(lang),
        "repair": fault.repair(lang),
        **{name: fault.values[name] for name in _TOLD.get(fault.layer, ("repaired",)) if name in fault.values},
    }


def faults_workbook(
    faults: Iterable[Fault], rows: Iterable[RowCount], lang: Language = "zh", changes: Iterable[tuple[str, LoggedChange, Version]] = ()
) -> bytes:
    """Return the findings as an Excel workbook (问题清单): a sheet of faults and notes, one of the rows by file, and one of changes if any.

    Parameters
    ----------
    faults, rows, lang
        As shown.
    changes : iterable
        Of :func:`planning.workbench.ledger_desk.changes_of`.
    """
    from planning.publish.workbook import Column, Table, excel

    heads = {name: say(f"cli.{name}", lang) for name in ("severity", "layer", "file", "sheet", "row", "field", "value", "message")}
    heads |= {"repair": say("workbench.repair", lang), "code": say("workbench.code", lang)}
    records = [fault_record(fault, lang) for fault in faults]
    told = tuple(tuple(_shown(name, record[name], lang) for name in heads) for record in records)
    counts = tuple((_shown("layer", row.layer, lang), row.file, row.sheet, row.read, row.kept, row.excluded) for row in rows)
    listed = Table(
        say("workbench.fault_sheet", lang), say("workbench.fault_sheet", lang), say("workbench.fault_note", lang),
        tuple(Column(head, "count" if name == "row" else "text") for name, head in heads.items()), told,
    )  # fmt: skip
    texts_of_count = [say(f"cli.{name}", lang) for name in ("layer", "file", "sheet", "read", "kept", "excluded")]
    counted = Table(
        say("workbench.row_sheet", lang), say("workbench.row_sheet", lang), say("cli.rows", lang),
        tuple(Column(head, "count" if number > 2 else "text") for number, head in enumerate(texts_of_count)), counts,
    )  # fmt: skip
    tables = (listed, counted, *_changes(tuple(changes), lang))
    return excel(tables, title=listed.title, author="Buju", date=UNDATED)


def _changes(changes: Sequence[tuple[str, LoggedChange, Version]], lang: Language) -> tuple[Table, ...]:
    from planning.publish.workbook import Column, Table

    if not changes:
        return ()
    heads = ("file", "sheet", "row", "field", "before", "after", "why", "when", "user", "version")
    title = say("desk.changes", lang)
    columns = tuple(Column(say(f"desk.change.{name}", lang), "count" if name in {"row", "version"} else "text") for name in heads)
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (file, told.sheet, told.row, told.head or say("desk.change.struck", lang), told.before, told.after, told.why,
         version.shown_when, version.user, version.number)
        for file, told, version in changes
    )  # fmt: skip
    return (Table(title, title, say("desk.changes_note", lang), columns, rows),)


def _shown(name: str, value: Any, lang: Language) -> Value:  # noqa: ANN401 - a value of a fault's record
    code = f"{name}.{value}"
    known: Value = say(code, lang) if name in {"severity", "layer"} and code in texts.codes() else value
    return known


def _parted(faults: tuple[Fault, ...]) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    serious = tuple(fault for fault in faults if fault.severity != "note")
    return serious, tuple(fault for fault in faults if fault.severity == "note")
