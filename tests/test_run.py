"""What run.py says and remembers, without installing anything."""

from __future__ import annotations

import ast
import json
import string
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from planning.installation import bundle, commands, environment
from planning.installation.bundle import PLATFORMS, read_pins
from planning.installation.messages import SENTENCES, sentence

ROOT = Path(__file__).resolve().parent.parent


class Version(NamedTuple):
    major: int
    minor: int
    micro: int


LOCK = """\
adjusttext==1.4.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
uv==0.13.9 \\
    --hash=sha256:dd
uvicorn==0.54.0 ; python_full_version >= '3.12' and sys_platform != 'win32' \\
    --hash=sha256:ee
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "requirements.lock").write_text("a==1\n")
    (tmp_path / "requirements-dev.lock").write_text("a==1\nb==2\n")
    return tmp_path


def test_run_py_parses_on_a_python_that_is_too_old() -> None:
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 4))


@pytest.mark.parametrize("version", [Version(3, 10, 14), Version(3, 8, 18)])
def test_a_python_that_is_too_old_is_told_in_both_languages(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit) as stopped:
        exec(compile((ROOT / "run.py").read_text(encoding="utf-8"), "run.py", "exec"), {"__name__": "run"})
    said = str(stopped.value)
    assert f"本机是 {version.major}.{version.minor}" in said
    assert f"this one is {version.major}.{version.minor}" in said


def test_help_names_every_command() -> None:
    done = subprocess.run([sys.executable, ROOT / "run.py", "--help"], capture_output=True, text=True, encoding="utf-8", check=True)
    assert all(name in done.stdout for name in commands.COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"“paln”"):
        commands.main(["paln"])


def test_nothing_is_installed_before_the_stamp_says_so(project: Path) -> None:
    stamp = project / "stamp.json"
    assert not environment.is_installed("requirements.lock", stamp, project)
    stamp.write_text("{half")
    assert not environment.is_installed("requirements.lock", stamp, project)
    stamp.write_text("[]")
    assert not environment.is_installed("requirements.lock", stamp, project)


def test_the_stamp_forgets_when_the_lock_changes(project: Path) -> None:
    stamp = project / "stamp.json"
    environment.remember("requirements.lock", stamp, project)
    assert environment.is_installed("requirements.lock", stamp, project)
    assert not environment.is_installed("requirements-dev.lock", stamp, project)
    (project / "requirements.lock").write_text("a==2\n")
    assert not environment.is_installed("requirements.lock", stamp, project)


def test_the_developers_lock_stands_for_both(project: Path) -> None:
    stamp = project / "stamp.json"
    environment.remember("requirements-dev.lock", stamp, project)
    assert environment.is_installed("requirements.lock", stamp, project)
    assert environment.is_installed("requirements-dev.lock", stamp, project)
    assert set(json.loads(stamp.read_text())) == {"requirements.lock", "requirements-dev.lock"}


def test_line_ends_of_a_checkout_do_not_matter(project: Path) -> None:
    before = environment.fingerprint("requirements-dev.lock", project)
    (project / "requirements-dev.lock").write_bytes(b"a==1\r\nb==2\r\n")
    assert environment.fingerprint("requirements-dev.lock", project) == before


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk_full"),
        ("error: Failed to write: There is not enough space on the disk. (os error 112)", "disk_full"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError('…')': /simple/pip/", "no_network"),
        ("error: Failed to fetch: `…`\n  Caused by: dns error: failed to lookup address information", "no_network"),
        ("ERROR: No matching distribution found for adjusttext==1.4.0", "no_network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "bad_hash"),
        ("error: Hash mismatch for `six==1.17.0`", "bad_hash"),
        ("ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: 'x.pyd'", "no_right"),
        ("The virtual environment was not created successfully because ensurepip is not\navailable.", "no_venv"),
        ("Segmentation fault", "failed"),
        ("", "failed"),
    ],
)
def test_what_an_installer_prints_is_understood(output: str, code: str) -> None:
    assert environment.diagnose(output) == code
    assert code in SENTENCES


def test_missing_wheels_are_not_taken_for_a_missing_network() -> None:
    said = environment._complaint("ERROR: No matching distribution found for uv==0.13.9", step="pip", lock="requirements.lock", offline=True)
    assert said.startswith("wheels/ 文件夹中没有适合本机的全部库")


@pytest.mark.parametrize("code", SENTENCES)
def test_both_languages_name_the_same_values(code: str) -> None:
    zh, en = ({field for _, field, _, _ in string.Formatter().parse(text) if field} for text in SENTENCES[code])
    assert zh == en
    values = {name: 1.5 if name in {"free", "needed", "seconds", "size"} else "x" for name in zh}
    assert len(sentence(code, **values).splitlines()) == 2


def test_uv_is_taken_from_the_lock_with_its_hashes() -> None:
    assert environment.requirement_of("uv", LOCK) == "uv==0.13.9 \\\n    --hash=sha256:dd\n"
    assert environment.requirement_of("adjusttext", LOCK).count("--hash") == 2
    with pytest.raises(ValueError, match="does not hold numpy"):
        environment.requirement_of("numpy", LOCK)


def test_children_see_this_installation_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    env = environment.child_environment()
    assert "PYTHONPATH" not in env
    assert env["PYTHONUTF8"] == "1"


def test_modules_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment.child_environment()
    assert environment._uv_environment(Path(sys.executable))["UV_COMPILE_BYTECODE"] == "1"


def test_the_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert commands.split_folder(["songming", "--json"]) == (tmp_path.resolve() / "songming", ["--json"])
    assert commands.split_folder(["--task", "x"]) == (None, ["--task", "x"])
    assert commands.split_folder([]) == (None, [])


def test_plan_without_a_folder_makes_the_demo_county_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []

    def call(_: Path, *arguments: str, cwd: Path | None = None) -> int:
        called.append(arguments)
        if arguments[2] == "demo":
            Path(arguments[3]).mkdir()
        return 0

    monkeypatch.setattr(commands, "ensure", lambda lock: Path("python"))
    monkeypatch.setattr(commands, "_call", call)
    monkeypatch.setattr(commands, "DEMO", tmp_path / "demo")
    assert commands.plan([]) == 0
    assert commands.plan([]) == 0
    assert [arguments[2] for arguments in called] == ["demo", "plan", "plan"]


def test_a_failed_plan_ends_with_its_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "ensure", lambda lock: Path("python"))
    monkeypatch.setattr(commands, "_call", lambda *arguments, cwd=None: 1)
    assert commands.plan([str(tmp_path)]) == 1


def test_markers_are_read_for_the_platform_of_the_bundle() -> None:
    pins = {pin.name: pin for pin in read_pins(LOCK)}
    windows, linux = PLATFORMS["win_amd64"], PLATFORMS["linux_x86_64"]
    assert [pins["colorama"].applies(windows, "3.13"), pins["colorama"].applies(linux, "3.13")] == [True, False]
    assert [pins["uvicorn"].applies(linux, python) for python in ("3.11", "3.12")] == [False, True]
    assert pins["colorama"].line() == "colorama==0.4.6 --hash=sha256:cc"


def test_a_line_without_hashes_is_refused() -> None:
    with pytest.raises(ValueError, match="not a pin with hashes: six==1"):
        read_pins("six==1\n")


def test_a_bundle_holds_source_wheels_and_a_page_for_the_clerk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "six-1.17.0-py2.py3-none-any.whl").write_bytes(b"wheel")
    monkeypatch.setattr(bundle, "source_files", lambda: [ROOT / "run.py", ROOT / "planning/installation/messages.py"])
    bundle.write_zip(tmp_path / "b.zip", wheels, ["3.12"], "win_amd64")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        page = archive.read(next(name for name in archive.namelist() if name.endswith(".txt"))).decode("utf-8-sig")
        starter = archive.read(next(name for name in archive.namelist() if name.endswith("打开布局.cmd")))
    assert {"run.py", "planning/installation/messages.py", "wheels/six-1.17.0-py2.py3-none-any.whl"} <= names
    assert "3.12" in page
    assert "\r\n" in page
    assert starter.decode("ascii").count("run.py app") == 2
    assert not list(tmp_path.glob("*.part"))
