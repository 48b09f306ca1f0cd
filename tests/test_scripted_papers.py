"""What others write into names and remarks stays text in everything Buju writes: maps, tables, documents, what a terminal is told."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from typer.testing import CliRunner

from layers.untrusted.letters import shown
from planning.cli import app
from planning.cli.showing import print_error, print_line, print_table
from planning.workbench import (
    Order,
    consolidate_task,
    consolidation_sheet,
    consolidation_task_of,
    faults_workbook,
    open_county,
    render,
    render_consolidation,
    review_all,
    review_papers,
    sheet_of,
)
from tests.scripted_county import CONTROLS, ELSEWHERE, TEXTS, write_scripted

DAY = dt.date(2026, 1, 1)
COMMANDING = set("\x1b\x07\x00\x9b\u202e")
SCENARIO = "<img src=x onerror=alert(3)>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripted") / "county"
    folder.mkdir()
    write_scripted(folder)
    return folder


@pytest.fixture(scope="module")
def bench(folder):
    return open_county(folder)


@pytest.fixture(scope="module")
def papers(bench):
    """Return papers by name: of some types and a scenario, of a consolidation, of reviews, of the findings; a PNG or PDF holds drawn letters only."""
    scenario = bench.scenario(SCENARIO)
    sheet = sheet_of(bench, scenario, Order(tuple(bench.present_types()[:3]), DAY, title=TEXTS[6] + TEXTS[5]))
    found = {f"sheet.{name}": content for name, content in render(sheet, ("svg", "html", "xlsx", "gpkg")).items()}
    answer = consolidate_task(bench, consolidation_task_of(bench, "wujing_homes"))
    found |= {
        f"merged.{name}": content for name, content in render_consolidation(consolidation_sheet(bench, answer, DAY), ("svg", "html", "xlsx")).items()
    }
    for review in review_all(bench, scenario):
        found |= review_papers(bench, review, DAY)
    return found | {"faults.xlsx": faults_workbook(bench.faults, bench.facts.rows)}


def of_kind(papers: dict[str, bytes], suffix: str) -> dict[str, bytes]:
    found = {name: content for name, content in papers.items() if name.endswith(suffix)}
    assert found
    return found


class Tags(HTMLParser):
    """Collects tags and attributes of a page, and the text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        if not self.tags or self.tags[-1] not in {"script", "style"}:
            self.texts.append(data)


def test_the_one_file_maps_hold_no_tag_and_no_address_of_anybody_else(papers):
    for name, content in of_kind(papers, ".html").items():
        page = Tags()
        page.feed(content.decode("utf-8"))
        assert not set(page.tags) & {"img", "iframe", "svg:script", "a", "object", "embed", "form", "base"}, name
        assert not [key for key, _ in page.attributes if key.startswith("on")]
        assert not [value for key, value in page.attributes if key in {"src", "href"} and not value.startswith("data:")]
        assert "alert(1)" in "".join(page.texts)  # the text itself is there


def test_no_cell_of_a_workbook_is_a_formula(papers):
    for name, content in of_kind(papers, ".xlsx").items():
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"], name
        assert not [cell.coordinate for cell in cells if cell.hyperlink], name
        texts = [str(cell.value) for cell in cells]
        assert all(shown(text) == text for text in texts)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert not [part for part in archive.namelist() if "externalLink" in part or "vba" in part.lower()]


def test_office_files_are_sound_xml_without_anything_from_elsewhere(papers):
    known = ""
    for name, content in {**of_kind(papers, ".docx"), **of_kind(papers, ".xlsx")}.items():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")):
                    tree = ET.fromstring(archive.read(part))
                    known += "".join(tree.itertext()) if part == "word/document.xml" else ""
                if part.endswith(".rels"):
                    assert b'TargetMode="External"' not in archive.read(part), (name, part)
    assert "<script>alert(1)</script>" in known


def test_a_drawing_holds_no_script_and_no_link(papers):
    for content in of_kind(papers, ".svg").values():
        tree = ET.fromstring(content)
        for element in tree.iter():
            assert element.tag.rsplit("}", 1)[-1] not in {"script", "a", "foreignObject", "iframe"}
            assert not [key for key in element.attrib if key.lower().startswith("on")]
            links = [value for key, value in element.attrib.items() if key.endswith("href")]
            assert all(value.startswith(("#", "data:image/png")) for value in links)


def test_a_geopackage_written_can_be_read_again(papers, tmp_path):
    """No view, trigger or style of it holds a name unquoted."""
    import pyogrio  # after layers

    for number, content in enumerate(of_kind(papers, ".gpkg").values()):
        path = tmp_path / f"{number}.gpkg"
        path.write_bytes(content)
        for layer, _ in pyogrio.list_layers(path):
            pyogrio.read_dataframe(path, layer=layer)


def test_what_commands_a_terminal_is_not_shown(folder, bench):
    """Oracle: ESC, BEL, NUL and C1 are what a terminal obeys (ECMA-48)."""
    said = CliRunner().invoke(app, ["check", str(folder)])
    assert said.exit_code == 0
    assert not COMMANDING & set(said.output)
    names = "".join(bench.facts.facilities.table["name"])
    assert "\x1b" not in names
    assert "]0;owned" in names  # what is left is text


def test_no_way_of_telling_commands_a_terminal(capsys):
    """A scenario's title may hold what no ledger can."""
    print_line(f"甲{CONTROLS}")
    print_error(f"乙{CONTROLS}")
    print_table(f"丙{CONTROLS}", [f"丁{CONTROLS}"], [[f"戊{CONTROLS}"]])
    said = "".join(capsys.readouterr())
    assert not COMMANDING & set(said.replace("\x1b[31m乙", "乙", 1))
    assert set("甲乙丙丁戊") <= set(said)


@pytest.mark.parametrize(("text", "left"), [("甲\x1b[31m乙", "甲[31m乙"), ("a\tb\nc", "a\tb\nc"), ("\u202eabc\u2066", "abc"), ("\ud800x\ufffe", "x")])
def test_letters_that_are_shown(text, left):
    assert shown(text) == left


def test_the_texts_are_those_that_do_harm_elsewhere(folder, bench):
    """The county is as hostile as it claims: its names hold every text."""
    facts = bench.facts
    held = "\n".join([*facts.facilities.table["name"], *facts.outlines.villages["name"], *facts.outlines.townships["name"]])
    assert all(text in held for text in TEXTS)
    assert ELSEWHERE in held
    assert Path(folder / "layers" / "<img src=x onerror=alert(1)>.xlsx").is_file()
