"""``checked.toml`` beside county.toml: which warnings a person has found true."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from layers.checking.confirmed import Mark, Marks
from layers.errors import Fault, PlanningError
from layers.untrusted.documents import load_toml

MARKS = "checked.toml"


def read_marks(folder: Path) -> tuple[tuple[Mark, ...], tuple[Fault, ...]]:
    """Return the marks of a county, none where there is no file.

    A file that cannot be read marks nothing, so that every warning is shown, and one more that says so.
    """
    path = folder / MARKS
    if not path.is_file():
        return (), ()
    try:
        return parse_marks(path.read_bytes()).checked, ()
    except PlanningError as error:
        return (), (Fault("warning", error.code, "county", MARKS, values=error.values),)


def parse_marks(content: bytes) -> Marks:
    """Return the marks that the content of a ``checked.toml`` lists.

    Raises
    ------
    PlanningError
        When it is no UTF-8 TOML, or says what the schema does not know.
    """
    try:
        return Marks.model_validate(load_toml(content.decode("utf-8-sig"), MARKS))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PlanningError("checked.unreadable", file=MARKS) from error
