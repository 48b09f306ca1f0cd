"""What stands around and upon the map: neat lines, title, north arrow, scales, notes."""

from __future__ import annotations

import shapely
from matplotlib.patches import Polygon
from shapely.geometry.base import BaseGeometry

from planning.publish.plate.ground import Extent
from planning.publish.plate.page import A3, INK, Page, fit, width_mm
from planning.publish.sheet import Sheet
from planning.publish.sites import located
from planning.publish.wording import crs_sentence, number

Rectangle = tuple[float, float, float, float]
OUTER = 6.0
SCALE_BOX = (92.0, 9.5)
NORTH_BOX = (15.0, 22.0)


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
    land = _land(sheet)
    _north(page, sheet, _corner(land, seen, map_, NORTH_BOX, top=True))
    _scale(page, sheet, seen, _corner(land, seen, map_, SCALE_BOX, top=False))


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


def _corner(land: BaseGeometry, seen: Extent, map_: Rectangle, box: tuple[float, float], *, top: bool) -> tuple[float, float]:
    """Return the lower left corner (mm) for a box, left or right in the map, wherever it hides less of the county."""
    x, y, width, height = map_
    wide, high = box
    low = y + height - high - 3 if top else y + 3
    lefts = (x + width - wide - 3, x + 3) if top else (x + 3, x + width - wide - 3)

    def hidden(left: float) -> float:
        west, south = seen.west + seen.metres(left - x), seen.south + seen.metres(low - y)
        return float(land.intersection(shapely.box(west, south, west + seen.metres(wide), south + seen.metres(high))).area)

    return min(lefts, key=hidden), low


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
