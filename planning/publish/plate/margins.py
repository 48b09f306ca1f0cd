"""What stands around and upon the map: neat lines, title, north arrow, scales, notes."""

from __future__ import annotations

import shapely
from matplotlib.patches import Polygon
from matplotlib.patches import Rectangle as PageFrame
from shapely.geometry.base import BaseGeometry

from planning.publish.plate.ground import COUNTY_LINE, TOWNSHIP_LINE, Extent, bounds, framed, polygons
from planning.publish.plate.page import A3, INK, Page, fit, font, width_mm
from planning.publish.sheet import Sheet
from planning.publish.sites import located
from planning.publish.wording import crs_sentence, number

Rectangle = tuple[float, float, float, float]
OUTER = 6.0
SCALE_BOX = (92.0, 9.5)
NORTH_BOX = (15.0, 22.0)
INSET_BOX = (46.0, 46.0)
CORNERS = ("lower right", "lower left", "upper left", "upper right")


def draw(page: Page, sheet: Sheet, map_: Rectangle, seen: Extent) -> None:
    """Draw the margins of a map that fills the rectangle ``map_`` (x, y, width, height in mm)."""
    x, y, width, height = map_
    page.box(OUTER, OUTER, A3[0] - 2 * OUTER, A3[1] - 2 * OUTER, linewidth=1.6)
    page.box(OUTER + 1.2, OUTER + 1.2, A3[0] - 2 * OUTER - 2.4, A3[1] - 2 * OUTER - 2.4, linewidth=0.4)
    page.box(x, y, width, height, linewidth=0.9, zorder=20)
    size = 24.0
    while width_mm(sheet.heading, size) > A3[0] - 30:
        size -= 1
    page.write_strong(A3[0] / 2, 281, sheet.heading, size, ha="center")
    _notes(page, sheet)
    corners = _Corners(sheet, seen, map_)
    _north(page, sheet, corners.take(NORTH_BOX, ("upper right", "upper left")))
    _scale(page, sheet, seen, corners.take(SCALE_BOX, ("lower left", "lower right")))
    if bounds(sheet) != framed(sheet):
        _inset(page, sheet, seen, corners.take(INSET_BOX, CORNERS))


def _notes(page: Page, sheet: Sheet) -> None:
    """Write coordinate system, sources and that boundaries are no basis for demarcation below the map."""
    lines = (
        sheet.say("join_notes").join([crs_sentence(sheet), sheet.say("boundaries"), sheet.say("scale_note")]),
        sheet.say("sources", sources=sheet.sources),
    )
    for line, y in zip(lines, (16.3, 11.9), strict=True):
        page.write(10, y, fit(line, A3[0] - 20, 7), 7, color="#333333")


def _land(sheet: Sheet) -> BaseGeometry:
    outlines = sheet.facts.outlines
    if outlines.county is not None:
        return outlines.county
    known = located(outlines.townships).geometry
    return shapely.union_all(known.to_numpy()) if len(known) else sheet.facts.population.cells.geometry.union_all().convex_hull


class _Corners:
    """The corners of the map, each given away once."""

    def __init__(self, sheet: Sheet, seen: Extent, map_: Rectangle) -> None:
        self.land, self.seen, self.map = _land(sheet), seen, map_
        self.homes = shapely.get_coordinates(sheet.facts.population.cells.geometry.to_numpy())
        self.free = set(CORNERS)

    def take(self, box: tuple[float, float], corners: tuple[str, ...]) -> tuple[float, float]:
        """Return the lower left point (mm) for a box in whichever free corner it hides fewest inhabited cells and least of the county."""
        corner = min((corner for corner in corners if corner in self.free), key=lambda corner: self._hidden(box, self._at(box, corner)))
        self.free.remove(corner)
        return self._at(box, corner)

    def _at(self, box: tuple[float, float], corner: str) -> tuple[float, float]:
        x, y, width, height = self.map
        left = x + width - box[0] - 3 if corner.endswith("right") else x + 3
        return left, y + height - box[1] - 3 if corner.startswith("upper") else y + 3

    def _hidden(self, box: tuple[float, float], at: tuple[float, float]) -> tuple[int, float]:
        west, south = self.seen.west + self.seen.metres(at[0] - self.map[0]), self.seen.south + self.seen.metres(at[1] - self.map[1])
        east, north = west + self.seen.metres(box[0]), south + self.seen.metres(box[1])
        x, y = self.homes.T
        homes = int(((x >= west) & (x <= east) & (y >= south) & (y <= north)).sum())
        return homes, float(self.land.intersection(shapely.box(west, south, east, north)).area)


def _inset(page: Page, sheet: Sheet, seen: Extent, at: tuple[float, float]) -> None:
    """Draw the whole county small, with a frame around the part that the map shows (位置示意)."""
    west, south, east, north = bounds(sheet)
    axes = page.frame(*at, *INSET_BOX)
    axes.set_zorder(11)
    scale = 1.15 * max((east - west) / INSET_BOX[0], (north - south) / INSET_BOX[1])
    x, y = (west + east) / 2, (south + north) / 2
    axes.set(xlim=(x - scale * INSET_BOX[0] / 2, x + scale * INSET_BOX[0] / 2), ylim=(y - scale * INSET_BOX[1] / 2, y + scale * INSET_BOX[1] / 2))
    axes.set(xticks=[], yticks=[], facecolor="white")
    townships = located(sheet.facts.outlines.townships).geometry
    polygons(axes, townships, facecolor="#F1F1EE", edgecolor=TOWNSHIP_LINE, linewidth=0.3)
    polygons(axes, [_land(sheet)], facecolor="none", edgecolor=COUNTY_LINE, linewidth=0.6)
    width, height = seen.east - seen.west, seen.north - seen.south
    axes.add_patch(PageFrame((seen.west, seen.south), width, height, facecolor="none", edgecolor="#D0021B", linewidth=0.9))
    axes.text(0.03, 0.97, sheet.say("inset"), fontproperties=font(6.5), color=INK, ha="left", va="top", transform=axes.transAxes)


def _north(page: Page, sheet: Sheet, at: tuple[float, float]) -> None:
    x, y = at
    middle = x + NORTH_BOX[0] / 2
    page.box(x, y, *NORTH_BOX, facecolor="white", edgecolor="none", alpha=0.85, zorder=10)
    base, tip, notch = y + 2, y + 15.5, y + 5
    page.axes.add_patch(Polygon([(middle - 4, base), (middle, tip), (middle, notch)], facecolor=INK, edgecolor=INK, linewidth=0.5, zorder=11))
    page.axes.add_patch(Polygon([(middle + 4, base), (middle, tip), (middle, notch)], facecolor="white", edgecolor=INK, linewidth=0.5, zorder=11))
    page.write(middle, y + 18.7, sheet.say("north"), 10, ha="center", zorder=11)


def scale_step(seen: Extent) -> float:
    """Return the length of one of the four parts of the scale bar in metres: 1, 2 or 5 times a power of ten, together at most 48 mm."""
    steps = [step * 10.0**power for power in range(7) for step in (1, 2, 5)]
    return max(step for step in steps if 4 * step / seen.scale * 1000 <= 48 or step == steps[0])


def _scale(page: Page, sheet: Sheet, seen: Extent, at: tuple[float, float]) -> None:
    x, y = at
    page.box(x, y, *SCALE_BOX, facecolor="white", edgecolor="none", alpha=0.85, zorder=10)
    step = scale_step(seen)
    part = step / seen.scale * 1000
    unit, divisor = ("km", 1000.0) if step >= 500 else ("m", 1.0)
    left = x + SCALE_BOX[0] - 4 * part - 7
    page.write(left - 5, y + 5, sheet.say("scale", scale=number(seen.scale)), 11, ha="right", zorder=11)
    for position in range(4):
        fill = INK if position % 2 == 0 else "white"
        page.box(left + position * part, y + 5.2, part, 1.8, facecolor=fill, linewidth=0.4, zorder=11)
    for position in (0, 1, 2, 4):
        text = f"{position * step / divisor:g}" + (f" {unit}" if position == 4 else "")
        page.write(left + position * part, y + 2.6, text, 7, ha="center", zorder=11, color=INK)
