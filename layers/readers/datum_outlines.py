"""Judging the datum of an outline by the people who would live outside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.crs import SHIFTED_BOX, to_metric
from layers.readers.datum_ground import Ground
from layers.readers.datum_judging import DATUMS, LIKELY, Sureness

MOST_BEYOND = 0.02


@dataclass(frozen=True)
class Outside:
    """Inhabited cells beyond an outline under one datum, and the people in them."""

    datum: str
    cells: int
    people: float


@dataclass(frozen=True)
class OutlineJudgement:
    """The likeliest datum of an outline.

    Attributes
    ----------
    best : Outside
        Fewest cells outside.
    others : tuple of Outside
        Under the other datums, fewest first.
    sureness : {"likely", "open"}
        Never sure: people may have been cut out along the same outline under a wrong datum, and would then agree with it.
    """

    best: Outside
    others: tuple[Outside, ...]
    sureness: Sureness

    def of(self, datum: str) -> Outside | None:
        """Return what is outside under a datum; CGCS2000 is WGS84 here."""
        name = {"CGCS2000": "WGS84"}.get(datum, datum)
        return next((each for each in (self.best, *self.others) if each.datum == name), None)


def judge_outline(shapes: NDArray[np.object_], ground: Ground) -> OutlineJudgement | None:
    """Judge the datum of an outline in degrees.

    Parameters
    ----------
    shapes : object array
        Areas in degrees, as the file has them.
    ground : Ground
        With homes: inhabited cells, also those beyond the outline.

    Returns
    -------
    OutlineJudgement or None
        None where nobody's home is known or the outline does not lie in China, where there is but one datum.
    """
    bounds = shapely.total_bounds(shapes)
    middle = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if not len(ground.homes) or not (SHIFTED_BOX[0] <= middle[0] <= SHIFTED_BOX[2] and SHIFTED_BOX[1] <= middle[1] <= SHIFTED_BOX[3]):
        return None
    found = sorted((_outside(shapes, datum, ground) for datum in DATUMS), key=lambda each: (each.cells, each.people))
    best, next_, *_ = found
    most = MOST_BEYOND * len(ground.homes)  # more: the file has the neighbours' people, and says nothing of the outline
    clear = clearly_more(next_, best) and best.cells <= most
    return OutlineJudgement(best, tuple(found[1:]), "likely" if clear else "open")


def clearly_more(one: Outside, other: Outside) -> bool:
    """Return whether there are more cells outside than chance would put there, as for two Poisson counts."""
    return one.cells - other.cells >= LIKELY * float(np.sqrt(one.cells + other.cells + 1))


def _outside(shapes: NDArray[np.object_], datum: str, ground: Ground) -> Outside:
    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metric(points[:, 0], points[:, 1], datum, ground.crs))

    whole = shapely.union_all(shapely.make_valid(shapely.transform(shapes, move)))
    shapely.prepare(whole)
    beyond = ~shapely.intersects_xy(whole, ground.homes[:, 0], ground.homes[:, 1])
    return Outside(datum, int(beyond.sum()), float(ground.people[beyond].sum()))
