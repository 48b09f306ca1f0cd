"""The child's end: requests come in and messages go out, a line of JSON each; what libraries print goes nowhere."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from layers.untrusted import READING

Tell: TypeAlias = Callable[[Mapping[str, object]], None]
Outcome: TypeAlias = Callable[[Mapping[str, Any], Tell], tuple[str, str]]
_APART_S = 0.1  # between two messages of one stage


def serve(outcome: Outcome) -> None:
    """Work on each line of standard input, in this thread, until there are no more; never returns.

    Parameters
    ----------
    outcome : callable
        Given a request and a function that tells messages on the way; returns in one word what became of it, and more to say.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()

    def tell(message: Mapping[str, object]) -> None:
        answers.write(json.dumps(message, default=str) + "\n")
        answers.flush()

    sys.addaudithook(lambda event, told: tell({"file": str(told[0])}) if event == READING else None)
    tell({"ready": True})
    while True:
        request = json.loads(requests.get())
        # Ends this process also when the other one is gone and a library does not let Python run.
        faulthandler.dump_traceback_later(float(request["wait"]) + 60.0, exit=True, file=nowhere)
        kind, said = outcome(request, tell)
        faulthandler.cancel_dump_traceback_later()
        gc.collect()
        tell({"ended": kind, "said": said})


class Telling:
    """Progress that is told, not more often than anybody looks."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._stage, self._next = "", 0.0

    def __call__(self, stage: str, done: float, total: float, **_: float) -> None:
        """Take note of one step."""
        now = time.monotonic()
        if stage != self._stage or now >= self._next:
            self._stage, self._next = stage, now + _APART_S
            self._tell({"stage": stage, "done": float(done), "total": float(total)})


def _receive(requests: queue.Queue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)  # nobody is left to answer
