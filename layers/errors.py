"""The three kinds of error, and no fourth.

::

    PlanningError        a planner can repair it: says what, where and how
    └── Cancelled        the planner stopped the work
    ValueError, TypeError  a programmer broke a contract
    Fault                one finding in a file; readers return all of a table at once

An error carries a code and values; its sentence stands in both languages in :mod:`layers.texts`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

from layers import texts
from layers.texts import Language

Severity = Literal["error", "warning", "note"]


class PlanningError(Exception):
    """What a planner can repair.

    Parameters
    ----------
    code : str
        Code of the sentence in :mod:`layers.texts`.
    faults : iterable of Fault
        Findings behind the error, when a file was read.
    **values : object
        Values named in the sentence.
    """

    def __init__(self, code: str, /, *, faults: Iterable[Fault] = (), **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, object] = values
        self.faults = tuple(faults)

    def say(self, lang: Language = "zh") -> str:
        """Return what is wrong, where, and how to repair it, as one sentence."""
        return texts.say(self.code, lang, **self.values) + texts.repair(self.code, lang, **self.values)

    def __str__(self) -> str:
        return self.say("en")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.faults, dict(self.values))


class Cancelled(PlanningError):
    """The planner stopped the work; nothing was written."""

    def __init__(self, code: str = "cancelled", /, *, faults: Iterable[Fault] = (), **values: object) -> None:
        super().__init__(code, faults=faults, **values)


def _rebuild(kind: type[PlanningError], code: str, faults: tuple[Fault, ...], values: dict[str, object]) -> PlanningError:
    return kind(code, faults=faults, **values)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One finding in an input file.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
        What an error names stays out of every result: the row, or where ``field`` is named only that value, which is then unknown. A warning
        keeps nothing out, a note is a true fact worth knowing.
    code : str
        Code of the sentence in :mod:`layers.texts`.
    layer, file, sheet : str
        Where it is; ``file`` is relative to the county's folder.
    row : int or None
        Row as the file's own program counts it (Excel: the header is row 1).
    field, value : str
        Column as the file names it, and the value found there.
    values : mapping
        Further values named in the sentence.
    """

    severity: Severity
    code: str
    layer: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    field: str = ""
    value: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def say(self, lang: Language = "zh") -> str:
        """Return the finding as a sentence."""
        return texts.say(self.code, lang, **self._known())

    def repair(self, lang: Language = "zh") -> str:
        """Return how to repair it."""
        return texts.repair(self.code, lang, **self._known())

    def _known(self) -> dict[str, object]:
        where = {"layer": self.layer, "file": self.file, "sheet": self.sheet, "row": self.row}
        return {**where, "field": self.field, "value": self.value, **self.values}
