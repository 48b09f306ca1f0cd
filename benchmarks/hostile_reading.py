"""The child process of ``benchmarks.hostile``: reads one spoilt county after another and says what became of it, a line of JSON each."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

from layers.errors import PlanningError
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


def main() -> None:
    """Answer each line of standard input; the libraries' own words go nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    answers.write('"ready"\n')
    answers.flush()
    for line in sys.stdin:
        folder, file = json.loads(line)
        began = time.process_time()
        kind, said = outcome(Path(folder), file)
        answers.write(json.dumps([kind, said, time.process_time() - began]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
