"""What is done to a file before a library parses it, and around the parsing: files come from anybody and may have been made to do harm.

Libraries raise what they like over a damaged file; :func:`opening` turns all of it into the one error that a planner can repair.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layers.errors import PlanningError

READING = "buju.reading"
"""Audit event that is raised with a file's path in the county before it is opened, for whoever watches (:func:`sys.audit`)."""


@contextmanager
def opening(path: Path, code: str, /, **values: object) -> Iterator[None]:
    """Turn whatever a library raises over a file into a PlanningError.

    As little as can be besides a library's reading stands inside: a mistake of our own must not pass for a damaged file.

    Parameters
    ----------
    path : Path
        The file; its place on this computer is not told.
    code : str
        Code of the sentence, which names ``reason``.
    **values : object
        Its other values.

    Raises
    ------
    PlanningError
    """
    try:
        yield
    except PlanningError:
        raise
    except Exception as error:  # whatever it is, the file is why
        raise PlanningError(code, faults=(), reason=brief(error, path), **values) from error


def brief(error: Exception, path: Path) -> str:
    """Return the first thing a library says, without the computer's own path to the file and without control letters."""
    said = str(error).replace(str(path), path.name).replace(str(path.parent), "").replace("''", "'").strip()
    first = next(iter(said.splitlines()), "").split(";")[0].rsplit("failed: ", 1)[-1].rstrip(". ")
    return ("".join(letter for letter in first if letter.isprintable()) or type(error).__name__)[:100]
