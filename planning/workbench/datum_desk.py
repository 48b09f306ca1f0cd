"""Which datum the coordinates of a layer have: what speaks for each, what is proposed and how surely, and what a person answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layers.county import County
from layers.errors import Fault
from layers.readers.datum_judging import DATUMS, Evidence, Judgement, Sureness
from layers.readers.datum_outlines import OutlineJudgement
from layers.readers.ledger_sheets import ALL
from layers.readers.trace import Judged
from planning.workbench.ledger_marks import mark_checked
from planning.workbench.ledger_settings import save_entry
from planning.workbench.surveys import Survey

_LISTED = ("facilities", "candidates")
ASKED = (*DATUMS, "CGCS2000")


@dataclass(frozen=True)
class DatumLine:
    """What speaks for one reading of the coordinates.

    Attributes
    ----------
    datum : str
    swapped : bool
        Whether the columns are the wrong way round.
    near_share : float
        Share of the rows in or near the county; NaN for outlines.
    street_m, home_m : float
        Median metres to the nearest street and inhabited cell; NaN where unknown.
    in_township, township_rows : int
        Rows in the township they name, of those whose township is known.
    cells, people : float
        Inhabited cells and people outside, for outlines; NaN for tables.
    stated, best : bool
        Whether it is what county.toml states, and what the evidence prefers.
    """

    datum: str
    swapped: bool = False
    near_share: float = math.nan
    street_m: float = math.nan
    home_m: float = math.nan
    in_township: int = 0
    township_rows: int = 0
    cells: float = math.nan
    people: float = math.nan
    stated: bool = False
    best: bool = False


@dataclass(frozen=True)
class DatumQuestion:
    """A layer whose datum may have to be asked for.

    Attributes
    ----------
    path : tuple
        Its entry in county.toml.
    layer, file, sheet, stated : str
        ``stated`` is empty where nobody has said.
    lines : tuple of DatumLine
        The likeliest first.
    sureness : {"sure", "likely", "open"}
    asks : bool
        Whether it is unstated, doubtful or contradicted, and nobody has answered.
    places : int
        Different positions that were judged; 0 for outlines.
    heads : tuple of str
        Heads of the coordinates.
    """

    path: tuple[str | int, ...]
    layer: str
    file: str
    sheet: str
    stated: str
    lines: tuple[DatumLine, ...]
    sureness: Sureness
    asks: bool
    places: int = 0
    heads: tuple[str, ...] = ()

    @property
    def best(self) -> DatumLine:
        """What the evidence prefers."""
        return next((line for line in self.lines if line.best), self.lines[0])

    def answers(self) -> tuple[tuple[str, bool], ...]:
        """Return what a person may answer, datum and whether the columns are turned: what is proposed and what is stated first."""
        best = (self.best.datum, self.best.swapped)
        stated = [(self.stated, False)] if self.stated and self.stated != "file" else []
        return tuple(dict.fromkeys([best, *stated, *((line.datum, line.swapped) for line in self.lines if line.datum.startswith("EPSG")),
                                    *((datum, False) for datum in ASKED)]))  # fmt: skip


def datum_questions(survey: Survey) -> tuple[DatumQuestion, ...]:
    """Return every layer whose datum was judged, those that ask first."""
    found: dict[tuple[str | int, ...], DatumQuestion] = {}
    for judged in sorted(survey.seen.judged, key=lambda each: not each.doubted):
        for path in _paths(survey.county, judged):
            found.setdefault(path, _question(survey, path, judged))
    return tuple(sorted(found.values(), key=lambda question: not question.asks))


def answer_datum(survey: Survey, question: DatumQuestion, datum: str, *, swapped: bool = False, by: str = "") -> None:
    """Keep a person's answer: in county.toml, and where it is what stands there already, as a warning found true.

    Parameters
    ----------
    survey : Survey
    question : DatumQuestion
    datum : str
    swapped : bool
        Whether the columns of longitude and latitude are the wrong way round.
    by : str
        Who; the user of this computer when empty.

    Raises
    ------
    PlanningError
        When somebody else has saved county.toml or checked.toml since they were read.
    """
    changes: dict[str, Any] = {} if datum == question.stated else {"datum": datum}
    if swapped:
        changes["columns"] = _turned(survey.county, question)
    if changes:
        save_entry(survey, question.path, changes)
    else:
        mark_checked(survey, [(_doubts(survey, question), "")], by=by)


def _doubts(survey: Survey, question: DatumQuestion) -> list[Fault]:
    return [fault for fault in survey.faults if fault.code.startswith("datum.") and fault.layer == question.layer and fault.file == question.file]


def _turned(county: County, question: DatumQuestion) -> dict[str, str]:
    entry: Any = county
    for part in question.path:
        entry = entry[part] if isinstance(part, int) else getattr(entry, part)
    columns = {field: head for field, head in entry.columns.items() if field not in {"lon", "lat", "lonlat", "latlon"}}
    if len(question.heads) == 2:
        return {**columns, "lon": question.heads[1], "lat": question.heads[0]}
    return {**columns, "latlon": question.heads[0]} if question.heads else columns


def _paths(county: County, judged: Judged) -> Iterator[tuple[str | int, ...]]:
    """Yield the entries of county.toml that a judged table belongs to."""
    layer, origin = judged.origin.layer, judged.origin
    if layer in _LISTED:
        for number, spec in enumerate(getattr(county, layer)):
            sheet = getattr(spec, "sheet", None)
            if spec.file == origin.file and (sheet == ALL or (sheet or "") == origin.sheet):
                yield layer, number
    elif layer.startswith("outlines."):
        yield tuple(layer.split("."))


def _question(survey: Survey, path: tuple[str | int, ...], judged: Judged) -> DatumQuestion:
    origin, judgement = judged.origin, judged.judgement
    unstated = path[0] == "facilities" and path[1] in survey.unstated
    stated = "" if unstated else origin.datum
    asked = any(fault.severity == "warning" for fault in survey.faults if fault.code.startswith("datum.") and fault.file == origin.file)
    lines = _of_outline(judgement, stated) if isinstance(judgement, OutlineJudgement) else _of_table(judgement, stated)
    places = 0 if isinstance(judgement, OutlineJudgement) else judgement.rows
    asks = unstated or (judged.doubted and asked)
    return DatumQuestion(path, origin.layer, origin.file, origin.sheet, stated, lines, judgement.sureness, asks, places, judged.heads)


def _of_table(judgement: Judgement, stated: str) -> tuple[DatumLine, ...]:
    return tuple(_table_line(each, stated, best=each is judgement.best) for each in (judgement.best, *judgement.others))


def _table_line(each: Evidence, stated: str, *, best: bool) -> DatumLine:
    reading = each.reading
    same = not reading.swapped and _alike(stated) == reading.datum
    return DatumLine(
        reading.datum, reading.swapped, each.near, each.street_m, each.home_m, each.in_township, each.township_rows, stated=same, best=best
    )  # fmt: skip


def _of_outline(judgement: OutlineJudgement, stated: str) -> tuple[DatumLine, ...]:
    outside = (judgement.best, *judgement.others)
    return tuple(
        DatumLine(each.datum, cells=each.cells, people=each.people, stated=_alike(stated) == each.datum, best=each is judgement.best)
        for each in outside
    )


def _alike(stated: str) -> str:
    """CGCS2000 is WGS84 here, and so are the degrees of a file that knows its own CRS."""
    return {"CGCS2000": "WGS84", "file": "WGS84"}.get(stated, stated)
