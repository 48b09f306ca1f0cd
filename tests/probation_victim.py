"""A child that does what a hostile file makes a library do: ``python -m tests.probation_victim``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layers.probation.serving import Tell, serve
from layers.untrusted import READING


def outcome(request: Mapping[str, Any], tell: Tell) -> tuple[str, str]:
    """Do what the county's ``name`` of the folder says, or the request itself."""
    does = request.get("does") or Path(request["folder"]).name
    sys.audit(READING, "layers/first.csv")
    sys.audit(READING, "layers/路网.osm.pbf")
    tell({"stage": "stage.read.population", "done": 1, "total": 4})
    print("libraries say what they like")  # noqa: T201
    held = []
    while does == "spin":
        pass
    while does == "grow":
        held.append(bytearray(os.urandom(1 << 20) * 20))
    while does == "sleep":
        time.sleep(0.05)
    if does == "die":
        os._exit(7)
    if does == "babble":
        os.write(3, b"x" * 300_000 + b"\n")  # no message
    return "read", str(os.getpid())


if __name__ == "__main__":
    serve(outcome)
