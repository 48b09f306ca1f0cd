"""Files are written whole or not at all, also while Excel or a virus scanner holds the old one."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from pathlib import Path

from layers.errors import PlanningError

PATIENCE_S = 2.0
_WHY = {
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR), "blocked"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "forbidden"),
    errno.ENOSPC: "full",
    errno.ENAMETOOLONG: "long",
}


def refused(path: Path, error: OSError) -> PlanningError:
    """Return what the system's refusal to write a file or folder means to a planner."""
    return PlanningError(f"saving.{_WHY.get(error.errno or 0, 'refused')}", file=path, why=error.strerror or str(error))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file by way of a temporary one beside it: fsync, then replace.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    content : bytes

    Raises
    ------
    PlanningError
        When the file is held by another program for over 2 s (the new version then stands beside it as ``*.unsaved``), or the disk refuses.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise refused(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise refused(path, error) from error


def put_in_place(temporary: Path, path: Path) -> None:
    """Replace a file by a finished temporary one of the same folder.

    Raises
    ------
    PlanningError
        When another program holds the file; the new version is kept as ``*.unsaved``.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            temporary.replace(path)
        except PermissionError as error:
            if time.monotonic() < until:
                time.sleep(0.1)
                continue
            beside = path.with_name(f"{path.name}.unsaved")
            temporary.replace(beside)
            raise PlanningError("saving.held", file=path, beside=beside.name) from error
        _sync_folder(path.parent)
        return


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself lasting, where folders can be opened for that (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
