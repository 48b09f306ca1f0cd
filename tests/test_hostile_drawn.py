"""Files of arbitrary text and odd structure: a county with one is read, with every row counted, or refused in a sentence; nothing else is raised."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from benchmarks.hostile_seeds import county_toml, write_seeds
from layers.errors import PlanningError
from layers.facts import Facts
from layers.readers import parse_county_toml, read_county

HEADS = ("名称", "类型", "经度", "纬度", "床位数", "护理床位", "建成年份", "乡镇", "备注")
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
WORDS = st.sampled_from([
    "敬老院", "养老机构", "102.001", "25.002", "１２０张", "约1.5万人", "合计", "小计", "#REF!", "=1+1", "-", "NaN", "inf", "1e999", "0x10", "-5",
    "二〇〇八年",
    "102°0′3″", "102.001,25.002", "东镇", "１", "²", "٣", "1_000", "真", "\u202e", "\u200b", "9" * 400,
])  # fmt: skip
CELLS = st.one_of(WORDS, st.text(max_size=12), st.none())
VALUES = st.one_of(
    CELLS, st.integers(-(10**18), 10**18), st.floats(), st.booleans(), st.dates(dt.date(1900, 3, 1)), st.times(),
)  # fmt: skip
NAMES = st.sampled_from(["type", "coordinates", "features", "properties", "geometry", "crs", "name", "id", "bbox"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def refusal(read: Callable[[], object]) -> PlanningError | None:
    """Return why something is refused, None where it is not; anything else that is raised fails the test."""
    try:
        read()
    except PlanningError as error:
        return error
    return None


def outcome(folder: Path, reader: str, file: str, content: bytes) -> Facts | None:
    """Return the facts of the county, None where it is refused; everything that is found can be said."""
    (folder / "county.toml").write_text(county_toml(reader), "utf-8")
    before, read = (folder / file).read_bytes(), list[Facts]()
    (folder / file).write_bytes(content)
    why = refusal(lambda: read.append(read_county(folder)))
    (folder / file).write_bytes(before)
    for said in (why.faults, (why,)) if why is not None else (read[0].faults,):
        assert all(each.say("zh") and each.say("en") for each in said)
    if why is not None:
        return None
    assert all(math.isfinite(value) and value >= 0 for value in read[0].facilities.table["capacity"].dropna())
    return read[0]


def counted(facts: Facts, file: str) -> int:
    return sum(row.read for row in facts.rows if row.file == file)


@FEW
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=len(HEADS) + 1), min_size=1, max_size=6), heads=st.permutations(HEADS), sound=st.booleans())
def test_a_ledger_of_arbitrary_text(seeds, rows, heads, sound):
    held = io.StringIO(newline="")
    known = [["敬老院", "养老机构", "102.001", "25.001", "120", "", "1998", "东镇", ""]] if sound else []
    writer = csv.writer(held)
    writer.writerow(HEADS if sound else heads)
    writer.writerows([*known, *rows])
    facts = outcome(seeds, "csv", "f.csv", held.getvalue().encode("utf-8", "surrogatepass"))
    if facts is not None:
        filled = [row for row in [*known, *rows] if any(cell and cell.strip() for cell in row)]
        assert counted(facts, "f.csv") <= len(filled)
        assert len(facts.facilities.table) <= counted(facts, "f.csv")


@FEW
@given(rows=st.lists(st.lists(VALUES, min_size=1, max_size=len(HEADS)), min_size=1, max_size=6), title=st.text(max_size=9))
def test_a_workbook_of_arbitrary_cells(seeds, rows, title):
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADS)
    for row, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            try:
                sheet.cell(row, column).value = value
            except (ValueError, TypeError, IllegalCharacterError):  # what a workbook cannot hold
                continue
    held = io.BytesIO()
    try:
        book.save(held)
    except (ValueError, OverflowError):
        return
    outcome(seeds, "xlsx", "f.xlsx", held.getvalue())


@FEW
@given(features=st.lists(JSON, max_size=4), more=JSON, shape=st.sampled_from(["Point", "Polygon", "MultiPolygon", "GeometryCollection", "x"]))
def test_a_map_of_arbitrary_structure(seeds, features, more, shape):
    drawn = [{"type": "Feature", "properties": feature, "geometry": {"type": shape, "coordinates": more}} for feature in features]
    told = {"type": "FeatureCollection", "features": [*drawn, *features], "crs": more, "bbox": more}
    outcome(seeds, "geojson", "e.geojson", json.dumps(told).encode())


@settings(max_examples=60, deadline=None)
@given(told=st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=9), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(
        ["name", "file", "datum", "columns", "population", "streets", "facilities", "plan", "travel", "county", "outlines", "metric_crs", "group"]),
        st.text(max_size=5)), inner, max_size=4)), max_leaves=20))  # fmt: skip
def test_a_county_file_of_arbitrary_structure(tmp_path_factory, told):
    document = told if isinstance(told, dict) else {"name": told, "population": told, "streets": told}
    base = {"name": "县", "population": [{"file": "p.csv", "group": "total"}], "streets": {"file": "s.osm"}}
    for content in (document, base | document):
        text = tomli_w.dumps(content).encode("utf-8", "surrogatepass")
        why = refusal(lambda text=text: parse_county_toml(text, Path()))
        assert why is None or (why.say("zh") and why.say("en"))


@settings(max_examples=60, deadline=None)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_a_county_file_of_arbitrary_bytes(content):
    with pytest.raises(PlanningError):
        parse_county_toml(content, Path())
