"""A process that works on one request after another, watched from outside: how long it computes, how much memory it holds, whether it lives."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import psutil

Message: TypeAlias = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[2]
START_S = 120.0
AT_REST_BYTES = 600_000_000
"""A child that still holds more than this after its work is not kept."""
_LOOK_S = 0.02
_LONGEST = 100_000  # letters of a line; whatever reads a stranger's files is not trusted to be brief
_GONE: Message = {"gone": True}


@dataclass(frozen=True)
class Limits:
    """What a child may use for one request.

    Attributes
    ----------
    seconds : float
        Of processor time.
    resident : int
        Bytes of memory held at any moment, its libraries included. Address space is not limited: pyarrow would not start.
    wait : float
        Seconds by the clock.
    """

    seconds: float
    resident: int
    wait: float


@dataclass(frozen=True)
class Ended:
    """What became of a request.

    Attributes
    ----------
    kind : str
        What the child answered, or ``hung``, ``grew`` or ``died``: it then was ended, and the next request is another child's.
    said : str
    file : str
        The file that it had told of last.
    seconds, resident
        Processor time and the most bytes held.
    """

    kind: str
    said: str
    file: str
    seconds: float
    resident: int


class Child:
    """A process started when it is first needed, and again after it had to be ended; for one thread at a time.

    It ends by itself when its standard input does, and so with the program that started it.

    Parameters
    ----------
    module : str
        What it runs, which serves with :func:`layers.probation.serving.serve`.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self._messages: queue.Queue[Message] = queue.Queue()

    def start(self) -> None:
        """Start the process where none runs, without waiting for it.

        Raises
        ------
        OSError
            When the system does not let it be started.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.end()
        # Beside the program's own packages and never in a county's folder, whose `layers/` would be imported.
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module], cwd=ROOT, text=True, encoding="utf-8", errors="replace", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        self._messages = queue.Queue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._messages), daemon=True).start()

    def ask(self, request: Mapping[str, object], limits: Limits, hear: Callable[[Message], None]) -> Ended:
        """Have a request worked on.

        Parameters
        ----------
        request : mapping
            What JSON can say.
        limits : Limits
        hear : callable
            Called with every message on the way, and with an empty one now and then; what it raises ends the child.

        Raises
        ------
        OSError
            When no process can be started.
        """
        try:
            self.start()
            ended = self._answered(request, limits, hear)
        except BaseException:
            self.end()
            raise
        if ended.kind in {"hung", "grew", "died"} or self._resident() > AT_REST_BYTES:
            self.end()
        return ended

    def _answered(self, request: Mapping[str, object], limits: Limits, hear: Callable[[Message], None]) -> Ended:
        if not self._is_ready(hear):
            return Ended("died", self._code(), "", 0.0, 0)
        file, most, before, began = "", 0, self._processor(), time.monotonic()
        self._send({**request, "wait": limits.wait})
        while True:
            message = self._next()
            taken, most = self._processor() - before, max(most, self._resident())
            if message is _GONE:
                return Ended("died", self._code(), file, taken, most)
            if "ended" in message:
                return Ended(str(message["ended"]), str(message.get("said", "")), file, taken, most)
            file = str(message.get("file", file))
            hear(message)
            if taken > limits.seconds or time.monotonic() - began > limits.wait:
                return Ended("hung", "", file, taken, most)
            if most > limits.resident:
                return Ended("grew", "", file, taken, most)

    def _is_ready(self, hear: Callable[[Message], None]) -> bool:
        """Wait until the process has loaded its libraries; its first word says so."""
        until = time.monotonic() + START_S
        while not self._ready and time.monotonic() < until:
            message = self._next()
            if message is _GONE:
                return False
            self._ready = "ready" in message
            hear({})
        return self._ready

    def _next(self) -> Message:
        try:
            return self._messages.get(timeout=_LOOK_S)
        except queue.Empty:
            return {}

    def _send(self, request: Mapping[str, object]) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it is gone, which its other end tells
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()

    def _code(self) -> str:
        return "" if self._process is None else str(self._process.wait())

    def _processor(self) -> float:
        try:
            used = psutil.Process(self._process.pid).cpu_times() if self._process is not None else None
        except psutil.Error:
            return 0.0
        return 0.0 if used is None else float(used.user + used.system)

    def _resident(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss) if self._process is not None else 0
        except psutil.Error:
            return 0

    def end(self) -> None:
        """End the process, whatever it does."""
        process, self._process, self._ready = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()


def _listen(stream: IO[str] | None, messages: queue.Queue[Message]) -> None:
    """Pass on what a child says until it says no more; what is no message, or too long for one, is passed over."""
    with contextlib.suppress(OSError, ValueError):  # closed when the child was ended
        while stream is not None and (line := stream.readline(_LONGEST)):
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    messages.put(message)
    messages.put(_GONE)
