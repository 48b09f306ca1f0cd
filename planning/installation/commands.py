"""The commands of ``run.py``."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from planning.installation.environment import DEV_LOCK, ROOT, RUNTIME_LOCK, child_environment, ensure
from planning.installation.messages import HELP, sentence, tell

DEMO = ROOT / "demo"

CHECKS: dict[str, tuple[str, ...]] = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import-linter": ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese shows the English beside it
    name, *rest = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in {"-h", "--help", "help"}:
        print(HELP)
        return 0
    command = COMMANDS.get(name)
    if command is None:
        raise SystemExit(f"{sentence('unknown', command=name)}\n\n{HELP}")
    try:
        return command(rest)
    except KeyboardInterrupt:
        return 130


def plan(arguments: Sequence[str]) -> int:
    """Plan the county whose folder comes first, or the demo county, which is generated once."""
    python = ensure(RUNTIME_LOCK)
    folder, rest = split_folder(arguments)
    if folder is None:
        folder = DEMO
        tell("demo", folder=folder)
        if not folder.exists() and (failed := _call(python, "-m", "planning", "demo", str(folder))):
            return failed
    if failed := _call(python, "-m", "planning", "plan", str(folder), *rest):
        return failed
    tell("outputs", folder=folder / "outputs")
    return 0


def app(arguments: Sequence[str]) -> int:
    """Open the app; a folder that comes first is opened in it, everything else goes to streamlit."""
    python = ensure(RUNTIME_LOCK)
    folder, rest = split_folder(arguments)
    page = ["--", str(folder)] if folder else []
    return _call(python, "-m", "streamlit", "run", "streamlit_app.py", *rest, *page, cwd=ROOT)


def test(arguments: Sequence[str]) -> int:
    """Run pytest on all cores, each file on one of them, in the order of tests/conftest.py: what a file needs is made once."""
    python = ensure(DEV_LOCK)
    alone = any(argument.startswith(("-n", "--pdb")) for argument in arguments)
    cores = [] if alone else ["-n", str(max(os.cpu_count() or 1, 1)), "--dist", "loadfile", "--no-loadscope-reorder"]
    return _call(python, "-m", "pytest", *cores, *arguments, cwd=ROOT)


def check(arguments: Sequence[str]) -> int:
    """Run every check, the later ones too when an earlier one fails."""
    python = ensure(DEV_LOCK, warm=False)
    wanted = {name: command for name, command in CHECKS.items() if not arguments or name.split()[0] in arguments}
    failed = [name for name, command in wanted.items() if _call(python, *command, cwd=ROOT)]
    if failed:
        tell("not_passed", checks=", ".join(failed))
    else:
        tell("passed", checks=", ".join(wanted))
    return int(bool(failed))


def bundle(arguments: Sequence[str]) -> int:
    """Make the zip that an office without internet installs from."""
    return _call(ensure(RUNTIME_LOCK, warm=False), "-m", "planning.installation.bundle", *arguments, cwd=ROOT)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"plan": plan, "app": app, "test": test, "check": check, "bundle": bundle}


def split_folder(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the county's folder, if one comes first, and the arguments after it."""
    if arguments and not arguments[0].startswith("-"):
        return Path(arguments[0]).resolve(), list(arguments[1:])
    return None, list(arguments)


def _call(python: Path, *arguments: str, cwd: Path | None = None) -> int:
    return subprocess.run([str(python), *arguments], cwd=cwd, env=child_environment(), check=False).returncode
