"""The plate: true to scale, nothing clipped or overlapping, fonts embedded as TrueType, the same bytes each time."""

import dataclasses
import re
import zlib
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from planning.publish import plate
from planning.publish.plate import ground, margins, page
from planning.publish.sites import located
from scenarios.state import present
from tests import publish_fixture as fixture

EACH = [{}, {"kept": 45, "fresh": 25, "types": ("elder_station_city", "elder_daycare")}, {"lang": "en", "kept": 3}]


@pytest.fixture(scope="module")
def sheet():
    return fixture.sheet()


@pytest.fixture(scope="module")
def rendered(sheet):
    return plate.render(sheet)


def compose(sheet):
    with mpl.rc_context(plate.SETTINGS):
        return plate.compose(sheet)


@pytest.fixture(scope="module", params=EACH, ids=["one type", "two types, many sites", "English"])
def composed(request):
    return compose(fixture.sheet(**request.param))


@pytest.fixture(scope="module")
def made(sheet):
    return compose(sheet)


def shown(axes) -> list[Text]:
    """Texts without their haloes, which lie below them on purpose."""
    return [text for text in axes.texts if text.get_text() and not text.get_path_effects()]


def overlap(one, other) -> float:
    """Overlap in pixels of what is inked: line spacing above and below letters may touch."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return min(wide, high)


def test_scale_is_true_and_the_largest_round_one(sheet):
    seen = ground.extent(sheet, 284, 250)
    assert seen.scale == 200_000
    assert seen.east - seen.west == pytest.approx(0.284 * 200_000)
    assert seen.north - seen.south == pytest.approx(0.250 * 200_000)
    west, south, east, north = ground.bounds(sheet)
    assert seen.west < west < east < seen.east
    assert seen.south < south < north < seen.north
    # The next round scale, 1:150,000, shows 42.6 km: less than the county's width.
    assert east - west > 0.284 * 150_000
    assert seen.metres(10) == pytest.approx(2000)


def test_map_fills_its_frame_so_that_a_millimetre_is_what_the_scale_says(made):
    axes = made.figure.axes[1]
    here, there = axes.transData.transform([(500_000, 2_790_000), (510_000, 2_790_000)])
    inches = (there[0] - here[0]) / made.figure.dpi
    assert inches * 25.4 == pytest.approx(10_000 * 1000 / 200_000)


def test_scale_bar_is_as_long_as_it_says(made, sheet):
    seen = ground.extent(sheet, 284, 250)
    assert margins.scale_step(seen) == 2000  # 4 x 2 km = 40 mm at 1:200,000; 5 km would be 100 mm
    parts = [patch for patch in made.axes.patches if getattr(patch, "get_height", lambda: 0)() == 1.8]
    assert [patch.get_width() for patch in parts] == [10.0] * 4


def test_texts_stay_inside_and_clear_of_each_other(composed):
    composed.figure.canvas.draw()
    frame = composed.axes.transData.transform([(margins.OUTER, margins.OUTER), (page.A3[0] - margins.OUTER, page.A3[1] - margins.OUTER)])
    boxes = {text: text.get_window_extent() for text in shown(composed.axes)}
    for text, box in boxes.items():
        assert frame[0][0] <= box.x0, text
        assert box.x1 <= frame[1][0], text
        assert frame[0][1] <= box.y0 < box.y1 <= frame[1][1], text
    texts = list(boxes)
    for number, one in enumerate(texts):
        for other in texts[number + 1 :]:
            assert overlap(boxes[one], boxes[other]) < 2.0, (one.get_text(), other.get_text())


def test_names_and_numbers_on_the_map_do_not_cover_each_other(composed):
    axes = composed.figure.axes[1]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(axes)]
    assert len(boxes) > 5
    for number, (name, one) in enumerate(boxes):
        assert axes.bbox.x0 <= one.x0
        assert one.x1 <= axes.bbox.x1, name
        for other_name, other in boxes[number + 1 :]:
            assert overlap(one, other) < 0.5, (name, other_name)


def test_numbers_stand_beside_their_symbols(made, sheet):
    axes = made.figure.axes[1]
    texts = {int(text.get_text()): text for text in shown(axes) if text.get_text().isdigit()}
    for site in located(sheet.sites).itertuples():
        x, y = axes.transData.transform((site.geometry.x, site.geometry.y))
        box = texts[site.number].get_window_extent()
        # Outside the symbol (3 mm wide) and within 8 mm of it.
        near = np.hypot(x - np.clip(x, box.x0, box.x1), y - np.clip(y, box.y0, box.y1)) / made.figure.dpi * 25.4
        assert 1.0 < near < 8.0, site.name


def test_every_township_is_named_and_every_site_numbered(made, sheet):
    told = [text.get_text() for text in shown(made.figure.axes[1])]
    assert set(fixture.NAMES) <= set(told)
    assert sorted(int(text) for text in told if text.isdigit()) == list(range(1, len(sheet.sites) + 1))


def test_says_what_a_sheet_must_say(made):
    told = "\n".join(text.get_text() for text in shown(made.axes))
    for words in (
        "云岭县（虚构示例）养老服务设施布局规划图", "1 : 200,000", "北", "云岭县民政局", "2026 年 1 月", "2026—2035", "09", "CGCS2000",
        "中央经线 102°", "1985 国家高程基准", "界线仅供示意，不作为划界依据", "内部工作用图 · 不得公开", "示例人口格网", "新建（4 处）",
        "撤并（1 处）", "转为社区老年人日间照料中心", "35 人 并入",
    ):  # fmt: skip
        assert words in told


def test_long_lists_point_to_the_tables():
    made = compose(fixture.sheet(kept=80, fresh=30))
    texts = shown(made.axes)
    rest = next(int(found.group(1)) for text in texts if (found := re.match(r"其余 (\d+) 处另见附表", text.get_text())))
    listed = [int(text.get_text()) for text in texts if text.get_text().isdigit() and 298 < text.get_position()[0] < 306]
    assert listed == list(range(1, len(listed) + 1))
    # 80 kept and 5 changed, of which one is a day-care centre that the sheet does not show, and 30 new.
    assert rest + len(listed) == 80 + 5 - 1 + 30


def test_public_sheet_prints_its_review_number():
    made = compose(fixture.sheet(secrecy="公开", review_number="云S(2026)012号"))
    told = " ".join(text.get_text() for text in shown(made.axes))
    assert "审图号：云S(2026)012号" in told
    assert "不得公开" not in told


def test_pdf_is_a3_with_truetype_fonts_and_no_clock(rendered):
    pdf = rendered["pdf"]
    width, height = (float(value) for value in re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf).groups())
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx((420, 297), abs=0.1)
    assert b"/CIDFontType2" in pdf
    assert b"/FontFile2" in pdf
    assert b"/FontFile3" not in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf
    # An embedded TrueType program begins with version 1.0 and holds outlines.
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    programs = [data for data in (_inflated(stream) for stream in streams) if data[:4] == b"\x00\x01\x00\x00"]
    assert programs
    assert all(b"glyf" in program[:300] for program in programs)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_svg_needs_no_font_and_no_network(rendered):
    svg = rendered["svg"].decode("utf-8")
    assert "<text" not in svg
    assert 'width="1190.55' in svg
    fetched = [url for url in re.findall(r'(?:href|src)="([^"#][^"]*)"', svg) if not url.startswith("data:")]
    assert fetched == []


def test_png_shows_sites_in_their_colours(rendered, sheet, tmp_path):
    file = tmp_path / "plate.png"
    file.write_bytes(rendered["png"])
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape[:2] == (2338, 3307)
    seen = ground.extent(sheet, plate.MAP[2], plate.MAP[3])
    colours = {"keep": (0x2B, 0x6C, 0xB0), "new": (0xD0, 0x02, 0x1B), "enlarge": (0xE0, 0x7B, 0x00)}
    for site in located(sheet.sites).itertuples():
        if site.action in colours:
            column = (plate.MAP[0] + (site.geometry.x - seen.west) * 1000 / seen.scale) / 420 * 3307
            row = 2338 - (plate.MAP[1] + (site.geometry.y - seen.south) * 1000 / seen.scale) / 297 * 2338
            assert np.abs(pixels[round(row), round(column)].astype(int) - colours[site.action]).max() < 12, site.name


def test_same_sheet_same_bytes_also_from_threads(rendered):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda formats: plate.render(fixture.sheet(), formats), [("pdf",), ("svg", "png")])
    assert {**first, **second} == rendered
    assert mpl.rcParams["pdf.fonttype"] == 3  # the process's own settings are as before


def test_wrapped_lines_fit():
    text = "覆盖与不可达按每个人口格网到最近设施的路网出行成本逐格计算；people are counted by cell，人数按实数计算。"
    lines = page.wrap(text, 60, 7)
    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # A stop may hang over the edge rather than begin a line.
    assert all(page.width_mm(line.rstrip("，。；"), 7) <= 60 for line in lines)


def test_width_of_a_chinese_letter_is_its_size():
    assert page.width_mm("规划布局", 10) == pytest.approx(4 * 10 / 72 * 25.4, rel=0.03)
    assert page.fit("规划布局", 100, 10) == "规划布局"
    assert page.fit("规划布局", 8, 10) == "规…"


def test_a_map_of_a_small_part_shows_that_part_and_where_it_lies():
    given = fixture.sheet()
    population = given.facts.population
    centre = fixture.CENTRES["530127001"]
    far = np.hypot(population.cells.geometry.x - centre[0], population.cells.geometry.y - centre[1]) > 8_000
    people = population.people.mask(far, 0.0)
    empty = given.facts.facilities.table.iloc[:0]
    state = present(dataclasses.replace(given.facts.facilities, table=empty))
    facts = dataclasses.replace(given.facts, population=dataclasses.replace(population, people=people))
    small = dataclasses.replace(given, facts=facts, state=state)
    # People live within 8 km of the town: 16 km by 16 km, 55 km the county; 1:80,000 shows 22.7 km by 20 km.
    assert ground.extent(small, 284, 250).scale == 80_000
    told = [text.get_text() for text in compose(small).figure.axes[-1].texts]
    assert told == ["位置示意"]
    assert ground.framed(given) == ground.bounds(given)
