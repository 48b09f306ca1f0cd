"""The paper: a page measured in millimetres, and text that is set to fit."""

from __future__ import annotations

import re
from functools import cache
from importlib import util
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

A3 = (420.0, 297.0)
MM_PER_INCH = 25.4
POINT_MM = MM_PER_INCH / 72
INK = "#1A1A1A"
GREY = "#6B6B6B"
RULE = "#B5B5B5"
ACCENT = "#1F4E79"


@cache
def font_file() -> Path:
    """Return the one font of all sheets: Noto Sans SC as TrueType (OFL), which embeds rightly; OTF/CFF fonts do not.

    Raises
    ------
    ValueError
        When the font is not installed. The package that brings it is found but never imported: importing it changes matplotlib.
    """
    spec = util.find_spec("zhplot")
    places = () if spec is None else spec.submodule_search_locations or ()
    for place in places:
        file = Path(place) / "fonts" / "NotoSansSC-Regular.ttf"
        if file.is_file():
            return file
    raise ValueError("the package zhplot with NotoSansSC-Regular.ttf is not installed")


def font(size: float) -> FontProperties:
    """Return the font at a size in points."""
    return FontProperties(fname=font_file(), size=size)


def width_mm(text: str, size: float) -> float:
    """Return how wide a text is set, in mm."""
    # Measured large: at print size hinting would round each letter to whole points.
    face = get_font(str(font_file()))
    face.set_size(100, 72)
    face.set_text(text, 0.0)
    return float(face.get_width_height()[0]) / 64 * POINT_MM * size / 100


def smaller(text: str, width: float, size: float, least: float = 5.4) -> float:
    """Return the size, in points, at which a text fits a width in mm: as given, or down to a least one."""
    return max(least, min(size, 0.99 * size * width / max(width_mm(text, size), 1e-9)))


def fit(text: str, width: float, size: float) -> str:
    """Return a text shortened with … to a width in mm."""
    if width_mm(text, size) <= width:
        return text
    while text and width_mm(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, width: float, size: float) -> list[str]:
    """Return a text in lines of a width in mm: between Chinese characters anywhere, otherwise between words."""
    lines = [""]
    for piece in re.findall(r"[\x21-\x7e]+\s?|\s|[^\x00-\x7f]", text):
        # A line does not begin with a stop.
        if lines[-1] and piece[0] not in "，。；：、）》”" and width_mm(lines[-1] + piece.rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


class Page:
    """An A3 sheet in landscape; every position and length is in mm from the lower left corner."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(A3[0] / MM_PER_INCH, A3[1] / MM_PER_INCH), dpi=100, facecolor="white")
        self.axes = self.frame(0, 0, *A3)
        self.axes.set(xlim=(0, A3[0]), ylim=(0, A3[1]))
        self.axes.axis("off")
        self.axes.set_zorder(10)  # north arrow and scales stand upon the map

    def frame(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return axes that fill a rectangle of the page."""
        return self.figure.add_axes((x / A3[0], y / A3[1], width / A3[0], height / A3[1]))

    def write(self, x: float, y: float, text: str, size: float, **style: object) -> Text:
        """Set one line of text."""
        # Never read as a formula: names come from ledgers and may hold dollar signs.
        given = {"ha": "left", "va": "center", "color": INK, "parse_math": False, **style}
        return self.axes.text(x, y, text, fontproperties=font(size), **given)  # type: ignore[arg-type]

    def write_strong(self, x: float, y: float, text: str, size: float, **style: object) -> None:
        """Set a line twice, below as a thin outline: the font has one weight only, and the upper text stays text."""
        below = self.write(x, y, text, size, **style)
        below.set_path_effects([withStroke(linewidth=size / 22, foreground=below.get_color())])
        self.write(x, y, text, size, **style)

    def box(self, x: float, y: float, width: float, height: float, **style: object) -> None:
        """Draw a rectangle."""
        given = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.5, **style}
        self.axes.add_patch(Rectangle((x, y), width, height, **given))  # type: ignore[arg-type]

    def rule(self, x0: float, x1: float, y: float, **style: object) -> None:
        """Draw a level line."""
        given = {"color": RULE, "linewidth": 0.4, **style}
        self.axes.plot([x0, x1], [y, y], **given)  # type: ignore[arg-type]

    def heading(self, x: float, y: float, width: float, text: str) -> float:
        """Head a part of the panel; return where the part begins."""
        self.box(x, y - 5.2, width, 5.2, facecolor=ACCENT, edgecolor="none")
        self.write(x + 2, y - 2.75, text, 8.5, color="white")
        return y - 5.2
