"""The dirty demo county: every planted fault is found where it was planted, and nothing is found where nothing was.

The planter knows nothing of the checks (a contract of import-linter), so its list is an oracle for them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from pyproj import CRS
from typer.testing import CliRunner

from layers.demo import FEWEST
from layers.demo.dirt import LIST, plant_faults
from layers.readers import read_county_toml
from layers.readers.facilities import read_facilities
from layers.readers.outlines import read_outlines
from planning.cli import app
from planning.workbench import CheckUp, check_county, repair_ledgers

SEED = 1
GK = CRS.from_epsg(4543)

# What follows from a planted fault and is told elsewhere: the other row of a pair, a file whose datum moved it over the border, a township whose
# total is no number or whose people are a thousand times too many.
CONSEQUENCES = {
    ("costs.repeated", "layers/实测车程.csv"), ("facility.outside", "layers/闲置用房.csv"), ("population.factor_far", "layers/乡镇常住人口.csv"),
    ("population.total_missing", "layers/乡镇常住人口.csv"),
}  # fmt: skip
EXCLUDE = {"no_type", "unknown_type", "row_repeats"}


@pytest.fixture(scope="module")
def dirty(demo_county, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dirty") / "county"
    shutil.copytree(demo_county, folder)
    plant_faults(folder, SEED)
    return folder


@pytest.fixture(scope="module")
def planted(dirty) -> list[dict[str, str]]:
    with (dirty / LIST).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def found(dirty) -> CheckUp:
    return check_county(dirty)


def place(fault) -> tuple[str, str, str]:
    return fault.file, "" if fault.row is None else str(fault.row), fault.field


def listed(row: dict[str, str]) -> tuple[str, str, str]:
    return row["file"], row["row"], row["field"]


def test_many_kinds_are_planted_in_many_places_of_every_layer(planted):
    assert len({row["kind"] for row in planted}) >= 60
    assert len({listed(row) for row in planted}) == len(planted) >= 140
    layers = {row["layer"] for row in planted}
    assert layers == {
        "facilities", "population", "streets", "outlines.county", "outlines.townships", "outlines.villages", "exclusions", "candidates", "costs",
        "scenario", "projects",
    }  # fmt: skip
    ledgers = {row["file"] for row in planted if row["layer"] == "facilities"}
    assert {Path(file).suffix for file in ledgers} == {".xlsx", ".csv", ".gpkg", ".geojson"}


def test_every_planted_fault_is_found_with_its_file_row_and_field(planted, found):
    assert found.usable
    told = {place(fault): fault for fault in found.faults}
    assert {fault.severity for fault in told.values()} == {"error", "warning"}
    missed = [(row["kind"], listed(row)) for row in planted if listed(row) not in told]
    assert missed == []


def test_nothing_is_found_where_nothing_was_planted(planted, found):
    places = {listed(row) for row in planted}
    others = [fault for fault in found.faults if place(fault) not in places]
    unexpected = [(fault.code, place(fault)) for fault in others if (fault.code, fault.file) not in CONSEQUENCES]
    assert unexpected == []


def test_rows_are_left_out_for_the_faults_that_leave_them_out_and_for_no_others(planted, found):
    excluded = Counter(row["file"] for row in planted if row["layer"] == "facilities" and row["kind"] in EXCLUDE)
    excluded["layers/养老服务设施台账.xlsx"] += 1  # 合计
    rows = [row for row in found.rows if row.layer == "facilities"]
    assert {row.file: row.excluded for row in rows} == dict(excluded)
    assert all(row.read == row.kept + row.excluded for row in found.rows)


def test_what_is_certain_is_repaired_in_copies_of_workbook_and_csv_alone(dirty, found, tmp_path):
    copies = {copy.file: copy for copy in repair_ledgers(dirty, (*found.faults, *found.notes), tmp_path)}
    assert set(copies) == {"layers/养老服务设施台账.xlsx", "layers/社区服务设施.csv"}
    assert {copy.rows for copy in copies.values()} == {1}  # the row that repeats another
    assert copies["layers/养老服务设施台账.xlsx"].cells == 1  # the date that became a number of days
    # In place of the ledgers they came from, the copies have none of what was repaired, and nothing new but the total of the removed row.
    shutil.copytree(dirty, tmp_path / "county")
    for file, copy in copies.items():
        shutil.copyfile(copy.path, tmp_path / "county" / file)
    county = read_county_toml(tmp_path / "county")
    outlines, _ = read_outlines(tmp_path / "county", county, GK)
    _, faults = read_facilities(tmp_path / "county", county, outlines, GK)
    left = Counter(fault.code for fault in faults if fault.severity != "note" and fault.file in copies)
    before = Counter(fault.code for fault in found.faults if fault.file in copies)
    assert before - left == Counter({"ledger.row_repeats": 2, "ledger.serial_in_cell": 1})
    assert left - before == Counter()


def test_the_list_says_what_stands_in_the_files_and_what_stood_there(demo_county, dirty, planted):
    checked: Counter[str] = Counter()
    for row in planted:
        file, number, field = row["file"], row["row"], row["field"]
        if not (number and field) or not file.endswith((".xlsx", ".csv")):
            continue
        assert cell(dirty / file, int(number), field) == row["value"].removeprefix("'"), row
        added = not (demo_county / file).exists() or "（" in row["before"] or field == "适用类型"
        if not added and row["kind"] not in {"merged_number", "wrong_sum"}:
            assert row["before"].split(", ")[0 if field != "纬度" else -1] == cell(demo_county / file, int(number), field), row
            checked[file] += 1
    assert all(checked[f"layers/{name}"] > 3 for name in ("养老服务设施台账.xlsx", "社区服务设施.csv", "villages.csv", "闲置用房.csv"))


def cell(path: Path, row: int, field: str) -> str:
    """Return a cell of a workbook or csv file by its row and head, read without the project."""
    heads, rows = table(path)
    held = rows[row - 1][heads.index(field)] if field in heads else None
    return "" if held is None else str(int(held)) if isinstance(held, float) and held.is_integer() else str(held)


@cache
def table(path: Path) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the heads and all rows of a workbook or csv file."""
    if path.suffix == ".xlsx":
        book = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
        return [str(head) for head in book[1]], book
    encoding = "gb18030" if path.name == "社区服务设施.csv" else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as stream:
        rows = [tuple(cells) for cells in csv.reader(stream)]
    return [str(head) for head in rows[0]], rows


def test_a_seed_plants_the_same_faults_and_another_seed_others(demo_county, dirty, tmp_path):
    for name, seed in (("again", SEED), ("other", SEED + 1)):
        shutil.copytree(demo_county, tmp_path / name)
        plant_faults(tmp_path / name, seed)
    one, again, other = digests(dirty), digests(tmp_path / "again"), digests(tmp_path / "other")
    assert one == again
    assert other[LIST] != one[LIST]
    assert other["layers/养老服务设施台账.xlsx"] != one["layers/养老服务设施台账.xlsx"]


def test_the_command_writes_a_dirty_county_with_its_list(tmp_path):
    folder = tmp_path / "a"
    answer = CliRunner().invoke(app, ["demo", str(folder), "--dirty", "--cells", str(FEWEST), "--json"])
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["dirty"] is True
    assert {path.name for path in folder.iterdir()} == {"county.toml", "layers", LIST, "projects", "scenarios", "说明.txt"}
    listed_ = len((folder / LIST).read_text("utf-8-sig").splitlines()) - 1
    assert f"{listed_} 处差错" in (folder / "说明.txt").read_text("utf-8")


def digests(folder: Path) -> dict[str, str]:
    """Return what each file holds, but for what was kept of streets that were read."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".cache" not in path.parts]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_clean_county_has_no_error_and_no_warning_and_every_row_is_counted(demo_county):
    found = check_county(demo_county)
    assert [fault.say() for fault in found.faults] == []
    assert found.notes
    assert all((row.read, row.excluded) == (row.kept, 0) for row in found.rows if not row.file.endswith(".xlsx"))
    for row in found.rows:
        assert row.read == count(demo_county / row.file), row
    assert {row.layer for row in found.rows} >= {"facilities", "population", "outlines.townships", "outlines.villages", "exclusions", "candidates"}


def count(path: Path) -> int:
    """Count the rows of a table or layer without the project."""
    if path.suffix == ".csv":
        return len(path.read_bytes().splitlines()) - 1
    if path.suffix == ".xlsx":
        return openpyxl.load_workbook(path).worksheets[0].max_row - 2
    if path.suffix == ".geojson":
        return len(json.loads(path.read_text("utf-8"))["features"])
    import pyogrio  # after layers, which keeps GDAL to some drivers

    return int(pyogrio.read_info(path)["features"])
