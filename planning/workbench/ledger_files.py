"""Ledgers that a clerk brings: a new one, or another file in the place of one that is listed; the old one is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from layers.county import FacilityLedger
from layers.errors import PlanningError
from layers.history import ABSENT, Document, Version
from layers.probation.trial import view_ledger
from layers.readers.ledger_sheets import ALL
from layers.readers.ledger_views import SheetView
from layers.revising import EDITABLE
from layers.saving import refused
from planning.workbench.bench import file_name
from planning.workbench.ledger_desk import file_of
from planning.workbench.ledger_settings import add_entry, save_settings, settings_that_fit, sheet_for
from planning.workbench.surveys import Survey

FORMATS = (*EDITABLE, ".parquet")
"""Formats that one uploaded file can bring."""


@dataclass(frozen=True)
class Brought:
    """What became of an uploaded ledger.

    Attributes
    ----------
    file : str
        Where it was put, relative to the county's folder.
    version : Version
        Of the file.
    changes : dict
        What was changed in county.toml besides the file's name: settings that no longer fit.
    """

    file: str
    version: Version
    changes: dict[str, Any]


def add_ledger(survey: Survey, name: str, content: bytes, *, datum: str = "", type: str = "") -> Brought:
    """Put an uploaded ledger into the county and list it in county.toml.

    Parameters
    ----------
    survey : Survey
    name : str
        Name of the file; a plain one.
    content : bytes
        Looked over before anything is written (:mod:`layers.untrusted`).
    datum : str
        Of its coordinates; empty: to be judged and asked.
    type : str
        Facility type of all rows; empty: a column says.

    Raises
    ------
    PlanningError
        When the file cannot be a ledger, one of its name is there, or county.toml cannot be changed.
    """
    file = f"layers/{_plain(name)}"
    path = survey.folder / PurePosixPath(file)
    if path.exists():
        raise PlanningError("desk.file_there", file=file)
    views = _looked_over(FacilityLedger(file=file), content)
    sheet = sheet_for(views)
    version = _save(path, content, ABSENT)
    entry = {"file": file, "sheet": sheet, "datum": datum or None, "type": type or None}
    add_entry(survey, {key: value for key, value in entry.items() if value is not None})
    return Brought(file, version, {})


def replace_ledger(survey: Survey, ledger: int, name: str, content: bytes) -> Brought:
    """Put an uploaded file in the place of a ledger that is listed; what stood there stays in the history.

    A file of the same format takes the listed name, so that nothing else need change; one of another format is put beside it and listed in its
    place. Settings of county.toml stay where they fit the new file, and are taken out where they do not.

    Raises
    ------
    PlanningError
        When the file cannot be a ledger, or somebody else has changed the old one or county.toml since they were read.
    """
    spec = survey.county.facilities[ledger]
    name = _plain(name)
    same = PurePosixPath(name).suffix.lower() == PurePosixPath(spec.file).suffix.lower()
    file = spec.file if same else f"layers/{name}"
    path = file_of(survey, ledger) if same else survey.folder / PurePosixPath(file)
    if not same and path.exists():
        raise PlanningError("desk.file_there", file=file)
    changes = _changes(spec, file, content)
    version = _save(path, content, survey.inputs.get(spec.file, ABSENT) if same else ABSENT)
    if changes or not same:
        save_settings(survey, ledger, changes | ({} if same else {"file": file}))
    return Brought(file, version, changes)


def _changes(spec: FacilityLedger, file: str, content: bytes) -> dict[str, Any]:
    """Return which settings have to change for an upload to be read as the file of a ledger."""
    changes: dict[str, Any] = {}
    bare = FacilityLedger(file=file, type=spec.type, encoding=spec.encoding)
    try:
        views = _looked_over(bare, content)
    except PlanningError as error:
        if error.code != "file.encoding":
            raise
        views = _looked_over(bare.model_copy(update={"encoding": None}), content)
        changes["encoding"] = None
    if spec.encoding and not file.lower().endswith(".csv"):
        changes["encoding"] = None
    if spec.sheet not in {None, ALL, *(view.title for view in views)} and not file.lower().endswith(".gpkg"):
        changes["sheet"] = sheet_for(views)
    kept = spec.model_copy(update={"file": file, **changes})
    return changes | settings_that_fit(kept, _looked_over(kept, content))


def _looked_over(spec: FacilityLedger, content: bytes) -> Sequence[SheetView]:
    """Read an upload in a folder of its own, with every limit that county files have."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / PurePosixPath(spec.file)
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        return view_ledger(Path(place), spec)


def _plain(name: str) -> str:
    """Return the name an uploaded file is kept under."""
    plain = file_name(name)
    suffix = PurePosixPath(plain).suffix.lower()
    if suffix not in FORMATS:
        raise PlanningError("desk.old_excel" if suffix in {".xls", ".et", ".wps"} else "desk.no_ledger", file=plain, formats="、".join(FORMATS))
    return plain


def _save(path: Path, content: bytes, known: str) -> Version:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(path.parent, error) from error
    return Document(path).save(content, known=known)
