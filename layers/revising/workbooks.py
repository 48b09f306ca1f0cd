"""Workbooks changed cell by cell inside their own XML: what is not asked for stays as Excel wrote it, other sheets, formats and widths included."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree
from openpyxl.utils import column_index_from_string, coordinate_to_tuple, get_column_letter, range_boundaries

from layers.revising.changes import CellChange, Revision, Value
from layers.revising.formulas import Formulas
from layers.revising.styles import Styles, is_date

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CHAIN = "xl/calcChain.xml"
_BEFORE_CALC = ("definedNames", "externalReferences", "functionGroups", "sheets")
Element: TypeAlias = Any


@dataclass
class Page:
    """One sheet being changed."""

    member: str
    title: str
    root: Element
    rows: dict[int, Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, row in enumerate(self.root.iterfind(f"{MAIN}sheetData/{MAIN}row"), start=1):
            at = int(row.get("r", max(self.rows, default=0) + 1 if self.rows else number))
            row.set("r", str(at))
            self.rows[at] = row
            column = 0
            for cell in row.iterfind(f"{MAIN}c"):
                column = coordinate_to_tuple(cell.get("r"))[1] if cell.get("r") else column + 1
                cell.set("r", f"{get_column_letter(column)}{at}")

    def cell(self, row: int, column: int) -> Element:
        """Return a cell, made where there is none."""
        if row not in self.rows:
            raise KeyError(row)
        line, name = self.rows[row], f"{get_column_letter(column)}{row}"
        for place, cell in enumerate(line):
            if cell.get("r") == name:
                return cell
            if _column(cell) > column:
                made = etree.Element(f"{MAIN}c", r=name)
                line.insert(place, made)
                return made
        return etree.SubElement(line, f"{MAIN}c", r=name)

    def part(self, rows: set[int], column: int | None = None) -> None:
        """Take rows, or one cell of each, out of the cells that are merged over several rows; what is left of a text stands in each part."""
        merged = self.root.find(f"{MAIN}mergeCells")
        for span in [] if merged is None else list(merged):
            left, top, right, bottom = (int(edge or 1) for edge in range_boundaries(str(span.get("ref"))))
            touched = {row for row in rows if top <= row <= bottom}
            meant = bottom > top if column is None else left <= column <= right and (bottom > top or column > left)
            if merged is None or not touched or not meant:
                continue
            merged.remove(span)
            anchor = self.cell(top, left)
            for first, last in _stretches([row for row in range(top, bottom + 1) if row not in touched]):
                if first != top and first in self.rows:
                    _copy(anchor, self.cell(first, left))
                if last > first or right > left:
                    etree.SubElement(merged, f"{MAIN}mergeCell", ref=f"{get_column_letter(left)}{first}:{get_column_letter(right)}{last}")
            for row in touched:
                if row != top and row in self.rows and column is not None:
                    _copy(anchor, self.cell(row, left))
        if merged is not None and not len(merged):
            self.root.remove(merged)


def revised_workbook(content: bytes, revision: Revision) -> bytes:
    """Return the new version of a workbook.

    Formulas whose stored value a change makes untrue lose it: readers then say that it is missing, and Excel works it out when it opens the file.

    Parameters
    ----------
    content : bytes
        Of an xlsx file that was read before (:func:`layers.untrusted.archives.check_workbook`).
    revision : Revision

    Raises
    ------
    KeyError
        When a sheet or row is not there.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = {item: archive.read(item) for item in archive.infolist()}
    parts = {item.filename: data for item, data in members.items()}
    pages = [Page(member, title, _parsed(parts[member])) for title, member in _sheets(parts)]
    styles = Styles(_parsed(parts["xl/styles.xml"])) if "xl/styles.xml" in parts else None
    formulas = Formulas({page.title: page.root for page in pages})
    touched: dict[str, set[tuple[int, int]]] = {}
    known = {page.title for page in pages} | {""}
    if unknown := ({change.sheet for change in revision.cells} | {strike.sheet for strike in revision.struck}) - known:
        raise KeyError(unknown)
    for number, page in enumerate(pages):
        mine = revision.of_sheet(page.title, "") if number == 0 else revision.of_sheet(page.title)
        touched[page.title] = _change(page, mine, styles, formulas)
    stale = formulas.forget(touched)
    parts |= {page.member: _written(page.root) for page in pages if touched[page.title] or page.title in stale}
    if styles is not None and styles.grown:
        parts["xl/styles.xml"] = _written(styles.root)
    if formulas.removed:
        parts = _without_chain(parts)
    if formulas.some:
        parts["xl/workbook.xml"] = _calculated_on_load(parts["xl/workbook.xml"])
    return _packed(members, parts)


def _change(page: Page, revision: Revision, styles: Styles | None, formulas: Formulas) -> set[tuple[int, int]]:
    touched: set[tuple[int, int]] = set()
    struck = {strike.row for strike in revision.struck}
    if struck:
        page.part(struck)
    for row in sorted(struck):
        for cell in page.rows[row].iterfind(f"{MAIN}c"):
            touched.add(coordinate_to_tuple(str(cell.get("r"))))
            formulas.take_out(page.title, cell)
            _set(cell, None)
    for change in revision.cells:
        page.part({change.row}, change.column)
        cell = page.cell(change.row, change.column)
        formulas.take_out(page.title, cell)
        _set(cell, change.after)
        _undate(cell, change, styles)
        touched.add((change.row, change.column))
    return touched


def _undate(cell: Element, change: CellChange, styles: Styles | None) -> None:
    """Let a number that stands where a date stood look like one."""
    if styles is not None and is_date(change.before) and isinstance(change.after, int | float):
        cell.set("s", str(styles.general(int(cell.get("s", "0")))))


def _set(cell: Element, value: Value) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        said = etree.SubElement(etree.SubElement(cell, f"{MAIN}is"), f"{MAIN}t")
        said.text = value
        said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    elif value is not None:
        etree.SubElement(cell, f"{MAIN}v").text = repr(value)


def _copy(source: Element, target: Element) -> None:
    for child in list(target):
        target.remove(child)
    target.attrib.pop("t", None)
    if source.get("t"):
        target.set("t", str(source.get("t")))
    target.extend([etree.fromstring(etree.tostring(child), _PARSER) for child in source if child.tag != f"{MAIN}f"])


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _parsed(content: bytes) -> Element:
    return etree.fromstring(content, _PARSER)


def _written(root: Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _column(cell: Element) -> int:
    name = str(cell.get("r", ""))
    return column_index_from_string(name.rstrip("0123456789")) if name else 0


def _sheets(parts: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return title and member of every sheet of cells, in the workbook's order."""
    told = {str(each.get("Id")): str(each.get("Target")) for each in _parsed(parts["xl/_rels/workbook.xml.rels"])}
    found = []
    for sheet in _parsed(parts["xl/workbook.xml"]).iterfind(f"{MAIN}sheets/{MAIN}sheet"):
        target = told[str(sheet.get(f"{_OFFICE}id"))]
        member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        if "worksheets/" in member:
            found.append((str(sheet.get("name")), member))
    return found


def _stretches(rows: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _without_chain(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Take out the order of calculation, which names cells that hold no formula any more; Excel makes a new one."""
    kept = {name: content for name, content in parts.items() if name != _CHAIN}
    for name, attribute in (("[Content_Types].xml", "PartName"), ("xl/_rels/workbook.xml.rels", "Target")):
        root = _parsed(kept[name])
        for each in list(root):
            if str(each.get(attribute, "")).endswith("calcChain.xml"):
                root.remove(each)
        kept[name] = _written(root)
    return kept


def _calculated_on_load(content: bytes) -> bytes:
    root = _parsed(content)
    told = root.find(f"{MAIN}calcPr")
    if told is None:
        after = next(found for name in _BEFORE_CALC if (found := root.find(f"{MAIN}{name}")) is not None)
        told = etree.Element(f"{MAIN}calcPr")
        after.addnext(told)
    told.set("fullCalcOnLoad", "1")
    return _written(root)


def _packed(members: Mapping[zipfile.ZipInfo, bytes], parts: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for item in members:
            if item.filename in parts:
                archive.writestr(item, parts[item.filename], compress_type=item.compress_type)
    return held.getvalue()
