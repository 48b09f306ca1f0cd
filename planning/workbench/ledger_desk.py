"""The ledger under repair: its rows with findings, what a person changes in them, and the new version of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layers.checking import certain_repairs
from layers.errors import Fault, PlanningError
from layers.facilities import NUMBER_COLUMNS
from layers.history import Document, Version, digest
from layers.probation.trial import view_ledger
from layers.readers.ledger_views import SheetView
from layers.revising import CellChange, Revision, Strike, Value, revised
from layers.revising.changes import shown
from layers.revising.log import LoggedChange, log_changes, logged_changes
from layers.texts import Language, say
from planning.workbench.surveys import Survey

_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?")
_PLACES = ("lon", "lat")


@dataclass(frozen=True)
class ProblemRow:
    """A row in which something was found.

    Attributes
    ----------
    view : SheetView
        Its sheet.
    row : int
        As the file's own program counts it.
    faults : tuple of Fault
        What was found, the gravest first.
    cells : tuple
        By column of the file.
    """

    view: SheetView
    row: int
    faults: tuple[Fault, ...]
    cells: tuple[object, ...]

    @property
    def said(self) -> str:
        """What the row says, for the log."""
        return "、".join(text for cell in self.cells if (text := shown(cell)))

    def faulty(self) -> frozenset[int]:
        """Return the columns, from 0, whose cells the findings name."""
        named = {fault.field for fault in self.faults}
        return frozenset(column for column, head in enumerate(self.view.heads) if head and head in named)


@dataclass(frozen=True)
class RowChange:
    """What a person has entered for a row: texts by column from 0, or that it is to be struck out, and why."""

    texts: Mapping[int, str]
    strike: bool = False
    why: str = ""


def views_of(survey: Survey, ledger: int) -> tuple[SheetView, ...]:
    """Return the sheets of a ledger; errors as of :func:`layers.readers.ledger_views.ledger_views`."""
    return view_ledger(survey.folder, survey.county.facilities[ledger])


def problem_rows(faults: Iterable[Fault], views: Sequence[SheetView]) -> tuple[ProblemRow, ...]:
    """Return the rows of a ledger that findings name, in the order of the sheets and rows.

    Parameters
    ----------
    faults : iterable of Fault
        Findings of the ledger, those that are asked for.
    views : sequence of SheetView
    """
    graded = sorted(faults, key=lambda fault: ("error", "warning", "note").index(fault.severity))
    held: dict[tuple[str, int], list[Fault]] = {}
    for fault in graded:
        if fault.row is not None:
            held.setdefault((fault.sheet, fault.row), []).append(fault)
    return tuple(
        ProblemRow(view, row, tuple(held[view.sheet, row]), cells)
        for view in views
        if view.chosen
        for row, cells in view.rows.items()
        if (view.sheet, row) in held
    )


def brief(fault: Fault, lang: Language) -> str:
    """Return a finding in words for beside its row: how grave it is, and the sentence without file and row."""
    said = fault.say(lang).removeprefix(f"{fault.file} 第 {fault.row} 行").removeprefix("的")
    for place in (f" in row {fault.row} of {fault.file}", f" of row {fault.row} of {fault.file}", f" row {fault.row} of {fault.file}"):
        said = said.replace(place, "")
    said = said.replace(f"Row {fault.row} of {fault.file}", "The row").replace(f" {fault.file} 第", "第").replace(f" of {fault.file}", "")
    return f"{say(f'severity.{fault.severity}', lang)}：{said}" if lang == "zh" else f"{say(f'severity.{fault.severity}', lang)}: {said}"


def without_row(faults: Iterable[Fault], rows: Iterable[ProblemRow]) -> tuple[Fault, ...]:
    """Return the findings that belong to no row shown: of the whole file, of a sheet, of its settings."""
    told = {id(fault) for row in rows for fault in row.faults}
    return tuple(fault for fault in faults if id(fault) not in told)


def revision_of(rows: Sequence[ProblemRow], entered: Mapping[int, RowChange]) -> Revision:
    """Return what a person has entered as changes of the file.

    Parameters
    ----------
    rows : sequence of ProblemRow
    entered : mapping
        By place in ``rows``; cells whose text is as it was are no change.

    Raises
    ------
    PlanningError
        When a row is struck out without a reason.
    """
    cells: list[CellChange] = []
    struck: list[Strike] = []
    for place, change in sorted(entered.items()):
        row = rows[place]
        if change.strike:
            if not change.why.strip():
                raise PlanningError("desk.no_reason", row=row.row)
            struck.append(Strike(row.view.sheet, row.row, change.why.strip(), row.said))
            continue
        for column, text in sorted(change.texts.items()):
            before = row.cells[column] if column < len(row.cells) else None
            if text.strip() != shown(before):
                after = typed(text, before, row.view.field_of(row.view.heads[column]))
                cells.append(CellChange(row.view.sheet, row.row, column + 1, row.view.heads[column], before, after))
    return Revision(tuple(cells), tuple(struck))


def typed(text: str, before: object, field: str) -> Value:
    """Return an entered text as what a cell is to hold: a number where the column has numbers or the cell had one, else a text."""
    text = text.strip()
    numeric = field in {*NUMBER_COLUMNS, *_PLACES} or (isinstance(before, int | float) and not isinstance(before, bool))
    if not text:
        return None
    if numeric and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def certain_revision(faults: Iterable[Fault], views: Sequence[SheetView], file: str, why: str) -> Revision:
    """Return the repairs of a ledger that are certain (:func:`layers.checking.certain_repairs`) as changes of the file."""
    found = certain_repairs(faults, file)
    sheets = {view.sheet: view for view in views if view.chosen}
    cells: list[CellChange] = []
    struck: list[Strike] = []
    for sheet, repairs in found.items():
        view = sheets.get(sheet)
        if view is None:
            continue
        for (row, column), value in sorted(repairs.cells.items()):
            before = view.rows[row][column - 1]
            plain = int(value) if float(value).is_integer() else float(value)
            cells.append(CellChange(sheet, row, column, view.heads[column - 1], before, plain))
        struck += [Strike(sheet, row, why, _said(view, row)) for row in sorted(repairs.removed)]
    return Revision(tuple(cells), tuple(struck))


def _said(view: SheetView, row: int) -> str:
    return ProblemRow(view, row, (), view.rows[row]).said


def save_revision(survey: Survey, ledger: int, revision: Revision, views: Sequence[SheetView]) -> Version:
    """Write the new version of a ledger's file, whole or not at all; the old one stays in its history, and each change in its log.

    Raises
    ------
    PlanningError
        When the format cannot be changed here, a value cannot stand where it should, or somebody else has changed the file since it was read.
    """
    spec = survey.county.facilities[ledger]
    path = file_of(survey, ledger)
    encoding = next((view.encoding for view in views), "utf-8")
    content = revised(survey.folder, spec.file, revision, encoding=encoding, sheet=spec.sheet)
    log_changes(path, digest(content), revision)
    return Document(path).save(content, known=survey.inputs.get(spec.file, ""))


def restore_ledger(survey: Survey, ledger: int, number: int) -> Version:
    """Put an older version of a ledger's file back; what stands there stays in the history."""
    spec = survey.county.facilities[ledger]
    return Document(file_of(survey, ledger)).restore(number, known=survey.inputs.get(spec.file, ""))


def ledger_versions(survey: Survey, ledger: int) -> tuple[Version, ...]:
    """Return all versions of a ledger's file, the oldest first; none where it was never changed here."""
    return Document(file_of(survey, ledger)).versions()


def ledger_version(survey: Survey, ledger: int, number: int) -> bytes:
    """Return the bytes of a version."""
    return Document(file_of(survey, ledger)).content(number)


def changes_of(survey: Survey) -> tuple[tuple[str, LoggedChange, Version], ...]:
    """Return every change made in the county's ledgers: file, change, and the version it led to."""
    found: list[tuple[str, LoggedChange, Version]] = []
    for file in dict.fromkeys(spec.file for spec in survey.county.facilities):
        path = survey.folder / PurePosixPath(file)
        versions = {version.sha256: version for version in reversed(Document(path).versions()) if version.kind == "saved"}
        found += [(file, change, versions[change.sha256]) for change in logged_changes(path, versions)]
    return tuple(found)


def file_of(survey: Survey, ledger: int) -> Path:
    """Return where a ledger lies."""
    return survey.folder / PurePosixPath(survey.county.facilities[ledger].file)
