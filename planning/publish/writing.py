"""Writing several files so that none is half written, and none at all when the work fails (design, section 5)."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from layers.errors import PlanningError
from layers.saving import put_in_place, refused


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, and move its files to ``folder`` when all of them are complete.

    Files are gathered beside the target, on the same disk, and renamed at the end; an exception leaves the target untouched. Existing files are
    replaced one by one; files of other names stay.

    Parameters
    ----------
    folder : Path
        Where the files shall stand; made when absent.

    Yields
    ------
    Path
        An empty folder.

    Raises
    ------
    PlanningError
        When the folder may not be written, or another program holds a file: after two seconds the new version stands beside it as
        ``*.unsaved``.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        outer = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise refused(folder, error) from error
    try:
        stage = outer / "files"
        stage.mkdir()
        try:
            yield stage
        except OSError as error:
            raise refused(folder, error) from error
        _settle(stage, folder)
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write some files into a folder, all or none; return their paths in the order given."""
    with staged(folder) as stage:
        for name, content in files.items():
            (stage / name).write_bytes(content)
    return [folder / name for name in files]


def _settle(stage: Path, folder: Path) -> None:
    """Move complete files to where they belong; all of them, also when another program holds one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error
    held: list[str] = []
    for source in sorted(path for path in stage.rglob("*") if path.is_file()):
        target = folder / source.relative_to(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            put_in_place(source, target)
        except PlanningError:
            held.append(f"{target.name}{_holder(target)}")
    if held:
        raise PlanningError("publish.held", files="、".join(held), folder=folder)


def _holder(target: Path) -> str:
    """Return who has an office file open, in brackets, as the office program notes it beside the file; empty where it does not say.

    Excel and WPS write ``~$name`` (the user's name as UTF-16 from byte 57, its length at byte 55), LibreOffice ``.~lock.name#`` (commas).
    """
    with contextlib.suppress(OSError, UnicodeDecodeError, IndexError):
        note = target.with_name(f"~${target.name}").read_bytes()
        return f" ({note[57 : 57 + 2 * note[55]].decode('utf-16-le').strip()})"
    with contextlib.suppress(OSError, UnicodeDecodeError, IndexError):
        parts = target.with_name(f".~lock.{target.name}#").read_text("utf-8").split(",")
        return f" ({parts[1].strip()}@{parts[2].strip()})"
    return ""
