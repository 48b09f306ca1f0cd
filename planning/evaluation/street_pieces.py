"""Pieces of the streets that trips cannot use, of both modes, as findings: who lives there, where it is, how doubtful it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.crs import from_metric
from layers.errors import Fault, Severity
from layers.facts import Facts
from layers.readers.outlines import townships_of
from layers.texts import say
from layers.types import Mode
from planning.travel.breaks import Break, Broken
from planning.travel.gaps import NEAR_M, Numbers
from planning.travel.parts import NOWHERE

SOMEBODY: Final = 0.5
"""People who round to one."""
EDGE_M: Final = 100.0
"""How near the end of the county, or of where people live if it has no outline, streets may leave the file, in m: it is cut to outlines roughly."""
_TOLD_EACH: Final[dict[Severity, int]] = {"warning": 50, "note": 20}
# They lead out of the county, and one carriageway alone is not one to turn round on.
_THROUGH = ("motorway", "motorway_link", "trunk", "trunk_link")
_LISTED = 6
# What a piece of the walking streets is, and what a piece of the driving streets within it: one fault.
_SAME = {("gap", "gap"), ("gap", "apart"), ("gap", "closed"), ("closed", "closed"), ("apart", "apart")}


def _none() -> Numbers:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class StreetFault:
    """One fault of the streets, or several that are told together.

    Attributes
    ----------
    fault : Fault
        Where they apply, its values are ``people`` (whose nearest street, on foot or by car, is here), ``metres``, ``rows`` and ``others`` (rows in
        the street file: of the piece, and across from it), ``lon`` and ``lat`` (WGS 84), ``township_name``.
    segments : int64
        Segments of the StreetNetwork that are to be drawn.
    gap : tuple of ((x, y), (x, y)) or None
        The two sides of a gap, in the metric CRS.
    cells : int64
        Positions of the cells beyond the snap distance of every street, where it is about them.
    """

    fault: Fault
    segments: Numbers = field(default_factory=_none)
    gap: tuple[tuple[float, float], tuple[float, float]] | None = None
    cells: Numbers = field(default_factory=_none)

    @property
    def kind(self) -> str:
        """What it is, a code such as ``gap``, ``one_way`` or ``zero_speed``, however many are told together."""
        return str(self.fault.values.get("like", self.fault.code)).removeprefix("streets.").removesuffix("_more").removesuffix("_empty")


@dataclass(frozen=True)
class Piece:
    """A break with the modes it is one for, and the positions of the cells whose nearest street it is."""

    item: Break
    modes: tuple[Mode, ...]
    cells: Numbers


@dataclass(frozen=True)
class Lived:
    """A county's facts, and the people of one demand group by cell."""

    facts: Facts
    people: NDArray[np.float64]

    def count(self, piece: Piece) -> float:
        """Return the people whose nearest street belongs to a piece."""
        return float(self.people[piece.cells].sum())

    def metres(self, segments: Numbers) -> float:
        """Return the length of segments."""
        return float(self.facts.streets.length[segments].sum())

    def rows(self, segments: Numbers) -> list[int]:
        """Return the rows of segments in the street file."""
        rows = self.facts.streets.streets["row"].to_numpy()[self.facts.streets.street[segments]]
        return [int(row) for row in np.unique(rows) if row]

    def place(self, x: float, y: float) -> dict[str, object]:
        """Return where a point is: degrees, and the township's name."""
        lon, lat = from_metric([x], [y], "WGS84", self.facts.crs)
        (code,) = townships_of(self.facts.outlines, np.array([x]), np.array([y]))[0]
        return {"lon": round(float(lon[0]), 6), "lat": round(float(lat[0]), 6), "township_name": self.facts.outlines.township_name(str(code))}

    def sums(self, pieces: Sequence[Piece]) -> dict[str, object]:
        """Return what pieces come to together."""
        segments = np.unique(np.concatenate([piece.item.segments for piece in pieces]))
        cells = np.unique(np.concatenate([piece.cells for piece in pieces]))
        rows = self.rows(segments)
        return {"people": float(self.people[cells].sum()), "metres": self.metres(segments), "rows": rows, "ways": len(rows)}

    @cached_property
    def inner(self) -> shapely.Geometry:
        """The area where streets end because they do, and not because the file does."""
        whole: shapely.Geometry | None = self.facts.outlines.county
        if whole is None:
            cells = self.facts.population.cells.geometry
            whole = shapely.convex_hull(shapely.MultiPoint(np.column_stack([cells.x, cells.y])))
        inside = shapely.buffer(whole, -EDGE_M)
        shapely.prepare(inside)
        return inside


def merged(known: Sequence[Broken]) -> list[Piece]:
    """Return the pieces of walking and driving; one of cars that lies in one of walkers, and is off for the same reason, is the same."""
    walk, drive = known
    pieces = [Piece(item, ("walk",), np.flatnonzero(walk.at == number)) for number, item in enumerate(walk.breaks)]
    home = {int(segment): number for number, item in enumerate(walk.breaks) for segment in item.segments}
    for number, item in enumerate(drive.breaks):
        cells = np.flatnonzero(drive.at == number)
        homes = {home.get(int(segment), NOWHERE) for segment in item.segments}
        first = homes.pop()
        if not homes and first != NOWHERE and (pieces[first].item.kind, item.kind) in _SAME:
            pieces[first] = replace(pieces[first], modes=("walk", "drive"), cells=np.union1d(pieces[first].cells, cells))
        else:
            pieces.append(Piece(item, ("drive",), cells))
    return pieces


def piece_faults(lived: Lived, pieces: Sequence[Piece]) -> list[StreetFault]:
    """Return what is to be said of pieces: the doubtful ones are warnings, those that are probably true are notes.

    Parameters
    ----------
    lived : Lived
    pieces : sequence of Piece
        From :func:`merged`.
    """
    found = []
    for kind, severity in (("gap", "warning"), ("closed", "note"), ("apart", "note")):
        here = [piece for piece in pieces if piece.item.kind == kind]
        found += _told(lived, [piece for piece in here if lived.count(piece) >= SOMEBODY], f"streets.{kind}", cast("Severity", severity))
        found += _together(lived, [piece for piece in here if lived.count(piece) < SOMEBODY], f"streets.{kind}_empty", "note")
    turned: dict[str, list[Piece]] = {"trap": [], "through": [], "true": []}
    for piece in pieces:
        if piece.item.kind in {"in", "out", "mixed"}:
            turned[_judged(lived, piece)].append(piece)
    found += [*_told(lived, turned["trap"], "streets.one_way", "warning"), *_together(lived, turned["through"], "streets.one_way_through", "warning")]
    return found + _together(lived, turned["true"], "streets.one_way_true", "note")


def _judged(lived: Lived, piece: Piece) -> str:
    """Return whether one-way streets that lead nowhere are a ``trap``, motorways whose direction may be unknown (``through``), or may be ``true``.

    They may be true at the end of the file, and as stubs: there only people who live at them make them worth a look.
    """
    streets, item = lived.facts.streets, piece.item
    through = str(streets.streets["highway"].iloc[item.street]) in _THROUGH
    nodes = np.union1d(streets.tail[item.segments], streets.head[item.segments])
    inside = bool(np.all(shapely.intersects_xy(lived.inner, streets.x[nodes], streets.y[nodes])))
    if (not inside or lived.metres(item.segments) <= NEAR_M) and (through or lived.count(piece) < SOMEBODY):
        return "true"
    return "through" if through else "trap"


def _told(lived: Lived, pieces: Iterable[Piece], code: str, severity: Severity) -> list[StreetFault]:
    """Return pieces one by one, those with most people first; beyond a number of them together."""
    ordered = sorted(pieces, key=lambda piece: (-lived.count(piece), -lived.metres(piece.item.segments), piece.item.street))
    limit = _TOLD_EACH[severity]
    return [*(_one(lived, piece, code, severity) for piece in ordered[:limit]), *_together(lived, ordered[limit:], f"{code}_more", severity)]


def _one(lived: Lived, piece: Piece, code: str, severity: Severity) -> StreetFault:
    item, facts = piece.item, lived.facts
    row = facts.streets.streets["row"].to_numpy()
    (x, y), (other_x, other_y) = item.at
    others = [int(row[item.other])] if item.other != NOWHERE else []
    values = {
        **lived.sums([piece]), **lived.place((x + other_x) / 2, (y + other_y) / 2), **said(piece.modes), "others": others,
        "other": others[0] if others else "", "gap_m": item.gap_m, "listed": listed(lived.rows(item.segments)), "kind": item.kind,
        "how": say(f"streets.way.{item.kind}"), "how_en": say(f"streets.way.{item.kind}", "en"),
    }  # fmt: skip
    turned = item.kind in {"in", "out", "mixed"}
    tag = ("oneway:foot" if piece.modes == ("walk",) else "oneway") if turned else "geometry"
    fault = Fault(severity, code, "streets", facts.county.streets.file, row=int(row[item.street]) or None, field=tag, values=values)
    return StreetFault(fault, item.segments, item.at if item.kind == "gap" else None)


def _together(lived: Lived, pieces: Sequence[Piece], code: str, severity: Severity) -> list[StreetFault]:
    if not pieces:
        return []
    segments = np.unique(np.concatenate([piece.item.segments for piece in pieces]))
    values = {**lived.sums(pieces), "count": len(pieces)}
    return [StreetFault(Fault(severity, code, "streets", lived.facts.county.streets.file, field="geometry", values=values), segments)]


def listed(rows: Sequence[int]) -> str:
    """Return the first rows of a piece as text."""
    more = f" … (+{len(rows) - _LISTED})" if len(rows) > _LISTED else ""
    return ", ".join(map(str, rows[:_LISTED])) + more


def said(modes: Sequence[Mode]) -> dict[str, object]:
    """Return modes as values of a finding, and as its sentences name them."""
    name = "_".join(modes)
    return {"modes": list(modes), "mode": say(f"streets.modes.{name}"), "mode_en": say(f"streets.modes.{name}", "en")}
