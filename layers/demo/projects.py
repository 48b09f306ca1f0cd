"""Six proposed construction projects whose merit is planted, so that a review can be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tomli_w
from scipy.spatial import cKDTree

from layers.demo.facilities import Facility
from layers.demo.frame import Frame, Points, away_from
from layers.demo.land import Land
from layers.demo.people import People
from layers.demo.settlements import Settlements

PLANTED_RANK: Mapping[str, int] = {
    "station_new_quarter": 1,
    "happiness_home": 2,
    "wujing_conversion": 3,
    "station_old_town": 4,
    "apartments_for_elders": 5,
    "cemetery_lakeside": 6,
}
"""Order of merit: the first four pass with falling points; the last two are vetoed (V5; V1, V3, V6 and V7), the sixth with fewer points."""

Fields = dict[str, object]
_ALL = ["plan", "land_use_code", "land_document", "operator", "staff", "running_cost", "targets", "baseline", "date", "above_ground"]


def project_files(frame: Frame, land: Land, places: Settlements, people: People, found: Sequence[Facility]) -> dict[str, str]:
    """Return the text of each project file by its name."""
    kinds = ("elder_wujing", "elder_town_centre", "elder_institution", "elder_station_city", "elder_mutual_rural")
    of = {kind: [item for item in found if item.type == kind] for kind in kinds}
    centres = _points(of["elder_town_centre"])
    remote = max(of["elder_wujing"], key=lambda home: float(away_from(centres, home.point[None])[0]))
    half_empty = of["elder_institution"][1]
    spots = {
        "station_new_quarter": _most_elders_away(people, _points(of["elder_station_city"])),
        "happiness_home": _village_without(places, people, _points(of["elder_mutual_rural"])),
        "station_old_town": of["elder_station_city"][0].point + np.array([140.0, 60.0]),
        "apartments_for_elders": half_empty.point + np.array([80.0, -60.0]),
        "cemetery_lakeside": _lake_shore(land),
    }
    degrees = {key: np.round(frame.to_lonlat(spot[None])[0], 6).tolist() for key, spot in spots.items()}
    files = {}
    for key, fields in _projects(remote, half_empty.name).items():
        position: Fields = {"lon": degrees[key][0], "lat": degrees[key][1], "datum": "WGS84"} if key in degrees else {}
        files[f"{key}.toml"] = "# 拟建项目（虚构）\n" + tomli_w.dumps({"key": key, **fields, **position})
    return files


def _projects(remote: Facility, half_empty: str) -> dict[str, Fields]:
    partly = [item for item in _ALL if item not in {"baseline", "staff", "land_use_code"}]
    some = [item for item in _ALL if item not in {"baseline", "land_use_code", "staff"}]
    sunny = _project("城区空白片区居家养老服务站", "elder_station_city", (40, 460, 0), (130, 130), _ALL)
    village = _project("无点大村农村幸福院", "elder_mutual_rural", (16, 180, 240), (45, 36), partly)
    wujing = _project(f"{remote.name}转型区域养老服务中心", "elder_town_centre", (50, 1_450, 1_400), (260, 240), some)
    second = _project("老城区第二居家养老服务站", "elder_station_city", (30, 210, 0), (190, 80), ["plan", "land_document"])
    apartments = _project("城区新建养老公寓", "elder_institution", (120, 4_400, 3_600), (1_700, 1_200), _ALL)
    lakeside = _project("青龙水库公墓", "cemetery_town", (5_000, 0, 24_000), (900, 300), ["operator"])
    return {
        "station_new_quarter": {**sunny, "note": "片区内老年人集中，现有站点步行不可达"},
        "happiness_home": village,
        "wujing_conversion": {**wujing, "kind": "convert", "facility": remote.id, "care_beds": 28.0},
        "station_old_town": {**second, "note": "与现有站点相距约150米"},
        "apartments_for_elders": {**apartments, "note": f"紧邻入住率不足三成的{half_empty}"},
        "cemetery_lakeside": {**lakeside, "single_grave_area": 1.2, "joint_grave_area": 1.6, "note": "位于水库岸边"},
    }


def _project(name: str, kind: str, sizes: tuple[float, float, float], money: tuple[float, float], documents: list[str]) -> Fields:
    """Return a new project: capacity, floor and land in m2; investment and confirmed funds in 10,000 yuan."""
    fields: Fields = {"name": name, "type": kind, "kind": "new", "capacity": float(sizes[0])}
    fields |= {key: float(size) for key, size in (("floor_area", sizes[1]), ("land_area", sizes[2])) if size}
    return fields | {"investment_wan": float(money[0]), "confirmed_funds_wan": float(money[1]), "documents": documents}


def _points(found: Sequence[Facility]) -> Points:
    return np.array([item.point for item in found])


def _most_elders_away(people: People, stations: Points) -> Points:
    """Return the cell with most elders around it of those over 1,400 m (twice a station's reach) from every station."""
    away = away_from(stations, people.points)
    far = people.points[away > min(1_400.0, float(away.max()) * 0.8)]
    near = cKDTree(people.points).query_ball_point(far, 450.0)
    around = [float(people.elders[cells].sum()) for cells in near]
    spot: Points = far[int(np.argmax(around))]
    return spot


def _village_without(places: Settlements, people: People, homes: Points) -> Points:
    """Return the centre of the largest village far from every mutual-help home."""
    villages = places.of_kind("village")
    centres = np.array([village.centre for village in villages])
    away = away_from(homes, centres)
    far = (away > min(2_400.0, float(away.max()) * 0.9)).tolist()
    elders = np.bincount(people.settlement, people.elders, minlength=len(places.places))
    best = max(range(len(villages)), key=lambda n: (far[n], float(elders[villages[n].number])))
    return villages[best].centre


def _lake_shore(land: Land) -> Points:
    """Return a place inside the reservoir's protection zone."""
    ring = land.lake.buffer(120).exterior
    shore = ring.interpolate(0.37, normalized=True)
    return np.array([shore.x, shore.y])
