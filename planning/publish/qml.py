"""QGIS styles (QML) of the GeoPackage's layers.

Symbols are written in the short ``prop`` form, which every QGIS 3 reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import quoteattr

GEOMETRY = {"marker": 0, "line": 1, "fill": 2}
HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
Kind = Literal["marker", "line", "fill"]


@dataclass(frozen=True)
class Symbol:
    """One symbol: a class of QGIS symbol layer and its properties."""

    kind: Kind
    layer: str
    properties: Mapping[str, str]

    def xml(self, name: str) -> str:
        """Return the symbol as XML under a name."""
        told = "".join(f"<prop k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in self.properties.items())
        layer = f'<layer class="{self.layer}" enabled="1" locked="0" pass="0">{told}</layer>'
        return f'<symbol type="{self.kind}" name={quoteattr(name)} alpha="1" clip_to_extent="1" force_rhr="0">{layer}</symbol>'


@dataclass(frozen=True)
class Category:
    """A value of the field that symbols depend on, how the legend names it, and its symbol."""

    value: str
    label: str
    symbol: Symbol

    def xml(self, name: str) -> str:
        """Return the category as XML, drawn by the symbol of a name."""
        return f'<category value={quoteattr(self.value)} symbol="{name}" label={quoteattr(self.label)} render="true"/>'


def categorized(field: str, categories: Iterable[Category], label: str = "") -> str:
    """Return a style with one symbol per value of a field; labelled by another field where one is named."""
    known = list(categories)
    entries = "".join(item.xml(str(number)) for number, item in enumerate(known))
    symbols = "".join(item.symbol.xml(str(number)) for number, item in enumerate(known))
    renderer = (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(field)} forceraster="0" symbollevels="0" enableorderby="0">'
        f"<categories>{entries}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )
    return _style(renderer, known[0].symbol.kind if known else "fill", label)


def single(symbol: Symbol, label: str = "") -> str:
    """Return a style with one symbol for all."""
    head = '<renderer-v2 type="singleSymbol" forceraster="0" symbollevels="0" enableorderby="0">'
    renderer = f"{head}<symbols>{symbol.xml('0')}</symbols></renderer-v2>"
    return _style(renderer, symbol.kind, label)


def _style(renderer: str, kind: Kind, label: str) -> str:
    labels = _labels(label, kind) if label else ""
    on = int(bool(label))
    return (
        f'{HEAD}<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="{on}">{renderer}{labels}'
        f"<layerGeometryType>{GEOMETRY[kind]}</layerGeometryType></qgis>"
    )


def _labels(field: str, kind: Kind) -> str:
    """Return labels in a plain font with a white halo; beside a point, over an area."""
    placement = 'placement="0" dist="1" distUnits="MM"' if kind == "marker" else 'placement="1"'
    text = (
        f'<text-style fieldName={quoteattr(field)} isExpression="0" fontFamily="Microsoft YaHei" fontSize="9" fontSizeUnit="Point" '
        'textColor="26,26,26,255"><text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255"/></text-style>'
    )
    # Areas must not push the labels of points away from all that lies in them.
    rendering = f'<rendering drawLabels="1" obstacle="{int(kind == "marker")}"/>'
    return f'<labeling type="simple"><settings calloutType="simple">{text}<placement {placement}/>{rendering}</settings></labeling>'


def colour(text: str, alpha: int = 255) -> str:
    """Return #RRGGBB as QGIS writes it."""
    return f"{int(text[1:3], 16)},{int(text[3:5], 16)},{int(text[5:7], 16)},{alpha}"


def marker(shape: str, fill: str, size: float, turn: float = 0.0) -> Symbol:
    """Return a simple marker, its size in mm, turned by degrees."""
    told = {
        "angle": f"{turn:g}",
        "name": shape,
        "color": colour(fill),
        "outline_color": "255,255,255,255",
        "outline_width": "0.2",
        "size": f"{size:g}",
        "size_unit": "MM",
    }
    return Symbol("marker", "SimpleMarker", told)


def square(fill: str, side: float) -> Symbol:
    """Return a square without edges, its side in metres on the ground."""
    told = {"name": "square", "color": colour(fill), "outline_style": "no", "size": f"{side:g}", "size_unit": "MapUnit"}
    return Symbol("marker", "SimpleMarker", told)


def area(fill: str | None, line: str | None, width: float = 0.2, *, dash: bool = False) -> Symbol:
    """Return an area: without fill or without line where none is named."""
    told = {
        "color": colour(fill or "#FFFFFF"), "style": "solid" if fill else "no", "outline_color": colour(line or "#FFFFFF"),
        "outline_style": ("dash" if dash else "solid") if line else "no", "outline_width": f"{width:g}", "outline_width_unit": "MM",
    }  # fmt: skip
    return Symbol("fill", "SimpleFill", told)


def line(stroke: str, width: float, *, dots: bool = False) -> Symbol:
    """Return a broken line, its width in mm: dashes or dots."""
    told = {
        "line_color": colour(stroke),
        "line_style": "dot" if dots else "dash",
        "line_width": f"{width:g}",
        "line_width_unit": "MM",
        "capstyle": "flat",
    }
    return Symbol("line", "SimpleLine", told)


def arrow(fill: str, width: float) -> Symbol:
    """Return a straight arrow from the first to the last point of a line, its width in mm."""
    told = {
        "color": colour(fill),
        "outline_style": "no",
        "arrow_width": f"{width:g}",
        "arrow_start_width": f"{width:g}",
        "head_length": f"{4 * width:g}",
        "head_thickness": f"{2 * width:g}",
        "head_type": "0",
        "arrow_type": "0",
        "is_curved": "0",
        "is_repeated": "0",
    }
    return Symbol("line", "ArrowLine", told)


def hatched(line: str, *, dots: bool = False) -> Symbol:
    """Return an area of slanting lines, or of dots."""
    told = {"color": colour(line), "style": "dense6" if dots else "b_diagonal", "outline_color": colour(line), "outline_style": "solid",
            "outline_width": "0.2", "outline_width_unit": "MM"}  # fmt: skip
    return Symbol("fill", "SimpleFill", told)
