"""The review as a Word 评审意见表."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from layers.texts import Language, say
from planning.review import Review, result_line

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

FONT = "宋体"
HEAD_FILL, GROUP_FILL = "D9E2EC", "F2F5F8"
EPOCH = (1980, 1, 1, 0, 0, 0)


def word_bytes(review: Review, made: date, *, county: str, fictional: bool = False, notes: tuple[str, ...] = (), lang: Language = "zh") -> bytes:
    """Return a review as a Word document (评审意见表) with a signature box.

    Parameters
    ----------
    review : Review
    made : date
        Date printed and kept as the document's; the same inputs give the same bytes.
    county : str
        Name printed in the head.
    fictional : bool
        Whether the county is generated; the document then says so.
    notes : tuple of str
        Printed in the head: what all figures rest on, such as imported travel costs.
    lang : {"zh", "en"}
    """
    import docx

    document = docx.Document()
    _page(document, made)
    told = (say("review.form_fictional", lang), *notes) if fictional else notes
    _head(document, county, told, lang)
    _project_table(document, review, lang)
    _veto_table(document, review, lang)
    _item_table(document, review, lang)
    _conclusion(document, review, made, lang)
    buffer = io.BytesIO()
    document.save(buffer)
    return _same_every_time(buffer.getvalue())


def _page(document: Document, made: date) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(2.0)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(2)
    properties = document.core_properties
    properties.author = properties.last_modified_by = "Buju"
    properties.created = properties.modified = datetime(made.year, made.month, made.day)  # noqa: DTZ001 - Word keeps no zone
    properties.title, properties.comments = "", ""


def _head(document: Document, county: str, notes: tuple[str, ...], lang: Language) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(say("review.form_title", lang, county=county))
    run.bold, run.font.size = True, Pt(18)
    for text in notes:
        note = document.add_paragraph()
        note.alignment = WD_ALIGN_PARAGRAPH.CENTER
        note.add_run(text).italic = True


def _project_table(document: Document, review: Review, lang: Language) -> None:
    project = review.project
    unknown = say("review.form_unknown", lang)

    def shown(value: object) -> str:
        return unknown if value is None or value == "" else f"{value:g}" if isinstance(value, float) else str(value)

    position = unknown if project.lon is None or project.lat is None else f"{project.lon:.5f}, {project.lat:.5f}（{project.datum}）"
    pairs = [
        ("name", project.name), ("key", project.key),
        ("type", review.type_zh if lang == "zh" else review.type_en), ("kind", say(f"review.kind_{project.kind}", lang)),
        ("township", shown(review.township)), ("position", position),
        ("capacity", shown(project.capacity)), ("floor_area", shown(project.floor_area)),
        ("land_area", shown(project.land_area)), ("investment", shown(project.investment_wan)),
    ]  # fmt: skip
    table = _table(document, (3.2, 5.3, 3.2, 5.3))
    for first in range(0, len(pairs), 2):
        texts = [text for name, value in pairs[first : first + 2] for text in (say(f"review.form_{name}", lang), value)]
        _row(table, texts, bold=(0, 2))


def _veto_table(document: Document, review: Review, lang: Language) -> None:
    _heading(document, say("review.form_vetoes", lang))
    table = _table(document, (1.2, 6.8, 1.8, 7.2))
    _row(table, [say(f"review.form_{name}", lang) for name in ("number", "veto", "state", "evidence")], bold=range(4), repeat=True)
    for veto, finding in review.vetoes:
        state = say(f"review.state_{finding.state}", lang)
        _row(table, [veto.id, veto.name(lang), state, finding.say(lang)], bold=(2,) if finding.state == "hit" else ())


def _item_table(document: Document, review: Review, lang: Language) -> None:
    _heading(document, say("review.form_items", lang))
    table = _table(document, (1.2, 4.6, 2.1, 6.7, 2.4))
    _row(table, [say(f"review.form_{name}", lang) for name in ("number", "item", "points", "evidence", "source")], bold=range(5), repeat=True)
    points = review.criterion_points()
    by_id = {scored.item.id: scored for scored in review.scored}
    for criterion in review.rubric.criteria:
        _row(table, [criterion.id, criterion.name(lang), f"{points[criterion.id]:.1f} / {criterion.max:g}", "", ""], bold=range(5))
        for item in criterion.items:
            scored = by_id[item.id]
            source = ", ".join(item.source)
            _row(table, [item.id, item.name(lang), f"{scored.points:.1f} / {item.max:g}", scored.evidence.say(lang), source])


def _conclusion(document: Document, review: Review, made: date, lang: Language) -> None:
    from docx.shared import Pt

    _heading(document, say("review.form_conclusion", lang))
    document.add_paragraph().add_run(result_line(review, lang)).bold = True
    if review.missing:
        names = "；".join(f"{scored.item.id} {scored.item.name(lang)}" for scored in review.missing)
        document.add_paragraph(say("review.form_missing", lang, count=len(review.missing), names=names))
    fiscal = "；".join(f"{name} {points:.1f}/20" for name, points in review.fiscal_points().items())
    document.add_paragraph(say("review.form_fiscal", lang, groups=fiscal))
    document.add_paragraph(say("review.form_caveat", lang, version=review.rubric.version)).runs[0].font.size = Pt(9)
    table = _table(document, (8.5, 8.5))
    _row(table, [say("review.form_opinion", lang) + "\n\n\n\n", say("review.form_signature", lang, date=made.isoformat()) + "\n\n\n\n"])


def _heading(document: Document, text: str) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.paragraph_format.keep_with_next = True
    run = paragraph.add_run(text)
    run.bold, run.font.size = True, Pt(12)


def _table(document: Document, widths_cm: tuple[float, ...]) -> Table:
    from docx.shared import Cm

    table: Table = document.add_table(rows=0, cols=len(widths_cm))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width)
    return table


def _row(table: Table, texts: list[str], *, bold: Iterable[int] = (), repeat: bool = False) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    row = table.add_row()
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no public way to keep a row on one page
    properties.append(OxmlElement("w:cantSplit"))
    if repeat:
        properties.append(OxmlElement("w:tblHeader"))
    heavy = set(bold)
    for number, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = table.columns[number].width
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2.5)
        run = paragraph.add_run(text)
        run.bold, run.font.size = number in heavy, Pt(9.5)
        if repeat or len(heavy) == len(texts):
            _shade(cell, HEAD_FILL if repeat else GROUP_FILL)


def _shade(cell: _Cell, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    shading.set(qn("w:val"), "clear")
    shading.set(qn("w:fill"), fill)
    cell._tc.get_or_add_tcPr().append(shading)  # noqa: SLF001 - python-docx has no public way to shade a cell


def _same_every_time(content: bytes) -> bytes:
    """Return the document with the zip's own times taken out (convention 13)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
