"""Warnings found true, kept in the county's ``checked.toml``."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterable

import tomli_w

from layers.checking.confirmed import Mark, Marks, key_of
from layers.errors import Fault, PlanningError
from layers.history import ABSENT, Document
from layers.readers.marks import MARKS, parse_marks
from planning.workbench.surveys import Survey

_HEAD = "# 已核实无误的提醒：行内容改变后自动失效。Warnings that were checked and are true, for as long as the row says the same.\n"


def mark_checked(survey: Survey, groups: Iterable[tuple[Iterable[Fault], str]], by: str = "") -> tuple[Mark, ...]:
    """Mark warnings as checked and true, and return the marks that were added; errors are never marked.

    Parameters
    ----------
    survey : Survey
        With what the rows say.
    groups : iterable of (faults, why)
        Findings, such as those of a row, and what the person knows of them; only the warnings among them are marked.
    by : str
        Who; the user of this computer when empty.

    Raises
    ------
    PlanningError
        When there is no warning in a group, or somebody else has changed the file since it was read.
    """
    warnings = [([fault for fault in faults if fault.severity == "warning"], why.strip()) for faults, why in groups]
    if not warnings or not all(found for found, _ in warnings):
        raise PlanningError("desk.no_warning")
    when = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    who = by or _user()
    made = tuple(
        Mark(code=fault.code, file=fault.file, sheet=fault.sheet, row=fault.row, key=key_of(fault, survey.seen.contents),
             said=fault.say(), why=why, by=who, when=when)
        for found, why in warnings
        for fault in found
    )  # fmt: skip
    known = _standing(survey)
    _save(survey, [*(mark for mark in known if mark.key not in {new.key for new in made}), *made])
    return made


def unmark(survey: Survey, keys: Iterable[str]) -> None:
    """Take marks back; errors as of :func:`mark_checked`."""
    gone = set(keys)
    _save(survey, [mark for mark in _standing(survey) if mark.key not in gone])


def _standing(survey: Survey) -> tuple[Mark, ...]:
    path = survey.folder / MARKS
    return parse_marks(path.read_bytes()).checked if path.is_file() else ()


def _save(survey: Survey, marks: list[Mark]) -> None:
    content = Marks(checked=tuple(marks)).model_dump(mode="json", exclude_none=True)
    text = _HEAD + tomli_w.dumps({"format": content["format"]}) + "".join(f"\n[[checked]]\n{tomli_w.dumps(mark)}" for mark in content["checked"])
    Document(survey.folder / MARKS).save(text.encode("utf-8"), known=survey.inputs.get(MARKS, ABSENT))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows without its variables
        return "—"
