"""The declaration of the project: what it pins, ships and promises."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import planning
from planning.installation.bundle import PLATFORMS, PYTHONS, read_pins

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", requirement)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("trace", ["://", "--index-url", "--find-links", "file:", "--extra-index-url", " @ "])
def test_a_lock_names_no_host_and_no_folder(lock: str, trace: str) -> None:
    assert trace not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    pins = read_pins((ROOT / lock).read_text(encoding="utf-8"))
    assert len(pins) > 50
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for pin in pins for value in pin.hashes)


def test_the_runtime_lock_holds_every_declared_dependency() -> None:
    pinned = {canonical(pin.name) for pin in read_pins((ROOT / LOCKS[0]).read_text(encoding="utf-8"))}
    assert {canonical(requirement) for requirement in project()["project"]["dependencies"]} <= pinned
    assert {"hatchling", "uv"} <= pinned, "run.py installs with them, also without an index"


def test_developers_run_what_planners_run() -> None:
    runtime, dev = ({(pin.name, pin.version, str(pin.marker)) for pin in read_pins((ROOT / lock).read_text(encoding="utf-8"))} for lock in LOCKS)
    assert runtime <= dev


@pytest.mark.parametrize("name", PLATFORMS)
def test_one_version_of_each_library_on_every_python(name: str) -> None:
    pins = read_pins((ROOT / LOCKS[0]).read_text(encoding="utf-8"))
    chosen = [{(pin.name, pin.version) for pin in pins if pin.applies(PLATFORMS[name], python)} for python in PYTHONS]
    assert all(one == chosen[0] for one in chosen)
    assert len({library for library, _ in chosen[0]}) == len(chosen[0])


def test_the_version_stands_everywhere_alike() -> None:
    assert f"\nversion: {planning.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_run_py_needs_the_standard_library_only() -> None:
    files = ("run.py", *(f"planning/installation/{name}.py" for name in ("commands", "environment", "messages")))
    for path in (ROOT / name for name in files):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        allowed = {"planning.installation.commands", "planning.installation.environment", "planning.installation.messages"}
        assert {name.split(".")[0] for name in imported - allowed} <= sys.stdlib_module_names, path


def test_the_plate_font_is_truetype() -> None:
    from fontTools.ttLib import TTFont

    font = TTFont(next(Path(sys.prefix).rglob("zhplot/fonts/NotoSansSC-Regular.ttf")))
    assert "glyf" in font
    assert set(map(ord, "民政局养老机构规划布局图殡葬崇明乡镇")) <= set(font.getBestCmap())


def test_the_app_listens_on_this_computer_only() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    server = config["server"]
    assert server["address"] == "127.0.0.1"
    assert server["maxUploadSize"] == 50
    assert server["enableCORS"]
    assert server["enableXsrfProtection"]
    assert server["enableStaticServing"]
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
