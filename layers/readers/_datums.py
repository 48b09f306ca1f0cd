"""Guessing the datum of a file that somebody dropped into a county's folder, by the judgement that the check-up makes too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from pyproj import CRS

from layers.county import PopulationFile, Streets
from layers.crs import SHIFTED_BOX, metric_crs, to_metric
from layers.errors import Fault, PlanningError
from layers.progress import silent
from layers.readers._files import RASTERS, locate
from layers.readers._groups import demand_groups
from layers.readers._people import read_cells
from layers.readers._rasters import read_rasters
from layers.readers._sniffing import Sniffed
from layers.readers.datum_ground import Ground, people_of, streets_of
from layers.readers.datum_judging import judge_datum
from layers.readers.datum_outlines import judge_outline
from layers.readers.datum_rows import Origin, Written
from layers.readers.streets import read_streets

_MARKS = ((("gcj", "高德", "火星", "amap", "腾讯"), "GCJ-02"), (("bd09", "bd-09", "百度", "baidu"), "BD-09"), (("wgs",), "WGS84"))
_OUTLINES = {"county", "townships"}


@dataclass(frozen=True)
class Guess:
    """A datum and what speaks for it.

    Attributes
    ----------
    datum : str
    evidence : {"outside_china", "file_name", "outline", "streets", "zone", "weak", "none"}
        ``streets`` is sure; ``zone``: the size of the numbers names the projection; everything else is to be confirmed.
    best, other : float
        The measure under the chosen datum and under the next best: people outside the outline, or median metres to the nearest street.
    swapped : bool
        Whether latitude and longitude are the wrong way round.
    """

    datum: str
    evidence: str
    best: float = np.nan
    other: float = np.nan
    swapped: bool = False


def guess_datum(found: Sniffed, ground: Ground | None) -> Guess:
    """Return the most likely datum of a layer.

    Outlines are judged by how many people live outside under each datum, points by their streets, people and townships
    (:mod:`layers.readers.datum_judging`). Where that is not enough, the file's name decides; else the best is written down as an open question.
    """
    guess = Guess("WGS84", "none")
    if ground is not None:
        guess = _of_outline(found, ground) if found.role in _OUTLINES and len(found.shapes) else _of_points(found, ground)
    if guess.evidence == "none" and len(found.lon) and not _in_china(found):
        return Guess("WGS84", "outside_china")
    return _by_name(found.file.lower(), guess) if guess.evidence in {"none", "weak"} else guess


def _of_outline(found: Sniffed, ground: Ground) -> Guess:
    judgement = judge_outline(found.shapes, ground)
    if judgement is None:
        return Guess("WGS84", "none")
    best, other = judgement.best, judgement.others[0]
    return Guess(best.datum, "outline" if judgement.sureness == "likely" else "weak", best.people, other.people)


def _of_points(found: Sniffed, ground: Ground) -> Guess:
    count = len(found.lon)
    judgement = judge_datum(Written(Origin(found.role, found.file, "", ""), found.lon, found.lat, np.arange(count)), ground)
    if judgement is None:
        return Guess("WGS84", "none")
    best = judgement.best
    rivals = [each.street_m for each in judgement.others if np.isfinite(each.margin)]
    if best.reading.datum.startswith("EPSG"):
        return Guess(best.reading.datum, "zone", best.street_m, swapped=False)  # northing first is told from each row
    if not rivals:  # beyond China there is one datum
        return Guess(best.reading.datum, "none" if _in_china(found) else "outside_china", swapped=best.reading.swapped)
    evidence = "streets" if judgement.sureness == "sure" else "weak"
    return Guess(best.reading.datum, evidence, best.street_m, rivals[0], best.reading.swapped)


def _by_name(name: str, guess: Guess) -> Guess:
    for marks, datum in _MARKS:
        if any(mark in name for mark in marks):
            return Guess(datum, "file_name", swapped=guess.swapped)
    return guess


def _in_china(found: Sniffed) -> bool:
    x, y = float(np.median(found.lon)), float(np.median(found.lat))
    west, south, east, north = SHIFTED_BOX
    return (west <= x <= east and south <= y <= north) or (west <= y <= east and south <= x <= north)


def ground_of_streets(folder: Path, streets: Sequence[Sniffed], assumed: list[Fault]) -> Ground | None:
    """Return the streets to judge datums by; None where they cannot be read."""
    if not streets:
        return None
    try:
        network, _ = read_streets(locate(folder, streets[0].file, "streets"), Streets.model_validate(streets[0].entry), None)
    except PlanningError as error:
        assumed.append(Fault("warning", "proposal.unreadable", "streets", streets[0].file, values={"reason": error.say()}))
        return None
    return Ground(network.crs, streets_of(network))


def with_people(folder: Path, population: Sequence[Sniffed], ground: Ground | None) -> Ground | None:
    """Return the ground with the homes of a population whose datum is settled."""
    if not population:
        return ground
    files = [PopulationFile.model_validate(item.entry) for item in population]
    read = read_rasters if PurePosixPath(population[0].file).suffix.lower() in RASTERS else read_cells
    try:
        cells = read(folder, files, CRS.from_epsg(4326), [], silent)
    except PlanningError:
        return ground  # reading the county will say so
    ground = ground or Ground(metric_crs(float(np.median(cells.x)), float(np.median(cells.y))))
    homes = np.column_stack(to_metric(cells.x, cells.y, "WGS84", ground.crs))
    people, _ = people_of(cells, demand_groups(list(cells.people.columns), {}))
    known = np.isfinite(homes).all(axis=1)
    return replace(ground, homes=homes[known], people=people[known])
