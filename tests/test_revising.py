"""New versions of ledgers and of county.toml: what was asked for is changed, everything else is what it was."""

from __future__ import annotations

import datetime as dt
import io
import json
import tomllib
import zipfile

import geopandas as gpd
import openpyxl
import pytest
import shapely
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font
from openpyxl.worksheet.formula import ArrayFormula

from layers.errors import PlanningError
from layers.revising import CellChange, Revision, Strike, revised, with_entry, with_settings
from layers.untrusted.archives import check_workbook

pyogrio = pytest.importorskip("pyogrio")  # after layers, which restricts its formats

TOML = """# 县 # kept
name = "示例县" # [not a head]
about = '''
[[facilities]]
'''

# first ledger
[[facilities]] # one
file = "layers/a.xlsx" # where
datum = "GCJ-02"   # Amap
columns = { capacity = "规模" } # why

[[facilities]]
file = "layers/b.csv"
[facilities.columns]
# of the second
name = "名称"

[outlines.county]
file = "layers/c.geojson"

[[population]]
file = "p.csv" """


def test_one_key_is_changed_and_every_other_letter_stays():
    changed = with_settings(TOML, ("facilities", 0), {"datum": "BD-09"})
    assert changed == TOML.replace('"GCJ-02"', '"BD-09"')
    added = with_settings(TOML, ("outlines", "county"), {"datum": "GCJ-02"})
    assert added == TOML.replace('file = "layers/c.geojson"\n', 'file = "layers/c.geojson"\ndatum = "GCJ-02"\n')
    gone = with_settings(TOML, ("facilities", 0), {"columns": None})
    assert gone == TOML.replace('columns = { capacity = "规模" } # why\n', "")
    taken = with_settings(TOML, ("facilities", 1), {"columns": {"name": "机构名称", "level": ""}})
    assert tomllib.loads(taken)["facilities"][1]["columns"] == {"name": "机构名称", "level": ""}


def test_a_new_entry_follows_the_last_one():
    changed = with_entry(TOML, "facilities", {"file": "layers/新.xlsx", "columns": {"name": "设施 名"}})
    assert [entry["file"] for entry in tomllib.loads(changed)["facilities"]] == ["layers/a.xlsx", "layers/b.csv", "layers/新.xlsx"]
    lines = [line for line in changed.splitlines() if line not in TOML.splitlines()]
    assert lines == ['file = "layers/新.xlsx"', 'columns = { name = "设施 名" }']
    assert "facilities" in tomllib.loads(with_entry('name = "x"', "facilities", {"file": "a"}))


@pytest.mark.parametrize("text", ['facilities = [\n    { file = "a", columns = { name = "n" } }, # one\n    { file = "b" },\n]\n[x]\ny = 1\n',
                                  'facilities = [{ file = "a", columns = {} }, { file = "b" }]\n'])  # fmt: skip
def test_entries_in_brackets_are_changed_too(text):
    changed = tomllib.loads(with_settings(text, ("facilities", 1), {"datum": "WGS84"}))
    assert changed["facilities"][1] == {"file": "b", "datum": "WGS84"}
    assert tomllib.loads(with_entry(text, "facilities", {"file": "c"}))["facilities"][2] == {"file": "c"}
    columns = tomllib.loads(with_settings(text, ("facilities", 0, "columns"), {"name": "名称"}))
    assert columns["facilities"][0] == {"file": "a", "columns": {"name": "名称"}}
    assert with_settings(text, ("facilities", 0), {"columns": None}).count("#") == text.count("#")


def test_what_cannot_be_changed_alone_is_refused():
    with pytest.raises(PlanningError, match=r"facilities\[1\]"):
        with_settings('facilities = [{ file = "a", columns.name = "n" }]\n', ("facilities", 0), {"columns": {"name": "m"}})
    with pytest.raises(PlanningError, match=r"facilities\[1\]"):  # would be left as it is, without a word
        with_settings('[[facilities]]\nfile = "a"\ncolumns.name = "n"\n', ("facilities", 0), {"columns": None})


_NAMES = st.sampled_from(["file", "datum", "a-b", "名称", "with space"])
_VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text("a\"'#[]{}=,\n\\ 县", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(entries=st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4), min_size=1, max_size=3), at=st.integers(0, 2), key=_NAMES, value=_VALUES)
def test_any_document_is_changed_as_asked(entries, at, key, value):
    """The verification inside never has to refuse what tomli_w writes."""
    document = {"name": "x", "facilities": entries, "outlines": {"county": {"file": "c"}}}
    at %= len(entries)
    entries[at].setdefault("file", "f")  # an empty list of tables and an empty table look alike
    changed = tomllib.loads(with_settings(tomli_w.dumps(document), ("facilities", at), {key: value}))
    wanted = [{**entry, key: value} if number == at else entry for number, entry in enumerate(entries)]
    assert changed == {**document, "facilities": wanted}


# ---------------------------------------------------------------- workbooks


def book(path):
    made = openpyxl.Workbook()
    page = made.active
    page.title = "养老"
    page.append(["示例县台账"])
    page.append(["乡镇", "名称", "床位", "护理", "合计", "建成", "备注"])
    for row in [["西镇", "甲院", "120张", 20, "=C3+D3", dt.date(2015, 6, 1), "=旧"], [None, "乙院", 80, 10, "=C4+D4", 2001, None],
                [None, "丙院", 60, 10, "=C5+D5", 2002, "x"], ["东乡", "丁院", 50, 5, 55, 2003, None],
                ["合计", None, "=SUM(C3:C6)", "=SUM(D3:D6)", None, None, None]]:  # fmt: skip
        page.append(row)
    page["G3"].data_type = "s"
    page["B3"].font = Font(bold=True)
    page.merge_cells("A1:G1")
    page.merge_cells("A3:A5")
    page.column_dimensions["B"].width = 31
    page.row_dimensions[4].hidden = True
    other = made.create_sheet("说明")
    other["A1"], other["A2"], other["A3"] = "='养老'!C3*2", "=SUM(1,2)", '=INDIRECT("A1")'
    other["A4"] = ArrayFormula("A4:A4", "=SUM('养老'!C4:C5)")
    made.save(path)
    stored(path, {("xl/worksheets/sheet1.xml", c): v for c, v in {"E3": 140, "E4": 90, "E5": 70, "C7": 310, "D7": 45}.items()}
           | {("xl/worksheets/sheet2.xml", c): v for c, v in {"A1": 240, "A2": 3, "A3": 1, "A4": 140}.items()})  # fmt: skip


def stored(path, values):
    """Write stored values beside formulas, as Excel does and openpyxl does not."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for (member, cell), value in values.items():
        head, _, tail = parts[member].decode().partition(f'<c r="{cell}"')
        parts[member] = (head + f'<c r="{cell}"' + tail.replace("<v></v>", f"<v>{value}</v>", 1).replace("<v />", f"<v>{value}</v>", 1)).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def cells(content, *, values):
    found = openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    return {
        (page.title, cell.coordinate): getattr(cell.value, "text", cell.value)
        for page in found
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    }


def change(row, column, after, before=None, sheet=""):
    return CellChange(sheet, row, column, "", before, after)


def test_only_the_cells_asked_for_change(tmp_path):
    book(tmp_path / "l.xlsx")
    before = (tmp_path / "l.xlsx").read_bytes()
    (tmp_path / "n.xlsx").write_bytes(after := revised(tmp_path, "l.xlsx", Revision((change(3, 3, 120, "120张"), change(6, 7, "=不是公式")))))
    check_workbook(tmp_path / "n.xlsx", "n.xlsx", "facilities")
    old, new = cells(before, values=False), cells(after, values=False)
    assert {place for place in old | new if old.get(place) != new.get(place)} == {("养老", "C3"), ("养老", "G6")}
    page = openpyxl.load_workbook(tmp_path / "n.xlsx")["养老"]
    assert (page["C3"].value, page["G6"].value, page["G6"].data_type) == (120, "=不是公式", "s")
    assert (page["B3"].font.bold, page.column_dimensions["B"].width, page.row_dimensions[4].hidden) == (True, 31, True)
    assert {str(span) for span in page.merged_cells.ranges} == {"A1:G1", "A3:A5"}
    with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(after)) as two:
        same = {name for name in one.namelist() if one.read(name) == two.read(name)}
    assert {"xl/styles.xml", "docProps/core.xml", "[Content_Types].xml"} <= same


def test_stored_values_that_are_no_longer_true_are_gone(tmp_path):
    """C3 feeds E3, C7 and 说明!A1; INDIRECT may point anywhere; E4, D7, A2 and A4 do not depend on it."""
    book(tmp_path / "l.xlsx")
    old = cells((tmp_path / "l.xlsx").read_bytes(), values=True)
    new = cells(revised(tmp_path, "l.xlsx", Revision((change(3, 3, 100),))), values=True)
    assert set(old) - set(new) == {("养老", "E3"), ("养老", "C7"), ("说明", "A1"), ("说明", "A3")}
    assert (old["说明", "A4"], new["说明", "A4"]) == (140, 140)


def test_a_struck_row_is_empty_and_a_cell_merged_over_it_is_parted(tmp_path):
    book(tmp_path / "l.xlsx")
    after = revised(tmp_path, "l.xlsx", Revision((change(5, 2, "never"),), (Strike("", 3, "重复"), Strike("", 5, "重复"))))
    page = openpyxl.load_workbook(io.BytesIO(after))["养老"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3, max_row=6)]
    assert rows[0] == rows[2] == [None] * 7
    assert rows[1][:4] == ["西镇", "乙院", 80, 10]
    assert {str(span) for span in page.merged_cells.ranges} == {"A1:G1"}


def test_a_cell_under_a_merged_one_stands_by_itself(tmp_path):
    book(tmp_path / "l.xlsx")
    page = openpyxl.load_workbook(io.BytesIO(revised(tmp_path, "l.xlsx", Revision((change(3, 1, "东乡", "西镇"),)))))["养老"]
    assert [page.cell(row, 1).value for row in range(3, 7)] == ["东乡", "西镇", None, "东乡"]
    assert {str(span) for span in page.merged_cells.ranges} == {"A1:G1", "A4:A5"}


def test_a_year_in_the_place_of_a_date_looks_like_a_year(tmp_path):
    book(tmp_path / "l.xlsx")
    after = revised(tmp_path, "l.xlsx", Revision((change(3, 6, 2015, dt.datetime(2015, 6, 1)), )))  # noqa: DTZ001  # fmt: skip
    cell = openpyxl.load_workbook(io.BytesIO(after))["养老"]["F3"]
    assert (cell.value, cell.number_format) == (2015, "General")


def test_formulas_that_share_one_text_outlive_the_first(tmp_path):
    book(tmp_path / "l.xlsx")
    with zipfile.ZipFile(tmp_path / "l.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet = sheet.replace("<f>C3+D3</f>", '<f t="shared" ref="E3:E5" si="0">C3+D3</f>')
    sheet = sheet.replace("<f>C4+D4</f>", '<f t="shared" si="0"/>').replace("<f>C5+D5</f>", '<f t="shared" si="0"/>')
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(tmp_path / "l.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    after = revised(tmp_path, "l.xlsx", Revision((change(3, 5, 140),)))
    told = cells(after, values=False)
    assert [told["养老", f"E{row}"] for row in (3, 4, 5)] == [140, "=C4+D4", "=C5+D5"]
    assert cells(revised(tmp_path, "l.xlsx", Revision((change(5, 4, 1),))), values=True).get(("养老", "E5")) is None


def test_what_is_not_there_is_refused(tmp_path):
    book(tmp_path / "l.xlsx")
    for revision in (Revision((change(99, 1, 1),)), Revision((change(3, 1, 1, sheet="没有"),)), Revision((), (Strike("", 88, ""),))):
        with pytest.raises(PlanningError, match="nothing was changed"):
            revised(tmp_path, "l.xlsx", revision)
    (tmp_path / "s.shp").write_bytes(b"x")
    with pytest.raises(PlanningError, match="cannot be changed on the page"):
        revised(tmp_path, "s.shp", Revision((change(1, 1, 1),)))


# ---------------------------------------------------------------- other formats


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_keeps_its_encoding_and_its_rows(tmp_path, encoding):
    text = '名称,床位,备注\r\n甲院,120张,"a,b"\r\n乙院,80\r\n丙院,60,007\r\n'
    (tmp_path / "l.csv").write_bytes(text.encode(encoding))
    after = revised(tmp_path, "l.csv", Revision((change(2, 2, 120), change(3, 3, "补")), (Strike("", 4, "重复"),)), encoding=encoding)
    assert after == '名称,床位,备注\r\n甲院,120,"a,b"\r\n乙院,80,补\r\n,,\r\n'.encode(encoding)


def test_a_letter_that_an_encoding_lacks_is_refused(tmp_path):
    (tmp_path / "l.csv").write_bytes("名称\n甲\n".encode("gb2312"))
    with pytest.raises(PlanningError, match="gb2312"):
        revised(tmp_path, "l.csv", Revision((change(2, 1, "镕"),)), encoding="gb2312")


def shapes(path, driver, layer=None):
    frame = gpd.GeoDataFrame(
        {"名称": ["甲", "乙", "丙"], "床位": [120, 80, 60], "电话": ["007", None, "08711"]},
        geometry=[shapely.Point(102.123456789012, 25), None, shapely.Point(102.3, 25.1)], crs="EPSG:4326",
    )  # fmt: skip
    pyogrio.write_dataframe(frame, path, driver=driver, layer=layer)
    return frame


@pytest.mark.parametrize(("name", "driver"), [("l.gpkg", "GPKG"), ("l.geojson", "GeoJSON")])
def test_attributes_of_shapes(tmp_path, name, driver):
    shapes(tmp_path / name, driver)
    old = pyogrio.read_dataframe(tmp_path / name)
    revision = Revision((CellChange("", 1, 2, "床位", 120, 12), CellChange("", 3, 1, "名称", "丙", "丁")), (Strike("", 2, "重复"),))
    (tmp_path / name).write_bytes(revised(tmp_path, name, revision))
    new = pyogrio.read_dataframe(tmp_path / name)
    assert new["名称"].tolist() == ["甲", "丁"]
    assert new["床位"].tolist() == [12, 60]
    assert new["电话"].tolist() == ["007", "08711"]
    assert new.geometry.tolist() == [old.geometry[0], old.geometry[2]]
    assert new.crs == old.crs
    assert pyogrio.read_info(tmp_path / name)["features"] == 2
    with pytest.raises(PlanningError, match="numbers only"):
        revised(tmp_path, name, Revision((CellChange("", 1, 2, "床位", 12, "十二"),)))


def test_other_layers_of_a_geopackage_stay_and_its_triggers_do_not_run(tmp_path):
    import sqlite3

    shapes(tmp_path / "l.gpkg", "GPKG", "l")
    shapes(tmp_path / "l.gpkg", "GPKG", "other")
    with sqlite3.connect(tmp_path / "l.gpkg") as database:
        database.execute("CREATE TRIGGER evil AFTER UPDATE ON l BEGIN UPDATE other SET \"名称\" = 'bad'; END")
    (tmp_path / "l.gpkg").write_bytes(revised(tmp_path, "l.gpkg", Revision((CellChange("", 1, 2, "床位", 120, 12),))))
    assert pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="other")["名称"].tolist() == ["甲", "乙", "丙"]
    found = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="l", bbox=(102.2, 25, 102.4, 26))  # through the spatial index
    assert found["名称"].tolist() == ["丙"]


def test_json_keeps_what_it_does_not_know(tmp_path):
    document = {
        "type": "FeatureCollection",
        "name": "n",
        "x": [1],
        "features": [{"type": "Feature", "id": 7, "properties": {"名称": "甲"}, "geometry": None}],
    }
    (tmp_path / "l.geojson").write_text(json.dumps(document), "utf-8")
    document["features"][0]["properties"]["名称"] = "乙"
    assert json.loads(revised(tmp_path, "l.geojson", Revision((CellChange("", 1, 1, "名称", "甲", "乙"),)))) == document
