"""Judge the datum, notation and order of generated ledgers whose truth is known.

Usage: ``python benchmarks/datums.py [--ledgers 400] [--seed 1] [--counties 2]``. Each ledger takes 20 to 120 places of a generated county
(facilities, or homes of its people), moves each by some tens of metres, spoils every tenth row, and writes the rest in one datum, notation and
order. Prints, by what was planted, how many ledgers were judged right, how many were sure, and how many of those were wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from layers.crs import from_metric, to_metric
from layers.demo import write_demo
from layers.facts import Facts
from layers.readers import read_county
from layers.readers.datum_ground import Ground, streets_of
from layers.readers.datum_judging import Judgement, Reading, judge_datum
from layers.readers.datum_rows import Origin, placed_rows

DATUMS = ("WGS84", "GCJ-02", "BD-09", "EPSG:4543", "EPSG:4522", "EPSG:4544", "EPSG:4496")  # 3° without and with number, 3° and 6° next door
FORMS = ("plain", "sexagesimal", "joined")


@dataclass(frozen=True)
class Planted:
    """A ledger and what is true of it."""

    table: pd.DataFrame
    datum: str
    form: str
    swapped: bool
    places: np.ndarray


def ground_of(facts: Facts) -> Ground:
    """Return what the reader holds positions against."""
    cells = shapely.get_coordinates(np.asarray(facts.population.cells.geometry.array))
    return Ground(facts.crs, streets_of(facts.streets), cells, facts.population.people.sum(axis=1).to_numpy(), facts.outlines)


def plant(facts: Facts, rng: np.random.Generator) -> Planted:
    """Return one ledger."""
    places, towns = _places(facts, rng)
    datum = str(rng.choice(DATUMS, p=[0.25, 0.25, 0.25, 0.1, 0.05, 0.05, 0.05]))
    form = "plain" if datum.startswith("EPSG") else str(rng.choice(FORMS))
    swapped = bool(rng.random() < 0.3)
    x, y = _written(places, datum, facts)
    cells = [(_cell(a, form), _cell(b, form)) for a, b in (zip(y, x, strict=True) if swapped else zip(x, y, strict=True))]
    rows: list[list[object]] = [[f"{a},{b}", None] if form == "joined" else [a, b] for a, b in cells]
    for row in np.flatnonzero(rng.random(len(rows)) < 0.1).tolist():
        rows[row] = _spoiled(rows[row], rng)
    table = pd.DataFrame(rows, columns=["lon", "lat"], index=range(2, 2 + len(rows)), dtype=object)
    written = np.where(rng.random(len(rows)) < 0.85, towns, "")
    lied = rng.random(len(rows)) < 0.03
    written[lied] = rng.permutation(towns)[lied]
    return Planted(table.assign(township=written if rng.random() < 0.7 else ""), datum, form, swapped, places)


def _places(facts: Facts, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    count = int(rng.integers(20, 121))
    table = facts.facilities.located
    if rng.random() < 0.6:
        kinds = table["type"].to_numpy()
        some = rng.choice(np.unique(kinds), size=8, replace=False)
        pool = table[np.isin(kinds, some)] if np.isin(kinds, some).sum() >= 20 else table
        chosen = rng.permutation(len(pool))[:count]
        places = shapely.get_coordinates(np.asarray(pool.geometry.array))[chosen]
        codes = pool["township"].to_numpy(dtype=object)[chosen]
    else:
        people = facts.population.people.sum(axis=1).to_numpy()
        chosen = rng.choice(len(people), size=count, replace=False, p=people / people.sum())
        places = shapely.get_coordinates(np.asarray(facts.population.cells.geometry.array))[chosen] + rng.uniform(-50, 50, (count, 2))
        codes = facts.population.cells["township"].to_numpy(dtype=object)[chosen]
    names = np.array([facts.outlines.township_name(str(code)) for code in codes], dtype=object)
    return places + rng.normal(0, rng.choice([5, 15, 30]), places.shape), names


def _written(places: np.ndarray, datum: str, facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    if datum.startswith("EPSG"):
        east, north = Transformer.from_crs(facts.crs, datum, always_xy=True).transform(places[:, 0], places[:, 1])
        return np.round(east, 2), np.round(north, 2)
    lon, lat = from_metric(places[:, 0], places[:, 1], datum, facts.crs)
    return np.round(lon, 6), np.round(lat, 6)


def _cell(value: float, form: str) -> object:
    if form != "sexagesimal":
        return float(value)
    hundredths = round(value * 360_000)
    return f"{hundredths // 360_000}°{hundredths // 6000 % 60}′{hundredths % 6000 / 100:.2f}″"


def _spoiled(row: list[object], rng: np.random.Generator) -> list[object]:
    kind = int(rng.integers(4))
    if kind == 0:
        return [None, None]
    if kind == 1:
        return ["不详", "待核"]
    if kind == 2:
        return [row[1], row[0]]
    return [value + float(rng.normal(0, 0.02)) if isinstance(value, float) else value for value in row]


def judged(planted: Planted, ground: Ground) -> Judgement | None:
    """Return the judgement of a ledger, read as any other."""
    columns = {"lon": "lon", "lat": "lat"} if planted.form != "joined" else {"lonlat": "lon"}
    _, _, written = placed_rows(planted.table, {**columns, "township": "township"}, Origin("facilities", "ledger.csv", "", "WGS84"))
    return judge_datum(written, ground)


def is_right(planted: Planted, judgement: Judgement | None, facts: Facts) -> bool:
    """Return whether the judged reading puts places where they are, to a metre."""
    if judgement is None:
        return False
    x, y = _written(planted.places, planted.datum, facts)
    expected = planted.swapped and planted.form != "joined"  # one cell with both is turned where the latitude cannot be: east of 90° always
    same = np.hypot(*(np.array(to_metric(x, y, judgement.best.reading.datum, facts.crs)) - planted.places.T)).max() < 1.0
    return bool(same) and judgement.best.reading == Reading(judgement.best.reading.datum, expected)


def counties(count: int, seed: int) -> Iterator[Facts]:
    """Yield generated counties, read."""
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            write_demo(Path(folder) / "county", seed=seed + number, cells=4000)
            yield read_county(Path(folder) / "county")


def run(ledgers: int, seed: int, of_counties: int) -> int:
    """Judge so many ledgers; return how many were wrong while sure."""
    told: Counter[tuple[str, str]] = Counter()
    began, margins = time.process_time(), []
    for number, facts in enumerate(counties(of_counties, seed)):
        ground, rng = ground_of(facts), np.random.default_rng([seed, number])
        for _ in range(ledgers // of_counties):
            planted = plant(facts, rng)
            judgement = judged(planted, ground)
            right = is_right(planted, judgement, facts)
            sure = judgement.sureness if judgement else "none"
            for key in (planted.datum, "all"):
                told[key, "ledgers"] += 1
                told[key, "right"] += right
                told[key, sure] += 1
                told[key, "wrong while sure"] += sure == "sure" and not right
                told[key, "wrong while likely"] += sure == "likely" and not right
            if not right:
                margins.append((planted.datum, planted.form, planted.swapped, len(planted.places), judgement and judgement.best))
    for key in (*DATUMS, "all"):
        print(
            f"{key:10}",
            *(
                f"{name} {told[key, name]:4}"
                for name in ("ledgers", "right", "sure", "likely", "open", "none", "wrong while likely", "wrong while sure")
            ),
        )
    for wrong in margins:
        print("wrong:", *wrong)
    print(f"{time.process_time() - began:.1f} s of processor time")
    return told["all", "wrong while sure"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledgers", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counties", type=int, default=2)
    given = parser.parse_args()
    sys.exit(run(given.ledgers, given.seed, given.counties) > 0)
