"""A county whose every text is a script, a link or markup: in Chromium no dialog opens on any page, nothing is asked for, and the text is shown."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import MAP, SECONDS, App
from tests.browser.test_app_browser import PAGES
from tests.scripted_county import COUNTY, TEXTS, write_scripted

SCENARIO = "<img src=x onerror=alert(3)>"


class Guarded(App):
    """The app, or a page of its own, with every dialog noted."""

    def watch(self) -> None:
        """Note dialogs, too."""
        super().watch()
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: object) -> None:
        self.complaints.append(f"dialog: {dialog.message}")  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def scripted(county: Path) -> Path:
    folder = county / "<b onclick=alert(4)>"
    folder.mkdir()
    write_scripted(folder, cells=1000)
    return folder


@pytest.fixture
def opened(browser: Browser, address: str, scripted: Path) -> Iterator[Guarded]:
    """Return the app with the scripted county open; at the end nothing was complained of and nobody was asked."""
    context = browser.new_context(viewport={"width": 1500, "height": 950}, accept_downloads=True, locale="zh-CN")
    app = Guarded(context.new_page(), address)
    app.watch()
    app.page.goto(address)
    app.page.get_by_role("heading", name="打开县域").wait_for(timeout=300 * SECONDS)
    app.page.get_by_label("县域文件夹的路径").fill(str(scripted))
    app.page.get_by_label("县域文件夹的路径").press("Enter")
    app.page.get_by_test_id("stSidebar").get_by_text(COUNTY).wait_for(timeout=240 * SECONDS)
    app.settle()
    yield app
    context.close()
    assert app.strays == []
    assert app.complaints == []


def shown(page: Page) -> str:
    """Return what a person reads on the page, the map in its shadow included."""
    inside = "hosts => hosts.map(host => (host.shadowRoot ?? host).textContent).join(' ')"
    return page.locator("[data-testid=stApp]").inner_text() + page.locator("[data-testid=stBidiComponentIsolated]").evaluate_all(inside)


def elements(page: Page) -> list[str]:
    """Return the elements that only a text of the county could have made."""
    found = page.locator(
        "img[src=x], script:text('alert'), iframe[src*='192.0.2'], a[href*='192.0.2'], a[href^='javascript'], [onmouseover], [onload]"
    )
    return [str(text) for text in found.evaluate_all("items => items.map(item => item.outerHTML)")]


def test_no_page_runs_what_a_name_says(opened: Guarded) -> None:
    page = opened.page
    for name in PAGES:
        opened.go(name)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        if name in {"现状评估", "情景方案"}:
            _walk_map(opened)
        if name == "情景方案":
            page.get_by_role("button", name="打开", exact=True).click()
            page.get_by_role("button", name="打开方案").click()
            expect(page.get_by_text(f"{SCENARIO}.toml").first).to_be_visible(timeout=30 * SECONDS)
            page.keyboard.press("Escape")
            opened.settle()
        if name == "方案比较":
            page.get_by_role("button", name="比较", exact=True).click()
            page.get_by_role("heading", name="分乡镇").wait_for(timeout=300 * SECONDS)
            opened.settle()
        if name == "项目评审":
            page.get_by_role("button", name="评审县内全部项目").click()
            page.get_by_role("heading", name="项目排序").wait_for(timeout=300 * SECONDS)
            opened.settle()
            assert any(text in shown(page) for text in TEXTS)
        assert elements(page) == [], name
        assert COUNTY in shown(page)


def _walk_map(app: Guarded) -> None:
    """Point at facilities, choose one, and look at the names of the townships."""
    found = app.map()
    names = found.locator("[aria-label]").evaluate_all("items => items.map(item => item.getAttribute('aria-label'))")
    assert {text for text in TEXTS if any(text in name for name in names)} >= set(TEXTS[:3])
    for number in range(3):
        found.locator("path[aria-label]").nth(number).dispatch_event("mouseover")
        app.page.wait_for_timeout(100)
    tips = app.page.locator(f"{MAP} .leaflet-tooltip").all_inner_texts()
    assert any(text in tip for text in TEXTS for tip in tips)
    found.locator("path[aria-label]").first.dispatch_event("click")
    app.settle()
    found.evaluate("host => host.bujuMap.setZoom(14, { animate: false })")
    app.page.wait_for_timeout(200)


def test_the_map_that_is_handed_out_runs_nothing(opened: Guarded, tmp_path: Path) -> None:
    page = opened.page
    opened.go("布局图导出")
    page.get_by_role("button", name="生成图件与附表").click()
    button = page.get_by_role("button", name=re.compile("网页"))
    button.wait_for(timeout=180 * SECONDS)
    opened.settle()
    with page.expect_download() as started:
        button.click()
    started.value.save_as(tmp_path / "map.html")
    alone = Guarded(page.context.new_page(), "")
    alone.strays, alone.complaints = opened.strays, opened.complaints
    alone.watch()
    alone.page.goto((tmp_path / "map.html").as_uri())
    alone.page.locator(".leaflet-container").wait_for(timeout=30 * SECONDS)
    alone.strays[:] = [stray for stray in alone.strays if not stray.startswith("file:")]
    signs = alone.page.locator(".leaflet-marker-icon.site")
    for number in range(min(signs.count(), 25)):
        signs.nth(number).dispatch_event("mouseover")
        signs.nth(number).dispatch_event("click")
    told = alone.page.locator(".leaflet-popup-content, .leaflet-tooltip, .card").all_inner_texts()
    assert any(TEXTS[0] in text for text in told)
    assert elements(alone.page) == []


def test_uploads_that_ask_a_server_are_refused_and_nobody_is_asked(opened: Guarded, scripted: Path) -> None:
    """With the real server and its child: the address is one where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = f"http://127.0.0.1:{listening.getsockname()[1]}"
        linked = {"type": "FeatureCollection", "features": [], "crs": {"type": "link", "properties": {"href": f"{server}/crs", "type": "proj4"}}}
        vrt = f"<OGRWFSDataSource><URL>{server}</URL><LayerName>x</LayerName></OGRWFSDataSource>"
        files = {
            "<img src=x onerror=alert(5)>.geojson": json.dumps(linked),
            "![](x).gpkg": vrt,
            "streets.osm": f'<!DOCTYPE a SYSTEM "{server}"><osm/>',
        }
        opened.go("打开县域")
        page = opened.page
        page.get_by_text("用上传的文件新建县域").click()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": content.encode()} for name, content in files.items()]
        )
        page.get_by_label("县域名称").fill(TEXTS[0].replace(">", "") + "县")
        page.get_by_label("县域名称").press("Tab")
        opened.settle()
        page.get_by_role("button", name="识别文件").click()
        expect(page.get_by_test_id("stAlert").first).to_be_visible(timeout=60 * SECONDS)
        opened.settle()
        assert elements(page) == []
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
