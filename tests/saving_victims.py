"""Processes that save until they are killed, and processes that save at the same time: run by the tests of the history, as ``python -m``.

``kills FOLDER ROUNDS``: forks a child that saves one document again and again and tells each save that was acknowledged; kills it after a few
milliseconds; checks the document. ``writes FOLDER NAME EDITS``: adds lines of its own to a document that others write, too, reading again after each
conflict; prints how many conflicts it was shown.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from layers.errors import PlanningError
from layers.history import ABSENT, Document, digest

FILLER = b"#" * 20_000


def _text(number: int) -> bytes:
    """Return a document whose last line says again what the first says: a torn one is seen."""
    return b"%d\n" % number + FILLER + b"\n%d\n" % number


def _number(content: bytes) -> int:
    first, filler, last = content.splitlines()
    if filler != FILLER or first != last:
        raise SystemExit("the document is torn")
    return int(first)


def _save_on(document: Document, begin: int, told: int) -> None:
    known = digest(document.path.read_bytes()) if document.path.exists() else ABSENT
    for number in range(begin, begin + 1000):
        known = document.save(_text(number), known=known).sha256
        os.write(told, b"%d\n" % number)


def kills(folder: Path, rounds: int) -> None:
    """Kill a saving child so many times; the document must always be whole and hold at least what was acknowledged."""
    document, chance, acknowledged, interrupted = Document(folder / "scenario.toml"), random.Random(7), 0, 0
    for _ in range(rounds):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            _save_on(document, acknowledged + 1, write)
            os._exit(0)
        os.close(write)
        time.sleep(chance.uniform(0.0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(read, "rb") as pipe:
            heard = [int(line) for line in pipe.read().splitlines()]
        acknowledged = max([acknowledged, *heard])
        if not document.path.exists():
            if acknowledged:
                raise SystemExit("the document is gone")
            continue
        standing = _number(document.path.read_bytes())
        if standing not in {acknowledged, acknowledged + 1}:  # the last may be written and not told yet
            raise SystemExit(f"{acknowledged} was acknowledged, {standing} stands")
        if document.changed_outside:
            raise SystemExit("the document is called damaged")
        interrupted += standing != acknowledged
        acknowledged = standing
        numbers = [version.number for version in document.versions()]
        if numbers != list(range(1, len(numbers) + 1)):
            raise SystemExit("the history is torn")
    sys.stdout.write(f"{acknowledged} {interrupted}")


def writes(folder: Path, name: str, edits: int) -> None:
    """Add lines to a document that others write, too."""
    document, chance, conflicts = Document(folder / "shared.toml"), random.Random(name), 0
    for number in range(edits):
        while True:
            content = document.path.read_bytes()
            try:
                document.save(content + f"{name} {number}\n".encode(), known=digest(content))
            except PlanningError as error:
                if error.code not in {"saving.conflict", "saving.locked"}:
                    raise
                conflicts += error.code == "saving.conflict"
                time.sleep(chance.uniform(0.0, 0.2))
            else:
                break
    sys.stdout.write(f"{conflicts}")


if __name__ == "__main__":
    if sys.argv[1] == "kills":
        kills(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        writes(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
