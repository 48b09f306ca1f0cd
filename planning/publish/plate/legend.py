"""The legend: only what is on the map, with counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from planning.publish import cells
from planning.publish.plate import ground, roads
from planning.publish.plate.marks import Marks
from planning.publish.plate.page import GREY, Page, fit, smaller
from planning.publish.sheet import Sheet
from planning.publish.sites import counts, located
from planning.publish.symbols import SIGNS
from planning.publish.wording import number

LINE = 4.7
BOX = 8.0
_CROSSED = {name: value for name, value in roads.CROSS.items() if name.startswith("marker")}


@dataclass(frozen=True)
class Entry:
    """One line of the legend: a text, and what draws its sign left of it."""

    text: str
    sign: Callable[[float, float], object] | None


def draw(page: Page, sheet: Sheet, marks: Marks, shading: cells.Shading | None, there: set[str], place: tuple[float, float, float]) -> float:
    """Draw the legend in two columns; return where it ends.

    Parameters
    ----------
    there : set of str
        Parts of the ground that are on the map.
    place : tuple of float
        x, upper y, and width in mm.
    """
    x, y, width = place
    y = page.heading(x, y, width, sheet.say("legend"))
    left = [*_sites(page, sheet, marks), *_types(page, sheet, marks)]
    return columns(page, left, [*covered_entries(page, sheet, shading), *ground_entries(page, sheet, there)], (x, y, width))


def columns(page: Page, left: list[Entry], right: list[Entry], place: tuple[float, float, float]) -> float:
    """Draw two columns of entries; return where they end."""
    x, y, width = place
    half = width / 2
    for column, entries in enumerate((left, right)):
        row = y - 3.4
        for entry in entries:
            at = x + column * half
            if entry.sign is None:
                page.write(at + 1, row, entry.text, smaller(entry.text, half - 2, 7), color=GREY)
            else:
                entry.sign(at + 1 + BOX / 2, row)
                size = smaller(entry.text, half - BOX - 4, 7.2)
                page.write(at + BOX + 3, row, fit(entry.text, half - BOX - 4, size), size)
            row -= LINE
    return y - 2.4 - LINE * max(len(left), len(right))


def _sites(page: Page, sheet: Sheet, marks: Marks) -> Iterator[Entry]:
    yield Entry(sheet.say("legend_sites"), None)
    for action, count in counts(sheet.sites).items():
        sign = SIGNS[action]
        fill = "#DDDDDD" if marks.colours else sign.colour
        edge = "#222222" if marks.colours else "white"

        def symbol(x: float, y: float, marker: str = sign.marker, fill: str = fill, edge: str = edge, size: float = sign.size) -> object:
            return page.axes.plot(x, y, marker=marker, markersize=8 * size, markerfacecolor=fill, markeredgecolor=edge, markeredgewidth=0.6)

        yield Entry(sheet.say("counted", name=sheet.say(f"action.{action}"), count=count), symbol)
    for kind in sorted(marks.arrows):
        yield Entry(sheet.say(f"arrow.{kind}"), _arrow(page, SIGNS[kind].colour))
    missing = len(sheet.sites) - len(located(sheet.sites))
    if missing:
        yield Entry(sheet.say("not_drawn", count=missing), None)


def _arrow(page: Page, colour: str) -> Callable[[float, float], object]:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 0.9, "linestyle": (0, (3, 2)), "mutation_scale": 8}
    return lambda x, y: page.axes.annotate("", (x + 4, y), (x - 4, y), arrowprops=style)


def _types(page: Page, sheet: Sheet, marks: Marks) -> Iterator[Entry]:
    if marks.colours:
        yield Entry(sheet.say("legend_types"), None)
    for key, colour in marks.colours.items():
        count = int((sheet.sites["type"] == key).sum())
        yield Entry(sheet.say("counted", name=sheet.kind_name(key), count=count), _patch(page, facecolor=colour, edgecolor="#222222"))


def covered_entries(page: Page, sheet: Sheet, shading: cells.Shading | None) -> Iterator[Entry]:
    """Yield the legend of the shaded cells."""
    if shading is None:
        return
    yield Entry(sheet.say("legend_coverage", kind=sheet.kind_name(sheet.main.key)), None)
    drawn = set(shading.colour.tolist())
    if 0 in drawn:
        yield Entry(sheet.say("state.covered"), _patch(page, facecolor=cells.COVERED, edgecolor="none"))
    for position, text in enumerate(class_names(sheet, shading)):
        if position + 2 in drawn:
            yield Entry(text, _patch(page, facecolor=shading.palette[position + 2], edgecolor="none"))
    if 1 in drawn:
        yield Entry(sheet.say("state.unreachable"), _patch(page, facecolor=cells.UNREACHABLE, edgecolor="none"))


def class_names(sheet: Sheet, shading: cells.Shading) -> list[str]:
    """Return the names of the classes of uncovered people."""
    what = sheet.say("state.uncovered")
    per = sheet.say(f"per.{shading.unit}")
    bounds = [number(bound, 0 if bound >= 1 else 2) for bound in shading.breaks]
    if not bounds:
        return [what]
    between = [sheet.say("class_between", low=low, high=high, what=what, per=per) for low, high in pairwise(bounds)]
    first, last = sheet.say("class_below", high=bounds[0], what=what, per=per), sheet.say("class_above", low=bounds[-1], what=what, per=per)
    return [first, *between, last]


def ground_entries(page: Page, sheet: Sheet, there: set[str]) -> Iterator[Entry]:
    """Yield the legend of the parts of the ground that are on the map."""
    yield Entry(sheet.say("legend_ground"), None)
    lines = {
        "county": {"color": ground.COUNTY_LINE, "linewidth": 1.0},
        "township": {"color": ground.TOWNSHIP_LINE, "linewidth": 0.6, "linestyle": (0, (6, 2, 1, 2))},
    }
    for part, style in lines.items():
        if part in there:
            yield Entry(sheet.say(f"ground.{part}"), _line(page, **style))
    # Two entries stand for five classes of street: the greys are told apart by their width.
    classes = [item for item in reversed(ground.STREETS) if item[0] in there]
    chosen = classes if len(classes) <= 3 else [classes[0], classes[2], classes[-1]]
    for name, _, width, grey in chosen:
        yield Entry(sheet.say(f"ground.{name}"), _line(page, color=grey, linewidth=max(width, 0.5)))
    for action, style in roads.STYLES.items():
        if action in there:
            yield Entry(sheet.say(f"ground.{action}"), _line(page, **style, **(_CROSSED if action == "closed" else {})))
    for kind, (hatch, colour) in ground.HATCHES.items():
        if kind in there:
            yield Entry(sheet.say(f"ground.{kind}"), _patch(page, facecolor="none", edgecolor=colour, hatch=hatch))


def _line(page: Page, **style: object) -> Callable[[float, float], object]:
    return lambda x, y: page.axes.plot([x - 4, x + 4], [y, y], **style)  # type: ignore[arg-type]


def _patch(page: Page, **style: object) -> Callable[[float, float], object]:
    return lambda x, y: page.box(x - 4, y - 1.6, 8, 3.2, **{"linewidth": 0.4, **style})
