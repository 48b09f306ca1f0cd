"""The check-up of datums: what county.toml states of each table and outline against what its positions look like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import shapely

from layers.county import County, Outline
from layers.crs import DEGREES, SHIFTED, from_metric, to_metric
from layers.errors import Fault
from layers.outlines import Outlines
from layers.readers._files import TABLES
from layers.readers._groups import read_groups
from layers.readers.datum_ground import Ground, people_of, streets_of
from layers.readers.datum_judging import FEWEST_LIKELY, LIKELY, Evidence, Judgement, Reading, judge_datum, same_projection
from layers.readers.datum_outlines import MOST_BEYOND, OutlineJudgement, clearly_more, judge_outline
from layers.readers.datum_rows import Origin, Written
from layers.readers.trace import Judged, Seen
from layers.streets import StreetNetwork

_FEWEST_ELSEWHERE = 3  # rows that lie in the county under another reading, and nowhere near it as stated


def check_datums(county: County, seen: Seen, streets: StreetNetwork, outlines: Outlines) -> tuple[Fault, ...]:
    """Compare each stated datum with what the positions look like.

    Streets and population are taken to lie right: a datum is judged by them.

    Parameters
    ----------
    county : County
        With the datums as stated.
    seen : Seen
        Positions as written; takes the judgement of each table and outline.
    streets : StreetNetwork
    outlines : Outlines
        As read under their stated datum.

    Returns
    -------
    tuple of Fault
        A warning for each datum that the evidence contradicts, with the evidence and the repair; notes on converted tables and on outlines.
    """
    (cells,) = seen.cells
    people, group = people_of(cells, read_groups(list(cells.people.columns), county.demand_groups))
    ground = Ground(streets.crs, streets_of(streets), np.column_stack([cells.x, cells.y]), people, outlines)
    of_outlines = [replace(fault, values={**fault.values, "group": group}) for fault in _outlines(county, outlines, ground, seen)]
    if any(fault.severity == "warning" for fault in of_outlines):  # townships that may lie wrong tell nothing of a place
        ground = Ground(ground.crs, ground.streets, ground.homes, ground.people)
    of_tables = [fault for written in seen.tables for fault in _table(written, ground, seen)]
    return (*of_outlines, *of_tables)


def _outlines(county: County, outlines: Outlines, ground: Ground, seen: Seen) -> Iterator[Fault]:
    drawn = outlines.townships.geometry[outlines.townships.geometry.notna()]
    shapes = {"county": np.array([outlines.county], dtype=object), "townships": np.asarray(drawn.array)}
    for name in ("county", "townships"):
        spec: Outline | None = getattr(county.outlines, name)
        if spec is None or PurePosixPath(spec.file).suffix.lower() in TABLES:
            continue
        stated = spec.datum if spec.datum in DEGREES else "WGS84"

        def move(points: np.ndarray, datum: str = stated) -> np.ndarray:
            return np.column_stack(from_metric(points[:, 0], points[:, 1], datum, ground.crs))

        judgement = judge_outline(shapely.transform(shapes[name], move), ground)
        if judgement is not None:
            origin = Origin(f"outlines.{name}", spec.file, "", spec.datum)
            found = _outline(origin, stated, judgement, ground)
            seen.judged.append(Judged(origin, (), judgement, found.severity == "warning"))
            yield found


def _outline(origin: Origin, stated: str, judgement: OutlineJudgement, ground: Ground) -> Fault:
    as_stated, best = judgement.of(stated), judgement.best
    figures: dict[str, object] = {"best": best.datum, "best_cells": best.cells, "best_people": f"{best.people:.1f}"}
    for each in (best, *judgement.others):
        key = each.datum.lower().replace("-", "")
        figures |= {f"{key}_cells": each.cells, f"{key}_people": f"{each.people:.1f}"}
    doubted = as_stated is not None and clearly_more(as_stated, best) and best.cells <= MOST_BEYOND * len(ground.homes)
    code = "datum.outline_doubt" if doubted else "datum.outline"
    return Fault("warning" if doubted else "note", code, origin.layer, origin.file, field="datum", value=origin.datum, values=figures)


def _table(written: Written, ground: Ground, seen: Seen) -> Iterator[Fault]:
    origin = written.origin
    located = (np.abs(written.x) <= 180) & (np.abs(written.y) <= 90)  # neither where nothing is written
    if origin.datum in SHIFTED and located.any():
        x, y = written.x[located], written.y[located]
        metres = np.hypot(*(np.array(to_metric(x, y, origin.datum, ground.crs)) - np.array(to_metric(x, y, "WGS84", ground.crs))))
        if np.isfinite(metres).any():
            values = {"count": int(located.sum()), "metres": f"{np.median(metres[np.isfinite(metres)]):.0f}"}
            yield Fault("note", "datum.converted", origin.layer, origin.file, origin.sheet, field="datum", value=origin.datum, values=values)
    judgement = judge_datum(written, ground)
    if judgement is None:
        return
    doubted = not agrees(judgement, origin)
    seen.judged.append(Judged(origin, written.heads, judgement, doubted))
    if doubted:
        yield _doubt(written, judgement)


def agrees(judgement: Judgement, origin: Origin) -> bool:
    """Return whether a judgement leaves a stated datum standing: it is the same, or too little speaks against it."""
    stated, best = _stated(origin), judgement.best.reading
    if best == stated or (stated.datum.startswith("EPSG") and best.datum.startswith("EPSG") and same_projection(stated.datum, best.datum)):
        return True
    evidence = judgement.of(stated)
    if evidence is None or np.isinf(evidence.margin):
        return judgement.rows < _FEWEST_ELSEWHERE
    return judgement.rows < FEWEST_LIKELY or evidence.margin < LIKELY


def _stated(origin: Origin) -> Reading:
    return Reading({"CGCS2000": "WGS84", "file": "WGS84"}.get(origin.datum, origin.datum))


def _doubt(written: Written, judgement: Judgement) -> Fault:
    origin, best = written.origin, judgement.best
    stated = judgement.of(_stated(origin)) or Evidence(_stated(origin), 0.0)
    values: dict[str, object] = {"best": best.reading.datum, "rows": judgement.rows, "margin": f"{min(stated.margin, 99.0):.1f}"}
    for name, each in (("best", best), ("stated", stated)):
        values |= {f"{name}_street": _said(each.street_m), f"{name}_home": _said(each.home_m), f"{name}_near": f"{each.near:.0%}"}
        values |= {f"{name}_in": each.in_township, f"{name}_known": each.township_rows}
    values |= {"lon": written.heads[0] if written.heads else "", "lat": written.heads[-1] if written.heads else ""}
    return Fault(
        "warning", _code(written, judgement, stated), origin.layer, origin.file, origin.sheet, field="datum", value=origin.datum, values=values
    )


def _code(written: Written, judgement: Judgement, stated: Evidence) -> str:
    reading = judgement.best.reading
    if reading.swapped and not reading.datum.startswith("EPSG"):
        return {0: "datum.turned_file", 1: "datum.turned_cell", 2: "datum.turned"}[len(written.heads)]
    if np.isinf(stated.margin):
        return "datum.elsewhere"
    return "datum.contradicted" if judgement.sureness == "sure" else "datum.doubt"


def _said(metres: float) -> str:
    return "—" if np.isnan(metres) else f"{metres:.0f}"
