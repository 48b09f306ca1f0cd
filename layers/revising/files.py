"""The new version of a ledger in the format of the old one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PurePosixPath
from typing import Any

from layers.errors import PlanningError
from layers.revising.changes import Revision, Value
from layers.revising.geopackages import revised_geopackage
from layers.revising.workbooks import revised_workbook
from layers.untrusted import opening

EDITABLE = (".xlsx", ".csv", ".gpkg", ".geojson", ".json")


def revised(folder: Path, file: str, revision: Revision, *, encoding: str = "utf-8", sheet: str | None = None) -> bytes:
    """Return the new version of a ledger.

    Parameters
    ----------
    folder : Path
        The county's folder.
    file : str
        The ledger, one that was read before.
    revision : Revision
    encoding : str
        Of a csv file.
    sheet : str, optional
        Layer of a GeoPackage with several.

    Raises
    ------
    PlanningError
        When the format cannot be changed here, a cell is not there any more, or a value cannot stand where it should.
    """
    path = folder / PurePosixPath(file)
    suffix = path.suffix.lower()
    if suffix not in EDITABLE:
        raise PlanningError("revising.format", file=file, suffix=suffix or "-")
    try:
        with opening(path, "file.unreadable", file=file, layer="facilities"):
            if suffix == ".csv":
                return _csv(path.read_bytes(), revision, encoding, file)
            if suffix == ".gpkg":
                return revised_geopackage(path, revision, file=file, layer=sheet)
            return revised_workbook(path.read_bytes(), revision) if suffix == ".xlsx" else _json(path.read_bytes(), revision, file)
    except PlanningError as error:
        if isinstance(error.__cause__, KeyError | IndexError):
            rows = "、".join(str(row) for row in sorted({each.row for each in revision.cells} | {each.row for each in revision.struck}))
            raise PlanningError("revising.no_place", file=file, rows=rows) from error
        raise


def as_text(value: Value) -> str:
    """Return a value as a csv file has it: whole numbers without decimals."""
    return "" if value is None else value if isinstance(value, str) else f"{value:.15g}"


def _csv(content: bytes, revision: Revision, encoding: str, file: str) -> bytes:
    name = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else encoding
    rows = list(csv.reader(io.StringIO(content.decode(name), newline="")))
    for change in revision.kept_cells():
        row = rows[change.row - 1]
        row += [""] * (change.column - len(row))
        row[change.column - 1] = as_text(change.after)
    for strike in revision.struck:
        rows[strike.row - 1] = [""] * len(rows[strike.row - 1])
    held = io.StringIO(newline="")
    csv.writer(held, lineterminator="\r\n" if b"\r\n" in content else "\n").writerows(rows)
    try:
        return held.getvalue().encode(name)
    except UnicodeEncodeError as error:
        raise PlanningError("revising.encoding", file=file, encoding=name, letter=error.object[error.start]) from error


def _json(content: bytes, revision: Revision, file: str) -> bytes:
    document: dict[str, Any] = json.loads(content.decode("utf-8-sig"))
    features = document["features"]
    for change in revision.kept_cells():
        own = features[change.row - 1]["properties"]
        if isinstance(own.get(change.head), int | float) and isinstance(change.after, str):
            raise PlanningError("revising.number_only", file=file, head=change.head, value=change.after)
        own[change.head] = change.after
    gone = {strike.row for strike in revision.struck}
    document["features"] = [feature for number, feature in enumerate(features, start=1) if number not in gone]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
