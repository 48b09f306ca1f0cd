"""From a dirty workbook to a clean ledger, by the workbench alone: what is wrong and what would be right is known by how the workbook was spoiled."""

from __future__ import annotations

import io
import shutil
import tomllib
from pathlib import Path

import openpyxl
import pytest

from layers.checking.confirmed import confirmed, key_of
from layers.errors import Fault, PlanningError
from layers.history import Document
from layers.readers.marks import read_marks
from planning.workbench import datum_desk, ledger_desk, ledger_files, ledger_marks, ledger_settings, make_demo, open_county
from planning.workbench.checks import faults_workbook
from planning.workbench.ledger_desk import RowChange
from planning.workbench.surveys import Survey, survey_folder, survey_of
from tests.dirty_ledger import ELDER, FIRST, HEADS, Dirty, dirty_workbook

LEDGER = 0


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "county"
    make_demo(folder, cells=1000)
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "county"))


@pytest.fixture(scope="module")
def dirty(made) -> Dirty:
    return dirty_workbook(made / "layers" / ELDER)


def opened(folder: Path) -> Survey:
    return survey_of(open_county(folder))


def told(survey: Survey) -> set[tuple[str, str, int]]:
    return {(fault.severity, fault.code, fault.row) for fault in survey.faults_of(LEDGER) if fault.severity != "note"}


def rows_of(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content))["养老"].iter_rows()]


def test_a_dirty_workbook_becomes_a_clean_ledger(folder, dirty):  # noqa: PLR0915 - one way, step by step
    path, toml = folder / "layers" / ELDER, (folder / "county.toml").read_text("utf-8")
    first = path.read_bytes()
    brought = ledger_files.replace_ledger(opened(folder), LEDGER, "新台账.xlsx", dirty.content)
    # The sheet of the old file is not in the new one; the heads are in row 2 as before, and the datum is the same.
    assert (brought.file, brought.changes) == (f"layers/{ELDER}", {"sheet": None})
    assert (folder / "county.toml").read_text("utf-8") == toml.replace('sheet = "养老服务设施"\n', "")
    assert path.read_bytes() == dirty.content
    assert Document(path).content(1) == first

    survey = opened(folder)
    faults, views = survey.faults_of(LEDGER), ledger_desk.views_of(survey, LEDGER)
    # The sum is wrong as long as the negative number stands.
    total = FIRST + len(dirty.clean) + 1
    assert told(survey) - {("warning", "ledger.sum_differs", total)} == {each for each in dirty.planted if each[0] != "note"}
    counted = survey.rows_of(LEDGER)
    assert (counted.read, counted.kept, counted.excluded) == (28, 24, 4)  # 25 + repeated + total + remark; out: those three and the unknown type

    certain = ledger_desk.certain_revision(faults, views, f"layers/{ELDER}", "重复")
    assert [(change.row, change.column, change.before, change.after) for change in certain.cells] == [
        (FIRST, 9, "12张", 12), (FIRST + 1, 11, "3", 3)]  # fmt: skip
    assert [(strike.row, strike.why) for strike in certain.struck] == [(dirty.repeated, "重复")]
    ledger_desk.save_revision(survey, LEDGER, certain, views)

    survey = opened(folder)
    views = ledger_desk.views_of(survey, LEDGER)
    serious = [fault for fault in survey.faults_of(LEDGER) if fault.severity != "note"]
    rows = ledger_desk.problem_rows(serious, views)
    entered = {}
    for place, row in enumerate(rows):
        right = {column: text for (at, column), text in dirty.right.items() if at == row.row}
        if right:
            entered[place] = RowChange(right)
            assert row.row == total or row.faulty() & set(right), row
    revision = ledger_desk.revision_of(rows, entered)
    assert {(change.row, change.column - 1) for change in revision.cells} == set(dirty.right) - {(FIRST, 8)}
    ledger_desk.save_revision(survey, LEDGER, revision, views)
    twin = next(row for row in rows if row.row == dirty.twin)

    survey = opened(folder)
    ledger_marks.mark_checked(survey, [(twin.faults, "两处不同的设施")], by="李")
    survey = opened(folder)
    assert told(survey) == set()
    assert {fault.code for fault in survey.faults if fault.severity != "note"} == {"scenario.unknown_facility"}  # of homes in the old ledger
    (note,) = [fault for fault in survey.faults if fault.code == "checked.confirmed_why"]
    assert "李" in note.say()
    assert "两处不同的设施" in note.say()
    assert note.row == dirty.twin

    # What the file holds now: the right cells, an empty row for the repeated one, and everything else as it was brought.
    before, after = rows_of(dirty.content), rows_of(path.read_bytes())
    changed = {(at, column) for at in range(1, len(before) + 1) for column in range(len(HEADS)) if before[at - 1][column] != after[at - 1][column]}
    text = FIRST + 1, 10
    assert changed == {
        *dirty.right,
        text,
        *((dirty.repeated, column) for column in range(len(HEADS)) if before[dirty.repeated - 1][column] is not None),
    }
    for at, cells in dirty.clean.items():
        assert after[at - 1] == cells
    book = openpyxl.load_workbook(path)
    assert (book["养老"].column_dimensions["C"].width, book["说明"]["A1"].value) == (40, "=1+1")

    # Every version is kept, every change is told.
    kinds = [version.kind for version in Document(path).versions()]
    assert kinds == ["outside", "saved", "saved", "saved"]
    changes = ledger_desk.changes_of(survey)
    assert len(changes) == 2 + 1 + len(revision.cells)
    assert {(file, change.row, change.before, change.after) for file, change, version in changes if version.number == 3 and change.head} == {
        (f"layers/{ELDER}", FIRST, "12张", "12"), (f"layers/{ELDER}", FIRST + 1, "3", "3")}  # fmt: skip
    listed = openpyxl.load_workbook(io.BytesIO(faults_workbook(survey.faults, survey.rows, changes=changes)))
    assert listed.sheetnames[-1] == "修改记录"
    assert sum(cell.value in {change.head for _, change, _ in changes if change.head} for cell in listed["修改记录"]["D"]) == len(changes) - 1

    ledger_desk.restore_ledger(survey, LEDGER, 1)
    assert path.read_bytes() == first


def test_a_change_over_somebody_elses_is_a_conflict_and_nothing_is_lost(folder, dirty):
    survey = opened(folder)
    path = folder / "layers" / ELDER
    path.write_bytes(dirty.content)  # another program
    with pytest.raises(PlanningError) as refused:
        ledger_files.replace_ledger(survey, LEDGER, "x.xlsx", dirty.content + b"\0")
    assert refused.value.code == "saving.conflict"
    assert path.read_bytes() == dirty.content
    (folder / "county.toml").write_text((folder / "county.toml").read_text("utf-8") + "# other\n", "utf-8")
    with pytest.raises(PlanningError) as refused:
        ledger_settings.save_settings(survey, LEDGER, {"datum": "BD-09"})
    assert refused.value.code == "saving.conflict"
    assert tomllib.loads((folder / "county.toml").read_text("utf-8"))["facilities"][0]["datum"] == "GCJ-02"


def test_a_county_that_a_ledger_keeps_shut_is_surveyed_and_its_datum_asked_for(folder):
    toml = (folder / "county.toml").read_text("utf-8")
    (folder / "county.toml").write_text(toml.replace('header_row = 2\ndatum = "GCJ-02"\n', "", 1), "utf-8")
    (folder / "layers" / "社区服务设施.csv").write_bytes(b"")
    with pytest.raises(PlanningError):
        open_county(folder)
    survey = survey_folder(folder)
    assert {number: error.code for number, error in survey.broken.items()} == {0: "datum.unstated", 1: "file.empty"}
    assert {row.file for row in survey.rows if row.layer == "facilities"} == {
        f"layers/{name}" for name in (ELDER, "殡葬设施.gpkg", "儿童福利和未成年人保护设施.geojson")}  # fmt: skip
    question = next(each for each in datum_desk.datum_questions(survey) if each.path == ("facilities", 0))
    assert (question.asks, question.stated, question.best.datum) == (True, "", "GCJ-02")
    assert question.answers()[0] == ("GCJ-02", False)
    datum_desk.answer_datum(survey, question, "GCJ-02")
    saved = tomllib.loads((folder / "county.toml").read_text("utf-8"))
    assert saved["facilities"][0] == {"file": f"layers/{ELDER}", "sheet": "养老服务设施", "datum": "GCJ-02"}
    # The other ledger is given another file, which its settings fit.
    survey = survey_folder(folder)
    brought = ledger_files.replace_ledger(survey, 1, "社区.csv", "名称,类别,经度,纬度\n甲站,社区居家养老服务站,103.06,25.3\n".encode())
    assert brought.changes == {"encoding": None}
    assert open_county(folder).facts.rows


def test_columns_are_chosen_and_only_what_differs_is_stated(folder):
    survey = opened(folder)
    (view,) = ledger_desk.views_of(survey, LEDGER)
    heads = {line.head: line for line in ledger_settings.heads_of(view)}
    assert heads["床位数（张）"].field == "capacity"
    assert heads["床位数（张）"].samples == ("12", "8", "30")[: len(heads["床位数（张）"].samples)] or len(heads["床位数（张）"].samples) == 3
    spec = survey.county.facilities[LEDGER]
    chosen = {line.head: line.field for line in heads.values()}
    assert ledger_settings.column_settings(spec, view, chosen) == {}
    chosen |= {"级别": "", "备注": "level"}
    stated = ledger_settings.column_settings(spec, view, chosen)
    assert stated == {"level": "备注", "remark": ""}
    ledger_settings.save_settings(survey, LEDGER, {"columns": stated})
    again = opened(folder)
    (view,) = ledger_desk.views_of(again, LEDGER)
    assert (view.field_of("级别"), view.field_of("备注")) == ("", "level")
    assert set(again.county.facilities[LEDGER].columns) == {"level", "remark"}
    back = {line.head: line.field for line in heads.values()}
    assert ledger_settings.column_settings(again.county.facilities[LEDGER], view, back) == {}
    with pytest.raises(PlanningError, match="cannot both be"):
        ledger_settings.column_settings(spec, view, chosen | {"编号": "level"})


def test_an_upload_is_looked_over_before_anything_is_written(folder, dirty):
    survey = opened(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts}
    for name, content, code in [("../x.xlsx", dirty.content, "workbench.bad_name"), ("x.xls", b"\xd0\xcf\x11\xe0", "desk.old_excel"),
                                ("x.exe", b"MZ", "desk.no_ledger"), ("x.xlsx", b"<html>", "file.not_its_suffix"),
                                (ELDER, dirty.content, "desk.file_there"), ("x.csv", b"", "file.empty")]:  # fmt: skip
        with pytest.raises(PlanningError) as refused:
            ledger_files.add_ledger(survey, name, content)
        assert refused.value.code == code, name
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts} == before
    brought = ledger_files.add_ledger(survey, "养老二.xlsx", dirty.content, datum="GCJ-02")
    entry = tomllib.loads((folder / "county.toml").read_text("utf-8"))["facilities"][-1]
    assert entry == {"file": brought.file, "datum": "GCJ-02"}
    assert Document(folder / "layers" / "养老二.xlsx").content(1) == dirty.content


# ---------------------------------------------------------------- marks


def warning(**values):
    return Fault("warning", "ledger.duplicate", "facilities", "l.xlsx", "", 5, "名称", "甲院", {"other": "乙院", "other_file": "l.xlsx", **values})


def test_a_mark_holds_while_row_and_finding_say_the_same():
    said, moved = {("l.xlsx", "", 5): "名称=甲院|床位=3"}, {("l.xlsx", "", 9): "名称=甲院|床位=3"}
    fault = warning(other_row=3)
    key = key_of(fault, said)
    later = Fault("warning", fault.code, "facilities", "l.xlsx", "", 9, "名称", "甲院", {**fault.values, "other_row": 7})
    assert key_of(later, moved) == key  # rows have moved
    assert key_of(fault, {("l.xlsx", "", 5): "名称=甲院|床位=4"}) != key  # the row says something else
    assert key_of(warning(other_row=3, other="丙院"), said) != key  # another one is found
    assert key_of(Fault("warning", "ledger.outlying", *("facilities", "l.xlsx", "", 5, "名称", "甲院", fault.values)), said) != key


def test_an_error_is_never_marked(tmp_path):
    error = Fault("error", "ledger.future_year", "facilities", "l.xlsx", "", 5, "年", "2091", {"this_year": 2026})
    from layers.checking.confirmed import Mark

    mark = Mark(code=error.code, key=key_of(error, {}))
    assert confirmed([error], {}, [mark]) == (error,)
    (tmp_path / "checked.toml").write_text("format = 2\n", "utf-8")
    marks, faults = read_marks(tmp_path)
    assert (marks, [fault.code for fault in faults]) == ((), ["checked.unreadable"])
