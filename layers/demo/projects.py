"""Six proposed construction projects whose merit is planted, so that a review can be checked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import tomli_w
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Points
from layers.demo.land import Land
from layers.demo.people import ELDERS, People
from layers.demo.settlements import Settlements

PLANTED_RANK: Mapping[str, int] = {
    "station_new_quarter": 1,
    "happiness_home": 2,
    "wujing_extension": 3,
    "station_old_town": 4,
    "apartments_for_elders": 5,
    "cemetery_lakeside": 6,
}
"""Order of merit: the first four pass with falling points; the last two are vetoed (V5; V1, V3, V6 and V7), the sixth with fewer points."""

Fields = dict[str, object]
_ALL = ["plan", "land_use_code", "land_document", "operator", "staff", "running_cost", "targets", "baseline", "date", "above_ground"]


def project_files(frame: Frame, land: Land, places: Settlements, people: People, table: pd.DataFrame) -> dict[str, str]:
    """Return the text of each project file by its name."""
    homes = table[table["type"] == "elder_wujing"]
    fuller = homes.loc[(homes["residents"] / homes["capacity"]).idxmax()]
    half_empty = table[table["type"] == "elder_institution"].iloc[1]
    stations = table[table["type"] == "elder_station_city"]
    spots = {
        "station_new_quarter": _most_elders_away(people, stations, 700.0),
        "happiness_home": _village_without(table, places, people),
        "station_old_town": stations.iloc[0][["x", "y"]].to_numpy(dtype=float) + [140.0, 60.0],
        "apartments_for_elders": half_empty[["x", "y"]].to_numpy(dtype=float) + [80.0, -60.0],
        "cemetery_lakeside": _lake_shore(land),
    }
    degrees = {key: np.round(frame.to_lonlat(spot[None])[0], 6).tolist() for key, spot in spots.items()}
    projects = _projects(fuller, str(half_empty["name"]))
    files = {}
    for key, fields in projects.items():
        position: Fields = {"lon": degrees[key][0], "lat": degrees[key][1], "datum": "WGS84"} if key in degrees else {}
        files[f"{key}.toml"] = "# 拟建项目（虚构）\n" + tomli_w.dumps({"key": key, **fields, **position})
    return files


def _projects(fuller: pd.Series[object], half_empty: str) -> dict[str, Fields]:
    beds = float(str(fuller["capacity"]))
    return {
        "station_new_quarter": _project(
            "城区空白片区居家养老服务站", "elder_station_city", (40, 460, 0), (130, 130), _ALL, note="片区内老年人集中，现有站点步行不可达"
        ),
        "happiness_home": _project(
            "无点大村农村幸福院",
            "elder_mutual_rural",
            (16, 180, 240),
            (45, 36),
            [item for item in _ALL if item not in {"baseline", "staff", "land_use_code"}],
        ),
        "wujing_extension": {
            **_project(
                f"{fuller['name']}扩建",
                "elder_wujing",
                (beds + 30, (beds + 30) * 28, (beds + 30) * 30),
                (420, 260),
                ["plan", "land_document", "operator", "above_ground"],
            ),
            "kind": "expand",
            "facility": str(fuller.name),
            "care_beds": 24.0,
        },
        "station_old_town": _project(
            "老城区第二居家养老服务站", "elder_station_city", (30, 210, 0), (190, 80), ["plan", "land_document"], note="与现有站点相距约150米"
        ),
        "apartments_for_elders": _project(
            "城区新建养老公寓", "elder_institution", (120, 4_400, 3_600), (1_700, 1_200), _ALL, note=f"紧邻入住率不足三成的{half_empty}"
        ),
        "cemetery_lakeside": {
            **_project("青龙水库公墓", "cemetery_town", (5_000, 0, 24_000), (900, 300), ["operator"], note="位于水库岸边"),
            "single_grave_area": 1.2,
            "joint_grave_area": 1.6,
        },
    }


def _project(name: str, kind: str, sizes: tuple[float, float, float], money: tuple[float, float], documents: list[str], note: str = "") -> Fields:
    """Capacity, floor and land in m2; investment and confirmed funds in 10,000 yuan."""
    fields: Fields = {"name": name, "type": kind, "kind": "new", "capacity": float(sizes[0])}
    fields |= {key: float(size) for key, size in (("floor_area", sizes[1]), ("land_area", sizes[2])) if size}
    fields |= {"investment_wan": float(money[0]), "confirmed_funds_wan": float(money[1]), "documents": documents}
    return {**fields, "note": note} if note else fields


def _most_elders_away(people: People, stations: pd.DataFrame, away: float) -> Points:
    """The cell around which most elders live farther than a distance, doubled for winding streets, from every station."""
    elders = people.groups[list(ELDERS)].sum(axis=1).to_numpy()
    far = cKDTree(stations[["x", "y"]].dropna().to_numpy(dtype=float)).query(people.points)[0] > 2 * away
    tree = cKDTree(people.points)
    near = tree.query_ball_point(people.points[far], 450.0)
    around = np.array([elders[cells].sum() for cells in near])
    return people.points[far][int(around.argmax())]


def _village_without(table: pd.DataFrame, places: Settlements, people: People) -> Points:
    """The largest village that has no mutual-help home within 3 km."""
    there = table.loc[table["type"] == "elder_mutual_rural", ["x", "y"]].dropna().to_numpy(dtype=float)
    villages = places.table[places.table["kind"] == "village"]
    centres = villages[["x", "y"]].to_numpy(dtype=float)
    away = cKDTree(there).query(centres)[0]
    lived_in = np.isin(villages.index.to_numpy(), people.settlement)
    best = int(np.argmax(villages["people"].to_numpy() * lived_in * (away > min(2_400.0, float(away.max()) * 0.9))))
    spot: Points = centres[best]
    return spot


def _lake_shore(land: Land) -> Points:
    """A place inside the reservoir's protection zone."""
    ring = land.lake.buffer(120).exterior
    shore = ring.interpolate(0.37, normalized=True)
    return np.array([shore.x, shore.y])
