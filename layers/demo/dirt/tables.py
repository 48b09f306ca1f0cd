"""Tables that the clean county does without, added with their faults: people by township, and driving times that a bureau measured."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pyogrio
import shapely

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Planted, Row, Sheet, Slip
from layers.demo.files import write_csv

TOTALS, TIMES = "layers/乡镇常住人口.csv", "layers/实测车程.csv"
_TOWN, _PEOPLE = "乡镇", "常住人口"
_TO, _MINUTES = "设施编号", "用时"
_SITES = 3


def plant_totals(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Write what each township says of its people, which are right but for two rows, and list the table in county.toml."""
    read = pyogrio.read_dataframe(folder / "layers" / "population.gpkg").to_crs(4326)
    people = read.filter(like="age_").sum(axis=1).to_numpy(dtype=float)
    x, y = shapely.get_coordinates(np.asarray(read.geometry.array)).T
    inside = [float(people[shapely.contains_xy(shape, x, y)].sum()) for shape in ground.shapes]
    rows: dict[int, Row] = {
        row: {_TOWN: name, _PEOPLE: round(count)} for row, (name, count) in enumerate(zip(ground.names, inside, strict=True), start=2)
    }
    sheet = Sheet("population", TOTALS, "", rows, rng)
    sheet.slip([Slip("total_text", _PEOPLE, lambda _: "约三万")])
    sheet.append("total_township", {_TOWN: "望海镇", _PEOPLE: 12_000}, _TOWN, "")
    write_csv(folder / TOTALS, [_TOWN, _PEOPLE], (list(cells.values()) for cells in sheet.rows.values()), "utf-8-sig")
    path = folder / "county.toml"
    scenario = next(line for line in path.read_text("utf-8").splitlines() if line.startswith("scenario ="))
    text = path.read_text("utf-8").replace(scenario, f'{scenario}\npopulation_totals = "{TOTALS}"')
    path.write_text(text, "utf-8", newline="\n")
    return sheet.planted


def plant_times(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Write how long it takes from townships to some facilities, with four rows nobody can use, and list the table in county.toml."""
    trips = product(ground.names, sorted(ground.named)[:_SITES])
    rows: dict[int, Row] = {row: {_TOWN: name, _TO: site, _MINUTES: 8 + 3 * (row % 7)} for row, (name, site) in enumerate(trips, start=2)}
    sheet = Sheet("costs", TIMES, "", rows, rng)
    sheet.slip([
        Slip("time_origin", _TOWN, lambda _: "望海乡"),
        Slip("time_site", _TO, lambda _: "YL997"),
        Slip("time_negative", _MINUTES, lambda row: f"-{row[_MINUTES]}"),
    ])  # fmt: skip
    for row in sheet.take(1):
        sheet.append("time_twice", {**sheet.rows[row], _MINUTES: 90}, _MINUTES, f"（{row}）")
    write_csv(folder / TIMES, [_TOWN, _TO, _MINUTES], (list(cells.values()) for cells in sheet.rows.values()), "utf-8-sig")
    path = folder / "county.toml"
    listed = f'\n# ---- 实测车程 ----\n[[costs]]\nfile = "{TIMES}"\nmode = "drive"\nunit = "min"\norigins = "townships"\n'
    path.write_text(path.read_text("utf-8") + listed, "utf-8", newline="\n")
    return sheet.planted
