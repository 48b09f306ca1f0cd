"""One zip with the source and all wheels: a bureau without internet carries it in on a USB stick.

Runs inside the environment (``run.py bundle``): the markers of the lock are read with :mod:`packaging`, which streamlit brings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker

from planning import __version__
from planning.installation.environment import ROOT, RUNTIME_LOCK, child_environment
from planning.installation.messages import sentence, tell

PYTHONS = ("3.11", "3.12", "3.13")

GLIBC_MINORS = range(17, 37)
"""glibc 2.17 (2012) to 2.36 (Debian 12): wheels for an older one run on a newer one."""


@dataclass(frozen=True)
class Platform:
    """A kind of computer: its wheel tags, and what its Python answers to the markers of a lock."""

    tags: tuple[str, ...]
    sys_platform: str
    os_name: str
    platform_system: str
    platform_machine: str

    def markers(self, python: str) -> dict[str, str]:
        """Return the marker environment of CPython ``python`` on this platform (PEP 508)."""
        return {
            "sys_platform": self.sys_platform,
            "os_name": self.os_name,
            "platform_system": self.platform_system,
            "platform_machine": self.platform_machine,
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }


PLATFORMS = {
    "win_amd64": Platform(("win_amd64",), "win32", "nt", "Windows", "AMD64"),
    "linux_x86_64": Platform(
        (*(f"manylinux_2_{minor}_x86_64" for minor in GLIBC_MINORS), "manylinux2014_x86_64", "linux_x86_64"), "linux", "posix", "Linux", "x86_64"
    ),
}


@dataclass(frozen=True)
class Pin:
    """One library of a lock."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def applies(self, platform: Platform, python: str) -> bool:
        """Tell whether this platform's Python needs it."""
        return self.marker is None or self.marker.evaluate(platform.markers(python))

    def line(self) -> str:
        """Return it as a requirement without its marker: pip reads a marker for its own platform, not for the one it downloads for."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


def read_pins(lock_text: str) -> list[Pin]:
    """Return the libraries of a hash-only lock.

    Raises
    ------
    ValueError
        A line is neither a pin nor a hash.
    """
    pins = []
    for entry in lock_text.replace("\\\n", " ").splitlines():
        if not entry.strip():
            continue
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)(?: ; (.*?))?((?:\s+--hash=\S+)+)\s*", entry)
        if found is None:
            raise ValueError(f"not a pin with hashes: {entry[:80]}")
        name, version, marker, hashes = found.groups()
        pins.append(Pin(name, version, Marker(marker) if marker else None, tuple(re.findall(r"--hash=(\S+)", hashes))))
    return pins


def download(pins: Sequence[Pin], name: str, python: str, folder: Path) -> None:
    """Put the wheels for one platform and Python into ``folder``.

    Raises
    ------
    SystemExit
        With the libraries that have no wheel there.
    """
    tell("downloading", platform=name, version=python)
    requirements = folder.parent / "requirements.txt"
    requirements.write_text("\n".join(pin.line() for pin in pins if pin.applies(PLATFORMS[name], python)) + "\n", encoding="utf-8")
    tags = [f"--platform={tag}" for tag in PLATFORMS[name].tags]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
    command += [*tags, f"--python-version={python}", "--dest", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, env=child_environment(), stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        missing = re.findall(r"No matching distribution found for (\S+)", done.stderr)
        last = done.stderr.strip().splitlines()[-1:] or ["?"]
        raise SystemExit(sentence("no_wheel", platform=f"{name} (Python {python})", missing=", ".join(missing or last)))


def source_files() -> list[Path]:
    """Return the files of the project, as git knows them.

    Raises
    ------
    SystemExit
        This is no git work tree.
    """
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(sentence("no_git")) from error
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def write_zip(target: Path, wheels: Path, pythons: Sequence[str], name: str) -> None:
    """Write the zip; it appears under its name only when it is whole."""
    top = f"buju-{__version__}"
    half = target.with_suffix(".part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in source_files():
            archive.write(path, f"{top}/{path.relative_to(ROOT).as_posix()}")
        for path in sorted(wheels.iterdir()):
            archive.write(path, f"{top}/wheels/{path.name}", compress_type=zipfile.ZIP_STORED)
        for file, text in clerk_files(name, pythons).items():
            archive.writestr(f"{top}/{file}", text)
    half.replace(target)


def clerk_files(name: str, pythons: Sequence[str]) -> dict[str, bytes]:
    """Return what only a bundle holds: the clerk's page and, on Windows, two files to double-click."""
    windows = name.startswith("win")
    text = CLERK_PAGE.format(
        version=__version__,
        pythons="、".join(pythons),
        system="Windows 10/11（64 位）" if windows else "Linux（x86_64）",
        python="python" if windows else "python3",
        double_click=DOUBLE_CLICK if windows else "",
        folder=r"D:\buju" if windows else "~/buju",
    )
    files = {"离线安装说明.txt": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()}
    if windows:
        for file, command in (("打开布局.cmd", "app"), ("试算演示县.cmd", "plan")):
            lines = ["@echo off", 'cd /d "%~dp0"', "where py >nul 2>nul", "if errorlevel 1 (python run.py {0}) else (py -3 run.py {0})", "pause", ""]
            files[file] = "\r\n".join(lines).format(command).encode("ascii")
    return files


DOUBLE_CLICK = """
   或者直接双击：
     “打开布局.cmd”     打开规划师界面
     “试算演示县.cmd”   生成演示县并编制其布局规划
"""

CLERK_PAGE = """\
布局 Buju {version} 离线安装包
==============================

适用系统：{system}
适用 Python：{pythons}（64 位，官方安装程序，需另行拷入；安装时请勾选“Add python.exe to PATH”）

安装与使用（全程不联网）
------------------------
1. 把本压缩包解压到路径较短、自己有权写入的文件夹，例如 {folder}。
2. 在该文件夹中打开命令行，运行：
     {python} run.py plan                生成演示县，编制布局规划，成果在 demo/outputs/
     {python} run.py plan 县域文件夹     编制本县的布局规划，成果在其 outputs/
     {python} run.py app                 打开规划师界面（仅本机可访问）
{double_click}
首次运行会在 .venv 文件夹中安装 wheels 文件夹里的库，需要几分钟和约 2 GB 磁盘空间；以后启动不再安装。
安装时逐个核对校验值，文件损坏或被改动都会拒绝安装并说明原因。

升级：解压新版离线包到新文件夹即可；县域文件夹是您自己的数据，与程序分开存放，不受影响。
卸载：删除本文件夹即可，不写注册表。
"""


def main() -> None:
    """Make the bundle that the command line asks for."""
    parser = argparse.ArgumentParser(prog="run.py bundle", description=__doc__)
    parser.add_argument("--platform", choices=sorted(PLATFORMS), default="win_amd64")
    parser.add_argument("--python", nargs="+", choices=PYTHONS, default=list(PYTHONS))
    asked = parser.parse_args()
    began = time.monotonic()
    pins = read_pins((ROOT / RUNTIME_LOCK).read_text(encoding="utf-8"))
    target = ROOT / "dist" / f"buju-{__version__}-{asked.platform}.zip"
    target.parent.mkdir(exist_ok=True)
    source_files()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        wheels = Path(folder) / "wheels"
        wheels.mkdir()
        for python in asked.python:
            download(pins, asked.platform, python, wheels)
        write_zip(target, wheels, asked.python, asked.platform)
        tell("bundled", path=target, size=target.stat().st_size / 1e6, count=len(list(wheels.iterdir())), seconds=time.monotonic() - began)


if __name__ == "__main__":
    main()
