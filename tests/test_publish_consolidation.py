"""The papers of a consolidation: every home and every move is shown once, in both languages, and no text covers another."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
import shutil
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import openpyxl
import pytest
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text
from typer.testing import CliRunner

from layers.consolidation import ConsolidationTask
from planning import workbench
from planning.cli import app
from planning.cli.consolidating import print_consolidation
from planning.publish import plate as plates
from planning.publish.consolidation import html_page, marks, plate, tables
from planning.publish.plate import margins, page
from planning.publish.symbols import SIGNS
from planning.siting.consolidation import FATES
from tests import road_county

DATE = dt.date(2026, 11, 22)
MORE = {"limit": 20.0, "transfer_limit": 8.0, "least_beds": 0.0, "care_share": 0.0, "sizes": [], "convert_to": ["elder_town_centre"]}


def paper_of(folder: Path, lang: str, **changes) -> workbench.ConsolidationSheet:
    bench = workbench.open_county(folder)
    task = workbench.consolidation_task_of(bench)
    task = ConsolidationTask.model_validate({**task.model_dump(), **changes})
    return workbench.consolidation_sheet(bench, workbench.consolidate_task(bench, task), DATE, lang=lang)


@pytest.fixture(scope="module")
def crowded(demo_county, tmp_path_factory) -> Path:
    """Return a county of forty homes: the generated one's twelve, and more where people live, two of them empty."""
    folder = tmp_path_factory.mktemp("crowded") / "county"
    shutil.copytree(demo_county, folder)
    cells = workbench.open_county(demo_county).facts.population.cells.to_crs("EPSG:4326").geometry
    chosen = np.random.default_rng(4).choice(len(cells), 28, replace=False)
    rows = []
    for number, place in enumerate(cells.iloc[chosen]):
        residents = 0 if number < 2 else 3 + number % 9
        rows.append(f"M{number:02d},第{number + 1}村敬老院,敬老院,{place.x + 2e-4!r},{place.y + 2e-4!r},24,5,{residents}")
    (folder / "layers" / "更多.csv").write_text("\n".join(["编号,名称,类型,经度,纬度,床位数,护理型床位,在住人数", *rows]) + "\n", "utf-8")
    ledger = '[[facilities]]\nfile = "layers/更多.csv"\ndatum = "WGS84"\n\n[[facilities]]'
    text = (folder / "county.toml").read_text("utf-8")
    (folder / "county.toml").write_text(text.replace("[[facilities]]", ledger, 1), "utf-8")
    return folder


@pytest.fixture(scope="module")
def road(tmp_path_factory) -> workbench.ConsolidationSheet:
    return paper_of(road_county.write(tmp_path_factory.mktemp("road") / "km"), "zh")


@pytest.fixture(scope="module", params=["twelve", "forty, English"])
def paper(request, demo_county, crowded) -> workbench.ConsolidationSheet:
    if request.param == "twelve":
        return paper_of(demo_county, "zh")
    with pytest.MonkeyPatch.context() as patch:  # which of equal plans is drawn does not matter here, and to know it takes long
        patch.setattr("planning.siting.consolidation.search._Search.break_ties", lambda _: False)
        return paper_of(crowded, "en", **MORE)


@pytest.fixture(scope="module")
def composed(paper) -> page.Page:
    with mpl.rc_context(plates.SETTINGS):
        return plate.compose(paper)


def shown(axes) -> list[Text]:
    return [text for text in axes.texts if text.get_text() and not text.get_path_effects()]


def overlap(one, other) -> float:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return min(wide, high)


def test_every_home_has_its_sign_and_number_and_every_move_its_arrow(paper, composed):
    axes = composed.figure.axes[1]
    drawn = [(line.get_marker(), *line.get_xydata()[0]) for line in axes.lines if len(line.get_xydata()) == 1]
    for deed in paper.each_deed():
        assert (SIGNS[deed.action].marker, deed.x, deed.y) in drawn
    assert len({SIGNS[action].marker for action in FATES}) == len(FATES)  # told apart in black and white
    plain = [text.get_text() for text in shown(axes) if text.get_bbox_patch() is None]
    numbers = [int(text.split(" ")[0]) for text in plain if text.split(" ")[0].isdigit()]
    assert sorted(numbers) == list(range(1, len(paper.deeds) + 1))
    arrows = {tuple(np.round([*patch._posA_posB[0], *patch._posA_posB[1]], 3)) for patch in axes.patches if isinstance(patch, FancyArrowPatch)}
    assert arrows == {tuple(np.round([move.x, move.y, move.into_x, move.into_y], 3)) for move in paper.each_move()}
    residents = [text.get_text() for text in shown(axes) if text.get_bbox_patch() is not None]
    assert residents == [paper.say("people", value=f"{move.residents:.0f}") for move in paper.each_move()]


def test_texts_on_the_map_cover_neither_each_other_nor_homes(paper, composed):
    composed.figure.canvas.draw()
    axes = composed.figure.axes[1]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(axes)]
    assert len(boxes) >= len(paper.deeds) + len(paper.moves)
    covered = 0
    for at, (_, one) in enumerate(boxes):
        assert axes.bbox.x0 <= one.x0
        assert one.x1 <= axes.bbox.x1
        covered += sum(overlap(one, other) > 1.0 for _, other in boxes[at + 1 :])
    # Of forty homes drawn at random a few stand nearer to each other than a number is wide.
    assert covered <= (0 if len(paper.deeds) <= 12 else len(paper.deeds) // 10)
    homes = [marks.mark_box(axes, geometry, 5.0) for geometry in paper.deeds.geometry]
    hidden = sum(overlap(box, home) > 0 for _, box in boxes for home in homes)
    assert hidden <= (0 if len(paper.deeds) <= 12 else len(paper.deeds) // 10)


def test_texts_beside_the_map_stay_inside_and_clear_of_each_other(composed):
    composed.figure.canvas.draw()
    frame = composed.axes.transData.transform([(margins.OUTER, margins.OUTER), (page.A3[0] - margins.OUTER, page.A3[1] - margins.OUTER)])
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(composed.axes)]
    for name, box in boxes:
        assert frame[0][0] <= box.x0 < box.x1 <= frame[1][0], name
        assert frame[0][1] <= box.y0 < box.y1 <= frame[1][1], name
    for at, (name, one) in enumerate(boxes):
        for other_name, other in boxes[at + 1 :]:
            assert overlap(one, other) < 2.0, (name, other_name)


def test_the_list_beside_names_every_home_and_where_its_residents_go(paper, composed):
    told = [text.get_text() for text in shown(composed.axes)]
    for deed in paper.each_deed():
        assert deed.name in told
    gone = [text for text in told if text.startswith("→")]
    assert len(gone) == len(paper.moves)
    words = " ".join(told)
    assert paper.say("arrow_short") in told
    for word in ("直线", "虚构", "已证明") if paper.sheet.imprint.lang == "zh" else ("straight", "fictional", "Proven"):
        assert word in words


def test_an_arrow_is_the_wider_the_more_move():
    widths = [marks.width_of(residents) for residents in (1, 10, 40, 500)]
    assert widths == sorted(widths)
    assert widths[-1] <= 3.0


def test_tables_add_up(road):
    book = openpyxl.load_workbook(io.BytesIO(tables.workbook(road)))
    assert book.sheetnames == ["机构处置一览表", "在院老人转移一览表", "分乡镇前后对照表", "费用测算表", "说明"]

    def rows(name: str) -> list[dict[str, object]]:
        heads, *rest = list(book[name].iter_rows(min_row=3, values_only=True))
        return [dict(zip([str(head).replace("\n", "") for head in heads], row, strict=True)) for row in rest]

    homes = {row["机构名称"]: row for row in rows("机构处置一览表")}
    assert {name: row["处置方式"] for name, row in homes.items()} == {"乙敬老院": "保留", "丁敬老院": "保留", "甲敬老院": "并入", "丙敬老院": "并入"}
    assert homes["丙敬老院"]["并入机构"] == "乙敬老院"
    moves = rows("在院老人转移一览表")
    assert [(row["转出机构"], row["接收机构"], row["转移人数"]) for row in moves] == [("甲敬老院", "乙敬老院", 4), ("丙敬老院", "乙敬老院", 10)]
    assert [row["驾车路程（公里，沿路网）"] for row in moves] == pytest.approx([5, 5], rel=1e-3)
    whole = rows("分乡镇前后对照表")[0]
    assert (whole["所在乡镇"], whole["床位现状"], whole["床位整合后"], whole["在院人数整合后"]) == ("全县", 68, 28, 20)
    money = {row["项目"]: row for row in rows("费用测算表")}
    assert money["一次性投入合计"]["整合后（万元）"] == pytest.approx(27)
    assert money["年运行费用"]["增减（万元）"] == pytest.approx(108 - 228)
    notes = "\n".join(f"{row['项目']}：{row['内容']}" for row in rows("说明"))
    for words in (
        "12 公里",
        "6 公里",
        "新增或新建一张床位（一次性）：8 万元",
        "算例",
        "已证明费用最低",
        "任何方案都不低于 1,107.00 万元",
        "E07-size",
    ):
        assert words in notes


def test_english_papers_have_no_chinese_but_names_and_the_other_way_round(road, tmp_path):
    english = paper_of(road_county.write(tmp_path / "en"), "en")
    names = {*english.deeds["name"], *english.deeds["township_name"], "算例", "敬老院整合", "一路县"} - {""}
    known = re.compile("|".join([*sorted(names, key=len, reverse=True), r"layers/\S+"]))
    for table in tables.tables(english):
        values = [value for row in table.rows for value in row if isinstance(value, str)]
        for text in [table.name, *(column.head for column in table.columns), *values]:
            assert not re.search("[\u4e00-\u9fff，。：；（）、]", known.sub("", text)), text
    for table in tables.tables(road):
        assert not re.search("[a-z_]{4,}", " ".join([table.name, *(column.head for column in table.columns)]))


def test_the_geopackage_holds_the_moves_as_lines(road, tmp_path):
    import pyogrio  # after layers

    made = workbench.render_consolidation(road, ("gpkg",))
    path = tmp_path / "plan.gpkg"
    path.write_bytes(made["gpkg"])
    kinds = dict(pyogrio.list_layers(path))
    assert kinds["moves"] == "LineString"
    lines = gpd.read_file(path, layer="moves")
    assert lines["residents"].tolist() == [4.0, 10.0]
    assert lines.length.tolist() == pytest.approx([5000, 5000], abs=0.5)
    assert lines.length.tolist() == pytest.approx(lines["straight"].tolist())
    homes = gpd.read_file(path, layer="homes").set_index("facility")
    assert [line.coords[-1] for line in lines.geometry] == [(homes.geometry["B"].x, homes.geometry["B"].y)] * 2
    styled = pyogrio.read_dataframe(path, layer="layer_styles", read_geometry=False)
    assert "ArrowLine" in styled.set_index("f_table_name").loc["moves", "styleQML"]


def test_the_web_map_points_each_arrow_at_its_target_and_fetches_nothing(road):
    text = html_page.page(road).decode("utf-8")
    assert text == html_page.page(road).decode("utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)([^"#]+)"', text)
    # The road runs west to east: A goes east to B, C goes west to B; the grid's north is turned by a fraction of a degree.
    turns = [float(turn) for turn in re.findall(r"rotate\((-?[\d.]+)deg\)", text)]
    assert [abs(math.remainder(turn - wanted, 360)) < 1 for turn, wanted in zip(turns, (0, 180), strict=True)] == [True, True]
    for deed in road.each_deed():
        assert deed.name in text


def test_names_from_ledgers_are_text_and_never_html(tmp_path):
    folder = road_county.write(tmp_path / "bad")
    ledger = folder / "layers" / "台账.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("丙敬老院", "<b>丙</b>敬老院"), "utf-8")
    text = html_page.page(paper_of(folder, "zh")).decode("utf-8")
    assert "<b>丙" not in text
    assert "&lt;b&gt;丙" in text


# ---- commands -----------------------------------------------------------------------------------------------------------------------------

runner = CliRunner()


@pytest.fixture
def undrawn(monkeypatch):
    """Leave plates undrawn where what is asked is which files are written."""
    monkeypatch.setattr(plate, "render", lambda _, formats: dict.fromkeys(formats, b"drawn"))


def run(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


def test_the_command_writes_a_folder_and_a_scenario_that_leads_to_the_plan(tmp_path, undrawn):
    folder = road_county.write(tmp_path / "km")
    answer = run("consolidate", folder, "--date", "2026-11-22", "--json")
    assert answer.exit_code == 0, answer.stderr
    record = json.loads(answer.stdout)
    assert {move["facility"]: move["into"] for move in record["moves"]} == {"A": "B", "C": "B"}
    target = folder / "outputs" / "consolidate-homes-2026-11-22"
    assert record["folder"] == str(target)
    named = {"撤并整合方案图.pdf", "撤并整合方案图.svg", "撤并整合方案图.png", "撤并整合地图.html", "撤并整合附表.xlsx", "撤并整合成果.gpkg",
             "scenario.toml", "run.toml"}  # fmt: skip
    assert {path.name for path in target.iterdir()} == set(record["files"]) == named
    (folder / "scenarios").mkdir()
    shutil.copy(target / "scenario.toml", folder / "scenarios" / "整合.toml")
    bench = workbench.open_county(folder)
    assert bench.state(bench.scenario("整合")).actions["into"].to_dict() == {"A": "B", "B": "", "C": "B", "D": ""}


def test_people_read_who_moves_where(road, capsys):
    print_consolidation(road, "zh")
    told = capsys.readouterr().out
    assert "本方案 1,107.0 万元，任何方案都不低于 1,107.0 万元；维持现状 2,280.0 万元（均含 10 年运行费用）。" in told
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in told.splitlines() if line.startswith("│")]
    assert ["4 丙敬老院", "2 乙敬老院", "10", "5.0 公里"] in rows or ["4 丙敬老院", "1 乙敬老院", "10", "5.0 公里"] in rows
    assert ["机构（所）", "4", "2"] in rows


def test_where_nothing_is_feasible_the_command_names_what_stands_in_the_way_and_writes_nothing(tmp_path):
    folder = road_county.write(tmp_path / "stuck", far=3, more="least_beds = 15")
    answer = run("consolidate", folder, "--lang", "en")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "let 2 homes be outside the limits of size (甲敬老院 (A), 丁敬老院 (D))." in answer.stderr
    answer = run("consolidate", folder, "--json")
    assert answer.exit_code == 1
    assert "允许 2 所机构超出规模限制（甲敬老院（A）、丁敬老院（D））。" in answer.stderr
    assert json.loads(answer.stdout)["ways_out"][0]["homes"] == ["A", "D"]
    assert not (folder / "outputs").exists()


def test_the_plan_answers_consolidations_in_their_own_folder(tmp_path, undrawn):
    folder = road_county.write(tmp_path / "km")
    run_ = workbench.plan_county(workbench.open_county(folder), DATE)
    plates = [path.relative_to(run_.folder).as_posix() for path in run_.files if path.name == "撤并整合方案图.pdf"]
    assert plates == ["01-敬老院整合/撤并整合方案图.pdf"]
    assert run_.consolidations[0].plan.value == pytest.approx(1107)
    assert 'model = "consolidation"' in (run_.folder / "run.toml").read_text("utf-8")
