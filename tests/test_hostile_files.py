"""Files made to read other files, to ask servers, to leave their folder, to unpack to too much, or to run: refused, and nothing else happens."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from benchmarks.hostile_seeds import READERS, county_toml, unzipped, write_seeds, zipped
from layers.errors import PlanningError
from layers.readers import read_county
from layers.readers._files import read_rows, read_vector
from layers.untrusted.documents import load_toml
from layers.untrusted.markup import check_xml, json_depth

ROOT = Path(__file__).parent.parent
# A fresh interpreter notes every file that Python opens, every socket and every program; a canary that is a pipe would stop whoever opens it in C.
TRACED = """
import sys
seen = []
def note(event, values):
    if event == "open" and "canary" in str(values[0]) or event.startswith(("socket.", "subprocess", "os.system", "os.exec")):
        seen.append((event, str(values)[:200]))
sys.addaudithook(note)
from pathlib import Path
from layers.errors import PlanningError
from layers.readers import read_county
for folder in sys.argv[1:]:
    try:
        read_county(Path(folder))
        print("read", Path(folder).name)
    except PlanningError as error:
        print(error.code, Path(folder).name)
print("seen", seen)
"""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def county(seeds: Path, folder: Path, reader: str, file: str, content: bytes) -> Path:
    folder.mkdir(parents=True)
    for path in seeds.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "county.toml").write_text(county_toml(reader), "utf-8")
    (folder / file).write_bytes(content)
    return folder


def vrt(target: Path) -> bytes:
    return f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{target}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'.encode()


def entity(target: str, rest: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "'
        + target.encode()
        + b'">]>'
        + rest.split(b"?>", 1)[-1].replace(b"residential", b"&e;")
    )


def with_sql(path: Path, *statements: str) -> bytes:
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path.read_bytes()


def linked(content: bytes, target: str) -> bytes:
    members = unzipped(content)
    members["xl/externalLinks/externalLink1.xml"] = (
        b'<?xml version="1.0"?><externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<externalBook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></externalLink>'
    )
    members["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    ).encode()
    return zipped(members)


@pytest.mark.skipif(sys.platform == "win32", reason="the canary is a named pipe")
def test_no_file_reads_another_or_asks_a_server(seeds, tmp_path):
    """Oracle: whoever opens the canary, a pipe nobody writes to, hangs; what Python opens and connects to is traced."""
    import os

    canary = tmp_path / "canary"
    os.mkfifo(canary)
    read = {path.name: path.read_bytes() for path in seeds.iterdir()}
    server = "http://127.0.0.1:9/canary"
    sqlite = tmp_path / "x.gpkg"
    sqlite.write_bytes(read["f.gpkg"])
    view = with_sql(sqlite, "CREATE VIEW v AS SELECT fid, geom, ogr_geocode('x') AS g FROM f", f"ATTACH DATABASE '{tmp_path}/other' AS other")
    spoilt = {
        "vrt": ("geojson", "e.geojson", vrt(canary)),
        "vrt2": ("geojson", "e.geojson", b"{" + vrt(canary)),
        "gpkg": ("gpkg", "f.gpkg", view),
        "grids": ("shp", "t.prj", f'BOUNDCRS["x",PARAMETERFILE["Latitude and longitude difference file","{canary}"]]'.encode()),
        "init": ("shp", "t.prj", f"+proj=longlat +nadgrids={canary} +no_defs".encode()),
        "osm": ("osm", "s.osm", entity(f"file://{canary}", read["s.osm"])),
        "osm2": ("osm", "s.osm", entity(server, read["s.osm"])),
        "graphml": ("graphml", "s.graphml", entity(f"file://{canary}", read["s.graphml"])),
        "workbook": ("xlsx", "f.xlsx", linked(read["f.xlsx"], f"file://{canary}")),
        "workbook2": ("xlsx", "f.xlsx", linked(read["f.xlsx"], server)),
        "outside": ("county", "county.toml", county_toml("county").replace("f.csv", "../canary").encode()),
        "absolute": ("county", "county.toml", county_toml("county").replace("f.csv", str(canary)).encode()),
    }
    folders = [county(seeds, tmp_path / "counties" / name, *told) for name, told in spoilt.items()]
    link = county(seeds, tmp_path / "counties" / "link", "shp", "t.cpg", b"utf-8")
    (link / "t.dbf").unlink()
    (link / "t.dbf").symlink_to(canary)
    before = {path for path in tmp_path.rglob("*") if path.name not in {".cache", ".history"}}
    command = [sys.executable, "-c", TRACED, *map(str, [*folders, link])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    *outcomes, seen = done.stdout.splitlines()
    assert seen == "seen []"
    assert {path for path in tmp_path.rglob("*") if path.name not in {".cache", ".history"}} == before
    known = dict(reversed(line.split()) for line in outcomes)
    assert {name for name, code in known.items() if code == "read"} <= {"workbook", "workbook2"}
    assert (known["gpkg"], known["osm"], known["graphml"]) == ("untrusted.runs_sql", "untrusted.document_type", "untrusted.document_type")
    assert known["link"] == "file.outside"


@pytest.mark.parametrize("reader", sorted(READERS))
def test_the_sound_files_are_read(seeds, tmp_path, reader):
    folder = county(seeds, tmp_path / "county", reader, "f.csv", (seeds / "f.csv").read_bytes())
    assert len(read_county(folder).facilities.table) == 3


@pytest.mark.parametrize("statement", [
    "CREATE TABLE c (a, b AS (a + 1))", "CREATE TABLE c (a, b GENERATED ALWAYS AS (a) STORED)", "CREATE VIEW c AS SELECT 1",
    "CREATE VIRTUAL TABLE c USING dbstat",
])  # fmt: skip
def test_a_database_that_runs_when_it_is_read_is_refused(seeds, tmp_path, statement):
    path = tmp_path / "f.gpkg"
    path.write_bytes((seeds / "f.gpkg").read_bytes())
    try:
        with_sql(path, statement)
    except sqlite3.OperationalError as error:
        pytest.skip(str(error))
    with pytest.raises(PlanningError) as caught:
        read_vector(tmp_path, "f.gpkg", "facilities")
    assert caught.value.code == "untrusted.runs_sql"


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil", "C:\\evil", "a\\..\\..\\evil", "\\\\server\\evil"])
def test_a_workbook_whose_members_lead_out_is_refused(seeds, tmp_path, name):
    members = unzipped((seeds / "f.xlsx").read_bytes())
    (tmp_path / "f.xlsx").write_bytes(zipped({**members, name: b"x"}))
    with pytest.raises(PlanningError) as caught:
        read_rows(tmp_path, "f.xlsx", "facilities")
    assert caught.value.code == "untrusted.member_path"


def test_a_workbook_that_expands_a_hundredfold_is_refused(seeds, tmp_path):
    members = unzipped((seeds / "f.xlsx").read_bytes())
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 2_000_000)
    (tmp_path / "f.xlsx").write_bytes(zipped(members))
    with zipfile.ZipFile(tmp_path / "f.xlsx") as archive:
        assert max(item.file_size / max(item.compress_size, 1) for item in archive.infolist()) > 100
    with pytest.raises(PlanningError) as caught:
        read_rows(tmp_path, "f.xlsx", "facilities")
    assert caught.value.code == "untrusted.unpacks"


@pytest.mark.parametrize(("head", "code"), [
    (b"<!DOCTYPE a><a/>", "document_type"),
    (b"\xef\xbb\xbf<?xml version='1.0'?><!-- <a> -->\n <!doctype a><a/>", "document_type"),
    ("<!DOCTYPE a><a/>".encode("utf-16"), "no_xml"), (b"<?xml encoding='cp037'?>" + "<!DOCTYPE a>".encode("cp037"), "no_xml"),
    (b" " * 70_000, "no_xml"),
])  # fmt: skip
def test_xml_with_a_document_type_is_refused_however_it_is_hidden(head, code):
    with pytest.raises(PlanningError) as caught:
        check_xml(head, "a.osm", "streets")
    assert caught.value.code == f"untrusted.{code}"


def test_xml_that_only_speaks_of_document_types_is_read():
    check_xml(b'<?xml version="1.0"?>\n<!-- <!DOCTYPE> --><?a b?><osm note="&lt;!DOCTYPE"/>', "a.osm", "streets")


def test_depth_of_json_counts_no_brackets_in_texts(tmp_path):
    path = tmp_path / "a.json"
    for text, depth in (('{"a": "[[[["}', 1), ('[[{"a\\"[[": [1]}]]', 4), ('["\\\\", [2]]', 2), ("[" * 3_000_000, 65)):
        path.write_text(text, "utf-8")
        found = json_depth(path, stop=64)
        assert found == depth if depth < 65 else found > 64


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 5000,
        "a = " + "[" * 30 + "]" * 30,
        "[" + "a." * 50_000 + "b]",
        "a = '" + "x" * (1 << 20) + "'",
    ],
)
def test_toml_no_person_writes_is_refused(text):
    with pytest.raises(PlanningError):
        load_toml(text, "county.toml")
