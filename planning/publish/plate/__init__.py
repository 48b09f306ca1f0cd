"""The plate: an A3 sheet 规划布局图 as PDF, SVG and PNG.

What it carries follows the list of the domain facts (map elements): name of county, plan and figure, figure number, legend, north arrow, numeric and
drawn scale, planning period, compiler, month, coordinate system and height datum, names of townships, data sources, map review number or that the
sheet is for work only, and that boundaries are no basis for demarcation (地图管理条例: 审图号).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from planning.publish import cells
from planning.publish.plate import ground, legend, margins, marks, panel, roads
from planning.publish.plate.page import Page
from planning.publish.sheet import Sheet

Format = Literal["pdf", "svg", "png"]
FORMATS: tuple[Format, ...] = ("pdf", "svg", "png")
MAP = (10.0, 20.0, 284.0, 250.0)
PANEL = (298.0, 112.0)
DPI = {"pdf": 300, "svg": 300, "png": 200}
# Fonts as TrueType in the PDF; letters as outlines in the SVG, which then looks alike wherever it is opened.
SETTINGS: dict[Any, Any] = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "buju", "hatch.linewidth": 0.35, "text.hinting": "no_hinting"}
drawing = threading.Lock()
"""Held by whoever draws: matplotlib's settings belong to the whole process."""


def render(sheet: Sheet, formats: Iterable[Format] = FORMATS) -> dict[Format, bytes]:
    """Draw a plate.

    The same sheet gives the same bytes. Plates are drawn one at a time: matplotlib's settings belong to the whole process.

    Parameters
    ----------
    sheet : Sheet
    formats : iterable of {"pdf", "svg", "png"}

    Returns
    -------
    mapping of format to bytes
    """
    return drawn(sheet, lambda: compose(sheet), formats)


def drawn(sheet: Sheet, composing: Callable[[], Page], formats: Iterable[Format] = FORMATS) -> dict[Format, bytes]:
    """Draw whatever page is composed for a sheet, with the same settings, metadata and care."""
    with drawing, mpl.rc_context(SETTINGS):
        page = composing()
        return {suffix: _saved(page, sheet, suffix) for suffix in formats}


def compose(sheet: Sheet) -> Page:
    """Set everything on a page."""
    page = Page()
    FigureCanvasAgg(page.figure)
    seen = ground.extent(sheet, MAP[2], MAP[3])
    axes = page.frame(*MAP)
    coverage = sheet.coverage
    shading = None if coverage is None else cells.shade(coverage, sheet.facts.population)
    there = ground.draw(axes, sheet, shading, seen)
    there |= roads.draw(axes, sheet, seen)
    drawn = marks.draw(axes, sheet, seen)
    margins.draw(page, sheet, MAP, seen)
    x, width = PANEL
    y = legend.draw(page, sheet, drawn, shading, there, (x, MAP[1] + MAP[3], width))
    y = panel.coverage(page, sheet, (x, y, width))
    block = 18.0
    y = panel.sites(page, sheet, (x, y, width), MAP[1] + block + 2.0)
    panel.townships(page, sheet, (x, y, width), MAP[1] + block + 2.0)
    panel.title_block(page, sheet, (x, MAP[1], width), block)
    return page


def _saved(page: Page, sheet: Sheet, suffix: Format) -> bytes:
    metadata: dict[Format, dict[str, object]] = {
        "pdf": {"Title": sheet.heading, "Author": sheet.compiled_by, "Creator": "Buju", "Producer": "Buju", "CreationDate": None},
        "svg": {"Title": sheet.heading, "Creator": "Buju", "Date": sheet.imprint.date.isoformat()},
        "png": {"Title": sheet.heading, "Author": sheet.compiled_by, "Software": "Buju"},
    }
    file = io.BytesIO()
    page.figure.savefig(file, format=suffix, dpi=DPI[suffix], metadata=metadata[suffix])
    return file.getvalue()
