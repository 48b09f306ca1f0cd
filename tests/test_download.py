"""The download of streets against a stand-in server on this computer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
import shapely
from typer.testing import CliRunner

from layers.county import Streets
from layers.errors import PlanningError
from layers.readers.download import download_streets
from layers.readers.streets import read_streets
from planning.cli import app
from tests.street_drawings import CRS_M, TO_DEGREES

CORNERS = {1: (0, 0), 2: (500, 0), 3: (500, 400), 4: (0, 400)}
WAYS = [([1, 2, 3], {"highway": "primary", "oneway": "-1", "maxspeed": "60", "motorcar": "yes"}), ([3, 4, 1], {"highway": "footway", "foot": "yes"})]
AREA = shapely.box(*TO_DEGREES(499_000, 2_799_000), *TO_DEGREES(502_000, 2_802_000))


@pytest.fixture
def server():
    """Serve an Overpass API that knows two streets; `reply` may be replaced."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
            standin.asked.append(asked)
            status, content = standin.reply
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *args):
            pass

    standin = HTTPServer(("127.0.0.1", 0), Answer)
    nodes = [
        dict(zip(("lon", "lat"), TO_DEGREES(500_000 + x, 2_800_000 + y), strict=True), type="node", id=number) for number, (x, y) in CORNERS.items()
    ]
    ways = [{"type": "way", "id": 10 + number, "nodes": refs, "tags": tags} for number, (refs, tags) in enumerate(WAYS)]
    standin.asked, standin.reply = [], (200, {"elements": nodes + ways})
    thread = threading.Thread(target=standin.serve_forever)
    thread.start()
    standin.url = f"http://127.0.0.1:{standin.server_port}/api"
    yield standin
    standin.shutdown()
    thread.join()
    standin.server_close()


def test_downloaded_streets_are_read_like_any_file(server, tmp_path, monkeypatch):
    import osmnx

    monkeypatch.chdir(tmp_path)
    before = osmnx.settings.overpass_url
    download_streets(AREA, tmp_path / "streets.graphml", server=server.url)
    assert osmnx.settings.overpass_url == before
    assert [file.name for file in tmp_path.iterdir()] == ["streets.graphml"]
    assert '["highway"]' in server.asked[0]
    streets, _ = read_streets(tmp_path / "streets.graphml", Streets(file="streets.graphml"), CRS_M)
    assert len(streets.tail) == 4
    assert streets.length.sum() == pytest.approx(1800, abs=0.1)
    driven = streets.allowed["drive"] > 0
    assert streets.length[driven].sum() == pytest.approx(900, abs=0.1)
    assert streets.speed["drive"][driven] == pytest.approx(60 / 3.6)
    # oneway = -1: from corner 3 over 2 to 1, whichever way osmnx draws it.
    order = {tuple(sorted(pair)) for pair in zip(streets.tail[driven].tolist(), streets.head[driven].tolist(), strict=True)}
    assert len(order) == 2
    starts = streets.y[streets.tail[driven]].max()
    assert starts == pytest.approx(2_800_400, abs=0.1)
    assert set(streets.allowed["drive"][driven].tolist()) == {1}


@pytest.mark.parametrize(("reply", "code"), [((200, {"elements": []}), "download.empty"), ((500, {}), "download.failed")])
def test_nothing_is_written_when_the_server_has_nothing(server, tmp_path, reply, code):
    server.reply = reply
    with pytest.raises(PlanningError) as caught:
        download_streets(AREA, tmp_path / "streets.graphml", server=server.url)
    assert caught.value.code == code
    assert server.url in caught.value.say()
    assert list(tmp_path.iterdir()) == []


def test_no_server_no_file(tmp_path):
    with pytest.raises(PlanningError) as caught:
        download_streets(AREA, tmp_path / "streets.graphml", server="http://127.0.0.1:9/api")
    assert caught.value.code == "download.failed"
    assert list(tmp_path.iterdir()) == []


def county_folder(tmp_path, streets="layers/streets.graphml"):
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "county.geojson").write_text(shapely.to_geojson(AREA), "utf-8")
    (tmp_path / "county.toml").write_text(
        f'name = "小县"\n[streets]\nfile = "{streets}"\n[[population]]\nfile = "layers/p.csv"\n[outlines.county]\nfile = "layers/county.geojson"\n',
        "utf-8",
    )
    return tmp_path


def test_the_command_downloads_what_county_toml_lists_and_never_twice(server, tmp_path):
    folder = county_folder(tmp_path)
    answer = CliRunner().invoke(app, ["download", str(folder), "--server", server.url])
    assert answer.exit_code == 0, answer.stderr
    assert "OpenStreetMap" in answer.stdout
    made = (folder / "layers" / "streets.graphml").read_bytes()
    assert len(read_streets(folder / "layers" / "streets.graphml", Streets(file="x"), CRS_M)[0].tail) == 4
    again = CliRunner().invoke(app, ["download", str(folder), "--server", server.url])
    assert again.exit_code == 1
    assert (folder / "layers" / "streets.graphml").read_bytes() == made


def test_the_command_refuses_another_format(tmp_path):
    answer = CliRunner().invoke(app, ["download", str(county_folder(tmp_path, "layers/streets.osm.pbf")), "--server", "http://127.0.0.1:9"])
    assert answer.exit_code == 1
    assert ".graphml" in answer.stderr
