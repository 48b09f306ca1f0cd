"""The environment in ``.venv``: made once, filled from a hash-only lock, remembered by a stamp."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from planning.installation.messages import sentence, tell

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
WHEELS = ROOT / "wheels"
STAMP = VENV / "buju-installed.json"
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"

NEEDED_GB = 2.0
"""Room that an installation takes, with the index's copies; measured on Linux, rounded up."""

SIGNS: dict[str, tuple[str, ...]] = {
    "disk_full": ("no space left", "os error 28", "errno 28", "not enough space", "os error 112", "disk quota"),
    "bad_hash": ("hash mismatch", "do not match the hashes", "hashes are required"),
    "no_right": ("permission denied", "access is denied", "os error 5)", "read-only file system", "拒绝访问"),
    "no_venv": ("ensurepip",),
    "no_network": (
        "failed to fetch",
        "error sending request",
        "dns error",
        "name resolution",
        "getaddrinfo",
        "newconnectionerror",
        "network is unreachable",
        "network connectivity is disabled",
        "timed out",
        "timeout",
        "connection refused",
        "connection broken",
        "proxyerror",
        "no matching distribution",
        "was not found in the",
        "no solution found",
    ),
}
"""What the installers print, in lower case, by the sentence of :mod:`planning.installation.messages` that it means."""


def python_of(venv: Path = VENV) -> Path:
    """Return the Python of an environment, on any system."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def fingerprint(lock: str, root: Path = ROOT) -> str:
    """Return what an installation depends on, as a hash: the lock, the project's own declaration and where it stands."""
    content = b"\0".join([(root / lock).read_bytes(), (root / "pyproject.toml").read_bytes(), str(root).encode()])
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def is_installed(lock: str, stamp: Path = STAMP, root: Path = ROOT) -> bool:
    """Tell whether the stamp says that this very lock is installed."""
    try:
        installed = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(installed, dict) and installed.get(lock) == fingerprint(lock, root)


def remember(lock: str, stamp: Path = STAMP, root: Path = ROOT) -> None:
    """Write the stamp; the developers' lock holds all that the runtime lock holds, so it stands for both."""
    locks = [RUNTIME_LOCK, DEV_LOCK] if lock == DEV_LOCK else [lock]
    stamp.write_text(json.dumps({name: fingerprint(name, root) for name in locks}, indent=1) + "\n", encoding="utf-8")


def diagnose(output: str) -> str:
    """Return the code of the sentence that says what an installer's output means.

    Parameters
    ----------
    output : str
        What venv, pip or uv printed.

    Returns
    -------
    str
        A key of :data:`SIGNS`, or ``failed``; the first that fits, as a full disk also breaks connections.
    """
    text = output.casefold()
    return next((code for code, signs in SIGNS.items() if any(sign in text for sign in signs)), "failed")


def requirement_of(name: str, lock_text: str) -> str:
    """Return one library's entry of a lock, with its hashes.

    Raises
    ------
    ValueError
        The lock does not hold it.
    """
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t]+.*)*", lock_text, flags=re.MULTILINE)
    if found is None:
        raise ValueError(f"the lock does not hold {name}")
    return found.group() + "\n"


def child_environment() -> dict[str, str]:
    """Return the environment of every child: this installation only, UTF-8, compiled modules kept, and the person's own package mirror for uv too."""
    env = {key: value for key, value in os.environ.items() if key not in {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}}
    env |= {"PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return env


def ensure(lock: str, *, warm: bool = True) -> Path:
    """Make the environment if it is not there, install ``lock`` if it is not installed, and return its Python.

    Raises
    ------
    SystemExit
        With one sentence that says what is missing and how to repair it.
    """
    python = python_of()
    if is_installed(lock) and _runs(python):
        return python
    began = time.monotonic()
    _check_room()
    if not (_runs(python) and _runs(python, "-m", "pip", "--version")):
        _make(python)
    _install(python, lock)
    remember(lock)
    tell("ready", seconds=time.monotonic() - began)
    if warm:
        _warm(python)
    return python


def _runs(python: Path, *args: str) -> bool:
    """Tell whether this Python works: a folder carried from another computer has one that does not."""
    try:
        return subprocess.run([python, *(args or ("-c", ""))], capture_output=True, env=child_environment(), check=False).returncode == 0
    except OSError:
        return False


def _check_room() -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise SystemExit(sentence("disk_full", folder=ROOT, free=free, needed=NEEDED_GB))


def _make(python: Path) -> None:
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        raise SystemExit(sentence("no_venv", python=sys.executable))
    tell("making")
    result = _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if result is not None or not _runs(python):
        raise SystemExit(_complaint(result or "", step="venv", lock=""))


def _install(python: Path, lock: str) -> None:
    offline = WHEELS.is_dir() and lock == RUNTIME_LOCK
    source = ["--find-links", str(WHEELS)] if WHEELS.is_dir() else []
    source += ["--no-index"] if offline else []
    tell("installing_wheels" if offline else "installing", lock=lock)
    wanted = ["--require-hashes", "-r", str(ROOT / lock)]
    itself = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    for step in (wanted, itself):
        by_pip = [str(python), "-m", "pip", "install", "--quiet", *source, *step]
        if _have_uv(python, lock, source):
            if _run([str(python), "-m", "uv", "pip", "install", "--python", str(python), *source, *step], env=_uv_environment(python)) is None:
                continue
            tell("pip_instead")
        output = _run(by_pip)
        if output is not None:
            raise SystemExit(_complaint(output, step="pip", lock=lock, offline=offline))


def _have_uv(python: Path, lock: str, source: Sequence[str]) -> bool:
    """Install uv itself by its hash: it fills the environment many times faster than pip."""
    if _runs(python, "-m", "uv", "--version"):
        return True
    with tempfile.TemporaryDirectory() as folder:
        entry = Path(folder) / "uv.lock"
        entry.write_text(requirement_of("uv", (ROOT / lock).read_text(encoding="utf-8")), encoding="utf-8")
        command = [str(python), "-m", "pip", "install", "--quiet", *source, "--no-deps", "--require-hashes", "-r", str(entry)]
        return subprocess.run(command, capture_output=True, env=child_environment(), check=False).returncode == 0


def _uv_environment(python: Path) -> dict[str, str]:
    """Return the environment of uv, which reads no pip.conf: many offices reach only the mirror that stands there.

    Modules are compiled at once, as pip does: without that the libraries' sources are read at each first start, or at every start where the
    environment may not be written.
    """
    env = child_environment() | {"UV_COMPILE_BYTECODE": "1"}
    if "UV_DEFAULT_INDEX" in env or "UV_INDEX_URL" in env:
        return env
    asked = subprocess.run([python, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, env=env, check=False)
    mirror = env.get("PIP_INDEX_URL") or asked.stdout.strip()
    return env | ({"UV_DEFAULT_INDEX": mirror} if mirror else {})


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> str | None:
    """Run an installer, show what it says, and return it if it failed."""
    said = []
    with subprocess.Popen(
        command, env=env or child_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as child:
        for line in child.stdout or ():
            said.append(line)
            print(line, end="", file=sys.stderr, flush=True)
    return None if child.returncode == 0 else "".join(said)


def _complaint(output: str, *, step: str, lock: str, offline: bool = False) -> str:
    code = diagnose(output)
    if code == "no_network" and offline:
        return sentence("wheels_lack", version=platform.python_version(), machine=f"{platform.system()} {platform.machine()}")
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "?")
    free = shutil.disk_usage(ROOT).free / 1e9
    return sentence(code, folder=ROOT, free=free, needed=NEEDED_GB, lock=lock, step=step, reason=last, python=sys.executable)


def _warm(python: Path) -> None:
    tell("warming")
    if subprocess.run([python, "-m", "planning", "warm"], cwd=ROOT, stdout=subprocess.DEVNULL, env=child_environment(), check=False).returncode:
        tell("not_warm")
