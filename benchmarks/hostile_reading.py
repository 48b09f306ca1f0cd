"""The child process of ``benchmarks.hostile``: reads one spoilt county after another and says what became of it."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

from layers.errors import PlanningError
from layers.probation.serving import Tell, serve
from layers.readers import read_county
from layers.readers._sniffing import sniff
from scenarios.files import read_scenario


def outcome(folder: Path, file: str) -> tuple[str, str]:
    """Return what reading a county's folder comes to: ``read``, ``refused`` or ``failed``, and how."""
    try:
        if file.startswith("scenarios/"):
            read_scenario(folder / file)
            return "read", ""
        said = _sniffed(folder, file)
        faults = read_county(folder).faults
    except PlanningError as error:
        return "refused", f"{error.code}: {error.say('en')} {[fault.say('zh') for fault in error.faults[:3]]}"
    except BaseException as error:  # noqa: BLE001 -- whatever else comes is what is looked for
        return "failed", "".join(traceback.format_exception(error, limit=-6))[-3000:]
    return "read", f"{said}; {[fault.say('en') + fault.repair('zh') for fault in faults][:2]}"


def _sniffed(folder: Path, file: str) -> str:
    if Path(file).suffix not in {".shx", ".dbf", ".prj", ".cpg", ".toml"}:
        try:
            return ",".join(found.role for found in sniff(folder, file))
        except PlanningError as error:
            return error.code
    return ""


def answered(request: Mapping[str, str], _: Tell) -> tuple[str, str]:
    """Return the outcome of what the benchmark asks for."""
    return outcome(Path(request["folder"]), request["file"])


if __name__ == "__main__":
    serve(answered)
