"""Files made to read other files, to ask servers, to leave their folder, to unpack to too much, or to run: refused, and nothing else happens."""

from __future__ import annotations

import io
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from benchmarks.hostile_seeds import READERS, unzipped, write_seeds, zipped
from layers.errors import PlanningError
from layers.readers import read_county
from layers.readers._files import read_rows, read_vector
from layers.readers.exclusions import _buffered
from layers.untrusted import markup
from layers.untrusted.documents import load_toml
from layers.untrusted.markup import attributes, check_xml, json_depth, names_address
from tests.hostile_cases import county, hostile, with_sql

ROOT = Path(__file__).parent.parent
# A fresh interpreter notes every file that Python opens, every socket that leaves it and every program. What libraries open in C is seen by a canary
# that is a pipe, which would stop whoever opens it, by a server that waits to be asked, and by strace where there is one.
TRACED = """
import sys
seen = []
def note(event, values):
    told = str(values)
    if event == "open" and "canary" in told or event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "os.system", "os.exec"}:
        seen.append((event, told[:200]))
    if event == "subprocess.Popen" and "layers.probation.reading" not in told:
        seen.append((event, told[:200]))
sys.addaudithook(note)
from pathlib import Path
"""
READING = (
    TRACED
    + """
from layers.errors import PlanningError
from layers.readers import read_county
from layers.readers._sniffing import sniff
for folder in map(Path, sys.argv[1:]):
    newest = max((path for path in folder.iterdir() if path.suffix != ".toml"), key=lambda path: path.lstat().st_mtime_ns)
    try:
        sniff(folder, newest.name)
    except PlanningError as error:
        error.say()
    try:
        read_county(folder)
        print("read", folder.name)
    except PlanningError as error:
        print(error.code, folder.name)
print("seen", seen)
"""
)
OPENING = (
    TRACED
    + """
import time
from streamlit.testing.v1 import AppTest
tester = AppTest.from_file("streamlit_app.py", default_timeout=120).run()
for folder in sys.argv[1:]:
    tester.text_input(key="in_folder").set_value(folder)
    next(button for button in tester.button if button.label == "打开" and "recent" not in str(button.key)).click().run()
    while tester.session_state["job"] is not None:
        time.sleep(0.05)
        tester.run()
    print("read" if not tester.error else "refused", Path(folder).name)
    assert not tester.exception
print("seen", seen)
"""
)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


@pytest.fixture
def server():
    """Return an address where somebody listens, and at the end nobody may have come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.fixture
def counties(seeds, tmp_path, server):
    """Return the folders of hostile counties, all of which name one canary: a pipe that nobody writes to."""
    canary = tmp_path / "canary"
    os.mkfifo(canary)
    (tmp_path / "work").mkdir()
    cases = hostile(seeds, tmp_path / "work", canary, server)
    folders = [county(seeds, tmp_path / "counties" / name, *told) for name, told in cases.items()]
    link = county(seeds, tmp_path / "counties" / "link", "shp", "t.cpg", b"utf-8")
    (link / "t.dbf").unlink()
    (link / "t.dbf").symlink_to(canary)
    return [*folders, link]


def traced(program: str, folders: list[Path], log: Path, **env: str) -> dict[str, str]:
    """Run a program over folders; nothing but their own files may be opened or written, nobody asked. Return what became of each."""
    held = {path for path in log.parent.rglob("*") if not {".cache", ".history", "passed"} & set(path.parts)}
    watch = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=open,openat,connect,execve", "-o", str(log)] if _strace() else []
    command = [*watch, sys.executable, "-B", "-c", program, *map(str, folders)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    *outcomes, seen = done.stdout.splitlines()
    assert seen == "seen []"
    assert {path for path in log.parent.rglob("*") if not {".cache", ".history", "passed"} & set(path.parts)} - {log} == held
    if watch:
        calls = log.read_text("utf-8", "replace").splitlines()
        assert not [call for call in calls if "/canary" in call and "execve(" not in call]
        assert not [call for call in calls if "connect(" in call and "AF_UNIX" not in call and "nscd" not in call]
        assert any("e.geojson" in call for call in calls)  # the log is one
    return dict(reversed(line.split()) for line in outcomes)


def _strace() -> bool:
    """Return whether system calls can be traced here; containers may not let it."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "--seccomp-bpf", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="the canary is a named pipe")
def test_no_file_reads_another_or_asks_a_server(counties, tmp_path):
    """In a fresh interpreter, read by the program itself: what must not happen does not happen to be stopped by the child."""
    known = traced(READING, counties, tmp_path / "calls")
    assert {name for name, code in known.items() if code == "read"} == {
        "workbook", "workbook2", "attached", "gpkg_grids", "crs_name", "crs_file", "crs_proj", "overview", "overview2", "encoding",
    }  # fmt: skip
    for code, names in {
        "untrusted.runs_sql": ["gpkg"], "untrusted.document_type": ["osm", "osm2", "graphml", "workbook4"], "file.outside": ["link"],
        "untrusted.crs_link": ["crs_link", "crs_url"], "untrusted.member_path": ["workbook3"], "county_toml.path": [f"place{k}" for k in range(5)],
    }.items():  # fmt: skip
        assert {known[name] for name in names} == {code}


@pytest.mark.skipif(sys.platform == "win32", reason="the canary is a named pipe")
def test_no_file_opened_in_the_app_reads_another_or_asks_a_server(counties, tmp_path):
    """From Streamlit, with the child that reads first."""
    chosen = [folder for folder in counties if folder.name in {"vrt2", "wfs", "wms", "crs_link", "grids", "gpkg", "link"}]
    mine = {"BUJU_READ_MEMORY_MB": "", "BUJU_PASSED": str(tmp_path / "passed"), "BUJU_RECENT": str(tmp_path / "passed" / "recent.json")}
    known = traced(OPENING, chosen, tmp_path / "calls", **mine)
    assert list(known.values()) == ["refused"] * 7


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


@pytest.mark.parametrize("part", ["xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_workbook_with_an_element_of_endless_attributes_is_refused(seeds, tmp_path, part):
    members = unzipped((seeds / "f.xlsx").read_bytes())
    for count, refused in ((4_000, False), (6_000, True)):
        crafted = b"<node " + b"".join(b'a%d="1" ' % k for k in range(count)) + b"/></"
        spoilt = members[part][::-1].replace(b"/<", crafted[::-1], 1)[::-1]
        (tmp_path / "f.xlsx").write_bytes(zipped({**members, part: spoilt}))
        try:
            read_rows(tmp_path, "f.xlsx", "facilities")
            code = ""
        except PlanningError as error:
            code = error.code
        assert (code == "untrusted.attributes") == refused


@pytest.mark.parametrize("seed", range(8))
def test_attributes_are_counted_across_pieces(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    elements = "".join(
        f"<e {' '.join(chr(97 + k) + '=' + quote + 'x' * int(rng.integers(0, 9)) + quote for k in range(int(rng.integers(0, 20))))}>text</e>"
        for quote in rng.choice(['"', "'"], 40)
    )
    document = f"<r>{elements}</r>".encode()
    monkeypatch.setattr(markup, "_CHUNK", int(rng.integers(1, 60)))
    assert max(attributes(io.BytesIO(document))) == max(len(element.attrib) for element in ET.fromstring(document))


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


NAMED = '{"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}'
LINKED = '{"type": "link", "properties": {"href": "http://192.0.2.1/"}}'


@pytest.mark.parametrize(("text", "refused"), [
    ('{"crs": ' + NAMED + ', "a": 1}', False),
    ('{"crs" : {"properties":{"code":4326},"type":"EPSG"}}', False), ('{"crs": null, "b": ["crs"]}', False),
    ('{"properties": {"crs": "WGS84", "note": "crs"}}', False), ('{"crs"' + " " * 900 + ":null}", False),
    ('{"crs": ' + LINKED + "}", True), ('{"CRS":{"properties":{"href":"x"},"type":"url"}}', True), ('{"\\u0063r\\u0053": ' + LINKED + "}", True),
    ("{'crs': {'type': 'link'}}", True), ('{"crs"/**/: ' + LINKED + "}", True), ('{"crs":/**/' + LINKED + "}", True),
    ('{"crs": {"type": "name", ' + LINKED[1:] + "}", True), ('{"crs"' + " " * 9000 + ": " + LINKED + "}", True),
    ('{"a":"' + "x" * ((1 << 20) - 8) + '","crs": ' + LINKED + "}", True), ('{"a":"' + "x" * ((1 << 20) - 12) + '","crs":' + NAMED + "}", False),
])  # fmt: skip
def test_geojson_that_gives_an_address_for_its_system_is_refused_however_it_is_spelt(tmp_path, text, refused):
    (tmp_path / "a.geojson").write_text(text, "utf-8")
    assert names_address(tmp_path / "a.geojson") == refused


@pytest.mark.parametrize("height", ["NaN", "Infinity", "12.5"])
def test_a_height_that_is_no_number_does_not_spoil_a_place(seeds, tmp_path, height):
    shape = f'{{"type": "Point", "coordinates": [102.001, 25.001, {height}]}}'
    text = f'{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {{"name": "水源地"}}, "geometry": {shape}}}]}}'
    folder = county(seeds, tmp_path / "county", "geojson", "e.geojson", text.encode())
    (place,) = read_vector(folder, "e.geojson", "exclusions").geometry
    assert (place.x, place.y, place.has_z) == (102.001, 25.001, False)


def test_many_points_in_one_place_widen_to_one_circle():
    """Oracle: as many circles lie on each other as points; two places 10 km apart are two circles."""
    places = np.repeat([[0.0, 0.0], [10_000.0, 0.0]], 20_000, axis=0)
    shapes = np.array([shapely.MultiPoint(places), shapely.Point(0, 0), None], dtype=object)
    many, one, none = _buffered(shapes, np.array([20.0, 20.0, 20.0]))
    assert shapely.area(many) == pytest.approx(2 * shapely.area(one), rel=1e-9)
    assert len(shapely.get_parts(many)) == 2
    assert none is None
