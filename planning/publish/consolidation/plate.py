"""The plate of a consolidation (撤并整合方案图): an A3 sheet as PDF, SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyArrowPatch

from planning.publish import cells, plate
from planning.publish.consolidation import marks, panel
from planning.publish.consolidation.paper import ConsolidationSheet
from planning.publish.plate import FORMATS, MAP, PANEL, Format, ground, legend, margins, roads
from planning.publish.plate.page import Page
from planning.publish.plate.panel import title_block
from planning.publish.symbols import SIGNS

BLOCK = 18.0


def render(paper: ConsolidationSheet, formats: Iterable[Format] = FORMATS) -> dict[Format, bytes]:
    """Draw the plate; the same sheet gives the same bytes."""
    return plate.drawn(paper.sheet, lambda: compose(paper), formats)


def compose(paper: ConsolidationSheet) -> Page:
    """Set everything on a page."""
    sheet = paper.sheet
    page = Page()
    FigureCanvasAgg(page.figure)
    seen = ground.extent(sheet, MAP[2], MAP[3])
    axes = page.frame(*MAP)
    shading = None if sheet.coverage is None else cells.shade(sheet.coverage, sheet.facts.population)
    there = ground.draw(axes, sheet, shading, seen)
    there |= roads.draw(axes, sheet, seen)
    marks.draw(axes, paper, seen)
    margins.draw(page, sheet, MAP, seen)
    x, width = PANEL
    y = _legend(page, paper, shading, there, (x, MAP[1] + MAP[3], width))
    y = panel.figures(page, paper, (x, y, width))
    y = panel.homes(page, paper, (x, y, width), MAP[1] + BLOCK + 2.0)
    panel.moves(page, paper, (x, y, width), MAP[1] + BLOCK + 2.0)
    title_block(page, sheet, (x, MAP[1], width), BLOCK)
    return page


def _legend(page: Page, paper: ConsolidationSheet, shading: cells.Shading | None, there: set[str], place: tuple[float, float, float]) -> float:
    x, y, width = place
    sheet = paper.sheet
    y = page.heading(x, y, width, sheet.say("legend"))
    right = [*legend.covered_entries(page, sheet, shading), *legend.ground_entries(page, sheet, there)]
    if shading is not None:
        right[0] = legend.Entry(paper.say("legend_coverage", limit=paper.limit), None)
    return legend.columns(page, list(_homes(page, paper)), right, (x, y, width))


def _homes(page: Page, paper: ConsolidationSheet) -> Iterator[legend.Entry]:
    yield legend.Entry(paper.say("legend_homes"), None)
    for action, name, count in paper.fates():
        yield legend.Entry(paper.say("counted", name=name, count=count), _sign(page, action))
    if len(paper.moves):
        yield legend.Entry(paper.say("arrow_short"), _arrow(page))


def _sign(page: Page, action: str) -> Callable[[float, float], object]:
    sign = SIGNS[action]
    style = {"markersize": 8 * sign.size, "markerfacecolor": sign.colour, "markeredgecolor": "white", "markeredgewidth": 0.6}
    return lambda x, y: page.axes.plot(x, y, marker=sign.marker, **style)  # type: ignore[arg-type]


def _arrow(page: Page) -> Callable[[float, float], object]:
    def drawn(x: float, y: float) -> object:
        arrow = FancyArrowPatch((x - 4, y), (x + 4.2, y), arrowstyle="-|>", mutation_scale=11, linewidth=1.6, color=marks.ARROW, shrinkA=0, shrinkB=0)
        return page.axes.add_patch(arrow)

    return drawn
