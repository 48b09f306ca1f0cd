"""Draw the ten cases with the costs and ways the engine finds: ``python -m tests.draw_cases docs/images/travel_cases.png``."""

from __future__ import annotations

import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from layers.county import Travel
from planning.publish.plate.page import font
from planning.travel import attach, build_network, path, search, snap
from tests.street_cases import CASES, Case, Trip, meant
from tests.street_drawings import EAST, FIRST_WAY, NORTH, points, read, write_osm

WAYS = ("#C8102E", "#1F6FB5", "#6A3D9A")  # first, second and third way of asking
WATER, STREET, UNUSED, INK, GREY = "#CFE6F5", "#9A9A9A", "#E2E2E2", "#1A1A1A", "#777777"
HALO = [withStroke(linewidth=2.2, foreground="white")]
WIDE = 1.35  # width of a plan to its height
LINES = 4  # of text below a plan


def contact_sheet(file: Path, dpi: int = 130) -> None:
    """Draw all cases in two rows into a PNG."""
    figure = Figure(figsize=(19, 8.9))
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 5, gridspec_kw={"left": 0.008, "right": 0.992, "top": 0.95, "bottom": 0.115, "wspace": 0.04, "hspace": 0.42})
    for number, (axes, case) in enumerate(zip(grid.flat, CASES, strict=True), start=1):
        _panel(axes, case, number)
    figure.savefig(file, dpi=dpi)


def _panel(axes: Axes, case: Case, number: int) -> None:
    axes.set_title(f"{number}  {case.title}  {case.english}", fontproperties=font(13), color=INK, pad=6)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#D0D0D0")
    for west, south, east, north in case.water:
        axes.add_patch(Rectangle((west, south), east - west, north - south, facecolor=WATER, edgecolor="none", zorder=0))
    told = [_trip(axes, case, trip, colour) for trip, colour in zip(case.trips, WAYS, strict=False)]
    _streets(axes, case, set().union(*(used for used, _ in told)))
    _points(axes, case)
    _frame(axes, case)
    _say(axes, [lines for _, lines in told])


def _say(axes: Axes, told: list[list[tuple[str, str]]]) -> None:
    """Write what was found below a plan, the two ways of asking side by side where there is much to say."""
    columns = told if sum(map(len, told)) > LINES else [[line for lines in told for line in lines]]
    for column, lines in enumerate(columns):
        for row, (text, colour) in enumerate(lines):
            place = (0.01 + 0.62 * column, -0.035 - 0.085 * row)
            axes.text(*place, text, transform=axes.transAxes, va="top", fontproperties=font(10.5), color=colour)


def _streets(axes: Axes, case: Case, used: set[str]) -> None:
    for number, (refs, tags) in enumerate(case.streets):
        line = np.array([case.places[ref] for ref in refs], float)
        if "bridge" in tags:  # over whatever is below, without meeting it
            axes.plot(*line.T, color="white", linewidth=9, zorder=1.5, solid_capstyle="butt")
            axes.plot(*line.T, color=INK, linewidth=7, zorder=1.5, solid_capstyle="butt")
        if tags.get("route") == "ferry":
            axes.plot(*line.T, color="#4A86B8", linewidth=1.8, linestyle=(0, (4, 2.5)), zorder=1)
            continue
        style = (0, (0.6, 0.6)) if tags["highway"] == "steps" else "solid"
        colour = STREET if str(FIRST_WAY + number) in used else UNUSED
        axes.plot(*line.T, color=colour, linewidth=5, linestyle=style, zorder=2 if "bridge" in tags else 1, solid_capstyle="round")
        if tags.get("oneway") == "yes":
            for begin, end in pairwise(line):
                middle, along = (begin + end) / 2, (end - begin) / np.hypot(*(end - begin))
                axes.annotate(
                    "", middle + along, middle - along, zorder=6, arrowprops={"arrowstyle": "-|>", "color": INK, "mutation_scale": 13, "linewidth": 0}
                )


def _trip(axes: Axes, case: Case, trip: Trip, colour: str) -> tuple[set[str], list[tuple[str, str]]]:
    """Draw the ways the engine finds; return the streets it may use and what it says, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        streets, _ = read(write_osm(Path(folder), case.places, case.streets), **trip.spec)
    network = build_network(streets, trip.mode, Travel(**trip.travel))
    cells, sites = snap(network, points(case.cells)), snap(network, points(case.sites))
    attached = attach(network, cells, trip.unit)
    found = search(attached, sites, np.inf)
    said = []
    for site in found.sites:
        for cell, cost in sorted(zip(*(part.tolist() for part in found.column(site)), strict=True)):
            _way(axes, path(attached, cell, sites, site), colour)
            summed = trip.costs[site, cell].replace(" ", "")
            if abs(meant(summed) - cost) > 0.05:
                raise ValueError(f"{case.name}: {trip.label} {cell} → {site} costs {cost}, not {summed}")
            result = f"{summed} = {cost:.0f}" if "+" in summed else f"{cost:.0f}"
            said.append((f"{trip.label} {_pair(case, cell, site)}{result} {trip.unit}", colour))
    said += [(f"{trip.label} {cell + 1}：不可达，人口仍计入总数", GREY) for cell in np.flatnonzero(~cells.reachable).tolist()]
    return set(streets.streets["source"].iloc[np.unique(network.street)]), said


def _pair(case: Case, cell: int, site: str) -> str:
    """Return which trip is meant, where there are several."""
    return f"{cell + 1}→{site.upper()}：" if len(case.cells) * len(case.sites) > 1 else ""


def _way(axes: Axes, way: shapely.LineString | None, colour: str) -> None:
    if way is None:
        return
    line, first = shapely.get_coordinates(way) - (EAST, NORTH), colour == WAYS[0]
    thin = {"linewidth": 1.6, "linestyle": "--" if colour == WAYS[1] else ":", "zorder": 5}
    style = {"linewidth": 2.6, "alpha": 0.75, "zorder": 4} if first else thin
    axes.plot(*line.T, color=colour, **style)


def _name(case: Case, cell: int) -> str:
    return f"居民点{cell + 1}" if len(case.cells) > 1 else "居民点"


def _points(axes: Axes, case: Case) -> None:
    streets = shapely.MultiLineString([[case.places[ref] for ref in refs] for refs, _ in case.streets])
    drawn = [(_name(case, cell), place, "s", "#E8A200") for cell, place in case.cells.items()]
    drawn += [(f"设施{site.upper()}", place, "^", "#007A5E") for site, place in case.sites.items()]
    for name, (x, y), marker, colour in drawn:
        axes.plot(x, y, marker, color=colour, markeredgecolor=INK, markersize=9, zorder=8)
        # Named on the side away from the street.
        above = shapely.get_coordinates(shapely.shortest_line(streets, shapely.Point(x, y)))[0, 1] <= y
        away = {"xytext": (0, 8 if above else -8), "va": "bottom" if above else "top", "textcoords": "offset points"}
        axes.annotate(name, (x, y), ha="center", fontproperties=font(9), path_effects=HALO, zorder=9, **away)


def _frame(axes: Axes, case: Case) -> None:
    """Show all of a plan, as large as the panel allows, metres equal in both directions, with a scale bar of 100 m."""
    all_points = np.array([*case.places.values(), *case.cells.values(), *case.sites.values()], float)
    low, high = all_points.min(axis=0), all_points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    width = max(1.15 * half[0] + 15, 1.3 * half[1] * WIDE + 15)
    axes.set_xlim(middle[0] - width, middle[0] + width)
    axes.set_ylim(middle[1] - width / WIDE, middle[1] + width / WIDE)
    axes.set_aspect("equal", adjustable="box")
    west, south = middle[0] - 0.95 * width, middle[1] - 0.93 * width / WIDE
    axes.plot([west, west + 100], [south, south], color=INK, linewidth=2, zorder=9)
    axes.annotate("100 m", (west + 50, south), (0, 3), textcoords="offset points", ha="center", fontproperties=font(8), path_effects=HALO, zorder=9)


if __name__ == "__main__":
    contact_sheet(Path(sys.argv[1]))
