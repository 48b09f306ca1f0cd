"""Areas of a generated county where types of facility must not or should not stand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.demo.frame import EPSG, Frame, Points, away_from
from layers.demo.land import Land, blob
from layers.demo.settlements import Settlements, spread
from layers.demo.streets import StreetPlan

HOMES_M = 500.0  # kept between cemeteries and homes (draft of the construction standard, 2012)
Named = list[tuple[str, str, BaseGeometry]]


def areas_for_all(frame: Frame, land: Land, people: Points) -> gpd.GeoDataFrame:
    """Return water and hazards: nothing is built there."""
    rng = frame.rng("hazards")
    named: Named = [
        (f"云岭河{_part(n)}河道及洪水淹没区", "Y05", line.buffer(140).intersection(land.county)) for n, line in enumerate(land.river_lines)
    ]
    named.append(("青龙水库水面", "X04", land.lake.difference(land.island)))
    centres = _remote(frame, land, people, frame.many(6), (500, 1_600), rng)
    named += [(f"{n + 1}号滑坡隐患区", "Y05", blob(centre, rng.uniform(200, 420), rng)) for n, centre in enumerate(centres)]
    return _layer(named)


def areas_for_burial(frame: Frame, land: Land, people: Points) -> gpd.GeoDataFrame:
    """Return reservoir protection, farmland, forest and the scenic area: no cemetery there."""
    rng = frame.rng("burial areas")
    named: Named = [("青龙水库饮用水水源保护区", "X04", land.lake.buffer(320))]
    fields = _remote(frame, land, people, frame.many(14), (350, 900), rng)
    named += [(f"永久基本农田{n + 1}片", "X01", blob(centre, rng.uniform(320, 620), rng, 1.3)) for n, centre in enumerate(fields)]
    woods = _remote(frame, land, people, frame.many(8), (1_900, 9_000), rng)
    named += [(f"公益林{n + 1}片", "X02", blob(centre, rng.uniform(700, 1_500), rng)) for n, centre in enumerate(woods)]
    scenic = _remote(frame, land, people, 1, (1_300, 4_000), rng)
    named += [("云岭风景名胜区", "X03", blob(centre, 1_300, rng, 1.5)) for centre in scenic]
    county = land.county
    return _layer([(name, rule, area.intersection(county).difference(land.water)) for name, rule, area in named])


def settled_areas(places: Settlements) -> gpd.GeoDataFrame:
    """Return each settlement as an area, for the distance that cemeteries keep from homes."""
    radius = np.array([place.radius for place in places.places])
    discs = shapely.buffer(shapely.points(places.centres), radius * 1.05, quad_segs=6)
    return gpd.GeoDataFrame({"名称": [f"{place.name}居民点" for place in places.places], "规则": "X06"}, geometry=discs, crs=EPSG)


def burial_plots(frame: Frame, streets: StreetPlan, forbidden: list[gpd.GeoDataFrame], away: float) -> gpd.GeoDataFrame:
    """Return plots of barren land beside roads and clear of forbidden areas, where a cemetery could be laid out.

    Parameters
    ----------
    frame, streets : Frame, StreetPlan
        The county.
    forbidden : list of GeoDataFrame
        Areas to stay clear of.
    away : float
        Metres kept from them.
    """
    rng = frame.rng("plots")
    spots = streets.roads + 45.0
    plots = shapely.box(spots[:, 0] - 40, spots[:, 1] - 40, spots[:, 0] + 40, spots[:, 1] + 40)
    barred = shapely.STRtree(np.concatenate([layer.geometry.to_numpy() for layer in forbidden]))
    hit = barred.query(plots, predicate="dwithin", distance=away)[0]
    clear = np.setdiff1d(np.arange(len(plots)), hit)
    chosen = spread(spots[rng.permutation(clear)], 800.0)[: frame.many(40)]
    shapes = [blob(spot, 38.0, rng) for spot in chosen]
    return gpd.GeoDataFrame(
        {"编号": [f"GM{n + 1:02d}" for n in range(len(shapes))], "名称": [f"荒坡地块{n + 1}号" for n in range(len(shapes))]},
        geometry=shapes,
        crs=EPSG,
    )


def busy_roads(streets: list[Points]) -> gpd.GeoDataFrame:
    """Return main roads as narrow areas: homes for elders keep away from them."""
    strips = [shapely.LineString(line).buffer(12, quad_segs=4) for line in streets]
    return gpd.GeoDataFrame({"名称": [f"公路{n + 1}段" for n in range(len(strips))], "规则": "Y02"}, geometry=strips, crs=EPSG)


def _remote(frame: Frame, land: Land, people: Points, count: int, away: tuple[float, float], rng: np.random.Generator) -> Points:
    """Dry places whose nearest home is between two distances away."""
    darts = frame.origin + rng.random((count * 120 + 400, 2)) * [frame.width, frame.height]
    darts = darts[land.dry(darts, 250)]
    distance = away_from(people, darts)
    chosen: Points = darts[(distance > away[0]) & (distance < away[1])][:count]
    return chosen


def _part(number: int) -> str:
    return "" if number == 0 else f"{number + 1}支"


def _layer(named: Named) -> gpd.GeoDataFrame:
    names, rules, shapes = zip(*named, strict=True)
    return gpd.GeoDataFrame({"名称": list(names), "规则": list(rules)}, geometry=list(shapes), crs=EPSG)
