"""What the child does: read as the program would, and say in one word what came of it. ``python -m layers.probation.reading``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from layers.county import FacilityLedger
from layers.errors import PlanningError
from layers.probation.serving import Tell, Telling, serve
from layers.progress import Progress
from layers.readers import propose_county, read_county, read_county_toml
from layers.readers.county import outline_in_degrees
from layers.readers.ledger_views import ledger_views


def _county(folder: Path, _: Mapping[str, Any], progress: Progress) -> None:
    read_county(folder, cached=True, progress=progress)


def _proposal(folder: Path, answers: Mapping[str, Any], _: Progress) -> None:
    propose_county(folder, **answers)


def _outline(folder: Path, *_: object) -> None:
    outline_in_degrees(folder, read_county_toml(folder))


def _ledger(folder: Path, answers: Mapping[str, Any], _: Progress) -> None:
    ledger_views(folder, FacilityLedger.model_validate(answers))


Task = Callable[[Path, Mapping[str, Any], Progress], None]
TASKS: Mapping[str, Task] = {"county": _county, "proposal": _proposal, "outline": _outline, "ledger": _ledger}


def outcome(request: Mapping[str, Any], tell: Tell) -> tuple[str, str]:
    """Return ``read``, also where it is refused with a sentence; ``grew`` where there is no memory; ``failed`` and why for a mistake of ours."""
    try:
        TASKS[request["task"]](Path(request["folder"]), request["answers"], Telling(tell))
    except PlanningError as error:
        return "read", error.code
    except MemoryError:
        return "grew", ""
    except Exception as error:  # noqa: BLE001 -- it comes again, and is shown, when the program reads
        return "failed", f"{type(error).__name__}: {error}"[:200]
    return "read", ""


if __name__ == "__main__":
    serve(outcome)
